"""The networks that are compared, as plain numbers: every simulator builds its own from these.

Units: ms, mV, pA, pF, Hz. But for the microcircuit, all connections have a fixed in-degree with
multapses and without autapses, and `delay` is one number, or a pair of bounds between which delays
are uniform.
"""

from dataclasses import asdict, dataclass
from typing import Any

from eventsim.scenarios import _microcircuit_facts as facts
from eventsim.scenarios import microcircuit as scenario


@dataclass(frozen=True)
class Balanced:
    """Excitatory and inhibitory LIF neurons with delta synapses and independent Poisson input."""

    kind: str = "balanced"
    n_exc: int = 10_000
    n_inh: int = 2_500
    k_exc: int = 1_000  # synapses onto each neuron
    k_inh: int = 250
    weight: float = 0.1  # mV
    g: float = 5.0  # inhibition is that many times stronger
    delay: float | tuple[float, float] = 1.5
    drive: float = 20_000.0  # Hz onto each neuron
    drive_weight: float = 0.1  # mV
    tau_m: float = 20.0
    v_th: float = 20.0  # v_rest is 0
    v_reset: float = 0.0
    t_ref: float = 2.0
    # multiplicative pair STDP on all excitatory-to-excitatory synapses; fixed point w_max / 2
    stdp: bool = False
    w_max: float = 0.28  # mV
    step: float = 0.005
    alpha: float = 0.5
    tau_plus: float = 15.0
    tau_minus: float = 30.0
    duration: float = 500.0
    warm_up: float = 100.0


@dataclass(frozen=True)
class Cuba:
    """Current-based network of Vogels & Abbott (2005), which sustains itself."""

    kind: str = "cuba"
    n: int = 4_000
    k: int = 80  # synapses onto each neuron, of which four fifths are excitatory
    delay: float | tuple[float, float] = 1.0
    weight_exc: float = 16.2  # pA at 80 synapses; scaled by 80 / k
    weight_inh: float = -90.0
    duration: float = 500.0
    warm_up: float = 100.0


@dataclass(frozen=True)
class Burst:
    """Input that fires a whole population at one instant, every `interval`."""

    kind: str = "burst"
    n: int = 10_000
    k: int = 1_000
    delay: float | tuple[float, float] = (0.5, 5.0)
    interval: float = 50.0
    duration: float = 200.0
    warm_up: float = 20.0


@dataclass(frozen=True)
class Adaptive:
    """AdEx neurons (Brette & Gerstner's values), each excited by `k` others; about 10 Hz."""

    kind: str = "adaptive"
    n: int = 1_000
    k: int = 1_000
    weight: float = 0.02  # nS
    delay: float | tuple[float, float] = 1.5
    i_offset: float = 730.0  # pA
    tau_syn: float = 2.0
    rtol: float = 1e-6  # of eventsim's steps
    atol: float = 1e-7
    duration: float = 500.0
    warm_up: float = 100.0


@dataclass(frozen=True)
class Quadratic:
    """Izhikevich neurons (his regular spiking values), each excited by `k` others; about 10 Hz."""

    kind: str = "quadratic"
    n: int = 1_000
    k: int = 1_000
    weight: float = 0.002  # mV
    delay: float | tuple[float, float] = 1.5
    i_offset: float = 5.0  # pA
    rtol: float = 1e-6  # of eventsim's steps
    atol: float = 1e-7
    duration: float = 500.0
    warm_up: float = 100.0


