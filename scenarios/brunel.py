"""Sparse network of excitatory and inhibitory neurons, in the four regimes of Brunel (2000).

12,500 leaky integrate-and-fire neurons, 10,000 of them excitatory, with instantaneous synapses.
Each hears 1,000 excitatory and 250 inhibitory neurons of the network, and 1,000 Poisson processes
outside it, which together are one Poisson process of 1,000 times the rate. `eta` is their rate in
units of that which alone brings the mean potential to threshold; `g` is how much stronger an
inhibitory synapse is.

    preset     g    eta   regime
    SR         3.0  2.0   synchronous, regular
    SI-fast    6.0  4.0   synchronous as a whole, irregular as neurons; fast oscillation
    AI         5.0  2.0   asynchronous, irregular (the default)
    SI-slow    4.5  0.9   synchronous, irregular; slow oscillation
    quick      5.0  2.0   a tenth of the neurons for a fifth of the time, only to try it out

Rate and irregularity are set beside the mean-field prediction: the self-consistent rate of a neuron
whose input is white noise with the mean and variance of the real one (diffusion approximation).
It takes neurons as independent and jumps of 0.1 mV as infinitely small; of several solutions it is
the lowest, where a network that starts at rest arrives. In AI the measured rate is within 2 % of
it. The measured CV is lower, 0.44 against 0.68: with independent Poisson input of the same rates
the neuron's CV is 0.66, but in the network neurons share input and fire in part together.
`synchrony` is the variance of the number of excitatory spikes in 1 ms divided by its mean: 1 for
independent neurons.

Potentials are relative to rest. Neurons start at rest; what is measured begins after `warmup`.

Source: Brunel (2000), J. Comput. Neurosci. 8:183-208, doi:10.1023/A:1008925309027.
"""

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from eventsim.analysis import meanfield, plots, statistics
from eventsim.models import LIF, PoissonSource
from eventsim.network import FixedInDegree, Network, OneToOne
from eventsim.recording import Recording
from eventsim.scenario import IN_MEMORY, Measure, Result, RunOptions, ScenarioSettings, setting
from eventsim.scenarios._packages import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

N_EXC, N_INH = 10_000, 2_500
C_EXC, C_INH = 1_000, 250  # synapses per neuron
TAU_M, V_TH, T_REF = 20.0, 20.0, 2.0  # ms, mV above rest, ms

PRESETS = {
    "SR": {"g": 3.0, "eta": 2.0},
    "SI-fast": {"g": 6.0, "eta": 4.0},
    "AI": {"g": 5.0, "eta": 2.0},
    "SI-slow": {"g": 4.5, "eta": 0.9},
    "quick": {"scale": 0.1, "duration": 200.0},
}


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    g: float = setting(5.0, "", "inhibitory weight / excitatory weight", at_least=0)
    eta: float = setting(2.0, "", "external rate / rate that reaches threshold", above=0)
    j: float = setting(0.1, "mV", "excitatory weight", above=0)
    delay: float = setting(1.5, "ms", "of every synapse", above=0)
    v_reset: float = setting(10.0, "mV", "potential after a spike, threshold is 20")
    scale: float = setting(
        1.0, "", "fraction of the neurons, each with all its synapses", at_least=0.001, at_most=1
    )
    warmup: float = setting(100.0, "ms", "simulated before measuring", at_least=0)
    duration: float = setting(1000.0, "ms", "measured", above=0)


def external_rate(settings: Settings) -> float:
    """Return the rate in Hz of all external spikes that one neuron receives."""
    return 1e3 * settings.eta * V_TH / (settings.j * TAU_M)


def build(settings: Settings, seed: int) -> Network:
    """Return the network: populations exc, inh, and one Poisson process for each neuron."""
    net = Network(seed=seed)
    cell = LIF(tau_m=TAU_M, v_rest=0.0, v_th=V_TH, v_reset=settings.v_reset, t_ref=T_REF)
    exc = net.add("exc", cell, size=round(settings.scale * N_EXC), initial={"v": 0.0})
    inh = net.add("inh", cell, size=round(settings.scale * N_INH), initial={"v": 0.0})
    drive = PoissonSource(rate=external_rate(settings))
    for target in (exc, inh):
        outside = net.add(f"external_{target.name}", drive, size=target.size)
        net.connect(outside, target, OneToOne(), weight=settings.j, delay=settings.delay)
        for source, k, weight in (
            (exc, C_EXC, settings.j),
            (inh, C_INH, -settings.g * settings.j),
        ):
            rule = FixedInDegree(k, autapses=False)
            net.connect(source, target, rule, weight=weight, delay=settings.delay)
    return net


class Prediction(NamedTuple):
    """What the mean-field theory says of every neuron."""

    rate: float  # Hz
    cv: float
    mu: float  # mV above rest, of the potential without threshold
    sigma: float  # mV


