"""Dopamine that comes seconds later finds the synapse that earned it (Izhikevich 2007).

1,000 neurons with 100 synapses each fire at about 1.3 Hz under noise. Whenever a chosen neuron
fires and the target of its first synapse follows within 20 ms, by chance or not, a reward is due
1 to 3 s later: a jump of dopamine, common to all excitatory synapses. In between, thousands of
other pairs leave their eligibility traces too. Only one synapse is eligible before every reward;
it starts at 0 and is expected to reach the ceiling, 4 mV, within the hour. `reward=shuffled` is
the control: about as many rewards at random times, and then that synapse is one like any other.

    dw/dt = c (0.002 + dopamine) / 10 ms    c: eligibility, STDP by nearest spikes; tau_c 995 ms

    preset    what it is for
    paper     1,000 neurons for an hour (the default)
    quick     100 neurons with 20 synapses for 10 minutes, slower noise, reward always after 1 s

What differs from the published program, which moves in steps of 1 ms: time is continuous, decays
per ms have become time constants, and the sum of eligibility every 10 ms an integral. A spike
moves the target's potential by its weight at once, where it was a current of that size for 1 ms.
The noise is the published one: each neuron's own current, uniform in +- `noise`, drawn anew by a
clock of `noise_rate`.
`stronger synapses` is the share of all excitatory synapses that end stronger than the rewarded
one, 50 % by chance; `stronger, second half` its mean over the records of the second half.
`near the ceiling since` is the share of the records, since the first at the ceiling, in which it
has 3.9 mV or more: it comes and goes, and a record at the end is one of many.

Source: Izhikevich (2007), Cereb. Cortex 17:2443-2452, doi:10.1093/cercor/bhl152.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventsim.analysis import statistics
from eventsim.models import (
    Izhikevich,
    Modulator,
    RegularSource,
    STDPDopamineNearest,
    UniformCurrent,
)
from eventsim.network import AllToAll, FromArrays, Network
from eventsim.recording import Recorder, Recording
from eventsim.scenario import IN_MEMORY, Measure, Result, RunOptions, ScenarioSettings, setting
from eventsim.simulation import Simulation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

W_START, W_MAX, W_INH = 1.0, 4.0, -1.0  # mV
CEILING, NEAR = 3.999, 3.9  # mV, counts as the ceiling, as near it
TAU_STDP, TAU_C, TAU_DOPAMINE = 19.5, 995.0, 199.5  # ms: x 0.95, 0.999 and 0.995 per ms
A_PLUS, A_MINUS = 0.01, 0.015  # of eligibility per pair; 0.1 and 0.15 summed every 10 ms
TONIC = 0.002  # level of dopamine without reward
WIRING, REWARDS = 1, 2  # streams of random numbers
LOOK = 1000.0  # ms between two looks at the chosen pair; a reward never comes sooner

# fmt: off
PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "quick": {
        "neurons": 100, "synapses": 20, "noise_rate": 200.0, "noise": 3.95,
        "wait_max": 1000.0, "shuffled_rate": 400.0, "snapshot": 5000.0, "duration": 600_000.0,
    },
}
# fmt: on

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


@dataclass(frozen=True, kw_only=True)
class Settings(ScenarioSettings):
    neurons: int = setting(1000, "", "a fifth of them inhibitory", at_least=10)
    synapses: int = setting(100, "", "of each neuron", at_least=1)
    reward: str = setting("contingent", "", "when it comes", choices=("contingent", "shuffled"))
    dopamine: float = setting(0.5, "", "one reward's", at_least=0)
    window: float = setting(20.0, "ms", "within which the target must follow", above=0)
    wait_min: float = setting(1000.0, "ms", "from the pair to its reward, least", at_least=LOOK)
    wait_max: float = setting(3000.0, "ms", "from the pair to its reward, most", at_least=LOOK)
    shuffled_rate: float = setting(200.0, "1/h", "of rewards at random times", at_least=0)
    delay: float = setting(1.0, "ms", "of every synapse", above=0)
    noise_rate: float = setting(1000.0, "Hz", "of the noise's new values", at_least=0)
    noise: float = setting(6.5, "pA", "most of it, up or down; 1 pA is an input of 1", at_least=0)
    tolerance: float = setting(1e-3, "mV", "of the neurons' integration", above=0, at_most=0.1)
    snapshot: float = setting(60_000.0, "ms", "between records of all weights", above=0)
    duration: float = setting(3_600_000.0, "ms", "simulated", above=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.wait_max < self.wait_min:
            raise ValueError(
                f"scenario 'distal_reward': wait_max must be >= wait_min, {self.wait_min:g} ms, "
                f"got {self.wait_max:g}"
            )


def build(settings: Settings, seed: int) -> Network:
    """Return the network: populations cells (excitatory first), clock and dopamine."""
    rng = np.random.default_rng([seed, WIRING])
    n, k = settings.neurons, settings.synapses
    n_exc = n - n // 5
    inhibitory = np.arange(n) >= n_exc
    net = Network(seed=seed)
    cell = Izhikevich(
        a=np.where(inhibitory, 0.1, 0.02), d=np.where(inhibitory, 2.0, 8.0),
        rtol=settings.tolerance, atol=settings.tolerance,
    )  # fmt: skip
    cells = net.add("cells", cell, size=n)
    clock = net.add("clock", RegularSource(rate=settings.noise_rate))
    noise = UniformCurrent(low=-settings.noise, high=settings.noise)
    net.connect(clock, cells, AllToAll(), 1.0, settings.delay, port="current", plasticity=noise)
    dopamine = net.add("dopamine", Modulator(tau=TAU_DOPAMINE, rest=TONIC))
    rule = STDPDopamineNearest(
        dopamine=dopamine, a_plus=A_PLUS, a_minus=A_MINUS, tau_plus=TAU_STDP, tau_minus=TAU_STDP,
        tau_c=TAU_C,
    )  # fmt: skip
    pre, post = np.repeat(np.arange(n_exc), k), rng.integers(0, n, n_exc * k)
    weight = np.full(pre.size, W_START)
    weight[0] = 0.0  # the synapse that will be rewarded: known by it
    post[0] = max(post[0], 1)  # a pair needs two neurons
    net.connect(
        cells, cells, FromArrays(pre, post), weight, settings.delay, port="spike", plasticity=rule,
        bounds=(0.0, W_MAX), name="excitation",
    )  # fmt: skip
    pre, post = np.repeat(np.arange(n_exc, n), k), rng.integers(0, n_exc, (n - n_exc) * k)
    net.connect(
        cells, cells, FromArrays(pre, post), W_INH, settings.delay, port="spike", name="inhibition"
    )
    return net


def pairs(pre: Floats, post: Floats, window: float) -> Floats:
    """Return the times in `post` at which the last spike in `pre` was less than `window` ms ago."""
    last = np.searchsorted(pre, post, side="left") - 1
    gap = np.where(last >= 0, post - pre[last], np.inf) if pre.size else np.full(post.size, np.inf)
    return post[gap < window]


def earned(
    settings: Settings, recorder: Recorder, ends: Ints, rng: np.random.Generator, given: list[float]
) -> Callable[[Simulation], None]:
    """Return the control event that sends the rewards of the pairs seen since the last look."""

    def look(sim: Simulation) -> None:
        since = sim.now - LOOK
        times, who = recorder.recording.spikes("cells", since - settings.window, neurons=ends)
        pre, post = times[who == ends[0]], times[who == ends[1]]
        found = pairs(pre, post[post >= since], settings.window)
        due = found + rng.uniform(settings.wait_min, settings.wait_max, found.size)
        sim.send("dopamine", due, np.zeros(due.size, np.int64), settings.dopamine)
        given.extend(due.tolist())

    return look


def rewarded(recording: Recording) -> int:
    """Return which excitatory synapse is rewarded: the one that starts at 0."""
    return int(np.argmin(recording.weights("excitation", 0).values[0]))


def course(recording: Recording) -> tuple[Floats, Floats]:
    """Return the times in s, and the weight in mV of the rewarded synapse at each."""
    weights = recording.weights("excitation")
    return 1e-3 * weights.times, weights.values[:, rewarded(recording)]


def ranks(recording: Recording) -> Floats:
    """Return the share of synapses stronger than the rewarded one, in %, in every record."""
    weights = recording.weights("excitation").values
    stronger = weights > weights[:, [rewarded(recording)]]
    found: Floats = 100.0 * stronger.mean(axis=1)
    return found


def measure(settings: Settings, recording: Recording, rewards: Floats) -> dict[str, Measure]:
    """Return what became of the rewarded synapse, and of all."""
    seconds, course_of = course(recording)
    weights, rank = recording.weights("excitation", -1).values[0], ranks(recording)
    last = float(course_of[-1])
    reached = np.flatnonzero(course_of >= CEILING)
    first = float(seconds[reached[0]]) if reached.size else float("nan")
    near = float(np.mean(course_of[reached[0] :] >= NEAR)) if reached.size else float("nan")
    _, who = recording.spikes("cells")
    rate = float(statistics.rates(who, settings.neurons, settings.duration).mean())
    claims = _claims(settings)
    found = {
        "weight at the end": (last, "mV"),
        "stronger synapses": (float(rank[-1]), "%"),
        "stronger, second half": (float(rank[seconds >= 0.5 * seconds[-1]].mean()), "%"),
        "first at the ceiling": (first, "s"),
        "near the ceiling since": (100.0 * near, "%"),
        "rewards": (float(rewards.size), ""),
        "rate": (rate, "Hz"),
        "mean excitatory weight": (float(weights.mean()), "mV"),
        "at the ceiling": (100.0 * float(np.mean(weights > 0.95 * W_MAX)), "%"),
    }
    return {name: Measure(*value, **claims.get(name, {})) for name, value in found.items()}


def _claims(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return what is expected and asked, by measure."""
    paper, program = {"source": "Izhikevich 2007"}, {"source": "published program"}
    shuffled = settings.reward == "shuffled"
    asked: dict[str, Any] = {"reward": settings.reward, "snapshot": settings.snapshot}
    if settings == Settings(**PRESETS["quick"] | asked):
        if shuffled:
            return {"stronger, second half": {"at_least": 20.0, "source": "chance"}}
        return {"stronger, second half": {"at_most": 20.0, "source": "Izhikevich 2007, smaller"}}
    if settings == Settings(**asked):
        if shuffled:
            source = "chance: not among the strongest 5 %"
            return {"stronger synapses": {"at_least": 5.0, "source": source}}
        return {
            "weight at the end": {"expected": W_MAX, "tolerance": 0.1, **paper},
            "stronger synapses": {"at_most": 5.0, **paper},
            "first at the ceiling": {"at_least": 600.0, "at_most": 3600.0, **program},
            "near the ceiling since": {"at_least": 40.0, **program},
            "rate": {"expected": 1.3, "tolerance": 0.3, **program},
        }
    if shuffled:
        return {"stronger synapses": {"expected": 50.0, "source": "chance"}}
    return {"stronger synapses": {"at_most": 20.0, **paper}}


