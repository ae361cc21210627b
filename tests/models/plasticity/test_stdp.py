"""Pair STDP, additive and multiplicative: the rules alone, driven by a loop over the spikes."""

from math import exp
from types import SimpleNamespace

import numpy as np
import pytest

from eventsim.models import STDPMultiplicative, STDPPair
from eventsim.models.plasticity import stdp_multiplicative, stdp_pair
from eventsim.rule import Rule, Trace


def weight_after(rule: Rule, w: float, arrivals: list[float], fired: list[float]) -> float:
    """Walk through the events in time order, `on_pre` first at equal times."""
    p = rule.params()
    events = sorted([(t, 0) for t in arrivals] + [(t, 1) for t in fired])
    x = y = now = 0.0
    for t, side in events:
        x *= exp(-(t - now) / p.tau_plus)
        y *= exp(-(t - now) / p.tau_minus)
        now, seen = t, SimpleNamespace(x=x, y=y)
        if side == 0:
            w, x = rule.on_pre(w, seen, p), x + 1.0
        else:
            w, y = rule.on_post(w, seen, p), y + 1.0
    return w


def test_additive_change_is_the_sum_over_all_pairs() -> None:
    """Oracle: the double sum of the STDP window over random trains, with coincident spikes."""
    rng, p = np.random.default_rng(1), stdp_pair.Params()
    pre = np.unique(rng.integers(0, 500, 60)).astype(float)
    post = np.unique(rng.integers(0, 500, 60)).astype(float)
    assert np.intersect1d(pre, post).size > 0
    lag = post[:, None] - pre[None, :]
    window = np.where(
        lag >= 0,
        p.a_plus * np.exp(-np.abs(lag) / p.tau_plus),
        -p.a_minus * np.exp(-np.abs(lag) / p.tau_minus),
    )
    after = weight_after(STDPPair, 0.5, pre.tolist(), post.tolist())
    assert after == pytest.approx(0.5 + window.sum(), rel=1e-12)


def test_a_coincident_pair_potentiates() -> None:
    """Oracle: on_pre comes first, so the pair counts as pre-before-post with lag 0."""
    assert weight_after(STDPPair, 0.5, [10.0], [10.0]) == 0.5 + stdp_pair.Params().a_plus


def test_one_pair_changes_a_multiplicative_weight_by_its_share_of_the_way() -> None:
    """Oracle: step (w_max - w) exp(-lag/tau_plus) up, step alpha w exp(-lag/tau_minus) down."""
    p, share = stdp_multiplicative.Params(), exp(-5.0 / 20.0)
    up = weight_after(STDPMultiplicative, 0.3, [0.0], [5.0])
    down = weight_after(STDPMultiplicative, 0.3, [5.0], [0.0])
    assert up == pytest.approx(0.3 + p.step * (p.w_max - 0.3) * share, rel=1e-14)
    assert down == pytest.approx(0.3 - p.step * p.alpha * 0.3 * share, rel=1e-14)


def test_multiplicative_weights_settle_where_both_steps_balance() -> None:
    """Oracle: the fixed point w_max / (1 + alpha) when x and y are equal on average."""
    p = stdp_multiplicative.Params(step=0.05, alpha=0.5)
    seen = stdp_multiplicative.Seen(0.4, 0.4)
    w = 0.95
    for _ in range(2000):
        w = stdp_multiplicative.on_pre(w, seen, p)
        w = stdp_multiplicative.on_post(w, seen, p)
    assert w == pytest.approx(1.0 / 1.5, rel=0.02)


def test_multiplicative_weights_stay_between_zero_and_their_largest_value() -> None:
    rng = np.random.default_rng(2)
    for w in (0.0, 0.5, 1.0):
        pre, post = (np.unique(rng.uniform(0, 2000, 100)).tolist() for _ in range(2))
        assert 0.0 <= weight_after(STDPMultiplicative, w, pre, post) <= 1.0


@pytest.mark.parametrize("rule", [STDPPair, STDPMultiplicative], ids=repr)
def test_both_rules_read_one_trace_of_each_side(rule: Rule) -> None:
    assert rule.pre == {"x": Trace("tau_plus")}
    assert rule.post == {"y": Trace("tau_minus")}
