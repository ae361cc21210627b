"""A round: windows none of which hears what another one fired, of one population by sums.

Partitions of the population share nothing in a round. So each goes through all its windows by
itself, stage by stage, and none waits for another; Python is asked only where a buffer is full.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from numba import prange

from eventsim.engine.alike import Alike, arrays_at
from eventsim.engine.buffers import (
    DONE,
    INBOX_FULL,
    NOT_FINITE,
    VISITS_FULL,
    Cells,
    Emitted,
    Floats,
    Inbox,
    Ints,
    Lines,
    Pending,
    Plastic,
    Probes,
    Progress,
    Synapses,
    Visits,
)
from eventsim.engine.kernels.drive import Rows, Scratch, Sources, Wires
from eventsim.engine.kernels.partitions import any_of, earliest_of, total_of
from eventsim.kernel import kernel, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import drives, population, superpose, visits

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line
STATIC: bool = globals().get("STATIC", False)  # the same; whether there are static projections
VISITED: bool = globals().get("VISITED", False)  # the same for plastic ones
DRIVEN: bool = globals().get("DRIVEN", False)  # the same for drives

# what happens in a window, one after another, and what a profile calls it
BEGIN, VISIT, DRIVE, STREAM, SETTLE, LIST, LIST_DRIVEN, STEP, REJOIN, STAGES = range(10)
STAGE_NAMES = (
    "begin", "visit", "drive", "stream", "settle", "list", "list_driven", "step", "rejoin"
)  # fmt: skip
# columns of `standing`, how far a partition has come: the window, the stage that is next in it, and
# how many spikes there were before it
WINDOW, STAGE, FIRED = range(3)
# columns of `counted`, in all windows of the round: arrivals, and neurons that were stepped
ARRIVALS, HOT = range(2)
# facts of projections and drives: the first column of their sums, the sign of all weights or 0, and
# of drives the number of the functions that sum
FIRST_COLUMN, SIGN, SUMMED_BY = range(3)
# facts of plastic projections besides: the number of the rule, whether the weight is all that a
# synapse keeps, the number of the functions that visit
RULE, ALONE, VISITED_BY = range(3)


class Sums(NamedTuple):
    """The sums of a population, its states side by side, and what it takes to settle them."""

    lanes: Floats  # (blocks, columns, BLOCK) states
    rest: Floats  # what is in a row besides
    sums: Floats  # (columns + 1, neurons); the last are zeros
    used: Ints  # (columns,) whether anything is added there
    sum_places: Ints  # (P, columns)
    verdicts: Floats  # (P, BLOCK)
    hot: Ints  # (neurons,)
    listed: Ints  # (neurons,) the marked ones of each partition from its first one on
    counts: Ints  # (P, 3) see `superpose.settle`
    chunk: Floats  # (P, CHUNK)
    places: Ints  # (P, CHUNK)
    no_visits: Floats  # (P, 0, 2)
    done: Ints  # (P,) what is counted of them


class Arriving(NamedTuple):
    """What arrives along one projection, static or visited."""

    synapses: Synapses
    pending: Pending
    modes: Floats
    facts: Ints  # (2,)
    earliest: Floats  # (P,) ms


class Visitor(NamedTuple):
    """What visits to the synapses of a plastic projection need besides."""

    lines: Lines
    visits: Visits
    facts: Ints  # (3,)


class Drive(NamedTuple):
    """One drive."""

    batches: Ints
    wires: Wires
    rows: Rows
    sources: Sources
    scratch: Scratch
    modes: Floats
    facts: Ints  # (3,)
    labels: Floats
    seen: Floats  # (1,) ms, up to when all has been delivered before the round
    arrived: Ints  # (P,) synapses that had arrivals, in all windows of the round
    passed: Ints  # (P,)


@loop(parallel=PARALLEL)
def run(
    one_stage: bool, times: Floats, settled: float, limit: float, marked: bool, standing: Ints,
    counted: Ints, noted: Floats,
    cells: Any, inbox: Any, emitted: Any, progress: Any, probes: Any, plastic: Any, own: Any,
    static: Any, static_at: Ints, visited: Any, visited_at: Ints, visitors: Any, visitors_at: Ints,
    driven: Any, driven_at: Ints,
) -> bool:  # fmt: skip
    """Take every partition through the windows of the round, or through `one_stage` of one.

    Of static and visited projections, of what visits these and of drives, what `Alike` holds is
    given one by one: a loop of several threads can take no tuples of tuples.
    Return whether any is not through, for that or for its status. Called again with more room it
    goes on where it stopped; one that is in trouble stays where it is. What all have come to is
    `noted`: arrivals, neurons that were stepped, whether anything could happen without an arrival,
    when each projection, static or visited, is due, and how many synapses of each drive had any.
    """
    for p in prange(standing.shape[0]):
        _go_on(
            p, one_stage, times, settled, limit, marked, standing[p], counted[p],
            Cells(*cells), Inbox(*inbox), Emitted(*emitted), Progress(*progress), Probes(*probes),
            Plastic(*plastic), Sums(*own),
            Alike(static, static_at), Alike(visited, visited_at), Alike(visitors, visitors_at),
            Alike(driven, driven_at),
        )  # fmt: skip
    left = False
    for p in range(standing.shape[0]):
        left |= bool(standing[p, WINDOW] < times.shape[0] - 1)
    if not left:
        _note(
            noted, counted, Sums(*own), Alike(static, static_at), Alike(visited, visited_at),
            Alike(driven, driven_at),
        )  # fmt: skip
    return left


@kernel
def _note(
    noted: Floats, counted: Ints, own: Sums, static: Alike, visited: Alike, driven: Alike
) -> None:
    noted[0], noted[1] = total_of(counted[:, ARRIVALS]), total_of(counted[:, HOT])
    noted[2] = 1.0 if any_of(own.counts[:, 1]) else 0.0
    at = 3
    if STATIC:
        for j in range(static.where.shape[0]):
            noted[at] = earliest_of(_arriving(static, j).earliest)
            at += 1
    if VISITED:
        for j in range(visited.where.shape[0]):
            noted[at] = earliest_of(_arriving(visited, j).earliest)
            at += 1
    if DRIVEN:
        for j in range(driven.where.shape[0]):
            noted[at] = total_of(_drive(driven, j).arrived)
            at += 1


@kernel
def _go_on(
    p: int, one_stage: bool, times: Floats, settled: float, limit: float, marked: bool,
    standing: Ints, counted: Ints, cells: Cells, inbox: Inbox, emitted: Emitted,
    progress: Progress, probes: Probes, plastic: Plastic, own: Sums, static: Alike,
    visited: Alike, visitors: Alike, driven: Alike,
) -> None:  # fmt: skip
    status, counts = progress.status, own.counts[p]
    while standing[WINDOW] < times.shape[0] - 1 and status[p] < NOT_FINITE:
        status[p] = DONE
        stage, is_first = standing[STAGE], standing[WINDOW] == 0
        t0, t1 = times[standing[WINDOW]], times[standing[WINDOW] + 1]
        any_hot = counts[0] + counts[2] > 0  # or sampled; from SETTLE on
        if stage == BEGIN:
            standing[FIRED] = emitted.filled[p]
            _begin(p, cells.bounds, probes.neurons, own.hot, own.done, visitors, driven)
        elif stage == VISIT:
            status[p] = _visit(p, t0, t1, cells, plastic, own.sums, visited, visitors, counted)
        elif stage == DRIVE:
            _add_drives(p, is_first, t0, t1, own.sums, driven)
        elif stage == STREAM:
            counted[ARRIVALS] += _stream(p, t0, t1, own.sums, own.chunk[p], static)
        elif stage == SETTLE:
            superpose.settle(
                p, settled if is_first else t0, t1, cells, own.lanes, own.sums, own.used,
                own.sum_places[p], own.verdicts[p], own.hot, marked, own.listed, counts,
            )  # fmt: skip
            counted[HOT] += counts[0]
        elif stage == LIST:
            status[p] = _list(p, any_hot, inbox, plastic.memory, own, static, visited, visitors)
        elif stage == LIST_DRIVEN:
            if any_hot:
                status[p] = _list_driven(p, is_first, t0, t1, inbox, own.hot, driven)
        elif stage == STEP:
            if any_hot:
                population.advance_partition(
                    p, t1, limit, cells, inbox, emitted, progress, probes, plastic
                )
        else:
            if any_hot:
                superpose.rejoin(p, t1, cells, own.lanes, own.hot, own.listed, counts)
                _hear(p, standing[FIRED], emitted, plastic, visitors)
            superpose.write_watched(p, t1, cells, own.lanes, own.rest, probes.neurons)
        if status[p] != DONE:
            return
        standing[STAGE] += 1
        if standing[STAGE] == STAGES:
            standing[STAGE] = BEGIN
            standing[WINDOW] += 1
        if one_stage:
            return


@kernel
def _begin(
    p: int, bounds: Ints, watched: Ints, hot: Ints, done: Ints, visitors: Alike, driven: Alike
) -> None:
    superpose.mark_watched(p, bounds, watched, hot)
    done[p] = 0
    if VISITED:
        for j in range(visitors.where.shape[0]):
            made = _visitor(visitors, j).visits
            made.at[p] = made.streamed[p] = made.done[p] = 0
    if DRIVEN:
        for j in range(driven.where.shape[0]):
            _drive(driven, j).passed[p] = 0


@kernel
def _visit(
    p: int, t0: float, t1: float, cells: Cells, plastic: Plastic, sums: Floats, visited: Alike,
    visitors: Alike, counted: Ints,
) -> int:  # fmt: skip
    """Visit plastic synapses; return the status of the partition."""
    if VISITED:
        for j in range(visited.where.shape[0]):
            of, by = _arriving(visited, j), _visitor(visitors, j)
            visits.refer(by.facts[VISITED_BY], p, t1, cells, plastic, by.lines, by.facts[RULE])
            if not visits.stream(
                by.facts[VISITED_BY], p, t1 - t0, t1, of.synapses, of.pending, of.modes,
                of.facts[FIRST_COLUMN], sums, plastic, by.lines, by.visits,
            ):  # fmt: skip
                return VISITS_FULL
        for j in range(visitors.where.shape[0]):
            counted[ARRIVALS] += _visitor(visitors, j).visits.streamed[p]
    return DONE


@kernel
def _add_drives(p: int, is_first: bool, t0: float, t1: float, sums: Floats, driven: Alike) -> None:
    """Sum background input."""
    if DRIVEN:
        for j in range(driven.where.shape[0]):
            of = _drive(driven, j)
            of.arrived[p] += drives.accumulate(
                of.facts[SUMMED_BY], p, of.seen[0] if is_first else t0, t1, of.batches, of.wires,
                of.rows, of.sources, _of_partition(p, of.scratch), of.modes, of.facts[FIRST_COLUMN],
                of.facts[SIGN], sums,
            )  # fmt: skip


@kernel
def _stream(p: int, t0: float, t1: float, sums: Floats, chunk: Floats, static: Alike) -> int:
    """Sum what arrives at static synapses; return how much."""
    streamed = 0
    if STATIC:
        for j in range(static.where.shape[0]):
            of = _arriving(static, j)
            streamed += superpose.stream(
                p, t1 - t0, t1, t1, of.synapses, of.pending, of.modes, of.facts[FIRST_COLUMN],
                of.facts[SIGN], sums, chunk,
            )  # fmt: skip
    return streamed


@kernel
def _list(
    p: int, any_hot: bool, inbox: Inbox, memory: Floats, own: Sums, static: Alike, visited: Alike,
    visitors: Alike,
) -> int:  # fmt: skip
    """List what arrives at hot neurons, and move the spikes on their way on; return the status."""
    if STATIC:
        for j in range(static.where.shape[0]):
            of = _arriving(static, j)
            if not superpose.list_hot(
                p, of.synapses, of.pending, own.hot, any_hot, own.places[p], own.no_visits[p],
                own.done, inbox, of.earliest,
            ):  # fmt: skip
                return INBOX_FULL
    if VISITED:
        for j in range(visited.where.shape[0]):
            of, by = _arriving(visited, j), _visitor(visitors, j)
            made = by.visits
            if any_hot and made.done[p] == 0:
                visits.undo(
                    by.facts[VISITED_BY], p, of.synapses, of.pending, memory, made, own.hot
                )  # fmt: skip
            saved = made.saved[p] if by.facts[ALONE] else own.no_visits[p]
            if not superpose.list_hot(
                p, of.synapses, of.pending, own.hot, any_hot, own.places[p], saved, made.done,
                inbox, of.earliest,
            ):  # fmt: skip
                return INBOX_FULL
    return DONE


@kernel
def _list_driven(
    p: int, is_first: bool, t0: float, t1: float, inbox: Inbox, hot: Ints, driven: Alike
) -> int:
    """List the background input of hot neurons; return the status."""
    if DRIVEN:
        for j in range(driven.where.shape[0]):
            of = _drive(driven, j)
            if not drives.deliver_hot(
                of.facts[SUMMED_BY], p, of.seen[0] if is_first else t0, t1, of.batches, of.wires,
                of.rows.before, of.sources, _of_partition(p, of.scratch), of.labels, inbox,
                of.passed, hot,
            ):  # fmt: skip
                return INBOX_FULL
    return DONE


@kernel
def _hear(p: int, fired: int, emitted: Emitted, plastic: Plastic, visitors: Alike) -> None:
    """Tell plastic synapses who has fired in this window."""
    if VISITED:
        for j in range(visitors.where.shape[0]):
            by = _visitor(visitors, j)
            visits.hear(
                by.facts[VISITED_BY], p, fired, emitted, plastic, by.lines, by.facts[RULE]
            )  # fmt: skip


@kernel
def _arriving(static_or_visited: Alike, j: int) -> Arriving:
    (
        row_start, row_end, target, weight, delay, labels, rows, filled, modes, facts, earliest,
    ) = arrays_at(static_or_visited.first, static_or_visited.where[j])  # fmt: skip
    synapses = Synapses(row_start, row_end, target, weight, delay, labels)
    return Arriving(synapses, Pending(rows, filled), modes, facts, earliest)


@kernel
def _visitor(visitors: Alike, j: int) -> Visitor:
    rows, refs, spans, taus, factors, at, streamed, saved, done, facts = arrays_at(
        visitors.first, visitors.where[j]
    )
    lines = Lines(rows, refs, spans, taus, factors)
    return Visitor(lines, Visits(at, streamed, saved, done), facts)


@kernel
def _drive(driven: Alike, j: int) -> Drive:
    (
        batches, first, in_line, sources, targets, weights, delays, numbers, times, after, before,
        later, params, table, short, held, fresh, late, totals, part, modes, facts, labels, seen,
        arrived, passed,
    ) = arrays_at(driven.first, driven.where[j])  # fmt: skip
    return Drive(
        batches, Wires(first, in_line, sources, targets, weights, delays, numbers),
        Rows(times, after, before, later), Sources(params, table),
        Scratch(short, held, fresh, late, totals, part), modes, facts, labels, seen, arrived,
        passed,
    )  # fmt: skip


@kernel
def _of_partition(p: int, of: Scratch) -> Scratch:
    return Scratch(of.short[p], of.held[p], of.fresh[p], of.late[p], of.totals[p], of.part[p])
