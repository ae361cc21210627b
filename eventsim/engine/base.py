"""What the simulation asks of an engine, and what an engine hands back."""

from collections.abc import Sequence
from math import inf, isfinite, nan, ulp
from typing import Any, NamedTuple, Protocol

from eventsim.engine.buffers import Floats, Ints
from eventsim.lasting import Arrays, Stored
from eventsim.network import Network, Population


class SimulationError(RuntimeError):
    """A run that cannot go on; what was recorded up to then is kept.

    Attributes
    ----------
    time : float
        When it happened, ms; nan if that was in a run of several.
    """

    def __init__(self, message: str, time: float = nan) -> None:
        super().__init__(message)
        self.time = time


class Sink(Protocol):
    """Where an engine puts what happens, in the order in which it happens."""

    def spikes(self, population: int, times: Floats, neurons: Ints) -> None:
        """Take spikes of one population, sorted by (time, neuron), none before those taken."""

    def samples(self, population: int, values: Floats) -> None:
        """Take the next samples of one population, shape (n, probes, state variables)."""

    def tick(self, now: float) -> bool:
        """Hear that everything before `now` has happened; called often, for wall-clock business.

        Return whether the engine is to come back as soon as stopping changes no bit.
        """


class Watch(NamedTuple):
    """Neurons of one population whose state is sampled at start, start + interval, ..."""

    neurons: Ints
    start: float  # ms
    interval: float  # ms


SHORTEST = ulp(0.0)  # ms: a delay must be > 0


class Engine(Protocol):
    """The same for both engines; times in ms, neurons by their index in the population."""

    now: float

    def watch(self, population: int, watch: Watch | None) -> None:
        """Sample a population from now on, or no longer."""

    def emit_all(self, population: int) -> None:
        """Hand every spike of this population to the sink from now on, also a source's."""

    def advance(self, until: float, pause: float = inf) -> None:
        """Process every event before `until`.

        From `pause` on the engine may return as soon as stopping there changes no bit of what
        follows; `now` tells how far it has come.

        Raises
        ------
        SimulationError
            If a state is no longer finite, or a neuron fires faster than the limit.
        """

    def inject(
        self, population: int, port: int, times: Floats, neurons: Ints, weights: Floats
    ) -> None:
        """Add arrivals from outside the network, none before now."""

    def states(self, population: int) -> Floats:
        """Return the states at now, shape (size, n_state)."""

    def set_state(self, population: int, column: int, values: Floats) -> None:
        """Replace one state variable of every neuron, at now."""

    def set_parameters(self, population: int, parameters: Floats) -> None:
        """Replace the parameters, shape (1 or size, n_parameters), from now on."""

    def weights(self, projection: int) -> Floats:
        """Return the weights at now, one per synapse, in the order of the projection's synapses."""

    def set_weights(self, projection: int, values: Floats) -> None:
        """Replace the weights, from the next arrival on."""

    def delays(self, projection: int) -> Floats:
        """Return the delays, one per synapse, in the order of the projection's synapses."""

    def set_delays(self, projection: int, values: Floats) -> None:
        """Replace the delays of the spikes that are fired from now on; the others keep theirs."""

    def freeze(self, projection: int, frozen: bool) -> None:
        """Stop plasticity of a projection from now on, or let it go on."""

    def reset_state(self) -> None:
        """Give neurons and synapses their initial states at now; nothing is on its way."""

    def reset(self, *, keep_weights: bool) -> None:
        """Go back to t = 0 and the initial state; random streams start again."""

    def lasting(self) -> Arrays:
        """Return everything that the future depends on, but for the network itself."""

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` of an engine of this kind gave, for the same network.

        Raises
        ------
        ValueError
            If something is missing, or of another type, shape or range.
        """


def runaway(
    population: Population, neuron: int, time: float, max_rate: float, s: Any, p: Any
) -> SimulationError:
    """Return the error for a neuron that fires faster than the limit, from its state and Params."""
    model = population.model
    if model.fires(model.on_fire(s, time, p), p):
        return _error(
            population, f"neuron {neuron} is still at its threshold after its reset", time, s,
            "a reset must lead below the threshold",
        )  # fmt: skip
    return _error(
        population, f"neuron {neuron} fires faster than {max_rate:g} Hz", time, s,
        "lower its input, or raise max_rate",
    )  # fmt: skip


def not_finite(population: Population, neuron: int, time: float, s: Any) -> SimulationError:
    """Return the error for a state that has become NaN or infinite.

    Where the variables are finite, an integrator has said so because it could not go on from them.
    """
    if all(isfinite(getattr(s, name)) for name in population.model.variables):
        return _error(
            population, f"neuron {neuron} can't be integrated any further", time, s,
            "it needs steps below the resolution of time; check its weights and parameters",
        )  # fmt: skip
    return _error(
        population, f"the state of neuron {neuron} is no longer finite", time, s,
        population.model.trouble or "check its weights and parameters",
    )  # fmt: skip


def _error(population: Population, what: str, time: float, s: Any, remedy: str) -> SimulationError:
    model = population.model
    units = {name: model.units.get(name, "1") for name in model.variables}
    state = ", ".join(
        f"{name} = {getattr(s, name):.6g}" + (f" {unit}" if unit != "1" else "")
        for name, unit in units.items()
    )
    return SimulationError(
        f"population {population.name!r}: {what} at {time:.6g} ms, {state}; {remedy}", time
    )


def first_synapse_numbers(network: Network) -> Sequence[int]:
    """Return the number of each projection's first synapse in the whole network."""
    numbers, total = [], 0
    for projection in network.projections.values():
        numbers.append(total)
        total += projection.synapses.count
    return numbers
