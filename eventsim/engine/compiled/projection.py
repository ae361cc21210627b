"""One projection in the compiled engine: its synapses by partition, and the spikes on their way."""

from dataclasses import replace
from math import inf
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventsim.engine.base import SHORTEST
from eventsim.engine.buffers import (
    PENDING_CARRIED,
    PENDING_CURSOR,
    PENDING_DUE,
    PENDING_STOP,
    ROOM,
    Floats,
    Ints,
    Pending,
    apart,
    grown,
)
from eventsim.engine.compiled import singly
from eventsim.engine.compiled.partition import by_partition, inside
from eventsim.engine.kernels import spread
from eventsim.engine.specialise import specialise
from eventsim.lasting import Arrays, Stored
from eventsim.network import Projection
from eventsim.network.synapses import Synapses as GivenSynapses

if TYPE_CHECKING:
    from eventsim.engine.compiled.population import CompiledPopulation


_NOTHING = np.zeros((0, 0))


class CompiledProjection:
    """Static synapses. Their order here is by partition; `origin` leads back to the network's.

    With one partition they are the network's own arrays, which nobody changes. Where delays have
    changed, `given` is what the network would have been built with, sorted by them: `order` leads
    from there to the network's order.
    """

    def __init__(self, projection: Projection, bounds: Ints, first_number: int) -> None:
        self.projection, self.bounds = projection, bounds
        self.count = projection.synapses.count
        partitions = bounds.size - 1
        self.spread: ModuleType = specialise(spread, PARALLEL=partitions > 1)
        labels = np.array([projection.source.first, first_number, projection.port, 0.0])
        self.given: GivenSynapses = projection.synapses
        self.order: Ints | None = None
        self._share_out(labels)
        self.pending = Pending(np.zeros((partitions, ROOM, PENDING_CARRIED)), apart(partitions))
        self.part_due = apart(partitions, dtype=float)
        self.part_full = apart(partitions)
        self.due = inf  # ms, when the first arrival is due
        self.sent = 0  # spikes put on their way since the rate was noted
        self.rate = 0.0  # of such spikes per ms, then

    def _share_out(self, labels: Floats) -> None:
        self.synapses = by_partition(
            self.given, self.projection.dendritic_delay, self.bounds, labels
        )
        self.moved = self.synapses.target is not self.given.packed_target
        self.longest_delay = float(self.synapses.delay.max(initial=0.0))

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
        self.sent, self.rate = 0, 0.0
        self.due = inf

    def reset_synapses(self) -> None:
        """Go back to the weights and delays that the network was built with."""
        if self.order is not None:
            self._sort_by(self.projection.synapses.delay)
        self.set_weights(self.projection.synapses.weight)

    def enqueue(self, times: Floats, neurons: Ints) -> None:
        """Put spikes of the source on their way."""
        self.sent += times.size
        room = max(self.pending.filled.tolist()) + times.size
        if room > self.pending.rows.shape[1]:
            self.pending = self.pending._replace(rows=grown(self.pending.rows, 1, room))
        first = self.spread.enqueue(
            times, neurons, self._carried(times, neurons), self.synapses.row_start,
            self.synapses.row_end, self.synapses.delay, *self.pending,
        )  # fmt: skip
        self.due = min(self.due, first)

    def note_rate(self, duration: float) -> None:
        """Note how many spikes per ms have come in the last `duration` ms."""
        self.rate, self.sent = self.sent / duration, 0

    def _carried(self, times: Floats, neurons: Ints) -> Floats:
        """Return what each of these spikes carries besides its time: a row for each."""
        return _NOTHING

    def deliver(self, t1: float, target: "CompiledPopulation") -> None:
        """Write all arrivals before `t1` into the target's inbox."""
        full = True
        while full:
            full, self.due = self.spread.deliver(
                t1, *self.synapses, *self.pending, *target.inbox, self.part_due, self.part_full
            )
            if full:
                target.make_room()

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
    def delays(self) -> Floats:
        """The delays in the network's order, up to the synapse."""
        values = np.empty(self.count)
        values[slice(None) if self.order is None else self.order] = self.given.delay
        return values

    def set_delays(self, values: Floats) -> None:
        """Replace the delays, given in the network's order; what is on its way keeps its own."""
        due, synapse = singly.arrivals(self.synapses, self.pending)
        synapse = self.network_order(synapse)
        self._sort_by(values.astype(self.given.delay.dtype))
        self._send_singly(due, synapse)

    def _sort_by(self, delays: NDArray[Any]) -> None:
        """Put the synapses into the order of these delays, with their weights."""
        weight, labels, built = self.synapses.weight, self.synapses.labels, self.projection.synapses
        if weight.size > 1:
            weight = self._in_network_order(weight).astype(weight.dtype)
        order = np.lexsort((built.target, delays, built.source))
        self.order = order
        self.given = replace(
            built, packed_target=built.packed_target[order], delay=delays[order],
            weight=weight[order] if weight.size > 1 else weight,
        )  # fmt: skip
        self._share_out(labels)

    def _send_singly(self, due: Floats, synapse: Ints) -> None:
        """Put these arrivals on their way, at synapses in the network's order, and nothing else."""
        place = np.empty(self.count, np.int64)
        place[self._by_origin()] = np.arange(self.count)
        self.pending = singly.pending_arrivals(self.synapses, self.pending, due, place[synapse])
        self.due = float(due.min(initial=inf))

    @property
    def origin(self) -> Ints | None:
        """Where each synapse is in the network's order; None if that is the order here.

        Found anew each time: kept, it would take as much memory as the targets.
        """
        if not self.moved:
            return self.order
        target = self.given.packed_target
        places = np.concatenate([np.flatnonzero(here) for here in inside(target, self.bounds)])
        return places if self.order is None else self.order[places]

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
        arrays = {"sent": np.array(self.sent), "rate": np.array(self.rate)}
        if self.projection.changing_delays:
            due, synapse = singly.arrivals(self.synapses, self.pending)
            rows = np.column_stack([due, self.network_order(synapse)])
            arrays |= {"arrivals": rows[np.lexsort(rows.T)], "delays": self.delays}
        else:
            arrays["pending"] = self._on_their_way()
        if self.synapses.weight.size == 1:
            weight = self.synapses.weight
        else:
            weight = self._in_network_order(self.synapses.weight)
        if not np.array_equal(weight, self.projection.synapses.weight):
            arrays["weight"] = weight
        return arrays

    def _on_their_way(self) -> Floats:
        """Return (time, source, next synapse in the network's order) of each spike on its way, and
        what it carries.

        A spike has an entry in each partition in which it still has synapses to reach; here it has
        one. They come in the order of (time, source), as they were put on their way.
        """
        entries = []
        for rows, filled in zip(self.pending.rows, self.pending.filled, strict=True):
            own = np.delete(rows[:filled], np.arange(PENDING_DUE, PENDING_CARRIED), axis=1)
            own[:, PENDING_CURSOR] = self.network_order(own[:, PENDING_CURSOR].astype(np.int64))
            own = own[np.lexsort(own.T[1::-1])]
            starts = np.flatnonzero(_differs(own[:, :2]))
            # a source may have fired twice at one time: the first entries here and there are one
            again = np.arange(filled) - np.repeat(starts, np.diff(np.append(starts, filled)))
            entries.append(np.column_stack([own[:, :2], again, own[:, PENDING_CURSOR:]]))
        spikes = np.concatenate(entries)
        spikes = spikes[np.lexsort(spikes.T[::-1])]
        return np.delete(spikes[_differs(spikes[:, :3])], 2, axis=1)

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` gave; the number of partitions may be another."""
        if stored.has("weight"):
            self.set_weights(stored.array("weight", float, None))
        if self.projection.changing_delays:
            self._sort_by(stored.array("delays", float, self.count, least=SHORTEST))
            self._restore_singly(stored.array("arrivals", float, None, 2, least=0.0))
        else:
            # when one is due, and the end, follow from the rest
            width = self.pending.rows.shape[2] - (PENDING_CARRIED - PENDING_DUE)
            self._put_on_their_way(stored.array("pending", float, None, width))
        self.sent, self.rate = stored.whole("sent", least=0), stored.number("rate", least=0.0)

    def _restore_singly(self, arrivals: Floats) -> None:
        due, synapse = arrivals.T
        if not (np.isfinite(arrivals).all() and (synapse < self.count).all()):
            raise ValueError(f"arrivals to come must be at synapses 0..{self.count - 1}")
        self._send_singly(due, synapse.astype(np.int64))

    def _put_on_their_way(self, spikes: Floats) -> None:
        given, origin = self.projection.synapses, self.origin
        time, source, cursor = spikes[:, :PENDING_DUE].T
        # what a spike carries may be "never before", -inf
        if not (np.isfinite(spikes[:, :PENDING_DUE]).all() and (spikes < inf).all()):
            raise ValueError("spikes on their way must be finite")
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
        starts, ends = self.synapses.row_start, self.synapses.row_end
        for p, (start, end) in enumerate(zip(starts, ends, strict=True)):
            here = np.maximum(cursor.astype(np.int64), start[source])
            if origin is not None:
                here = start[0] + np.searchsorted(origin[start[0] : end[-1]], cursor)
            left = here < end[source]
            delay = self.synapses.delay
            due = time[left] + (delay[0] if delay.size == 1 else delay[here[left]])
            rows = self.pending.rows[p, : due.size]
            rows[:, :PENDING_STOP] = np.column_stack(
                [time[left], source[left], here[left], due, end[source][left]]
            )
            rows[:, PENDING_CARRIED:] = spikes[left, PENDING_DUE:]
            self.pending.filled[p] = due.size
            self.due = min(self.due, due.min(initial=inf))


def _differs(rows: Floats) -> NDArray[np.bool_]:
    """Tell of each row whether it differs from the one before; the first does."""
    differs = np.ones(len(rows), np.bool_)
    differs[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return differs
