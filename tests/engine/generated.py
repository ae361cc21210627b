"""Networks drawn by hypothesis, small, with ties in time as the normal case."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from eventsim import AllToAll, FixedInDegree, FixedTotal, Network, OneToOne, Uniform
from eventsim.models import (
    LIF,
    LIFExp,
    PoissonSource,
    SpikeSource,
    STDPMultiplicative,
    STDPPair,
)
from eventsim.network import Population

PAIR = STDPPair(a_plus=0.2, a_minus=0.2)
SOFT = STDPMultiplicative(step=0.1, w_max=2.0)
DELAYS = Uniform(0.1, 20.0)

Builder = Callable[[Network, int, Callable[..., dict[str, Any]]], None]


def static_delta(net: Network, n: int, synapses: Callable[..., dict[str, Any]]) -> None:
    a = net.add("a", LIF(t_ref=1.0), size=n, initial={"v": Uniform(-65.0, -50.0)})
    b = net.add("b", LIF(i_offset=Uniform(100.0, 260.0)), size=4)
    for pre, post in ((a, a), (a, b), (b, a), (b, a)):
        net.connect(pre, post, **synapses(pre, post, 4.0))


def plastic_delta(net: Network, n: int, synapses: Callable[..., dict[str, Any]]) -> None:
    a = net.add("a", LIF(t_ref=1.0), size=n, initial={"v": Uniform(-65.0, -50.0)})
    b = net.add("b", LIF(i_offset=Uniform(100.0, 260.0)), size=4)
    net.connect(a, a, **synapses(a, a, 4.0), plasticity=PAIR, bounds=(-6.0, 6.0))
    net.connect(b, a, **synapses(b, a, 4.0), plasticity=SOFT)
    net.connect(a, b, **synapses(a, b, 4.0))


def static_currents(net: Network, n: int, synapses: Callable[..., dict[str, Any]]) -> None:
    a = net.add("a", LIFExp(tau_m=Uniform(4.0, 12.0), tau_syn_exc=5.0), size=n)
    b = net.add("b", LIFExp(tau_m=5.0, tau_syn_exc=5.0, i_offset=760.0), size=4)
    for pre, post in ((a, a), (a, b), (b, a)):
        net.connect(pre, post, **synapses(pre, post, 200.0), port="exc")
    net.connect(a, b, **synapses(a, b, 150.0), port="inh")


def plastic_currents(net: Network, n: int, synapses: Callable[..., dict[str, Any]]) -> None:
    a = net.add("a", LIFExp(tau_syn_inh=20.0), size=n)
    rule = STDPPair(a_plus=30.0, a_minus=20.0)
    net.connect(a, a, **synapses(a, a, 200.0), port="exc", plasticity=rule, bounds=(-400, 400))
    net.connect(a, a, **synapses(a, a, 100.0), port="inh")


@st.composite
def networks(
    draw: st.DrawFn, sizes: tuple[int, ...] = (1, 2, 5, 20), builders: tuple[Builder, ...] = ()
) -> Network:
    """Draw a network whose largest population has one of these sizes."""
    net = Network(seed=draw(st.integers(0, 1000)))
    n = draw(st.sampled_from(sizes))

    def synapses(pre: Population, post: Population, scale: float) -> dict[str, Any]:
        rule = draw(
            st.sampled_from([AllToAll(), AllToAll(autapses=False), FixedInDegree(3), FixedTotal(9)])
        )
        delay = draw(st.sampled_from([1.0, 2.0, 0.1, 20.0, DELAYS, Uniform(0.1, 1.0)]))
        low = scale * draw(st.sampled_from([-0.5, 0.0, 0.5]))
        weight = draw(st.sampled_from([scale, -scale, Uniform(low, 1.5 * scale)]))
        return {"rule": rule, "weight": weight, "delay": delay}

    build: Builder = draw(
        st.sampled_from(
            builders or (static_delta, plastic_delta, static_currents, plastic_currents)
        )
    )
    build(net, n, synapses)
    a = net.populations["a"]
    port, scale = ("exc", 300.0) if a.model is LIFExp else ("spike", 6.0)
    trains = draw(
        st.lists(
            st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 10.0, 11.0, 23.0]), unique=True),
            min_size=1,
            max_size=3,
        )
    )
    source = net.add("given", SpikeSource([sorted(t) for t in trains]), size=len(trains))
    net.connect(source, a, AllToAll(), weight=2.0 * scale, delay=1.0, port=port)
    noise = net.add("noise", PoissonSource(rate=draw(st.sampled_from([100.0, 800.0]))), size=n)
    rule = draw(st.sampled_from([OneToOne(), FixedInDegree(2)]))
    net.connect(noise, a, rule, weight=scale, delay=draw(st.sampled_from([1.0, DELAYS])), port=port)
    return net
