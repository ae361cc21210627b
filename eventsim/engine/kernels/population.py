"""Spikes land: one population is taken through one window, each neuron by itself.

A neuron's state stays valid at its last event and no function is told where the window ends, so
neither windows nor the bounds of a run change a bit of the result.
"""

from math import floor, inf, isnan, nan
from typing import TYPE_CHECKING, Any

from numba import prange

from eventsim.engine.buffers import (
    BLOCK,
    BURST_BIN,
    CARRIED,
    COURSE_FULL,
    DONE,
    GIVEN,
    HISTORY_FULL,
    KEPT,
    KIND,
    NOT_FINITE,
    PORTS,
    RUNAWAY,
    SOURCE,
    SPIKES_FULL,
    SYNAPSE,
    TARGET,
    TIME,
    VALUE,
    Cells,
    Emitted,
    Floats,
    Inbox,
    Ints,
    Plastic,
    Probes,
    Progress,
)
from eventsim.engine.kernels.abreast import PASSED, Window
from eventsim.engine.kernels.grouping import also, group, keep, touched
from eventsim.engine.kernels.partitions import any_of
from eventsim.engine.kernels.prefetch import prefetch
from eventsim.engine.rows import all_finite, write_row
from eventsim.engine.rule_layout import BEFORE, LEVEL, REST, SINCE, TAU, WEIGHT
from eventsim.kernel import kernel, kernel_call, loop

if TYPE_CHECKING:
    from eventsim.engine.kernels.injected import model, rules

ALONE = 0.75  # where there are more neurons per arrival, those that have just one are passed first
LONE_AHEAD = 16  # arrivals from the one whose neuron is asked for to the one that is passed
AHEAD = 6  # neurons from the one whose memory is asked for to the one that is visited

PARALLEL: bool = globals().get("PARALLEL", False)  # put here by `specialise`, before this line
# not where a visit always leaves more behind than a state: a plan, a course
QUIET_FIRST: bool = globals().get("QUIET_FIRST", False)  # the same
# where all that neurons leave behind is their state and spikes, and many can be integrated at once
ABREAST: bool = globals().get("ABREAST", False)  # the same


@loop()
def initialise(keys: Floats, states: Floats, params: Floats, table: Floats) -> None:
    """Write the state of every neuron at t = 0."""
    for i in range(states.shape[0]):
        p = model.load_params(params, table, i)
        model.store_state(states, i, model.initial(p, keys[i]), 0.0)


@loop()
def schedule(t: float, states: Floats, params: Floats, table: Floats, due: Floats) -> None:
    """Plan from the states, which are valid at `t`, and bound every neuron's next spike."""
    for i in range(states.shape[0]):
        p = model.load_params(params, table, i)
        s = model.plan(model.load_state(states, i), t, p)
        model.store_state(states, i, s, t)
        due[i] = model.safe_until(s, t, p)


@loop()
def look(t: float, states: Floats, params: Floats, table: Floats, out: Floats) -> None:
    """Write every state as it is at `t`, changing nothing."""
    for i in range(states.shape[0]):
        s = model.load_state(states, i)
        valid = states[i, model.N_STATE]
        if valid < t:
            s = model.between(s, valid, t - valid, model.load_params(params, table, i))
        write_row(out[i], s)


@loop()
def forget(rows: Floats, used: Ints, until: float, lag: float) -> None:
    """Drop the entries before the last one whose time, which is first, is `lag` before `until`."""
    for i in range(rows.shape[0]):
        first = 0
        while first + 1 < used[i] and rows[i, first + 1, 0] + lag < until:
            first += 1
        if first > 0:
            for k in range(first, used[i]):
                for column in range(rows.shape[2]):
                    rows[i, k - first, column] = rows[i, k, column]
            used[i] -= first


@loop()
def note_courses(
    t: float, states: Floats, params: Floats, table: Floats, courses: Floats, jumps: Ints,
    own_course: int,
) -> None:  # fmt: skip
    """Note the course of every modulator from `t` on; there is room."""
    for i in range(states.shape[0]):
        p = model.load_params(params, table, i)
        _note_course(own_course + i, t, model.load_state(states, i), p, courses, jumps)


