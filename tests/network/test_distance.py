import numpy as np
import pytest

from eventsim.network import distance as module
from eventsim.network.distance import (
    DistanceDelay,
    DistanceDependent,
    Exponential,
    Gaussian,
    distance,
)
from eventsim.network.rules import Ends


def grid(n: int, d: int = 1) -> Ends:
    x = np.random.default_rng(0).random((n, d))
    return Ends(same=True, positions=(x, x))


@pytest.mark.parametrize("d", [1, 2, 3])
def test_distances_are_euclidean(d: int) -> None:
    """Oracle: numpy's norm."""
    rng = np.random.default_rng(1)
    x, y = rng.random((50, d)), rng.random((50, d))
    assert distance(x, y) == pytest.approx(np.linalg.norm(x - y, axis=1), rel=1e-14)


@pytest.mark.parametrize("profile", [Gaussian(0.2, 0.8), Exponential(0.3, 0.5)])
def test_edges_follow_the_profile(profile: Gaussian | Exponential) -> None:
    """Oracle: the number of edges is a sum of Bernoulli draws: mean and variance are known."""
    ends = grid(300, 2)
    x = ends.positions[0]
    assert x is not None
    p = profile(distance(x[:, None], x[None]))
    pre, _ = DistanceDependent(profile).connect(300, 300, np.random.default_rng(2), ends)
    assert abs(pre.size - p.sum()) < 5 * (p * (1 - p)).sum() ** 0.5


def test_a_step_profile_connects_exactly_the_near_pairs() -> None:
    """Oracle: the pairs on a line that are at most one apart."""
    x = np.arange(6.0)[:, None]
    rule = DistanceDependent(lambda d: (d <= 1.0).astype(float), autapses=False)
    pre, post = rule.connect(6, 6, np.random.default_rng(1), Ends(True, (x, x)))
    assert list(zip(pre.tolist(), post.tolist(), strict=True)) == [
        (i, j) for i in range(6) for j in range(6) if abs(i - j) == 1
    ]


def test_blocks_leave_the_edges_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: the same draw in one block."""
    rule, ends = DistanceDependent(Gaussian(0.3), autapses=False), grid(50)
    whole = rule.connect(50, 50, np.random.default_rng(5), ends)
    monkeypatch.setattr(module, "_BLOCK", 120)
    parts = rule.connect(50, 50, np.random.default_rng(5), ends)
    assert np.array_equal(whole, parts)


def test_delays_grow_with_distance() -> None:
    """Oracle: offset + distance / velocity by hand."""
    ends = Ends(positions=(np.array([[0.0], [3.0]]), np.array([[1.0]])))
    delay = DistanceDelay(velocity=0.5, offset=0.1)
    assert delay.along(np.array([0, 1]), np.array([0, 0]), ends).tolist() == [2.1, 4.1]


@pytest.mark.parametrize(
    ("probability", "message"),
    [
        (lambda d: d + 2.0, "the probability must be >= 0 and <= 1, got 2.0 at distance 0"),
        (lambda d: d * np.nan, "the probability must be >= 0 and <= 1, got nan at distance 0"),
        (lambda d: d[0], "the probability must have the shape of the distances (9, 9), got (9,)"),
    ],
)
def test_what_is_no_probability_is_refused(probability: object, message: str) -> None:
    rule = DistanceDependent(probability)  # type: ignore[arg-type]
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        rule.connect(9, 9, np.random.default_rng(1), grid(9))
    assert str(refusal.value) == message


def test_populations_without_positions_are_refused() -> None:
    x = np.zeros((2, 2))
    rule, rng = DistanceDependent(Gaussian(1.0)), np.random.default_rng(1)
    with pytest.raises(ValueError, match="the target has no positions"):
        rule.connect(2, 2, rng, Ends(positions=(x, None)))
    with pytest.raises(ValueError, match="positions differ in dimension: 2 and 1"):
        rule.connect(2, 2, rng, Ends(positions=(x, x[:, :1])))


def test_parameters_out_of_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="Gaussian: sigma must be > 0, got 0"):
        Gaussian(0.0)
    with pytest.raises(ValueError, match="Exponential: p0 must be >= 0 and <= 1, got 2"):
        Exponential(1.0, 2.0)
    with pytest.raises(ValueError, match="DistanceDelay: velocity must be > 0 per ms, got -1"):
        DistanceDelay(-1.0)
