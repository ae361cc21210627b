"""Rows and lanes of numbers to tuples and back, compiled: one load or store for each number.

Numba's own `to_fixed_tuple` and loops over a tuple walk through the whole tuple for every number in
it, unless there are few; for an integrator's plan that took longer than the integration.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 64  # of a scratch of lanes: a block of neurons


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]  # numba has no types
def read_row(typing_context: Any, row: Any, n: Any) -> Any:
    """read_row(row, n): the first `n` numbers of a 1-D array of floats, as a tuple."""
    values = types.UniTuple(types.float64, n.literal_value)  # type: ignore[attr-defined]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        element = _elements(context, builder, signature.args[0], arguments[0])
        loaded = [builder.load(element(k)) for k in range(n.literal_value)]
        return context.make_tuple(builder, values, loaded)

    return values(row, n), generate


@intrinsic  # type: ignore[untyped-decorator]
def write_row(typing_context: Any, row: Any, values: Any) -> Any:
    """write_row(row, values): put a tuple's numbers at the beginning of a 1-D array of floats."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        element = _elements(context, builder, signature.args[0], arguments[0])
        for k in range(len(values)):
            builder.store(builder.extract_value(arguments[1], k), element(k))
        return context.get_dummy_value()

    return types.void(row, values), generate


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
def read_lane(typing_context: Any, lanes: Any, first: Any, n: Any, a: Any) -> Any:
    """read_lane(lanes, first, n, a): number `a` of columns first..first+n of a scratch of lanes.

    A scratch of lanes holds `LANES` numbers of each column side by side, in one array: as the
    distances are known, compilers see that what is done to one lane touches no other.
    """
    values = types.UniTuple(types.float64, n.literal_value)  # type: ignore[attr-defined]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lane = _lane(context, builder, signature.args[0], arguments[0], arguments[3])
        columns = range(first.literal_value, first.literal_value + n.literal_value)
        loaded = [builder.load(lane(column)) for column in columns]
        return context.make_tuple(builder, values, loaded)

    return values(lanes, first, n, types.intp), generate


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
def write_lane(typing_context: Any, lanes: Any, first: Any, a: Any, values: Any) -> Any:
    """write_lane(lanes, first, a, values): put a tuple's numbers there, one into each column."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lane = _lane(context, builder, signature.args[0], arguments[0], arguments[2])
        for k in range(len(values)):
            column = first.literal_value + k
            builder.store(builder.extract_value(arguments[3], k), lane(column))
        return context.get_dummy_value()

    return types.void(lanes, first, types.intp, values), generate


@intrinsic  # type: ignore[untyped-decorator]
def all_finite(typing_context: Any, values: Any) -> Any:
    """all_finite(values): whether no number in a tuple of floats is infinite or nan."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        total = ir.Constant(ir.DoubleType(), 0.0)
        for k in range(len(values)):
            x = builder.extract_value(arguments[0], k)
            total = builder.fadd(total, builder.fsub(x, x))  # nan if x is infinite or nan
        return builder.fcmp_ordered("==", total, ir.Constant(ir.DoubleType(), 0.0))

    return types.boolean(values), generate


def _lane(context: Any, builder: Any, array: Any, value: Any, a: Any) -> Any:
    view = context.make_array(array)(context, builder, value)

    def lane(column: int) -> Any:
        place = builder.add(a, context.get_constant(types.intp, column * LANES))
        return builder.gep(view.data, [place])

    return lane


def _elements(context: Any, builder: Any, array: Any, value: Any) -> Any:
    view = context.make_array(array)(context, builder, value)

    def element(k: int) -> Any:
        return cgutils.get_item_pointer(
            context, builder, array, view, [context.get_constant(types.intp, k)],
            wraparound=False, boundscheck=False,
        )  # fmt: skip

    return element