@loop(parallel=PARALLEL)
def advance(
    t1: float, limit: float,
    states: Floats, params: Floats, table: Floats, due: Floats, block_due: Floats, bounds: Ints,
    bursts: Floats,
    rows: Floats, tags: Ints, filled: Ints, by_target: Ints, when: Floats, scratch: Ints,
    end: Ints, work: Ints, begin: Ints,
    emitted: Floats, n_emitted: Ints,
    stage: Ints, status: Ints, trouble: Floats,
    neurons: Ints, slot: Ints, clock: Floats, taken: Ints, values: Floats,
    memory: Floats, rule_params: Floats, history: Floats, remembered: Ints,
    courses: Floats, jumps: Ints, jumps_forgotten: Ints, own_course: int,
) -> bool:  # fmt: skip
    """Take every neuron that has something to do through the window that ends at `t1`.

    Return whether any is not through: where a buffer is full, a partition stops with its status
    set; called again with more room it goes on where it stopped.
    """
    for p in prange(bounds.shape[0] - 1):
        if status[p] >= NOT_FINITE:  # until no other goes on
            continue
        status[p] = DONE
        advance_partition(
            p, t1, limit,
            Cells(states, params, table, due, block_due, bounds, bursts),
            Inbox(rows, tags, filled, by_target, when, scratch, end, work, begin),
            Emitted(emitted, n_emitted),
            Progress(stage, status, trouble),
            Probes(neurons, slot, clock, taken, values),
            Plastic(memory, rule_params, history, remembered, courses, jumps, jumps_forgotten,
                    own_course),
        )  # fmt: skip
    return any_of(status)


@kernel_call
def advance_partition(
    p: int, t1: float, limit: float, cells: Cells, inbox: Inbox, emitted: Emitted,
    progress: Progress, probes: Probes, plastic: Plastic,
) -> None:  # fmt: skip
    """Take the neurons of a partition through the window that ends at `t1`, or as far as it goes.

    If it is not through, its status says why.
    """
    stage = progress.stage[p]
    window = Window(t1, limit, cells, inbox, emitted, progress, probes, plastic)
    if stage[0] == 0:
        stage[1] = _list_work(p, t1, cells, inbox, probes)
        if ABREAST:
            model.pass_abreast(p, stage[1], window, _transmitted, _fire, _sound)
            if progress.status[p] != DONE:
                return
        stage[0], stage[2], stage[3] = 1, 0, 0
    low = cells.bounds[p]
    while stage[2] < stage[1]:
        at = low + stage[2]
        if stage[2] + AHEAD < stage[1]:
            _ask_for(inbox.work[at + AHEAD], cells, inbox.rows[p], inbox.order[p],
                     inbox.begin[at + AHEAD])  # fmt: skip
        i, begin = inbox.work[at], inbox.begin[at]
        if begin != PASSED and not (
            QUIET_FIRST
            and stage[3] == 0  # else it has heard some already
            and _pass_quietly(p, i, begin, inbox.end[i], t1, cells, inbox, probes)
        ):
            position = _visit(p, i, begin + stage[3], max(inbox.end[i], 0), window)
            if progress.status[p] != DONE:
                stage[3] = position - begin
                return
        inbox.end[i] = 0
        _note_due(i, cells)
        stage[2] += 1
        stage[3] = 0
    stage[0] = 0
    inbox.filled[p] = 0


@kernel
def _ask_for(i: int, cells: Cells, rows: Floats, by_target: Ints, position: int) -> None:
    """Prefetch what the visit to neuron i begins with."""
    prefetch(cells.states[i], 0)
    prefetch(cells.due, i)
    prefetch(rows[by_target[position]], 0)


@kernel
def _note_due(i: int, cells: Cells) -> None:
    """Let its block know when neuron i may fire next."""
    block = i // BLOCK
    cells.block_due[block] = min(cells.block_due[block], cells.due[i])


