"""Synapses compete for a neuron's spikes, and a few win (Song, Miller & Abbott 2000).

A neuron receives 1,000 excitatory Poisson trains, whose synapses learn by pair STDP (additive, all
pairs, hard bounds), and 200 inhibitory ones of 10 Hz. Depression is 5 % stronger than potentiation,
so that inputs that don't take part in the neuron's spikes lose. All weights start at the maximum:
the neuron fires at will until enough of them have fallen, and then irregularly, at a rate that
changes little when all inputs fire two or four times as fast. Three such neurons are simulated
side by side, with excitatory inputs of 1, 2 and 4 times `rate`.

    weights below 0.1 and above 0.9 of the maximum    two crowds, and the faster the input the
                                                      smaller the upper one
    gain                                              rate at 4 x input / rate at 1 x input: < 2

    preset    what it is for
    paper     2,000 s with the paper's small steps (the default)
    quick     200 s with steps twice as large: on the way, the upper crowd still growing

The paper shows its distributions as figures, so the numbers compared with are those of another
program of the same equations, which moves in steps (tests/scenarios/test_competition.py). Its step
matters: with 0.1 ms, output rates are 15, 14 and 19 to 20 Hz; with 0.01 ms and less, 11.2, 11.6 and
15.4 Hz, while the weights hardly differ. What is expected is the limit of small steps.
Conductances are in units of the leak's (g_l = 1 nS, c_m = 20 pF). Rate and CV are those of the last
fifth.

Source: Song, Miller & Abbott (2000), Nat. Neurosci. 3:919-926, doi:10.1038/78829.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.analysis import statistics
from eventsim.models import LIFCondExp, PoissonSource, STDPPair
from eventsim.network import FromArrays, Network, Uniform
from eventsim.recording import Recording
from eventsim.scenario import IN_MEMORY, Measure, Result, RunOptions, ScenarioSettings, setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TAU_M, TAU_SYN, TAU_STDP = 20.0, 5.0, 20.0  # ms
V_REST, V_TH, V_RESET = -70.0, -54.0, -60.0  # mV
E_EXC, E_INH = 0.0, -70.0  # mV
G_MAX, G_INH = 0.015, 0.05  # of the leak
N_EXC, N_INH, RATE_INH = 1000, 200, 10.0  # inputs of each neuron, Hz
DELAY = 0.1  # ms; inputs are independent of each other and of the neuron: it shifts them all
FACTORS = (1, 2, 4)
COLOURS = {1: "#2f5d8a", 2: "#c8553d", 4: "#4f8a5b"}
LAST = 0.2  # share of the time in which rate and CV are measured

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "quick": {"step": 0.01, "duration": 200_000.0},
}


class Known(NamedTuple):
    """What another program found, in steps of 0.01 ms."""

    rate: float  # Hz
    cv: float
    low: float
    high: float


KNOWN = {
    "paper": {
        1: Known(11.2, 0.83, 0.32, 0.41),
        2: Known(11.6, 0.81, 0.61, 0.19),
        4: Known(15.4, 0.77, 0.77, 0.075),
    },
    "quick": {
        1: Known(15.9, 0.73, 0.10, 0.175),
        2: Known(14.2, 0.72, 0.40, 0.073),
        4: Known(22.8, 0.64, 0.61, 0.025),
    },
}
TOLERANCE = {"paper": Known(1.5, 0.08, 0.06, 0.06), "quick": Known(5.0, 0.12, 0.05, 0.04)}


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    rate: float = setting(10.0, "Hz", "of the slowest excitatory inputs", above=0)
    step: float = setting(0.005, "", "of potentiation, in units of the maximum", above=0)
    ratio: float = setting(1.05, "", "depression / potentiation", above=0)
    start: str = setting("maximum", "", "weights at t = 0", choices=("maximum", "random"))
    snapshot: float = setting(20_000.0, "ms", "between records of all weights", above=0)
    duration: float = setting(2_000_000.0, "ms", "simulated", above=0)


def build(settings: Settings, seed: int) -> Network:
    """Return the network: populations cells (three), inputs and inhibition (of the first first)."""
    net = Network(seed=seed)
    n = len(FACTORS)
    cell = LIFCondExp(
        c_m=TAU_M, g_l=1.0, e_l=V_REST, v_th=V_TH, v_reset=V_RESET, t_ref=0.0, e_exc=E_EXC,
        e_inh=E_INH, tau_syn_exc=TAU_SYN, tau_syn_inh=TAU_SYN,
    )  # fmt: skip
    cells = net.add("cells", cell, size=n)
    rates = settings.rate * np.repeat(np.array(FACTORS, float), N_EXC)
    inputs = net.add("inputs", PoissonSource(rate=rates), size=n * N_EXC)
    inhibition = net.add("inhibition", PoissonSource(rate=RATE_INH), size=n * N_INH)
    up = settings.step * G_MAX
    rule = STDPPair(a_plus=up, a_minus=settings.ratio * up, tau_plus=TAU_STDP, tau_minus=TAU_STDP)
    weight = G_MAX if settings.start == "maximum" else Uniform(0.0, G_MAX)
    net.connect(
        inputs, cells, each_its_own(N_EXC), weight, DELAY, port="exc", plasticity=rule,
        bounds=(0.0, G_MAX), name="learned",
    )  # fmt: skip
    net.connect(inhibition, cells, each_its_own(N_INH), G_INH, DELAY, port="inh")
    return net


def each_its_own(inputs: int) -> FromArrays:
    """Return the rule that gives each neuron the next so many inputs."""
    n = inputs * len(FACTORS)
    return FromArrays(np.arange(n), np.arange(n) // inputs)


def fractions(recording: Recording) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return how many weights of each neuron are near the bounds, over time.

    Returns
    -------
    seconds : ndarray, shape (n,)
    low, high : ndarray, shape (n, 3)
        Share below 0.1 and above 0.9 of the maximum.
    """
    weights = recording.weights("learned")
    share = weights.values.reshape(weights.times.size, len(FACTORS), N_EXC) / G_MAX
    return 1e-3 * weights.times, (share < 0.1).mean(axis=2), (share > 0.9).mean(axis=2)


