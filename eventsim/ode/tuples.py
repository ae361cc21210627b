"""What the integrator needs of tuples and numbers, right in plain Python and compiled alike.

Loops over the variables are written out when they are compiled (`each`, `fold`): a tuple can only
be kept in registers, and many neurons be integrated by one instruction, if it is never indexed by a
number that is not known before.
"""

from collections.abc import Callable
from itertools import repeat
from math import nan
from typing import Any

from numba.core import cgutils, types
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.extending import intrinsic, overload

from eventsim.kernel import kernel

LARGEST = 1e150  # a value beyond this has diverged; its square would overflow
# a step's estimate is held to a tenth of the tolerance: errors add up between two spikes, and a
# spike is off by the error over the slope with which v meets the threshold
MARGIN = 10.0


def put(values: Any, i: int, x: float) -> Any:
    """Return a NamedTuple of floats with number `i` replaced: how states are built in loops."""
    return values._make((*values[:i], x, *values[i + 1 :]))


@overload(put)  # type: ignore[untyped-decorator]  # numba has no types
def _compiled_put(values: Any, i: int, x: float) -> Any:
    def compiled(values: Any, i: int, x: float) -> Any:
        return tuple_setitem(values, i, x)

    return compiled


def each(f: Callable[..., float], values: Any, *others: Any) -> Any:
    """Return a NamedTuple like `values`: `f` of each of its numbers and those beside it.

    The `others` are floats, the same for all, or NamedTuples as long as `values`.
    """
    return values._make(map(f, values, *map(_column, others)))


def fold(f: Callable[..., float], start: float, values: Any, *others: Any) -> float:
    """Return f(... f(f(start, first numbers), second numbers) ...), with `others` as in `each`."""
    result = start
    for numbers in zip(values, *map(_column, others), strict=False):
        result = f(result, *numbers)
    return result


def _column(x: Any) -> Any:
    return x if isinstance(x, tuple) else repeat(x)


@overload(each)  # type: ignore[untyped-decorator]
def _compiled_each(f: Any, values: Any, *others: Any) -> Any:
    def compiled(f: Any, values: Any, *others: Any) -> Any:
        return _written_out(f, (values, others))

    return compiled


@overload(fold)  # type: ignore[untyped-decorator]
def _compiled_fold(f: Any, start: float, values: Any, *others: Any) -> Any:
    def compiled(f: Any, start: float, values: Any, *others: Any) -> Any:
        return _folded(f, start, (values, others))

    return compiled


@intrinsic  # type: ignore[untyped-decorator]
def _written_out(typing_context: Any, f: Any, given: Any) -> Any:
    like = _of_floats(given[0])
    scalar = f.get_call_type(typing_context, _floats(1 + len(given[1])), {})

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        call = _caller(context, builder, f, scalar)
        row = _rows(context, builder, given, arguments[1])
        return context.make_tuple(builder, like, [call(row(k)) for k in range(len(like))])

    return like(f, given), generate


@intrinsic  # type: ignore[untyped-decorator]
def _folded(typing_context: Any, f: Any, start: Any, given: Any) -> Any:
    scalar = f.get_call_type(typing_context, _floats(2 + len(given[1])), {})

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        call, result = _caller(context, builder, f, scalar), arguments[1]
        row = _rows(context, builder, given, arguments[2])
        for k in range(len(given[0])):
            result = call([result, *row(k)])
        return result

    return types.float64(f, start, given), generate


def _of_floats(like: Any) -> Any:
    """Return the type of a tuple in which a whole number here and there has become a float."""
    if isinstance(like, types.BaseNamedTuple):  # type: ignore[attr-defined]
        named = types.NamedUniTuple  # type: ignore[attr-defined]
        return named(types.float64, len(like), like.instance_class)
    return types.UniTuple(types.float64, len(like))  # type: ignore[attr-defined]


def _floats(n: int) -> Any:
    return (types.float64,) * n


def _caller(context: Any, builder: Any, f: Any, signature: Any) -> Callable[[Any], Any]:
    """Return what writes a call of `f` into the code."""
    function = context.get_function(f, signature)
    context.add_linking_libs(getattr(function, "libs", ()))
    return lambda arguments: function(builder, arguments)


def _rows(context: Any, builder: Any, given: Any, value: Any) -> Callable[[int], Any]:
    """Return row(k): number k of the first of the `given` and of all the others, as floats."""
    others = cgutils.unpack_tuple(builder, builder.extract_value(value, 1), len(given[1]))
    columns = [(given[0], builder.extract_value(value, 0)), *zip(given[1], others, strict=True)]

    def number(k: int, kind: Any, column: Any) -> Any:
        if isinstance(kind, types.BaseTuple):  # type: ignore[attr-defined]
            kind, column = kind[k], builder.extract_value(column, k)
        return context.cast(builder, column, kind, types.float64)

    return lambda k: [number(k, *column) for column in columns]


@kernel
def share_of_tolerance(miss: float, before: float, after: float, atol: float, rtol: float) -> float:
    """Return an error in units of what one step may make, or nan if the value has diverged."""
    allowed = atol + rtol * max(abs(before), abs(after))
    return MARGIN * abs(miss) / allowed if abs(after) < LARGEST else nan


@kernel
def worse(error: float, share: float) -> float:
    """Return the larger of two errors; once nan, always nan."""
    return share if (share > error) | (share != share) else error


@kernel
def worse_by(
    error: float, miss: float, before: float, after: float, atol: float, rtol: float
) -> float:
    """Return the larger of `error` and what one more variable is off, in units of the tolerance."""
    return worse(error, share_of_tolerance(miss, before, after, atol, rtol))


@kernel
def product(x: float, y: float) -> float:
    """Return x y."""
    return x * y


@kernel
def nothing(x: float) -> float:
    """Return 0, whatever x."""
    return 0.0


@kernel
def along(y: float, h: float, slope: float) -> float:
    """Return where a slope leads in a time `h`."""
    return y + h * slope