def run(settings: Settings = Settings(), options: RunOptions = IN_MEMORY) -> Result:
    """Build, simulate with rewards, measure."""
    network = build(settings, options.seed)
    options.say(f"{settings.neurons:,} neurons, {network.synapse_count:,} synapses")
    rng = np.random.default_rng([options.seed, REWARDS])
    rewards: list[float] = []
    with options.simulation(network) as sim:
        recorder = options.record(
            sim, settings, spikes=["cells"], weights={"excitation": settings.snapshot}
        )
        if settings.reward == "contingent":
            synapses = network.projections["excitation"].synapses
            chosen = int(np.argmin(synapses.weight))
            ends = np.array([synapses.source[chosen], synapses.target[chosen]])
            sim.every(LOOK, earned(settings, recorder, ends, rng, rewards))
        else:
            number = rng.poisson(settings.shuffled_rate * settings.duration / 3.6e6)
            rewards.extend(rng.uniform(0.0, settings.duration, number))
            sim.send("dopamine", rewards, np.zeros(number, np.int64), settings.dopamine)
        sim.run(settings.duration)
        recorder.weights("excitation", sim.now, sim.weights("excitation"))
    recording = recorder.recording
    felt = np.sort([t for t in rewards if t < settings.duration])
    return Result(measure(settings, recording, felt), recording, {"rewards": felt})


