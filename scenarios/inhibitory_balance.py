"""Inhibition learns to balance excitation and holds a network at its target rate (Vogels 2011).

Excitatory and inhibitory neurons are wired at random, and a constant current alone makes each of
them fire. Inhibition of the excitatory neurons starts at 0, so for the first second the network
runs hot. Then the inhibitory synapses learn: near coincidences of arrival and target's spike
strengthen them, each arrival by itself weakens them, and for a target that fires at `rho`
independently of the synapse the two cancel. Rates come down within seconds and go on towards
`rho`, slowly and from above: what spikes still coincide does so more often than by chance.

    preset    what it is for
    reduced   800 + 200 neurons, 10 % of the pairs connected, 100 s (the default)
    paper     8,000 + 2,000 neurons, 2 %, the paper's size, for 60 s
    quick     200 + 50 neurons, 40 %, for 20 s

The bounds compared with were found by another program, in the reduced network, in steps of 0.1 ms
without delays; here a delay is `delay`. The paper learns in smaller steps and for longer.

Source: Vogels, Sprekeler, Zenke, Clopath & Gerstner (2011), Science 334:1569-1573,
doi:10.1126/science.1211095.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eventsim.analysis import plots, statistics
from eventsim.models import InhibitorySTDP, LIFCondExp
from eventsim.network import Bernoulli, Network, Uniform
from eventsim.recording import Recording
from eventsim.scenario import IN_MEMORY, Measure, Result, RunOptions, ScenarioSettings, setting
from eventsim.simulation import Simulation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

C_M, G_L, T_REF = 200.0, 10.0, 5.0  # pF, nS, ms
V_REST, V_TH, V_RESET, E_EXC, E_INH = -60.0, -50.0, -60.0, 0.0, -80.0  # mV
TAU_EXC, TAU_INH = 5.0, 10.0  # ms
TAU_STDP, W_MAX = 20.0, 100.0  # ms, nS
FREE = 1000.0  # ms before inhibition learns
SECOND = 1000.0  # ms
BOUNDS = {20: 9.0, 40: 6.0}  # Hz, by second
SOURCE = "other program"

PRESETS: dict[str, dict[str, Any]] = {
    "reduced": {},
    "paper": {"neurons": 10_000, "p": 0.02, "duration": 60_000.0},
    "quick": {"neurons": 250, "p": 0.4, "duration": 20_000.0},
}


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    neurons: int = setting(1000, "", "a fifth of them inhibitory", at_least=10)
    p: float = setting(0.1, "", "that a pair is connected", above=0, at_most=1)
    w_exc: float = setting(0.3, "nS", "excitatory weight", at_least=0)
    w_inh: float = setting(3.0, "nS", "inhibitory weight onto inhibitory neurons", at_least=0)
    drive: float = setting(200.0, "pA", "constant current", at_least=0)
    delay: float = setting(1.0, "ms", "of every synapse", above=0)
    rho: float = setting(3.0, "Hz", "target rate", above=0)
    step: float = setting(0.01, "nS", "of learning", at_least=0)
    duration: float = setting(100_000.0, "ms", "simulated", at_least=2 * SECOND)


def build(settings: Settings, seed: int) -> Network:
    """Return the network: populations exc and inh."""
    net = Network(seed=seed)
    cell = LIFCondExp(
        c_m=C_M, g_l=G_L, e_l=V_REST, v_th=V_TH, v_reset=V_RESET, t_ref=T_REF, e_exc=E_EXC,
        e_inh=E_INH, tau_syn_exc=TAU_EXC, tau_syn_inh=TAU_INH, i_offset=settings.drive,
    )  # fmt: skip
    n_inh = settings.neurons // 5
    anywhere = {"v": Uniform(V_RESET, V_TH)}  # equal starts would fire together
    exc = net.add("exc", cell, size=settings.neurons - n_inh, initial=anywhere)
    inh = net.add("inh", cell, size=n_inh, initial=anywhere)
    pairs = Bernoulli(settings.p, autapses=False)
    for target in (exc, inh):
        net.connect(exc, target, pairs, settings.w_exc, settings.delay, port="exc")
    net.connect(inh, inh, pairs, settings.w_inh, settings.delay, port="inh")
    rule = InhibitorySTDP(step=settings.step, rho=settings.rho, tau=TAU_STDP)
    net.connect(
        inh, exc, pairs, 0.0, settings.delay, port="inh", plasticity=rule, bounds=(0.0, W_MAX),
        name="learned",
    )  # fmt: skip
    return net


def rate(recording: Recording, start: float, stop: float) -> float:
    """Return the mean rate in Hz of the excitatory neurons between two times in ms."""
    _, who = recording.spikes("exc", start, stop)
    return float(statistics.rates(who, recording.populations["exc"], stop - start).mean())


def measure(settings: Settings, recording: Recording) -> dict[str, Measure]:
    """Return rates on the way, and the irregularity in the second half."""
    end = settings.duration
    known = settings in [Settings(), Settings(**PRESETS["quick"])]
    measures = {"rate without learning": Measure(rate(recording, 0.0, FREE), "Hz")}
    for second, bound in BOUNDS.items():
        if end >= second * SECOND:
            found = rate(recording, (second - 1) * SECOND, second * SECOND)
            measures[f"rate in second {second}"] = _below(bound, found, known)
    found = rate(recording, 0.9 * end, end)
    if settings == Settings():
        measures["rate in the last tenth"] = Measure(
            found, "Hz", source=SOURCE, at_least=3.0, at_most=4.5
        )
    else:
        measures["rate in the last tenth"] = Measure(found, "Hz", settings.rho, source="rho")
    cvs = statistics.cv(*recording.spikes("exc", end / 2), recording.populations["exc"])
    cv = float(np.nanmean(cvs)) if np.isfinite(cvs).any() else float("nan")
    claim: dict[str, Any] = {"source": SOURCE, "at_least": 0.7} if known else {}
    measures["CV of intervals"] = Measure(cv, "", **claim)
    weights = recording.weights("learned", -1).values[0]
    measures["mean learned weight"] = Measure(float(weights.mean()), "nS")
    return measures


def _below(bound: float, found: float, known: bool) -> Measure:
    """Return a rate that must not be above a bound."""
    claim: dict[str, Any] = {"source": SOURCE, "at_most": bound} if known else {}
    return Measure(found, "Hz", **claim)


def begin_late(sim: Simulation) -> None:
    """Let inhibition learn only after the free time."""
    sim.freeze("learned")
    sim.at(FREE, lambda sim: sim.unfreeze("learned"))


def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
    """Build, run without learning for a second, then with it; measure."""
    network = build(settings, options.seed)
    options.say(f"{network.size:,} neurons, {network.synapse_count:,} synapses")
    with options.simulation(network) as sim:
        recorder = options.record(
            sim, settings, spikes=["exc", "inh"], weights={"learned": 10.0 * SECOND}
        )
        begin_late(sim)
        sim.run(settings.duration)
        recorder.weights("learned", sim.now, sim.weights("learned"))
    recording = recorder.recording
    return Result(measure(settings, recording), recording)


def figure(result: Result, recording: Recording) -> "Figure":
    """Draw the spikes before learning and at the end, the rates between, the learned weights."""
    from matplotlib.figure import Figure

    settings = Settings(**recording.provenance["settings"])
    page = Figure(figsize=(10.0, 8.0), dpi=150.0, layout="constrained")
    grid = page.add_gridspec(3, 2, height_ratios=[2.0, 1.5, 1.3])
    ends = ((FREE - 200.0, FREE, "before"), (settings.duration - 1000.0, settings.duration, "end"))
    for k, (start, stop, title) in enumerate(ends):
        plots.raster(recording, start, stop, axes=page.add_subplot(grid[0, k], title=title))
    course = page.add_subplot(grid[1, :])
    edges = statistics.windows(0.0, settings.duration, SECOND)
    for name, colour in (("exc", "#2f5d8a"), ("inh", "#c8553d")):
        times, _ = recording.spikes(name)
        rates = statistics.population_rate(times, recording.populations[name], edges)
        course.stairs(rates, 1e-3 * edges, baseline=None, color=colour, label=name)
    course.axhline(settings.rho, color="black", lw=0.8, ls="--", label="rho")
    course.set(yscale="log", xlabel="time (s)", ylabel="rate (Hz)")
    course.legend(frameon=False, fontsize="small")
    plots.weights(recording, "learned", axes=page.add_subplot(grid[2, 0]))
    plots.irregularity(
        recording, settings.duration / 2, settings.duration, axes=page.add_subplot(grid[2, 1])
    )
    return page


if __name__ == "__main__":
    from eventsim.cli import run_scenario

    raise SystemExit(run_scenario("inhibitory_balance"))
