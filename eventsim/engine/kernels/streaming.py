"""Synapses of spikes on their way, read once and in the order in which they are stored."""

from collections.abc import Callable
from math import inf

import numpy as np

from eventsim.engine.buffers import (
    LINE,
    PENDING_CURSOR,
    PENDING_DUE,
    PENDING_END,
    PENDING_NEXT,
    PENDING_STOP,
    PENDING_TIME,
    Floats,
    Pending,
    Synapses,
)
from eventsim.engine.kernels.fade import POWER, TAU, fade, fade_far, fade_little, faded
from eventsim.engine.kernels.prefetch import prefetch
from eventsim.kernel import kernel

CHUNK = 256  # synapses whose exponentials are computed at once: 2 KiB, stays in the first cache
ASKED = 128  # synapses that are asked for at a time


@kernel
def stream_spike(
    p: int, k: int, oldest: float, t1: float, end: float, synapses: Synapses, pending: Pending,
    modes: Floats, first_column: int, sign: int, sums: Floats, chunk: Floats,
) -> int:  # fmt: skip
    """Add what pending spike `k` delivers before `t1`; return to how many targets."""
    rows = pending.rows[p]
    begin = int(rows[k, PENDING_CURSOR])
    stop = find_stop(rows[k], t1, synapses)
    if stop > begin:
        if k + 2 < pending.filled[p]:
            ask_for(synapses, int(rows[k + 2, PENDING_CURSOR]), stop - begin)
        if synapses.delay.shape[0] == 1:
            _add_row(begin, stop, end - rows[k, PENDING_DUE], synapses, modes, first_column, sign,
                     sums)  # fmt: skip
        else:
            _add_segment(begin, stop, oldest, rows[k, PENDING_TIME], end, synapses, modes,
                         first_column, sign, sums, chunk)  # fmt: skip
    return stop - begin


@kernel
def find_stop(row: Floats, t1: float, synapses: Synapses) -> int:
    """Note at which synapse a pending spike stops that goes on until `t1`, and when it gets there.

    Return the former.
    """
    begin = int(row[PENDING_CURSOR])
    stop, then = begin, row[PENDING_DUE]
    if then < t1:
        stop, then = int(row[PENDING_END]), inf
        if synapses.delay.shape[0] > 1:
            time, delay, n = row[PENDING_TIME], synapses.delay[begin:stop], 1
            while n < delay.shape[0] and time + delay[n] < t1:
                n += 1
            if n < delay.shape[0]:
                stop, then = begin + n, time + delay[n]
    row[PENDING_STOP], row[PENDING_NEXT] = stop, then
    return stop


@kernel
def ask_for_targets(synapses: Synapses, cursor: int, count: int) -> None:
    """Prefetch the next `count` targets of a spike, or of a long row what a prefetcher needs."""
    line = 8 * LINE // synapses.target.itemsize
    for k in range(cursor, cursor + min(count, ASKED) + line, line):
        prefetch(synapses.target, k)


@kernel
def ask_for(synapses: Synapses, cursor: int, count: int) -> None:
    """Prefetch the next `count` synapses of a spike."""
    ask_for_targets(synapses, cursor, count)
    end = cursor + min(count, ASKED)
    for k in range(cursor, end + 8, 8):
        if synapses.delay.shape[0] > 1:
            prefetch(synapses.delay, k)
        if synapses.weight.shape[0] > 1:
            prefetch(synapses.weight, k)


@kernel
def _add_row(
    begin: int, end: int, age: float, synapses: Synapses, modes: Floats, first_column: int,
    sign: int, sums: Floats,
) -> None:  # fmt: skip
    """All synapses from begin to end deliver at once, `age` before the window's end."""
    weight_step = 1 if synapses.weight.shape[0] > 1 else 0
    target, weight = synapses.target[begin:end], synapses.weight[begin * weight_step :]
    for m in range(modes.shape[0]):
        column = first_column + 2 * m + (1 if sign < 0 else 0)
        decay, into = faded(age, modes[m]), sums[column]
        if weight_step == 0:
            w = weight[0] * decay
            for k in range(target.shape[0]):
                into[np.uint32(target[k])] += w  # unsigned: no index is checked for its sign
        elif sign != 0:
            for k in range(target.shape[0]):
                into[np.uint32(target[k])] += weight[k] * decay
        else:
            for k in range(target.shape[0]):
                sums[column + (1 if weight[k] < 0.0 else 0), target[k]] += weight[k] * decay


@kernel
def _add_segment(
    begin: int, end: int, oldest: float, time: float, t1: float, synapses: Synapses, modes: Floats,
    first_column: int, sign: int, sums: Floats, chunk: Floats,
) -> None:  # fmt: skip
    """Synapses from begin to end deliver one after another a spike that was fired at `time`.

    Each exponential is a function of its own arrival alone: how a row is cut into windows and
    partitions must not show in the last digit.
    """
    weight_step = 1 if synapses.weight.shape[0] > 1 else 0
    for low in range(begin, end, CHUNK):
        high = min(low + CHUNK, end)
        target, delay = synapses.target[low:high], synapses.delay[low:high]
        weight = synapses.weight[low * weight_step :]
        for m in range(modes.shape[0]):
            column = first_column + 2 * m + (1 if sign < 0 else 0)
            rate, into = 1.0 / modes[m, TAU], sums[column]
            if oldest * rate <= 1 / 64:
                _fill(fade_little, rate, t1, time, delay, chunk)
            elif oldest * rate <= 1.0:
                _fill(fade, rate, t1, time, delay, chunk)
            else:
                _fill(fade_far, rate, t1, time, delay, chunk)
            for _ in range(int(modes[m, POWER])):
                for k in range(delay.shape[0]):
                    chunk[k] *= t1 - (time + delay[k])
            if weight_step == 0:
                w = weight[0]
                for k in range(target.shape[0]):
                    into[np.uint32(target[k])] += w * chunk[k]
            elif sign != 0:
                for k in range(target.shape[0]):
                    into[np.uint32(target[k])] += weight[k] * chunk[k]
            else:
                for k in range(target.shape[0]):
                    w = weight[k]
                    sums[column + (1 if w < 0.0 else 0), target[k]] += w * chunk[k]


@kernel
def _fill(
    what_is_left: Callable[[float], float], rate: float, t1: float, time: float, delay: Floats,
    chunk: Floats,
) -> None:  # fmt: skip
    for k in range(delay.shape[0]):
        chunk[k] = what_is_left((t1 - (time + delay[k])) * rate)
