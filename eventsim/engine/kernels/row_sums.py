"""Sums of arrivals that lie side by side: what many rows have given at the end of a window."""

from collections.abc import Callable

from eventsim.engine.buffers import Floats, Ints
from eventsim.engine.kernels.fade import POWER, TAU, fade, fade_far, fade_little, lifted
from eventsim.kernel import kernel

ROW = 8  # arrivals of a row


@kernel
def sum_rows(n: int, t0: float, t1: float, times: Floats, modes: Floats, totals: Floats) -> None:
    """Write what the arrivals of `n` rows from t0 to t1 have given at t1 into totals[mode]."""
    for m in range(modes.shape[0]):
        window = (t1 - t0) / modes[m, TAU]
        if window <= 1 / 64:
            _sum_faded(fade_little, n, t0, t1, times, modes[m], totals[m])
        elif window <= 1.0:
            _sum_faded(fade, n, t0, t1, times, modes[m], totals[m])
        else:
            _sum_faded(fade_far, n, t0, t1, times, modes[m], totals[m])


@kernel
def _sum_faded(
    what_is_left: Callable[[float], float], n: int, t0: float, t1: float, times: Floats,
    mode: Floats, totals: Floats,
) -> None:  # fmt: skip
    rate, power = 1.0 / mode[TAU], int(mode[POWER])
    if power == 0:  # a constant here: compiled without a selection for each arrival
        _sum_lifted(what_is_left, n, t0, t1, times, rate, 0, totals)
    else:
        _sum_lifted(what_is_left, n, t0, t1, times, rate, power, totals)


@kernel
def _sum_lifted(
    what_is_left: Callable[[float], float], n: int, t0: float, t1: float, times: Floats,
    rate: float, power: int, totals: Floats,
) -> None:  # fmt: skip
    for a in range(n):
        total = 0.0
        for j in range(ROW):
            age = t1 - times[j, a]
            inside = (times[j, a] >= t0) & (times[j, a] < t1)
            total += lifted(what_is_left(age * rate), age, power) if inside else 0.0
        totals[a] = total


@kernel
def merge_totals(n: int, short: Ints, modes: int, part: Floats, totals: Floats) -> None:
    """Add the sums of the `n` places in `short` to those of the batch."""
    for m in range(modes):
        for a in range(n):
            totals[m, short[a]] += part[m, a]


@kernel
def add_totals(
    totals: Floats, weights: Floats, targets: Ints, in_line: bool, modes: int, first_column: int,
    sign: int, sums: Floats,
) -> int:  # fmt: skip
    """Add a batch's weighted totals to its targets' sums; return how many are not zero."""
    n, arrived = weights.shape[0], 0
    for m in range(modes):
        column = first_column + 2 * m + (1 if sign < 0 else 0)
        if in_line and sign != 0:
            low = targets[0]
            for a in range(n):
                sums[column, low + a] += weights[a] * totals[m, a]
        else:
            for a in range(n):
                side = 1 if sign == 0 and weights[a] < 0.0 else 0
                sums[column + side, targets[a]] += weights[a] * totals[m, a]
    for a in range(n):
        arrived += 1 if totals[0, a] > 0.0 else 0
    return arrived