def measure(settings: Settings, recording: Recording) -> dict[str, Measure]:
    """Return weights, rates and irregularity at each rate, and the gain."""
    begin = (1.0 - LAST) * settings.duration
    times, who = recording.spikes("cells", begin)
    rates = statistics.rates(who, len(FACTORS), settings.duration - begin)
    cvs = statistics.cv(times, who, len(FACTORS))
    _, low, high = fractions(recording)
    preset = next((name for name in PRESETS if settings == Settings(**PRESETS[name])), None)
    measures = {}
    words = (("rate", "Hz"), ("CV of intervals", ""), ("weights < 0.1", ""), ("weights > 0.9", ""))
    for k, factor in enumerate(FACTORS):
        found = (rates[k], cvs[k], low[-1, k], high[-1, k])
        for j, (word, unit) in enumerate(words):
            claim: tuple[Any, ...] = ()
            if preset is not None:
                claim = (KNOWN[preset][factor][j], TOLERANCE[preset][j], "small steps")
            name = f"{word}, input {settings.rate * factor:g} Hz"
            measures[name] = Measure(float(found[j]), unit, *claim)
    gain = float(rates[-1] / rates[0]) if rates[0] else float("nan")
    asked: dict[str, Any] = {} if preset is None else {"source": "Song et al.", "at_most": 2.0}
    measures["gain"] = Measure(gain, "", **asked)
    return measures


def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
    """Build, let the weights compete, measure."""
    network = build(settings, options.seed)
    options.say(f"3 neurons, {network.synapse_count:,} synapses")
    with options.simulation(network) as sim:
        recorder = options.record(
            sim, settings, spikes=["cells"], weights={"learned": settings.snapshot}
        )
        sim.run(settings.duration)
        recorder.weights("learned", sim.now, sim.weights("learned"))
    recording = recorder.recording
    return Result(measure(settings, recording), recording)


def figure(result: Result, recording: Recording) -> "Figure":
    """Draw the weights at the end, their way there, and output rate against input rate."""
    from matplotlib.figure import Figure

    settings = Settings(**recording.provenance["settings"])
    page = Figure(figsize=(10.0, 6.5), dpi=150.0, layout="constrained")
    grid = page.add_gridspec(2, 3)
    last = recording.weights("learned", -1).values[0].reshape(len(FACTORS), N_EXC) / G_MAX
    for k, factor in enumerate(FACTORS):
        axes = page.add_subplot(grid[0, k], title=f"inputs of {settings.rate * factor:g} Hz")
        axes.hist(last[k], bins=20, range=(0.0, 1.0), color=COLOURS[factor])
        axes.set(xlabel="weight / maximum", ylabel="" if k else "synapses")
    way, gain = page.add_subplot(grid[1, :2]), page.add_subplot(grid[1, 2])
    seconds, low, high = fractions(recording)
    for k, factor in enumerate(FACTORS):
        label = f"{settings.rate * factor:g} Hz"
        way.plot(seconds, high[:, k], color=COLOURS[factor], label=f"> 0.9, {label}")
        way.plot(seconds, low[:, k], "--", color=COLOURS[factor], label=f"< 0.1, {label}")
    way.set(xlabel="time (s)", ylabel="share of the weights", ylim=(0.0, 1.0))
    way.legend(frameon=False, fontsize="small", ncols=3)
    inputs = settings.rate * np.array(FACTORS, float)
    measured = [result.measures[f"rate, input {at:g} Hz"].value for at in inputs]
    gain.plot(inputs, measured, "o-", color="black")
    gain.set(xlabel="input rate (Hz)", ylabel="output rate (Hz)")
    gain.set_xlim(left=0.0)
    gain.set_ylim(0.0, 1.1 * max(measured))
    for axes in page.axes:
        axes.spines[["top", "right"]].set_visible(False)
    return page


if __name__ == "__main__":
    from eventsim.cli import run_scenario

    raise SystemExit(run_scenario("competition"))
