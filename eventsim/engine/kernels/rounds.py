"""A round: windows none of which hears what another one fired, of one population by sums.

Partitions of the population share nothing in a round. So each goes through all its windows by
itself, stage by stage, and none waits for another; Python is asked only where a buffer is full.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from numba import prange

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


class Along(NamedTuple):
    """Projections, static or visited: of each field an entry for each."""

    row_start: tuple[Ints, ...]
    row_end: tuple[Ints, ...]
    target: tuple[Ints, ...]
    weight: tuple[Floats, ...]
    delay: tuple[Floats, ...]
    labels: tuple[Floats, ...]
    pending: tuple[Floats, ...]
    n_pending: tuple[Ints, ...]
    modes: tuple[Floats, ...]
    earliest: tuple[Floats, ...]
    first_column: Ints
    sign: Ints


class Visiting(NamedTuple):
    """What visits to plastic synapses need besides: of each field an entry for each projection."""

    lines: tuple[Floats, ...]
    refs: tuple[Floats, ...]
    spans: tuple[Floats, ...]
    taus: tuple[Floats, ...]
    factors: tuple[Floats, ...]
    at: tuple[Ints, ...]
    streamed: tuple[Ints, ...]
    saved: tuple[Floats, ...]
    done: tuple[Ints, ...]
    which: Ints  # number of the rule
    alone: Ints  # whether the weight is all that a synapse keeps


class Driven(NamedTuple):
    """Drives: of each field an entry for each."""

    batches: tuple[Ints, ...]
    first: tuple[Ints, ...]
    in_line: tuple[Ints, ...]
    sources: tuple[Ints, ...]
    targets: tuple[Ints, ...]
    weights: tuple[Floats, ...]
    delays: tuple[Floats, ...]
    numbers: tuple[Floats, ...]
    times: tuple[Floats, ...]
    after: tuple[Floats, ...]
    before: tuple[Floats, ...]
    later: tuple[Floats, ...]
    params: tuple[Floats, ...]
    table: tuple[Floats, ...]
    short: tuple[Ints, ...]
    held: tuple[Floats, ...]
    fresh: tuple[Floats, ...]
    late: tuple[Floats, ...]
    totals: tuple[Floats, ...]
    part: tuple[Floats, ...]
    modes: tuple[Floats, ...]
    labels: tuple[Floats, ...]
    arrived: tuple[Ints, ...]  # (P,) synapses that had arrivals, in all windows of the round
    passed: tuple[Ints, ...]
    first_column: Ints
    sign: Ints
    seen: Floats  # ms, up to when all has been delivered before the round


@loop(parallel=PARALLEL)
def run(
    one_stage: bool, times: Floats, settled: float, limit: float, marked: bool, standing: Ints,
    counted: Ints, noted: Floats,
    cells: Any, inbox: Any, emitted: Any, progress: Any, probes: Any, plastic: Any, own: Any,
    s_row_start: Any, s_row_end: Any, s_target: Any, s_weight: Any, s_delay: Any, s_labels: Any,
    s_pending: Any, s_n_pending: Any, s_modes: Any, s_earliest: Any, s_first_column: Ints,
    s_sign: Ints,
    v_row_start: Any, v_row_end: Any, v_target: Any, v_weight: Any, v_delay: Any, v_labels: Any,
    v_pending: Any, v_n_pending: Any, v_modes: Any, v_earliest: Any, v_first_column: Ints,
    v_sign: Ints, v_lines: Any, v_refs: Any, v_spans: Any, v_taus: Any, v_factors: Any, v_at: Any,
    v_streamed: Any, v_saved: Any, v_done: Any, v_which: Ints, v_alone: Ints,
    d_batches: Any, d_first: Any, d_in_line: Any, d_sources: Any, d_targets: Any, d_weights: Any,
    d_delays: Any, d_numbers: Any, d_times: Any, d_after: Any, d_before: Any, d_later: Any,
    d_params: Any, d_table: Any, d_short: Any, d_held: Any, d_fresh: Any, d_late: Any,
    d_totals: Any, d_part: Any, d_modes: Any, d_labels: Any, d_arrived: Any, d_passed: Any,
    d_first_column: Ints, d_sign: Ints, d_seen: Floats,
) -> bool:  # fmt: skip
    """Take every partition through the windows of the round, or through `one_stage` of one.

    Each field of `Along`, `Visiting` and `Driven` is given by itself: a loop of several threads can
    take no tuples of tuples.
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
            Along(
                s_row_start, s_row_end, s_target, s_weight, s_delay, s_labels, s_pending,
                s_n_pending, s_modes, s_earliest, s_first_column, s_sign,
            ),
            Along(
                v_row_start, v_row_end, v_target, v_weight, v_delay, v_labels, v_pending,
                v_n_pending, v_modes, v_earliest, v_first_column, v_sign,
            ),
            Visiting(
                v_lines, v_refs, v_spans, v_taus, v_factors, v_at, v_streamed, v_saved, v_done,
                v_which, v_alone,
            ),
            Driven(
                d_batches, d_first, d_in_line, d_sources, d_targets, d_weights, d_delays,
                d_numbers, d_times, d_after, d_before, d_later, d_params, d_table, d_short, d_held,
                d_fresh, d_late, d_totals, d_part, d_modes, d_labels, d_arrived, d_passed,
                d_first_column, d_sign, d_seen,
            ),
        )  # fmt: skip
    left = False
    for p in range(standing.shape[0]):
        left |= bool(standing[p, WINDOW] < times.shape[0] - 1)
    if not left:
        noted[0], noted[1] = total_of(counted[:, ARRIVALS]), total_of(counted[:, HOT])
        noted[2] = 1.0 if any_of(Sums(*own).counts[:, 1]) else 0.0
        _note_due(3, noted, s_earliest, v_earliest)
        _note_arrived(3 + len(s_earliest) + len(v_earliest), noted, d_arrived)
    return left


