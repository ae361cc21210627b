"""Rows of numbers to tuples and back, in compiled code: one load or store for each number.

Numba's own `to_fixed_tuple` and loops over a tuple walk through the whole tuple for every number in
it, unless there are few; for an integrator's plan that took longer than the integration.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic


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


def _elements(context: Any, builder: Any, array: Any, value: Any) -> Any:
    view = context.make_array(array)(context, builder, value)

    def element(k: int) -> Any:
        return cgutils.get_item_pointer(
            context, builder, array, view, [context.get_constant(types.intp, k)],
            wraparound=False, boundscheck=False,
        )  # fmt: skip

    return element
