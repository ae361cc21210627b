"""Arrays that a kernel finds by a table; the oracle is numpy on the same arrays."""

from typing import Any

import numpy as np
import pytest

from eventsim import FixedInDegree, Network, OneToOne
from eventsim.engine.alike import alike, arrays_at
from eventsim.engine.specialise import specialise
from eventsim.kernel import loop
from eventsim.models import LIF, PoissonSource, STDPPair
from runs import outcome


@loop()
def _add_up(first: Any, where: Any, totals: Any) -> None:
    """Write the sums over all arrays of each thing, which are set to their places."""
    for j in range(where.shape[0]):
        bytes_, line, cube = arrays_at(first, where[j])
        for a in range(bytes_.shape[0]):
            totals[j] += bytes_[a]
            bytes_[a] = a
        for a in range(line.shape[0]):
            totals[j] += line[a]
            line[a] = a
        for a in range(cube.shape[0]):
            for b in range(cube.shape[1]):
                for c in range(cube.shape[2]):
                    totals[j] += cube[a, b, c]
                    cube[a, b, c] = 100 * a + 10 * b + c


def _things() -> list[tuple[Any, ...]]:
    """Each of an array of bytes, a column of a table and a cube, of sizes of its own."""
    rng = np.random.default_rng(3)
    return [
        (
            rng.integers(0, 100, n).astype(np.int8),
            rng.random((4, n + 2))[:, 0],
            rng.random((2, n, 3)),
        )
        for n in (5, 0, 7)
    ]


def test_arrays_are_read_and_written_where_they_lie() -> None:
    things = _things()
    expected = [sum(float(array.sum()) for array in thing) for thing in things]
    totals = np.zeros(3)
    _add_up(*alike(things), totals)
    assert totals == pytest.approx(expected, rel=1e-14)
    for bytes_, line, cube in things:
        assert bytes_.tolist() == list(range(bytes_.size))
        assert line.tolist() == [0, 1, 2, 3]
        assert cube[1, 1:2].tolist() == [[110, 111, 112]][: len(bytes_)]


@pytest.mark.parametrize(
    "other",
    [
        np.zeros(3, np.float32),
        np.zeros((3, 1)),
        np.zeros(6)[::2],
    ],
    ids=["precision", "axes", "distances"],
)
def test_what_is_not_alike_is_refused(other: Any) -> None:
    with pytest.raises(TypeError, match="is not"):
        alike([(np.zeros(3),), (other,)])


def _network(static: int, plastic: int, drives: int) -> Network:
    net = Network(seed=5)
    cells = net.add("cells", LIF(), size=70)
    for k in range(drives):
        noise = net.add(f"noise {k}", PoissonSource(rate=900.0), size=70)
        net.connect(noise, cells, OneToOne(), weight=2.0, delay=1.0)
    for k in range(static):
        net.connect(cells, cells, FixedInDegree(4), 0.3, 1.0 + k, name=f"static {k}")
    pair = {"plasticity": STDPPair(a_plus=0.02, a_minus=0.01), "bounds": (0.0, 2.0)}
    for k in range(plastic):
        net.connect(cells, cells, FixedInDegree(4), 0.5, 1.0 + k, name=f"plastic {k}", **pair)
    return net


def test_how_many_there_are_makes_no_other_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def noted(kernel: Any, **injected: Any) -> Any:
        made.append(specialise(kernel, **injected))
        return made[-1]

    monkeypatch.setattr("eventsim.engine.compiled.superposition.specialise", noted)
    compiled = []
    for numbers in ((1, 1, 1), (3, 2, 2)):
        assert outcome(_network(*numbers), 20.0, path="superposition").count("cells") > 0
        [kernel] = {module.run for module in made if hasattr(module, "STAGES")}
        compiled.append(list(kernel.signatures))
    assert compiled[0] == compiled[1]