@kernel
def _note_due(at: int, noted: Floats, static: Any, visited: Any) -> None:
    if STATIC:
        for j in range(len(static)):
            noted[at + j] = earliest_of(static[j])
    if VISITED:
        for j in range(len(visited)):
            noted[at + len(static) + j] = earliest_of(visited[j])


@kernel
def _note_arrived(at: int, noted: Floats, arrived: Any) -> None:
    if DRIVEN:
        for j in range(len(arrived)):
            noted[at + j] = total_of(arrived[j])


@kernel
def _go_on(
    p: int, one_stage: bool, times: Floats, settled: float, limit: float, marked: bool,
    standing: Ints, counted: Ints, cells: Cells, inbox: Inbox, emitted: Emitted,
    progress: Progress, probes: Probes, plastic: Plastic, own: Sums, static: Along,
    visited: Along, visiting: Visiting, driven: Driven,
) -> None:  # fmt: skip
    status, counts = progress.status, own.counts[p]
    while standing[WINDOW] < times.shape[0] - 1 and status[p] < NOT_FINITE:
        status[p] = DONE
        stage, is_first = standing[STAGE], standing[WINDOW] == 0
        t0, t1 = times[standing[WINDOW]], times[standing[WINDOW] + 1]
        any_hot = counts[0] + counts[2] > 0  # or sampled; from SETTLE on
        if stage == BEGIN:
            standing[FIRED] = emitted.filled[p]
            _begin(p, cells.bounds, probes.neurons, own.hot, own.done, visiting, driven.passed)
        elif stage == VISIT:
            status[p] = _visit(p, t0, t1, cells, plastic, own.sums, visited, visiting, counted)
        elif stage == DRIVE:
            _drive(p, is_first, t0, t1, own.sums, driven)
        elif stage == STREAM:
            counted[ARRIVALS] += _stream(p, t0, t1, own.sums, own.chunk[p], static)
        elif stage == SETTLE:
            superpose.settle(
                p, settled if is_first else t0, t1, cells, own.lanes, own.sums, own.used,
                own.sum_places[p], own.verdicts[p], own.hot, marked, own.listed, counts,
            )  # fmt: skip
            counted[HOT] += counts[0]
        elif stage == LIST:
            status[p] = _list(p, any_hot, inbox, plastic.memory, own, static, visited, visiting)
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
                _hear(p, standing[FIRED], emitted, plastic, visiting)
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
    p: int, bounds: Ints, watched: Ints, hot: Ints, done: Ints, visiting: Visiting, passed: Any
) -> None:
    superpose.mark_watched(p, bounds, watched, hot)
    done[p] = 0
    if VISITED:
        for j in range(len(visiting.at)):
            visiting.at[j][p] = visiting.streamed[j][p] = visiting.done[j][p] = 0
    if DRIVEN:
        for j in range(len(passed)):
            passed[j][p] = 0


@kernel
def _visit(
    p: int, t0: float, t1: float, cells: Cells, plastic: Plastic, sums: Floats, of: Along,
    visiting: Visiting, counted: Ints,
) -> int:  # fmt: skip
    """Visit plastic synapses; return the status of the partition."""
    if VISITED:
        for j in range(len(of.target)):
            lines = _lines(visiting, j)
            visits.refer(j, p, t1, cells, plastic, lines, visiting.which[j])
            if not visits.stream(
                j, p, t1 - t0, t1, _synapses(of, j), _pending(of, j), of.modes[j],
                of.first_column[j], sums, plastic, lines, _visits(visiting, j),
            ):  # fmt: skip
                return VISITS_FULL
        for j in range(len(of.target)):
            counted[ARRIVALS] += visiting.streamed[j][p]
    return DONE