@dataclass(frozen=True)
class Microcircuit:
    """Eight populations of neurons with exponential currents, excitatory and inhibitory in turn.

    Synapses have a fixed total number, with multapses and autapses. Weights and delays are normal:
    weights keep their sign, delays are `delay_min` at least; what does not is drawn again.
    """

    scale: float
    sizes: list[int]
    synapses: list[list[int]]  # in all, onto each population (a row) from each (a column)
    weights: list[list[float]]  # pA, their means, likewise
    drives: list[float]  # Hz onto each neuron
    drive_weight: float  # pA
    currents: list[float]  # pA into each neuron
    kind: str = "microcircuit"
    tau_m: float = facts.TAU_M
    c_m: float = facts.C_M
    t_ref: float = facts.T_REF
    tau_syn: float = facts.TAU_SYN
    v_rest: float = facts.V_REST
    v_th: float = facts.V_TH
    v_reset: float = facts.V_RESET
    v_start: tuple[float, float] = facts.V_START  # mean, standard deviation
    weight_sd: float = facts.SPREAD  # of the mean
    delay_exc: tuple[float, float] = facts.DELAY_EXC  # mean, standard deviation
    delay_inh: tuple[float, float] = facts.DELAY_INH
    delay_min: float = facts.SHORTEST
    drive_delay: float = facts.DELAY_EXC[0]
    duration: float = 500.0
    warm_up: float = 100.0


Case = Balanced | Cuba | Burst | Adaptive | Quadratic | Microcircuit


def microcircuit(scale: float = 1.0) -> Microcircuit:
    """Return the network of the scenario, in numbers."""
    every = range(len(facts.SIZES))
    return Microcircuit(
        scale=scale,
        sizes=[scenario.size(number, scale) for number in every],
        synapses=scenario.synapses(scale).tolist(),
        weights=[[scenario.weight(onto, of, scale) for of in every] for onto in every],
        drives=[scenario.external_rate(number, scale) for number in every],
        drive_weight=scenario.external_weight(scale),
        currents=[scenario.lost_current(number, scale) for number in every],
    )


_SPARSE: dict[str, Any] = {
    "k_exc": 80, "k_inh": 20, "weight": 0.2, "drive": 12.0, "drive_weight": 8.0,
    "delay": (1.0, 20.0), "v_th": 15.0, "duration": 1000.0,
}  # fmt: skip
_STDP: dict[str, Any] = {
    "n_exc": 9_000, "n_inh": 2_250, "k_exc": 900, "k_inh": 225, "weight": 0.14, "t_ref": 0.5,
    "drive_weight": 0.1, "stdp": True, "duration": 300.0,
}  # fmt: skip

CASES: dict[str, Case] = {
    "brunel_delta": Balanced(),
    "brunel_hetdelay": Balanced(delay=(0.5, 5.0)),
    "balanced_small": Balanced(
        n_exc=1000, n_inh=250, k_exc=100, k_inh=25, weight=1.0, drive=2000.0, drive_weight=1.0
    ),
    "cuba_4000x80": Cuba(),
    "cuba_4000x80_0.1ms": Cuba(delay=0.1),
    "cuba_4000x80_het": Cuba(delay=(0.1, 2.0)),
    "cuba_40000x80": Cuba(n=40_000, k=80),
    "cuba_40000x80_0.1ms": Cuba(n=40_000, k=80, delay=0.1),
    "cuba_40000x80_het": Cuba(n=40_000, k=80, delay=(0.1, 2.0)),
    "cuba_40000x800": Cuba(n=40_000, k=800, duration=250.0),
    "cuba_40000x800_0.1ms": Cuba(n=40_000, k=800, delay=0.1, duration=250.0),
    "cuba_40000x800_het": Cuba(n=40_000, k=800, delay=(0.1, 2.0), duration=250.0),
    "sparse_200k": Balanced(n_exc=160_000, n_inh=40_000, **_SPARSE),
    "sparse_1M": Balanced(n_exc=800_000, n_inh=200_000, **_SPARSE),
    "stdp_45Hz": Balanced(drive=27_000.0, **_STDP),
    "stdp_5Hz": Balanced(drive=10_000.0, **_STDP),
    "burst": Burst(),
    "adex": Adaptive(),
    # still better than a grid: benchmarks/accuracy.py
    "adex_coarse": Adaptive(rtol=1e-4, atol=1e-5),
    "izhikevich": Quadratic(),
    "izhikevich_coarse": Quadratic(rtol=1e-4, atol=1e-5),
    "microcircuit": microcircuit(),
    "microcircuit_10": microcircuit(0.1),
}


def as_plain(case: Case) -> dict[str, Any]:
    """Return a case as what JSON can hold."""
    return asdict(case)