def figure(result: Result, recording: Recording) -> "Figure":
    """Draw the rewarded synapse's way beside that of others, all weights, and the rate."""
    from matplotlib.figure import Figure

    settings = Settings(**recording.provenance["settings"])
    page = Figure(figsize=(10.0, 6.5), dpi=150.0, layout="constrained")
    grid = page.add_gridspec(2, 2, height_ratios=[1.5, 1.0])
    way = page.add_subplot(grid[0, :], xlabel="time (s)", ylabel="weight (mV)")
    weights, chosen = recording.weights("excitation"), rewarded(recording)
    seconds = 1e-3 * weights.times
    others = np.linspace(0, weights.source.size - 1, 50).astype(np.int64)
    way.plot(seconds, weights.values[:, others[others != chosen]], color="0.8", lw=0.6)
    way.plot(seconds, weights.values.mean(axis=1), color="black", label="mean of all")
    way.plot(seconds, weights.values[:, chosen], color="#c8553d", lw=2.0, label="rewarded pair")
    if "rewards" in result.data:
        given = 1e-3 * result.data["rewards"]
        way.plot(given, np.full(given.size, 1.04 * W_MAX), "|", color="#2f5d8a", label="reward")
    way.legend(frameon=False, fontsize="small", loc="center left")
    crowd = page.add_subplot(grid[1, 0], xlabel="weight at the end (mV)", ylabel="synapses")
    crowd.hist(weights.values[-1], bins=50, range=(0.0, W_MAX), color="#2f5d8a")
    crowd.axvline(weights.values[-1, chosen], color="#c8553d", lw=2.0)
    crowd.set_yscale("log")
    rate = page.add_subplot(grid[1, 1], xlabel="time (s)", ylabel="rate (Hz)")
    edges = statistics.windows(0.0, settings.duration, settings.duration / 100.0)
    times, _ = recording.spikes("cells")
    rates = statistics.population_rate(times, settings.neurons, edges)
    rate.stairs(rates, 1e-3 * edges, baseline=None, color="black")
    rate.set_ylim(bottom=0.0)
    for axes in page.axes:
        axes.spines[["top", "right"]].set_visible(False)
    return page


if __name__ == "__main__":
    from eventsim.cli import run_scenario

    raise SystemExit(run_scenario("distal_reward"))