@kernel
def _list_work(p: int, t1: float, cells: Cells, inbox: Inbox, probes: Probes) -> int:
    """List the neurons to visit; group the arrivals by target and sort them there."""
    low, high = cells.bounds[p], cells.bounds[p + 1]
    n = touched(low, high, inbox.tags[p], inbox.filled[p], inbox.end, inbox.work)
    if QUIET_FIRST and n > ALONE * inbox.filled[p]:
        _pass_lone(p, t1, cells, inbox, probes)
        n = touched(low, high, inbox.tags[p], inbox.filled[p], inbox.end, inbox.work)
    group(low, n, inbox.rows[p], inbox.tags[p], inbox.filled[p], inbox.order[p],
          inbox.when[p], inbox.scratch[p], inbox.end, inbox.work, inbox.begin)  # fmt: skip
    for block in range((low + BLOCK - 1) // BLOCK, (high + BLOCK - 1) // BLOCK):
        if cells.block_due[block] < t1:
            earliest = inf
            for i in range(block * BLOCK, min((block + 1) * BLOCK, high)):
                if cells.due[i] < t1:
                    n = also(i, low, n, inbox)
                else:
                    earliest = min(earliest, cells.due[i])
            cells.block_due[block] = earliest  # the visited ones will lower it
    for i in probes.neurons:
        if low <= i < high:
            n = also(i, low, n, inbox)
    return n


@kernel
def _pass_lone(p: int, t1: float, cells: Cells, inbox: Inbox, probes: Probes) -> None:
    """Take neurons with one arrival through it where it lies, if they pass it quietly.

    The other arrivals move up. Where few neurons have several, grouping all costs more than this.
    """
    rows, tags = inbox.rows[p], inbox.tags[p]
    filled, kept = inbox.filled[p], 0
    for k in range(filled):
        if k + LONE_AHEAD < filled:
            coming = tags[k + LONE_AHEAD, TARGET]
            prefetch(cells.states[coming], 0)
            prefetch(cells.due, coming)
            prefetch(inbox.end, coming)
        i = tags[k, TARGET]
        if inbox.end[i] == 1 and _hear_quietly(i, rows[k], tags[k, KIND], t1, cells, probes):
            inbox.end[i] = 0
            _note_due(i, cells)
        else:
            keep(rows, k, kept)
            keep(tags, k, kept)
            kept += 1
    inbox.filled[p] = kept
    for k in range(kept):
        inbox.end[tags[k, TARGET]] = 0


@kernel
def _hear_quietly(
    i: int, arrival: Floats, kind: int, t1: float, cells: Cells, probes: Probes
) -> bool:  # fmt: skip
    """Do what `_pass_quietly` does for neuron i's one arrival up to t1, read where it lies."""
    if _is_awaited(i, t1, cells, probes):
        return False
    w, t = _weight(arrival, kind), arrival[TIME]
    if isnan(w):
        return False
    p = model.load_params(cells.params, cells.table, i)
    s = model.load_state(cells.states, i)
    valid = cells.states[i, model.N_STATE]
    if t > valid:
        s = model.between(s, valid, t - valid, p)
        valid = t
    s = model.on_input(s, t, w, kind % PORTS, p)
    due = _silent_until(s, t, p)
    if due < t1:
        return False
    model.store_state(cells.states, i, s, valid)
    cells.due[i] = due
    return True


@kernel
def _pass_quietly(
    part: int, i: int, position: int, stop: int, t1: float, cells: Cells, inbox: Inbox,
    probes: Probes,
) -> bool:  # fmt: skip
    """Take neuron i through its arrivals up to t1 if all they do is to change its state.

    Whoever fires, does anything else by itself, has a synapse to visit or is sampled is left as it
    was, for `_visit`. Most are not, and where few arrivals come at a time, what `_visit` is told of
    spikes costs most.
    """
    if _is_awaited(i, t1, cells, probes):
        return False
    p = model.load_params(cells.params, cells.table, i)
    s = model.load_state(cells.states, i)
    valid, due = cells.states[i, model.N_STATE], cells.due[i]
    rows, tags, by_target = inbox.rows[part], inbox.tags[part], inbox.order[part]
    when = inbox.when[part]
    while position < stop:
        t = when[position]
        if t > valid:
            s = model.between(s, valid, t - valid, p)
            valid = t
        while position < stop and when[position] == t:
            k = by_target[position]
            w = _weight(rows[k], tags[k, KIND])
            if isnan(w):
                return False
            s = model.on_input(s, t, w, tags[k, KIND] % PORTS, p)
            position += 1
        due = _silent_until(s, t, p)
        if due < t1:
            return False
    model.store_state(cells.states, i, s, valid)
    cells.due[i] = due
    return True


@kernel
def _is_awaited(i: int, t1: float, cells: Cells, probes: Probes) -> bool:
    """Tell whether neuron i is sampled, or may fire before t1 without an arrival."""
    sampled = probes.neurons.shape[0] > 0 and probes.slot[i] >= 0
    return bool(cells.due[i] < t1 or sampled)


@kernel
def _weight(arrival: Floats, kind: int) -> float:
    """Return what an arrival transmits, or nan if its synapse has yet to be visited."""
    plastic = rules.N_RULES > 0 and kind >= PORTS
    return float(arrival[GIVEN] if plastic else arrival[VALUE])


@kernel
def _silent_until(s: Any, t: float, p: Any) -> float:
    """Bound the next spike from the state after an arrival at t.

    It is -inf if the neuron fires at once, or if `_visit` is to complain of its state.
    """
    if model.fires(s, p) or not all_finite(s):
        return -inf
    return float(model.safe_until(s, t, p))


@kernel_call
def _visit(part: int, i: int, position: int, stop: int, window: Window) -> int:
    """Take neuron i through its arrivals order[position:stop] and up to t1; return how far it came.

    Arrivals of one instant are all delivered before the threshold is tested; an own crossing at the
    very time of an arrival comes after it.
    """
    cells, inbox, plastic = window.cells, window.inbox, window.plastic
    emitted, progress, probes = window.emitted, window.progress, window.probes
    p = model.load_params(cells.params, cells.table, i)
    s = model.load_state(cells.states, i)
    valid = cells.states[i, model.N_STATE]
    due = cells.due[i]
    rows, tags, by_target = inbox.rows[part], inbox.tags[part], inbox.order[part]
    when = inbox.when[part]
    # lines of memory that nothing else needs: not read if nobody is sampled; soon, if it fires
    slot = probes.slot[i] if probes.neurons.shape[0] > 0 else -1
    if model.HAS_INPUT:
        prefetch(cells.bursts[i], 0)
    while True:
        t = when[position] if position < stop else window.t1
        while due < t:  # it may fire before that arrival
            crossing = model.next_fire(s, valid, p)
            if not crossing < t:
                due = crossing
                break
            if _no_room(part, i, emitted, progress, plastic):
                break
            if slot >= 0:
                _sample(slot, crossing, True, s, valid, p, probes)
            if crossing > valid:
                s = model.between(s, valid, crossing - valid, p)
            if model.spikes(s, crossing, p):
                s = _fire(part, i, crossing, position, s, p, window)
            if progress.status[part] == DONE:
                if model.IS_MODULATOR:
                    own = plastic.own_course + i
                    _note_course(own, crossing, s, p, plastic.courses, plastic.jumps)
                s = model.plan(s, crossing, p)
            valid = crossing
            due = model.safe_until(s, valid, p)
            if not _sound(part, i, valid, s, progress):
                break
        if progress.status[part] != DONE or position >= stop:
            break
        if _no_room(part, i, emitted, progress, plastic):
            break
        if slot >= 0:
            _sample(slot, t, True, s, valid, p, probes)
        if t > valid:
            s = model.between(s, valid, t - valid, p)
            valid = t
        before = s
        while position < stop and when[position] == t:
            k = by_target[position]
            kind = tags[k, KIND]
            w = _transmitted(i, t, rows[k], kind, before, plastic)
            s = model.on_input(s, t, w, kind % PORTS, p)
            position += 1
        if model.fires(s, p):
            s = _fire(part, i, t, position, s, p, window)
        if progress.status[part] == DONE:
            if model.IS_MODULATOR:
                own = plastic.own_course + i
                _note_course(own, t, s, p, plastic.courses, plastic.jumps)
            s = model.plan(s, t, p)
            due = model.safe_until(s, t, p)
        if not _sound(part, i, t, s, progress):
            break
    if slot >= 0 and progress.status[part] == DONE:
        _sample(slot, window.t1, False, s, valid, p, probes)
    model.store_state(cells.states, i, s, valid)
    cells.due[i] = due
    return position


@kernel
def _transmitted(
    i: int, t: float, arrival: Floats, kind: int, before: Any, plastic: Plastic
) -> float:
    """Return what an arrival at neuron i transmits: its weight, if its synapse is not plastic."""
    if rules.N_RULES == 0 or kind < PORTS:
        return float(arrival[VALUE])
    if not isnan(arrival[GIVEN]):
        return float(arrival[GIVEN])
    carried, row = arrival[CARRIED:], int(arrival[VALUE])
    rule = kind // PORTS - 1
    return float(rules.arrive(rule, plastic, row, i, t, carried[BEFORE], carried, before))


@kernel
def _take_back(part: int, i: int, position: int, inbox: Inbox, plastic: Plastic) -> None:
    """Undo visits that were made before neuron i was known to fire, the last one first."""
    rows, tags, by_target = inbox.rows[part], inbox.tags[part], inbox.order[part]
    for at in range(inbox.end[i] - 1, position - 1, -1):
        k = by_target[at]
        if tags[k, KIND] >= PORTS and not isnan(rows[k, GIVEN]):
            plastic.memory[int(rows[k, VALUE]), WEIGHT] = rows[k, KEPT]
            rows[k, GIVEN] = nan


@kernel
def _sound(part: int, i: int, t: float, s: Any, progress: Progress) -> bool:
    """Tell whether neuron i may go on from its state at t, and note if it is not finite."""
    if progress.status[part] == DONE and not all_finite(s):
        _complain(part, i, t, NOT_FINITE, progress)
    return bool(progress.status[part] == DONE)


@kernel
def _no_room(part: int, i: int, emitted: Emitted, progress: Progress, plastic: Plastic) -> bool:
    """Tell whether one more spike of neuron i would find its buffers full, and note which."""
    if emitted.filled[part] >= emitted.rows.shape[1]:
        progress.status[part] = SPIKES_FULL
        return True
    if rules.N_RULES > 0 and plastic.remembered[i] >= plastic.history.shape[1]:
        progress.status[part] = HISTORY_FULL
        return True
    if model.IS_MODULATOR and plastic.jumps[plastic.own_course + i] >= plastic.courses.shape[1]:
        progress.status[part] = COURSE_FULL
        return True
    return False


@kernel
def _note_course(i: int, t: float, s: Any, p: Any, courses: Floats, jumps: Ints) -> None:
    """Note a modulator's course from `t` on, in place of what was noted at `t` before."""
    j = jumps[i]
    if j > 0 and courses[i, j - 1, SINCE] == t:
        j -= 1
    course = model.course(s, p)
    courses[i, j, SINCE] = t
    courses[i, j, LEVEL] = course.level
    courses[i, j, REST] = course.rest
    courses[i, j, TAU] = course.tau
    jumps[i] = j + 1


@kernel
def _fire(part: int, i: int, t: float, position: int, s: Any, p: Any, window: Window) -> Any:
    """Let neuron i fire at t: note the spike, tell its synapses, return the state after it.

    Its arrivals from order[position] on come later.
    """
    cells, emitted, progress, plastic = (
        window.cells, window.emitted, window.progress, window.plastic,
    )  # fmt: skip
    if model.HAS_INPUT:
        if not all_finite(s):
            _complain(part, i, t, NOT_FINITE, progress)
            return s
        bin_number = floor(t / BURST_BIN)
        if cells.bursts[i, 0] != bin_number:
            cells.bursts[i, 0] = bin_number
            cells.bursts[i, 1] = 0.0
        cells.bursts[i, 1] += 1.0
        if cells.bursts[i, 1] > window.limit:
            _complain(part, i, t, RUNAWAY, progress)
            return s
    n = emitted.filled[part]
    emitted.rows[part, n, TIME] = t
    emitted.rows[part, n, SOURCE] = i
    emitted.rows[part, n, SYNAPSE] = 0.0
    emitted.filled[part] = n + 1
    if rules.N_RULES > 0:
        j = plastic.remembered[i]
        history = plastic.history[i]
        history[j, 0] = t
        rules.remember(plastic.params, history[j - 1], history[j], t - history[j - 1, 0], s)
        plastic.remembered[i] = j + 1
        _take_back(part, i, position, window.inbox, plastic)
    return model.on_fire(s, t, p)


@kernel
def _sample(
    slot: int, t: float, inclusive: bool, s: Any, valid: float, p: Any, probes: Probes
) -> None:
    """Write the samples of one neuron up to `t`: left limits, so one at `t` itself is included
    before an event there and left to the next window at the end of this one."""
    base = probes.taken[probes.taken.shape[0] - 1]
    k = probes.taken[slot]
    while True:
        at = probes.clock[0] + k * probes.clock[1]
        if at > t or (at == t and not inclusive):
            break
        now = model.between(s, valid, at - valid, p) if at > valid else s
        write_row(probes.values[k - base, slot], now)
        k += 1
    probes.taken[slot] = k


@kernel
def _complain(part: int, i: int, t: float, status: int, progress: Progress) -> None:
    progress.status[part] = status
    progress.trouble[part, 0] = i
    progress.trouble[part, 1] = t