@kernel
def _drive(p: int, is_first: bool, t0: float, t1: float, sums: Floats, of: Driven) -> None:
    """Sum background input."""
    if DRIVEN:
        for j in range(len(of.targets)):
            of.arrived[j][p] += drives.accumulate(
                j, p, of.seen[j] if is_first else t0, t1, of.batches[j], _wires(of, j),
                _rows(of, j), _sources(of, j), _scratch(p, of, j), of.modes[j],
                of.first_column[j], of.sign[j], sums,
            )  # fmt: skip


@kernel
def _stream(p: int, t0: float, t1: float, sums: Floats, chunk: Floats, of: Along) -> int:
    """Sum what arrives at static synapses; return how much."""
    streamed = 0
    if STATIC:
        for j in range(len(of.target)):
            streamed += superpose.stream(
                p, t1 - t0, t1, t1, _synapses(of, j), _pending(of, j), of.modes[j],
                of.first_column[j], of.sign[j], sums, chunk,
            )  # fmt: skip
    return streamed


@kernel
def _list(
    p: int, any_hot: bool, inbox: Inbox, memory: Floats, own: Sums, static: Along, of: Along,
    visiting: Visiting,
) -> int:  # fmt: skip
    """List what arrives at hot neurons, and move the spikes on their way on; return the status."""
    if STATIC:
        for j in range(len(static.target)):
            if not superpose.list_hot(
                p, _synapses(static, j), _pending(static, j), own.hot, any_hot, own.places[p],
                own.no_visits[p], own.done, inbox, static.earliest[j],
            ):  # fmt: skip
                return INBOX_FULL
    if VISITED:
        for j in range(len(of.target)):
            if any_hot and visiting.done[j][p] == 0:
                visits.undo(j, p, _synapses(of, j), _pending(of, j), memory, _visits(visiting, j),
                            own.hot)  # fmt: skip
            made = visiting.saved[j][p] if visiting.alone[j] else own.no_visits[p]
            if not superpose.list_hot(
                p, _synapses(of, j), _pending(of, j), own.hot, any_hot, own.places[p], made,
                visiting.done[j], inbox, of.earliest[j],
            ):  # fmt: skip
                return INBOX_FULL
    return DONE


@kernel
def _list_driven(
    p: int, is_first: bool, t0: float, t1: float, inbox: Inbox, hot: Ints, of: Driven
) -> int:
    """List the background input of hot neurons; return the status."""
    if DRIVEN:
        for j in range(len(of.targets)):
            if not drives.deliver_hot(
                j, p, of.seen[j] if is_first else t0, t1, of.batches[j], _wires(of, j),
                of.before[j], _sources(of, j), _scratch(p, of, j), of.labels[j], inbox,
                of.passed[j], hot,
            ):  # fmt: skip
                return INBOX_FULL
    return DONE


@kernel
def _hear(p: int, fired: int, emitted: Emitted, plastic: Plastic, of: Visiting) -> None:
    """Tell plastic synapses who has fired in this window."""
    if VISITED:
        for j in range(len(of.lines)):
            visits.hear(j, p, fired, emitted, plastic, _lines(of, j), of.which[j])


@kernel
def _synapses(of: Along, j: int) -> Synapses:
    return Synapses(
        of.row_start[j], of.row_end[j], of.target[j], of.weight[j], of.delay[j], of.labels[j]
    )


@kernel
def _pending(of: Along, j: int) -> Pending:
    return Pending(of.pending[j], of.n_pending[j])


@kernel
def _lines(of: Visiting, j: int) -> Lines:
    return Lines(of.lines[j], of.refs[j], of.spans[j], of.taus[j], of.factors[j])


@kernel
def _visits(of: Visiting, j: int) -> Visits:
    return Visits(of.at[j], of.streamed[j], of.saved[j], of.done[j])


@kernel
def _wires(of: Driven, j: int) -> Wires:
    return Wires(
        of.first[j], of.in_line[j], of.sources[j], of.targets[j], of.weights[j], of.delays[j],
        of.numbers[j],
    )  # fmt: skip


@kernel
def _rows(of: Driven, j: int) -> Rows:
    return Rows(of.times[j], of.after[j], of.before[j], of.later[j])


@kernel
def _sources(of: Driven, j: int) -> Sources:
    return Sources(of.params[j], of.table[j])


@kernel
def _scratch(p: int, of: Driven, j: int) -> Scratch:
    return Scratch(
        of.short[j][p], of.held[j][p], of.fresh[j][p], of.late[j][p], of.totals[j][p],
        of.part[j][p],
    )  # fmt: skip
