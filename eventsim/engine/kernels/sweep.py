"""All plastic synapses of a projection are brought up to date, though nothing arrives at them."""

from typing import TYPE_CHECKING

from eventsim.engine.buffers import (
    PENDING_CARRIED,
    PENDING_CURSOR,
    Floats,
    Ints,
    Plastic,
    Synapses,
)
from eventsim.engine.rule_layout import BEFORE
from eventsim.kernel import kernel, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import rules


@loop()
def sweep(
    which: int, p: int, until: float, settle: bool, sources: Floats, by_source: Ints, begin: Ints,
    row_start: Ints, row_end: Ints, target: Ints, weight: Floats, delay: Floats, labels: Floats,
    pending: Floats,
    memory: Floats, rule_params: Floats, history: Floats, remembered: Ints,
    courses: Floats, jumps: Ints, jumps_forgotten: Ints, own_course: int,
) -> None:  # fmt: skip
    """Replay to each synapse of partition `p` what it has not seen of the time before `until`.

    Everything that arrives before `until` must have been delivered. `sources` has what the next
    spike of each source would carry; its pending spikes are by_source[begin[i] : begin[i + 1]], in
    the order of time. Weights that move by themselves are brought to `until` if `settle` says so.
    """
    synapses = Synapses(row_start, row_end, target, weight, delay, labels)
    plastic = Plastic(
        memory, rule_params, history, remembered, courses, jumps, jumps_forgotten, own_course
    )
    for i in range(sources.shape[0]):
        low = row_start[p, i]
        carried = sources[i]
        # each spike on its way has not reached the synapses behind those that the next one has not
        for e in range(begin[i + 1] - 1, begin[i] - 1, -1):
            spike = pending[by_source[e]]
            high = int(spike[PENDING_CURSOR])
            _catch_up(which, low, high, until, settle, carried, synapses, plastic)
            low, carried = high, spike[PENDING_CARRIED:]
        _catch_up(which, low, row_end[p, i], until, settle, carried, synapses, plastic)


@kernel
def _catch_up(
    which: int, low: int, high: int, until: float, settle: bool, carried: Floats,
    synapses: Synapses, plastic: Plastic,
) -> None:  # fmt: skip
    """Bring synapses to `until` that have last heard of the source's spike before `carried`."""
    delay_step = 1 if synapses.delay.shape[0] > 1 else 0
    first_row = int(synapses.labels[3])
    for k in range(low, high):
        last = carried[BEFORE] + synapses.delay[k * delay_step]
        rules.catch_up(
            which, plastic, first_row + k, synapses.target[k], until, settle, last, carried
        )