def mean_field(settings: Settings) -> Prediction:
    """Solve for the rate that, fed back through the network, reproduces itself."""
    from scipy.optimize import brentq

    cell = meanfield.Membrane(TAU_M, V_TH, settings.v_reset, T_REF)
    external = external_rate(settings)

    def noise(nu: float) -> tuple[float, float]:
        excitation, inhibition = C_EXC * nu + external, C_INH * nu
        mu = settings.j * (excitation - settings.g * inhibition)
        variance = settings.j**2 * (excitation + settings.g**2 * inhibition)
        return 1e-3 * TAU_M * mu, sqrt(1e-3 * TAU_M * variance)

    def surplus(nu: float) -> float:
        return meanfield.rate(*noise(nu), cell) - nu

    trial = np.linspace(0.0, 1e3 / T_REF, 501)
    above = next(k for k, nu in enumerate(trial) if surplus(nu) <= 0.0)
    nu = float(brentq(surplus, trial[max(above - 1, 0)], trial[above])) if above else 0.0
    return Prediction(nu, meanfield.cv(*noise(nu), cell), *noise(nu))


def measure(settings: Settings, recording: Recording, theory: Prediction) -> dict[str, Measure]:
    """Return rates, irregularity and synchrony after the warm-up."""
    start, stop = settings.warmup, settings.warmup + settings.duration
    source = "mean field"
    measures = {}
    for name, words in (("exc", "excitatory"), ("inh", "inhibitory")):
        size = recording.populations[name]
        _, neurons = recording.spikes(name, start, stop)
        rate = float(statistics.rates(neurons, size, settings.duration).mean())
        measures[f"rate {words}"] = Measure(rate, "Hz", theory.rate, source=source)
    times, neurons = recording.spikes("exc", start, stop)
    size = recording.populations["exc"]
    cvs = statistics.cv(times, neurons, size)
    cv = float(np.nanmean(cvs)) if np.isfinite(cvs).any() else float("nan")
    measures["CV of intervals"] = Measure(cv, "", theory.cv, source=source)
    if settings.duration >= 2.0:
        counts = statistics.counts(
            times, np.zeros_like(neurons), 1, statistics.windows(start, stop, 1.0)
        )
        fano = float(statistics.fano(counts)[0])
        measures["synchrony"] = Measure(fano, "", 1.0, source="independent neurons")
    return measures


def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
    """Build, simulate, measure."""
    require("brunel", "scipy", "scipy")  # for the theory, at the end
    network = build(settings, options.seed)
    options.say(f"{network.size:,} neurons and sources, {network.synapse_count:,} synapses")
    with options.simulation(network) as sim:
        recorder = options.record(sim, settings, spikes=["exc", "inh"])
        sim.run(settings.warmup + settings.duration)
    recording = recorder.recording
    return Result(measure(settings, recording, mean_field(settings)), recording)


def figure(result: Result, recording: Recording) -> "Figure":
    """Draw the last 200 ms, and how rates and irregularity are distributed."""
    from matplotlib.figure import Figure

    settings = Settings(**recording.provenance["settings"])
    start, stop = settings.warmup, settings.warmup + settings.duration
    shown = max(start, stop - 200.0)
    page = Figure(figsize=(9.0, 7.0), dpi=150.0, layout="constrained")
    grid = page.add_gridspec(3, 2, height_ratios=[3.0, 1.3, 1.8])
    plots.raster(recording, shown, stop, axes=page.add_subplot(grid[0, :])).set_xlabel("")
    plots.rates(recording, shown, stop, axes=page.add_subplot(grid[1, :]))
    times, neurons = recording.spikes("exc", start, stop)
    size = recording.populations["exc"]
    panels = (
        ("rate excitatory", "Hz", statistics.rates(neurons, size, settings.duration)),
        ("CV of intervals", "", statistics.cv(times, neurons, size)),
    )
    for k, (name, unit, values) in enumerate(panels):
        axes, measured = page.add_subplot(grid[2, k]), result.measures[name]
        values = values[np.isfinite(values)]
        # rates come in steps of one spike: finer bins would show a comb
        axes.hist(values, bins=min(40, max(1, np.unique(values).size)), color="#2f5d8a")
        axes.axvline(measured.value, color="black", lw=1.0, label="measured mean")
        if measured.expected is not None:
            axes.axvline(measured.expected, color="#c8553d", ls="--", label=measured.source)
        axes.set(xlabel=f"{name} ({unit})" if unit else name, ylabel="neurons")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize="small")
    page.suptitle(f"g = {settings.g:g}, eta = {settings.eta:g}")
    return page


if __name__ == "__main__":
    from eventsim.cli import run_scenario

    raise SystemExit(run_scenario("brunel"))
