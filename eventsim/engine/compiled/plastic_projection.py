"""One plastic projection in the compiled engine: what its synapses, and its sources, keep."""

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventsim.engine.buffers import (
    PENDING_CARRIED,
    PENDING_SOURCE,
    PORTS,
    Floats,
    Ints,
    Pending,
)
from eventsim.engine.compiled.projection import CompiledProjection
from eventsim.engine.rule_layout import (
    BEFORE,
    DENDRITE,
    FIRST_PARAMETER,
    FROZEN,
    HIGH,
    LOW,
    SWEPT,
    WEIGHT,
    RuleLayout,
)
from eventsim.lasting import Arrays, Stored
from eventsim.network import Projection
from eventsim.random import next_keys, synapse_keys

if TYPE_CHECKING:
    from eventsim.engine.compiled.population import CompiledPopulation


_NO_WEIGHTS = np.zeros(1)  # of a plastic projection: they are in the target's memory


class PlasticProjection(CompiledProjection):
    """Plastic synapses: their rows live in the target population's memory.

    Presynaptic traces are kept once for each source, and travel with its spikes.
    """

    def __init__(
        self, projection: Projection, bounds: Ints, first_number: int, number: int, seed: int
    ) -> None:
        super().__init__(projection, bounds, first_number)
        assert projection.plasticity is not None
        self.number = number  # among the plastic projections onto the same population
        self.rule = projection.plasticity.rule
        draws = "key" in self.rule.state_names  # else nobody asks for random streams
        self.keys = synapse_keys(seed, projection.index, self.count if draws else 0)
        values = projection.plasticity.resolve(f"projection {projection.name!r}")
        self.layout = RuleLayout(self.rule, projection.changing_delays)
        facts = np.zeros(FIRST_PARAMETER)
        facts[[LOW, HIGH, DENDRITE]] = *projection.bounds, projection.dendritic_delay
        self.params = np.array([*facts, *values])
        self.synapses = self.synapses._replace(weight=_NO_WEIGHTS)
        self.kind = projection.port + PORTS * (number + 1)
        self.synapses.labels[2] = self.kind
        self.channels: list[Ints] = []
        self.memory = np.zeros((0, 1))
        self.first_row = 0

    def attach(self, memory: Floats, params: Floats, first_row: int) -> None:
        """Take rows of the target's memory and parameters; start with the network's weights."""
        layout = self.layout
        self.memory = memory[first_row : first_row + self.count]
        params[: self.params.size] = self.params
        self.params = params
        self.first_row = first_row
        self.sources = np.zeros((self.projection.synapses.n_pre, layout.carried))
        carried = [] if layout.own_traces else layout.pre
        self.taus = self.params[np.array([column.tau for column in carried], np.int64)]
        self.adds = np.array([column.adds for column in carried], np.int8)
        partitions, capacity, _ = self.pending.rows.shape
        rows = np.zeros((partitions, capacity, PENDING_CARRIED + layout.carried))
        self.pending = Pending(rows, self.pending.filled)
        self.synapses.labels[3] = first_row
        self.reset()
        self.set_weights(self.projection.synapses.weight)

    def listen(self, channels: list[Ints]) -> None:
        """Read these rows of the modulators' courses: for each modulator one for each synapse."""
        self.channels = [channel[self._by_origin()] for channel in channels]
        self.reset()

    def reset(self) -> None:
        """Go back to the beginning, but for the weights."""
        self._begin(0.0, self.keys[self._by_origin()] if self.keys.size else self.keys)
        self.freeze(False)

    def begin(self, t: float) -> None:
        """Forget the spikes on their way, the traces and the rule's own states at `t`.

        Targets and modulators must have forgotten theirs. What is drawn by chance is new.
        """
        keys = self.memory[:, self._key_column]
        self._begin(t, next_keys(keys) if "key" in self.rule.state_names else keys)

    def _begin(self, t: float, keys: Floats) -> None:
        super().begin(t)
        self.sources[:] = 0.0
        self.sources[:, BEFORE] = -inf
        self.params[SWEPT] = t
        if self.layout.own_traces:
            self.memory[:, self.layout.arrival_column :] = 0.0
            self.memory[:, self.layout.arrival_column + BEFORE] = -inf
        for column, channel in zip(self.layout.modulators, self.channels, strict=False):
            self.memory[:, column] = 1.0
            self.memory[:, column + 1] = channel
        if self.rule.state is not None:
            start = self.layout.state_column
            values = list(self.rule.state._field_defaults.values())  # type: ignore[attr-defined]
            self.memory[:, start : start + len(values)] = values
            self.memory[:, start + len(values)] = t
            if "key" in self.rule.state_names:
                self.memory[:, self._key_column] = keys

    @property
    def _key_column(self) -> int:
        """Column of the random stream in a synapse's row; that of the weight if there is none."""
        names = self.rule.state_names
        return self.layout.state_column + names.index("key") if "key" in names else WEIGHT

    @property
    def static(self) -> bool:
        """Whether it is frozen, and neither notes an arrival nor has a say in what it transmits."""
        if self.layout.own_traces:
            return False
        return bool(self.params[FROZEN]) and self.rule.transmits is None

    def freeze(self, frozen: bool) -> None:
        """Stop plasticity, or let it go on."""
        self.params[FROZEN] = float(frozen)
        self.synapses.labels[2] = self.projection.port if self.static else self.kind
        weight = self.memory[:, WEIGHT].copy() if self.static else _NO_WEIGHTS
        self.synapses = self.synapses._replace(weight=weight)

    def weights(self, target: "CompiledPopulation", now: float) -> Floats:
        """Return the weights in the network's order, brought up to date on a copy."""
        memory = target.up_to_date(self, now)
        return self._in_network_order(memory[self.first_row :][: self.count, WEIGHT])

    def _carried(self, times: Floats, neurons: Ints) -> Floats:
        """Return when each spike's source fired before and its traces then; note this spike."""
        carried = np.empty((times.size, self.layout.carried))
        self.spread.carry(times, neurons, self.taus, self.adds, self.sources, carried)
        return carried

    def _sort_by(self, delays: NDArray[Any]) -> None:
        memory = self._in_network_order(self.memory)
        channels = [self._in_network_order(channel) for channel in self.channels]
        super()._sort_by(delays)
        self.memory[:] = memory[self._by_origin()]
        self.channels = [c[self._by_origin()].astype(np.int64) for c in channels]

    def by_source(self, p: int) -> tuple[Ints, Ints]:
        """Return the pending spikes of a partition by source, then time; where each begins.

        None where synapses remember their last arrivals themselves.
        """
        if self.layout.own_traces:
            return np.zeros(0, np.int64), np.zeros(len(self.sources) + 1, np.int64)
        source = self.pending.rows[p, : self.pending.filled[p], PENDING_SOURCE]
        order = np.argsort(source, kind="stable")
        return order, np.searchsorted(source[order], np.arange(len(self.sources) + 1))

    def lasting(self) -> Arrays:
        """Return the spikes on their way, and the synapses in the network's order."""
        arrays = super().lasting()
        arrays.pop("weight", None)  # while it is frozen a copy of what is in the memory
        memory = self._in_network_order(self.memory[:, : self.layout.width])
        state = {"frozen": self.params[FROZEN], "swept": self.params[SWEPT]}
        return {**arrays, **state, "memory": memory, "sources": self.sources}

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` gave."""
        super().restore(stored)
        memory = stored.array("memory", float, self.count, self.layout.width)
        self.memory[:, : self.layout.width] = memory[self._by_origin()]
        for column, channel in zip(self.layout.modulators, self.channels, strict=True):
            self.memory[:, column + 1] = channel
        self.sources[:] = stored.array("sources", float, *self.sources.shape)
        if not (self.sources < inf).all():
            raise ValueError("traces of sources must be finite")
        self.params[SWEPT] = stored.number("swept", least=0.0)
        self.freeze(stored.number("frozen") != 0.0)

    def set_weights(self, values: Floats) -> None:
        """Replace the weights, given in the network's order."""
        self.memory[:, WEIGHT] = np.broadcast_to(values, (self.count,))[self._by_origin()]
        if self.params[FROZEN]:
            self.freeze(True)
