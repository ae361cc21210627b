"""One projection in the compiled engine: its synapses by partition, and the spikes on their way."""

from math import inf
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventsim.engine.buffers import (
    PENDING_CURSOR,
    PENDING_DUE,
    PORTS,
    Floats,
    Ints,
    Pending,
    grown,
)
from eventsim.engine.compiled.partition import by_partition, inside
from eventsim.engine.kernels import spread
from eventsim.engine.rule_layout import FROZEN, NEXT_POST, WEIGHT, RuleLayout
from eventsim.engine.specialise import specialise
from eventsim.lasting import Arrays, Stored
from eventsim.network import Projection
from eventsim.random import next_keys, synapse_keys

if TYPE_CHECKING:
    from eventsim.engine.compiled.population import CompiledPopulation


_NO_WEIGHTS = np.zeros(1)  # of a plastic projection: they are in the target's memory


class CompiledProjection:
    """Static synapses. Their order here is by partition; `origin` leads back to the network's.

    With one partition they are the network's own arrays, which nobody changes.
    """

    def __init__(self, projection: Projection, bounds: Ints, first_number: int) -> None:
        self.projection, self.bounds = projection, bounds
        self.count = projection.synapses.count
        partitions = bounds.size - 1
        self.spread: ModuleType = specialise(spread, PARALLEL=partitions > 1)
        labels = np.array([projection.source.first, first_number, projection.port, 0.0])
        self.synapses = by_partition(projection, bounds, labels)
        self.pending = Pending(np.zeros((partitions, 64, 4)), np.zeros(partitions, np.int64))
        self.part_due = np.full(partitions, inf)
        self.part_full = np.zeros(partitions, np.int64)
        self.due = inf  # ms, when the first arrival is due
        self.sent = 0  # spikes put on their way since somebody last asked
        self.longest_delay = float(projection.synapses.delay.max(initial=0.0))

    @property
    def static(self) -> bool:
        """Whether an arrival changes nothing at the synapse, and transmits its weight."""
        return True

    def reset(self) -> None:
        """Go back to the beginning, but for the weights."""
        self.begin(0.0)

    def begin(self, t: float) -> None:
        """Forget the spikes on their way at `t`."""
        self.pending.filled[:] = 0
        self.sent = 0
        self.due = inf

    def reset_weights(self) -> None:
        """Go back to the weights that the network was built with."""
        self.set_weights(self.projection.synapses.weight)

    def enqueue(self, times: Floats, neurons: Ints) -> None:
        """Put spikes of the source on their way."""
        n = times.size
        self.sent += n
        room = max(self.pending.filled.tolist()) + n
        if room > self.pending.rows.shape[1]:
            self.pending = self.pending._replace(rows=grown(self.pending.rows, 1, room))
        first = self.spread.enqueue(
            times, neurons, n, self.synapses.row_start, self.synapses.delay, *self.pending
        )
        self.due = min(self.due, first)

    def deliver(self, t1: float, target: "CompiledPopulation") -> None:
        """Write all arrivals before `t1` into the target's inbox."""
        while True:
            self.spread.deliver(
                t1, *self.synapses, *self.pending, *target.inbox, self.part_due, self.part_full
            )
            if not any(self.part_full.tolist()):
                break
            target.make_room()
        self.due = min(self.part_due.tolist())

    def weights(self, target: "CompiledPopulation", now: float) -> Floats:
        """Return the weights in the network's order."""
        values = np.broadcast_to(self.synapses.weight, (self.count,))
        return self._in_network_order(values)

    def set_weights(self, values: Floats) -> None:
        """Replace the weights, given in the network's order (one value: all alike)."""
        weight = values if values.size == 1 else values[self._by_origin()]
        self.synapses = self.synapses._replace(
            weight=np.asarray(weight, dtype=self.projection.synapses.weight.dtype)
        )

    @property
    def origin(self) -> Ints | None:
        """Where each synapse is in the network's order; None if that is the order here.

        Found anew each time: kept, it would take as much memory as the targets.
        """
        if self.bounds.size == 2:
            return None
        target = self.projection.synapses.target
        return np.concatenate([np.flatnonzero(here) for here in inside(target, self.bounds)])

    def _by_origin(self) -> Any:
        origin = self.origin
        return slice(None) if origin is None else origin

    def _in_network_order(self, values: Floats) -> Floats:
        out = np.empty((self.count, *values.shape[1:]))
        out[self._by_origin()] = values
        return out

    def network_order(self, synapses: Ints) -> Ints:
        """Return the places in the network's order of synapses that are numbered as here."""
        origin = self.origin
        return synapses if origin is None else origin[synapses]

    def lasting(self) -> Arrays:
        """Return the spikes on their way, and weights that are not the network's."""
        arrays = {"pending": self._on_their_way(), "sent": np.array(self.sent)}
        if self.synapses.weight.size == 1:
            weight = self.synapses.weight
        else:
            weight = self._in_network_order(self.synapses.weight)
        if not np.array_equal(weight, self.projection.synapses.weight):
            arrays["weight"] = weight
        return arrays

    def _on_their_way(self) -> Floats:
        """Return (time, source, next synapse in the network's order) of each spike on its way.

        A spike has an entry in each partition in which it still has synapses to reach; here it has
        one. They come in the order of (time, source), as they were put on their way.
        """
        entries = []
        for rows, filled in zip(self.pending.rows, self.pending.filled, strict=True):
            own = rows[:filled, :PENDING_DUE].copy()
            own[:, PENDING_CURSOR] = self.network_order(own[:, PENDING_CURSOR].astype(np.int64))
            own = own[np.lexsort(own.T[1::-1])]
            starts = np.flatnonzero(_differs(own[:, :2]))
            # a source may have fired twice at one time: the first entries here and there are one
            again = np.arange(filled) - np.repeat(starts, np.diff(np.append(starts, filled)))
            entries.append(np.column_stack([own[:, :2], again, own[:, PENDING_CURSOR]]))
        spikes = np.concatenate(entries)
        spikes = spikes[np.lexsort(spikes.T[::-1])]
        return spikes[_differs(spikes[:, :3])][:, [0, 1, 3]]

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` gave; the number of partitions may be another."""
        if stored.has("weight"):
            self.set_weights(stored.array("weight", float, None))
        self._put_on_their_way(stored.array("pending", float, None, 3))
        self.sent = stored.whole("sent", least=0)

    def _put_on_their_way(self, spikes: Floats) -> None:
        given, origin = self.projection.synapses, self.origin
        if not np.isfinite(spikes).all():
            raise ValueError("spikes on their way must be finite")
        time, source, cursor = spikes.T
        if not ((source >= 0) & (source < given.n_pre)).all():
            raise ValueError(f"spikes on their way must be of sources 0..{given.n_pre - 1}")
        source = source.astype(np.int64)
        low, high = given.row_start[source], given.row_start[source + 1]
        if not ((cursor >= low) & (cursor < high)).all():
            raise ValueError("a spike on its way must be at a synapse of its source")
        capacity = self.pending.rows.shape[1]
        if spikes.shape[0] > capacity:
            larger = grown(self.pending.rows, 1, spikes.shape[0])
            self.pending = self.pending._replace(rows=larger)
        self.due = inf
        for p, row_start in enumerate(self.synapses.row_start):
            here = cursor.astype(np.int64)
            if origin is not None:
                own = origin[row_start[0] : row_start[-1]]
                here = row_start[0] + np.searchsorted(own, cursor)
            left = here < row_start[source + 1]
            delay = self.synapses.delay
            due = time[left] + (delay[0] if delay.size == 1 else delay[here[left]])
            rows = np.column_stack([time[left], source[left], here[left], due])
            self.pending.rows[p, : len(rows)] = rows
            self.pending.filled[p] = len(rows)
            self.due = min(self.due, due.min(initial=inf))


class PlasticProjection(CompiledProjection):
    """Plastic synapses: their weights and traces live in the target population's memory."""

    def __init__(
        self, projection: Projection, bounds: Ints, first_number: int, number: int, seed: int
    ) -> None:
        super().__init__(projection, bounds, first_number)
        assert projection.plasticity is not None
        self.number = number  # among the plastic projections onto the same population
        self.keys = synapse_keys(seed, projection.index, self.count)
        self.rule = projection.plasticity.rule
        values = projection.plasticity.resolve(f"projection {projection.name!r}")
        self.params = np.array([*projection.bounds, 0.0, projection.dendritic_delay, *values])
        self.synapses = self.synapses._replace(weight=_NO_WEIGHTS)
        self.kind = projection.port + PORTS * (number + 1)
        self.synapses.labels[2] = self.kind
        self.channels: list[Ints] = []
        self.memory = np.zeros((0, 2))
        self.first_row = 0

    def attach(self, memory: Floats, params: Floats, first_row: int, layout: RuleLayout) -> None:
        """Take rows of the target's memory and parameters; start with the network's weights."""
        self.memory = memory[first_row : first_row + self.count]
        params[: self.params.size] = self.params
        self.params = params
        self.first_row = first_row
        self.layout = layout
        self.synapses.labels[3] = first_row
        self.reset()
        self.reset_weights()

    def listen(self, channels: list[Ints]) -> None:
        """Read these rows of the modulators' courses: for each modulator one for each synapse."""
        self.channels = [channel[self._by_origin()] for channel in channels]
        self.reset()

    def reset(self) -> None:
        """Go back to the beginning, but for the weights."""
        self._begin(0.0, self.keys[self._by_origin()])
        self.freeze(False)

    def begin(self, t: float) -> None:
        """Forget the spikes on their way, the traces and the rule's own states at `t`.

        Targets and modulators must have forgotten theirs. What is drawn by chance is new.
        """
        keys = self.memory[:, self._key_column]
        self._begin(t, next_keys(keys) if "key" in self.rule.state_names else keys)

    def _begin(self, t: float, keys: Floats) -> None:
        super().begin(t)
        self.memory[:, 1:] = 0.0
        self.memory[:, NEXT_POST] = 1.0
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
        """Whether it is frozen, and its rule has no say in what an arrival transmits."""
        return bool(self.params[FROZEN]) and self.rule.transmits is None

    def freeze(self, frozen: bool) -> None:
        """Stop plasticity, or let it go on."""
        self.params[FROZEN] = float(frozen)
        self.synapses.labels[2] = self.projection.port if self.static else self.kind
        weight = self.memory[:, WEIGHT].copy() if self.static else _NO_WEIGHTS
        self.synapses = self.synapses._replace(weight=weight)

    def weights(self, target: "CompiledPopulation", now: float) -> Floats:
        """Return the weights in the network's order, brought up to date on a copy."""
        memory = target.plastic.memory.copy()
        target.catch_up(self, memory, now, settle=True)
        return self._in_network_order(memory[self.first_row :][: self.count, WEIGHT])

    def lasting(self) -> Arrays:
        """Return the spikes on their way, and the synapses in the network's order."""
        arrays = super().lasting()
        arrays.pop("weight", None)  # while it is frozen a copy of what is in the memory
        memory = self._in_network_order(self.memory[:, : self.layout.width])
        return {**arrays, "memory": memory, "frozen": self.params[FROZEN]}

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` gave."""
        super().restore(stored)
        memory = stored.array("memory", float, self.count, self.layout.width)
        self.memory[:, : self.layout.width] = memory[self._by_origin()]
        for column, channel in zip(self.layout.modulators, self.channels, strict=True):
            self.memory[:, column + 1] = channel
        self.freeze(stored.number("frozen") != 0.0)

    def set_weights(self, values: Floats) -> None:
        """Replace the weights, given in the network's order."""
        self.memory[:, WEIGHT] = np.broadcast_to(values, (self.count,))[self._by_origin()]
        if self.params[FROZEN]:
            self.freeze(True)


def _differs(rows: Floats) -> NDArray[np.bool_]:
    """Tell of each row whether it differs from the one before; the first does."""
    differs = np.ones(len(rows), np.bool_)
    differs[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return differs
