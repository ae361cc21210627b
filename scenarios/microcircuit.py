"""A full-scale microcircuit of cortex fires as slowly as an animal's (Potjans & Diesmann 2014).

Four layers, each with an excitatory and an inhibitory population: 77,169 neurons and 299 million
synapses at the density of real ones, so nothing has to be scaled. Weights and delays are drawn, and
each neuron hears 1,500 to 2,900 Poisson inputs of 8 Hz. Without any tuning every population settles
at a rate of its own: below 1 Hz in layers 2/3 and 6, 8 Hz and more for the inhibition of layer 5.

    preset    what it is for
    tenth     a tenth of the neurons, with a tenth of the synapses onto each (the default)
    paper     all of them, for 2 s: 4 GB, some minutes
    quick     a twentieth, for 500 ms

With a `scale` below 1 weights grow by 1 / sqrt(scale), and a constant current stands for the mean
input that is lost, so that mean and variance of the input stay what they were. But single arrivals
weigh more, and rates fall short of those of the whole, of a tenth by 7 to 50 %.

Source: Potjans & Diesmann (2014), Cereb. Cortex 24:785-806, doi:10.1093/cercor/bhs358; scaling:
van Albada, Helias & Diesmann (2015), PLoS Comput. Biol. 11:e1004490,
doi:10.1371/journal.pcbi.1004490.
"""

from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from eventsim.analysis import statistics
from eventsim.models import LIFExp, PoissonSource
from eventsim.network import FixedTotal, Network, Normal, OneToOne, Truncated
from eventsim.recording import Recording
from eventsim.scenario import IN_MEMORY, Measure, Result, RunOptions, ScenarioSettings, setting
from eventsim.scenarios import _microcircuit_facts as facts

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

SOURCE = "reference implementation"
TOLERANCE = 0.1  # of a rate: so much it differs from seed to seed and second to second

PRESETS: dict[str, dict[str, Any]] = {
    "tenth": {},
    "paper": {"scale": 1.0, "duration": 2000.0},
    "quick": {"scale": 0.05, "duration": 500.0},
}


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    scale: float = setting(
        0.1, "", "fraction of the neurons and of the synapses onto each", at_least=0.01, at_most=1
    )
    warmup: float = setting(500.0, "ms", "simulated before measuring", at_least=0)
    duration: float = setting(1000.0, "ms", "measured", above=0)


def synapses(scale: float) -> "NDArray[np.int64]":
    """Return the number of synapses from each population (column) onto each (row)."""
    pairs = np.outer(facts.SIZES, facts.SIZES)
    # so many, drawn with replacement, that a pair has one at least with the given probability
    full = np.log1p(-np.array(facts.PROBABILITIES)) / np.log1p(-1.0 / pairs)
    counts: NDArray[np.int64] = np.round(scale * scale * full).astype(np.int64)
    return counts


def weight(target: int, source: int, scale: float = 1.0) -> float:
    """Return the mean weight in pA."""
    strength = 2.0 if (target, source) == facts.DOUBLED else 1.0
    return external_weight(scale) * strength * (facts.G if source % 2 else 1.0)


def external_weight(scale: float) -> float:
    """Return the weight in pA of the Poisson input, and of most excitatory synapses."""
    return 1.0 / sqrt(scale) * facts.WEIGHT


def external_rate(target: int, scale: float) -> float:
    """Return the rate in Hz of the Poisson input of a neuron."""
    return scale * facts.EXTERNAL[target] * facts.EXTERNAL_RATE


def size(target: int, scale: float) -> int:
    """Return the number of neurons of a population."""
    return round(scale * facts.SIZES[target])


def lost_current(target: int, scale: float) -> float:
    """Return the mean of the input in pA that a smaller network lacks."""
    onto = synapses(1.0)[target] / facts.SIZES[target]
    recurrent = sum(
        k * weight(target, source) * rate
        for source, (k, rate) in enumerate(zip(onto, facts.RATES, strict=True))
    )
    external = external_rate(target, 1.0) * facts.WEIGHT
    return 1e-3 * facts.TAU_SYN * (1.0 - sqrt(scale)) * float(recurrent + external)


