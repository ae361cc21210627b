"""Neurons side by side: one instruction does for many what an integrator does for one.

A step of an integrator is a chain of derivatives that wait for one another, but neurons don't wait
for neurons. So some of them stand in lanes, each at an instant of its own. All pass to their next
arrivals together; each receives its own; all take the commonest step together, and for whom it was
not the right one goes on by itself. Who is through makes room for the next neuron. What a neuron
does doesn't depend on who stands beside it.

Who is sampled, or might find no room for a spike, leaves and goes on the general way from the state
that it has.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from eventsim.engine.buffers import (
    DONE,
    KIND,
    PORTS,
    Cells,
    Emitted,
    Floats,
    Inbox,
    Plastic,
    Probes,
    Progress,
)
from eventsim.engine.kernels.prefetch import prefetch
from eventsim.engine.kernels.registers import full_registers
from eventsim.kernel import kernel, kernel_call
from eventsim.model import ALONE, ELSEWHERE, TAKEN, Quick
from eventsim.room import oblong_room, room

Function = Callable[..., Any]

LANES = 32
AHEAD = 8  # arrivals from the one whose memory is asked for to the one that is received
REGISTER = 8  # floats in 512 bits: a loop over a multiple of them has no remainder
PASSED = -1  # in Inbox.begin: this neuron has been taken through the window


class Window(NamedTuple):
    """One population in one window."""

    t1: float  # ms, its end
    limit: float  # spikes of one neuron in a bin
    cells: Cells
    inbox: Inbox
    emitted: Emitted
    progress: Progress
    probes: Probes
    plastic: Plastic


@kernel
def not_abreast(
    part: int, n: int, window: Window, transmitted: Function, fire: Function, sound: Function
) -> None:
    """Stand in for models that have no quick step."""


def abreast(model: Any, quick: Quick) -> Function:
    """Return pass_abreast(part, n, window, transmitted, fire, sound) for one model's functions.

    It takes the `n` listed neurons through their arrivals and up to the end of the window. Last
    come three functions of the general way, which know about synapses: what an arrival transmits,
    how a neuron fires, and whether a state is one to go on from.
    """
    # rows of the lanes: the state and when it is valid; when something happens next, whether that
    # is the neuron's own event; what became of the last step; its place in the list of work, and
    # its next arrival; its parameters
    quick_brief, quick_whole = quick
    valid_row = model.N_STATE
    instant_row, own_row, verdict_row, hint_row, length_row, at_row, next_row = (
        valid_row + k for k in range(1, 8)
    )
    params_row, n_params = next_row + 1, model.N_PARAMS
    rows = params_row + n_params

    @kernel
    def of_lane(j: int, lanes: Floats, window: Window) -> Any:
        """Return the parameters of the neuron in lane j."""
        return model.load_params(lanes[params_row:].T, window.cells.table, j)

    @kernel
    def pass_to_instants(lanes: Floats, registers: int, window: Window) -> None:
        for j in range(registers * REGISTER):
            p = of_lane(j, lanes, window)
            s, valid, t = model.load_state(lanes.T, j), lanes[valid_row, j], lanes[instant_row, j]
            model.store_state(lanes.T, j, model.between_abreast(s, valid, t - valid, p), t)

    @kernel
    def step_briefly(lanes: Floats, registers: int, window: Window) -> None:
        for j in range(registers * REGISTER):
            p = of_lane(j, lanes, window)
            t, before = lanes[instant_row, j], lanes[verdict_row, j]
            s, verdict, hint, length = quick_brief(model.load_state(lanes.T, j), t, p)
            verdict = verdict if before == ELSEWHERE else before
            lanes[verdict_row, j] = verdict
            lanes[hint_row, j], lanes[length_row, j] = hint, length
            if verdict == TAKEN:
                model.store_state(lanes.T, j, s, t)

    @kernel
    def step(lanes: Floats, registers: int, window: Window) -> None:
        for j in range(registers * REGISTER):
            p = of_lane(j, lanes, window)
            t, hint, length = lanes[instant_row, j], lanes[hint_row, j], lanes[length_row, j]
            before = model.load_state(lanes.T, j)
            s, verdict, length = quick_whole(before, t, hint, length, p)
            waits = lanes[verdict_row, j] == ELSEWHERE
            lanes[length_row, j] = length
            if waits:
                lanes[verdict_row, j] = verdict
            if waits & (verdict == TAKEN):
                model.store_state(lanes.T, j, s, t)

    @kernel
    def number(j: int, lanes: Floats, inbox: Inbox) -> int:
        """Return which neuron stands in lane j."""
        return int(inbox.work[int(lanes[at_row, j])])

    @kernel
    def receive(
        j: int, lanes: Floats, part: int, window: Window, p: Any, transmitted: Function
    ) -> None:
        """Let the neuron in lane j receive all that arrives at its instant."""
        inbox, i = window.inbox, number(j, lanes, window.inbox)
        position, stop = int(lanes[next_row, j]), inbox.end[i]
        arrivals, tags, by_target = inbox.rows[part], inbox.tags[part], inbox.order[part]
        s, t = model.load_state(lanes.T, j), lanes[instant_row, j]
        before = s
        while position < stop and inbox.when[part][position] == t:
            ahead = by_target[min(position + AHEAD, stop - 1)]
            prefetch(arrivals[ahead], 0)
            prefetch(tags[ahead], 0)
            k = by_target[position]
            w = transmitted(i, t, arrivals[k], tags[k, KIND], before, window.plastic)
            s = model.on_input(s, t, w, tags[k, KIND] % PORTS, p)
            position += 1
        model.store_state(lanes.T, j, s, t)
        lanes[next_row, j] = position

    @kernel
    def receive_or_spike(
        j: int, lanes: Floats, part: int, window: Window, p: Any, transmitted: Function
    ) -> None:
        lanes[verdict_row, j] = ELSEWHERE
        if lanes[own_row, j] == 0.0:
            receive(j, lanes, part, window, p, transmitted)
        elif model.spikes(model.load_state(lanes.T, j), lanes[instant_row, j], p):
            lanes[verdict_row, j] = ALONE

    @kernel
    def put_aside(lanes: Floats, used: int) -> int:
        """Move the lanes that are done to the back; return how many others there are."""
        front, back = 0, used
        while front < back:
            if lanes[verdict_row, front] == ELSEWHERE:
                front += 1
            else:
                back -= 1
                if lanes[verdict_row, back] == ELSEWHERE:
                    for row in range(rows):
                        x = lanes[row, front]
                        lanes[row, front], lanes[row, back] = lanes[row, back], x
        return front

    @kernel
    def write_back(j: int, lanes: Floats, window: Window, p: Any) -> None:
        """Let the neuron in lane j go on from its present state if it leaves."""
        i, valid = number(j, lanes, window.inbox), lanes[valid_row, j]
        s = model.load_state(lanes.T, j)
        model.store_state(window.cells.states, i, s, valid)
        window.cells.due[i] = model.safe_until(s, valid, p)
        window.inbox.begin[int(lanes[at_row, j])] = int(lanes[next_row, j])

    @kernel
    def step_alone(
        j: int, lanes: Floats, part: int, window: Window, p: Any, fire: Function, sound: Function
    ) -> None:
        """Let lane j go on by itself, after a spike if there is one."""
        s, t, i = (
            model.load_state(lanes.T, j),
            lanes[instant_row, j],
            number(j, lanes, window.inbox),
        )
        if model.spikes(s, t, p) if lanes[own_row, j] > 0.0 else model.fires(s, p):
            s = fire(part, i, t, int(lanes[next_row, j]), s, p, window)
        if window.progress.status[part] == DONE:
            s = model.plan(s, t, p)
        model.store_state(lanes.T, j, s, t)
        if not sound(part, i, t, s, window.progress):
            write_back(j, lanes, window, p)

    @kernel
    def has_room(i: int, part: int, window: Window) -> bool:
        """Tell whether all lanes may fire once more, and neuron i's synapses remember it."""
        emitted, plastic = window.emitted, window.plastic
        if emitted.filled[part] + LANES > emitted.rows.shape[1]:
            return False
        remembered = plastic.remembered[i] if plastic.remembered.shape[0] > 0 else 0
        return bool(remembered < plastic.history.shape[1])

    @kernel
    def goes_on(j: int, lanes: Floats, part: int, window: Window, p: Any) -> bool:
        """Find what happens next in lane j; tell whether anything does in this window."""
        inbox, position = window.inbox, int(lanes[next_row, j])
        arrives = position < inbox.end[number(j, lanes, inbox)]
        t = inbox.when[part][position] if arrives else window.t1
        s, valid = model.load_state(lanes.T, j), lanes[valid_row, j]
        own = model.safe_until(s, valid, p)
        if own < t:
            own = model.next_fire(s, valid, p)
        lanes[instant_row, j] = min(own, t)
        lanes[own_row, j] = 1.0 if own < t else 0.0
        return bool(arrives or own < t)

    @kernel
    def enter(j: int, at: int, lanes: Floats, window: Window) -> bool:
        """Put a neuron into lane j, if it is one for this way."""
        inbox, states, params = window.inbox, window.cells.states, window.cells.params
        i = inbox.work[at]
        if window.probes.slot[i] >= 0:
            return False
        model.store_state(lanes.T, j, model.load_state(states, i), states[i, model.N_STATE])
        own = params[i] if params.shape[0] > 1 else params[0]
        for k in range(n_params):
            lanes[params_row + k, j] = own[k]
        lanes[at_row, j], lanes[next_row, j] = at, inbox.begin[at]
        lanes[verdict_row, j] = TAKEN
        return True

    @kernel
    def stays(
        j: int, lanes: Floats, part: int, window: Window, p: Any, fire: Function, sound: Function
    ) -> bool:
        """Finish the step of lane j and prepare the next; tell whether there is one."""
        if lanes[verdict_row, j] != TAKEN:
            step_alone(j, lanes, part, window, p, fire, sound)
        if window.progress.status[part] != DONE:
            return False
        on = goes_on(j, lanes, part, window, p)
        if on and has_room(number(j, lanes, window.inbox), part, window):
            return True
        write_back(j, lanes, window, p)
        if not on:
            window.inbox.begin[int(lanes[at_row, j])] = PASSED
        return False

    @kernel
    def keep_first(part: int, progress: Progress, first: Floats) -> None:
        """Keep the trouble that a lane is in, if it is the first so far; the others go on."""
        if progress.status[part] == DONE:
            return
        i, t = progress.trouble[part, 0], progress.trouble[part, 1]
        if first[0] == DONE or t < first[2] or (t == first[2] and i < first[1]):
            first[0], first[1], first[2] = progress.status[part], i, t
        progress.status[part] = DONE

    @kernel
    def all_step(
        used: int, lanes: Floats, part: int, window: Window, transmitted: Function
    ) -> None:
        """Take all lanes to their instants and, as far as they can do that together, beyond."""
        registers = (used + REGISTER - 1) // REGISTER
        pass_to_instants(lanes, registers, window)
        for j in range(used):
            p = of_lane(j, lanes, window)
            receive_or_spike(j, lanes, part, window, p, transmitted)
        step_briefly(lanes, registers, window)
        others = put_aside(lanes, used)
        while others > 0:
            step(lanes, (others + REGISTER - 1) // REGISTER, window)
            others = put_aside(lanes, others)

    @kernel_call
    def pass_abreast(
        part: int, n: int, window: Window, transmitted: Function, fire: Function, sound: Function
    ) -> None:
        full_registers()
        lanes, first = oblong_room(rows, LANES), room(3)
        first[0] = DONE
        used, at = 0, window.cells.bounds[part]
        end = at + n
        while True:
            while used < LANES and at < end:
                if enter(used, at, lanes, window):
                    used += 1
                at += 1
            if used == 0:
                break
            j = 0
            while j < used:
                p = of_lane(j, lanes, window)
                if stays(j, lanes, part, window, p, fire, sound):
                    j += 1
                else:  # the last lane moves here
                    keep_first(part, window.progress, first)
                    used -= 1
                    for row in range(rows):
                        lanes[row, j] = lanes[row, used]
            all_step(used, lanes, part, window, transmitted)
        if first[0] != DONE:
            window.progress.status[part] = int(first[0])
            window.progress.trouble[part, 0], window.progress.trouble[part, 1] = first[1], first[2]

    return pass_abreast