def build(settings: Settings, seed: int, precision: str = "single") -> Network:
    """Return the network: eight populations, and a Poisson process for each neuron."""
    net, scale = Network(seed=seed), settings.scale
    for number, name in enumerate(facts.POPULATIONS):
        cell = LIFExp(
            tau_m=facts.TAU_M, c_m=facts.C_M, t_ref=facts.T_REF, tau_syn_exc=facts.TAU_SYN,
            tau_syn_inh=facts.TAU_SYN, v_rest=facts.V_REST, v_th=facts.V_TH,
            v_reset=facts.V_RESET, i_offset=lost_current(number, scale),
        )  # fmt: skip
        start = {"v": Normal(*facts.V_START)}
        cells = net.add(name, cell, size=size(number, scale), initial=start)
        noise = PoissonSource(rate=external_rate(number, scale))
        outside = net.add(f"external_{name}", noise, size=cells.size)
        net.connect(
            outside, cells, OneToOne(), external_weight(scale), facts.DELAY_EXC[0], port="exc"
        )
    for (target, source), count in np.ndenumerate(synapses(scale)):
        mean, inhibits = weight(target, source, scale), bool(source % 2)
        bounds = (-inf, 0.0) if inhibits else (0.0, inf)
        delay = Normal(*(facts.DELAY_INH if inhibits else facts.DELAY_EXC))
        if count:
            net.connect(
                net.populations[facts.POPULATIONS[source]],
                net.populations[facts.POPULATIONS[target]],
                FixedTotal(int(count)),
                Truncated(Normal(mean, facts.SPREAD * abs(mean)), *bounds),
                Truncated(delay, facts.SHORTEST, inf),
                port="inh" if inhibits else "exc",
                precision=precision,
            )
    return net


def measure(settings: Settings, recording: Recording) -> dict[str, Measure]:
    """Return the rate of each population, and how irregularly all fire."""
    start, stop = settings.warmup, settings.warmup + settings.duration
    measures, cvs = {}, []
    for name, expected in zip(facts.POPULATIONS, facts.RATES, strict=True):
        times, neurons = recording.spikes(name, start, stop)
        n = recording.populations[name]
        rate = float(statistics.rates(neurons, n, settings.duration).mean())
        tolerance = TOLERANCE * expected if settings.scale == 1.0 else None
        measures[f"rate {name}"] = Measure(rate, "Hz", expected, tolerance, source=SOURCE)
        cvs.append(statistics.cv(times, neurons, n))
    every = np.concatenate(cvs)
    cv = float(np.nanmean(every)) if np.isfinite(every).any() else float("nan")
    measures["CV of intervals"] = Measure(cv, "")
    return measures


def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
    """Build, simulate, measure."""
    network = build(settings, options.seed)
    options.say(f"{network.size:,} neurons and sources, {network.synapse_count:,} synapses")
    with options.simulation(network) as sim:
        recorder = options.record(sim, settings, spikes=list(facts.POPULATIONS))
        sim.run(settings.warmup + settings.duration)
    return Result(measure(settings, recorder.recording), recorder.recording)


def figure(result: Result, recording: Recording) -> "Figure":
    """Draw the last 400 ms layer by layer, and rates beside those of the reference."""
    from matplotlib.figure import Figure

    settings = Settings(**recording.provenance["settings"])
    stop = settings.warmup + settings.duration
    start = max(settings.warmup, stop - 400.0)
    page = Figure(figsize=(10.0, 7.0), dpi=150.0, layout="constrained")
    grid = page.add_gridspec(1, 2, width_ratios=[2.5, 1.0])
    raster, rates = page.add_subplot(grid[0]), page.add_subplot(grid[1])
    shown = [max(1, n // 40) for n in facts.SIZES]  # of each population, in proportion
    below = np.concatenate([[0], np.cumsum(shown)])
    for number, name in enumerate(facts.POPULATIONS):
        times, neurons = recording.spikes(name, start, stop)
        times, neurons = times[neurons < shown[number]], neurons[neurons < shown[number]]
        colour = "#c8553d" if name.endswith("I") else "#2f5d8a"
        raster.plot(times, below[number] + neurons, ".", ms=1.5, color=colour)
        rates.barh(-number, result.measures[f"rate {name}"].value, color=colour)
    rates.plot(
        facts.RATES, -np.arange(len(facts.RATES)), "|", ms=22, mew=2, color="black", label=SOURCE
    )
    names = list(facts.POPULATIONS)
    raster.set(xlabel="time (ms)", xlim=(start, stop), ylim=(below[-1], 0))
    raster.set_yticks(0.5 * (below[1:] + below[:-1]), names)
    rates.set(xlabel="rate (Hz)")
    rates.set_yticks(-np.arange(len(names)), names)
    rates.legend(frameon=False, fontsize="small", loc="upper right", markerscale=0.4)
    page.suptitle(f"{sum(recording.populations[name] for name in names):,} neurons")
    return page


if __name__ == "__main__":
    from eventsim.cli import run_scenario

    raise SystemExit(run_scenario("microcircuit"))
