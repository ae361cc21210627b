"""Rows and lanes of numbers to tuples and back, compiled: one load or store for each number.

Numba's own `to_fixed_tuple` and loops over a tuple walk through the whole tuple for every number in
it, unless there are few; for an integrator's plan that took longer than the integration.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 64  # of a block of neurons, side by side

# Memories that are never the same; knowing that, compilers do many lanes at once
LANE, SUMS, VERDICTS, LIMITS = "lanes", "sums", "verdicts", "limits"


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]  # numba has no types
def read_row(typing_context: Any, row: Any, n: Any) -> Any:
    """read_row(row, n): the first `n` numbers of a 1-D array, as a tuple."""
    values = types.UniTuple(row.dtype, n.literal_value)  # type: ignore[attr-defined]

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
def read_lane(typing_context: Any, lanes: Any, n: Any, a: Any) -> Any:
    """read_lane(lanes, n, a): number `a` of the first `n` columns of a block's lanes.

    A block holds `LANES` numbers of each column side by side, in one array: as the distances are
    known, compilers see that what is done to one lane touches no other.
    """
    values = types.UniTuple(types.float64, n.literal_value)  # type: ignore[attr-defined]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes_type, lanes_value, at = signature.args[0], arguments[0], arguments[2]
        begins = [context.get_constant(types.intp, k * LANES) for k in range(n.literal_value)]
        loaded = _load(context, builder, lanes_type, lanes_value, begins, at, LANE)
        return context.make_tuple(builder, values, loaded)

    return values(lanes, n, types.intp), generate


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
def write_lane(typing_context: Any, lanes: Any, a: Any, values: Any) -> Any:
    """write_lane(lanes, a, values): put a tuple's numbers there, one into each column."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        element = _apart(context, builder, signature.args[0], arguments[0])
        for k in range(len(values)):
            place = builder.add(arguments[1], context.get_constant(types.intp, k * LANES))
            value = builder.extract_value(arguments[2], k)
            _mark(builder, builder.store(value, element(place)), LANE)
        return context.get_dummy_value()

    return types.void(lanes, types.intp, values), generate


@intrinsic  # type: ignore[untyped-decorator]
def read_sums(typing_context: Any, sums: Any, places: Any, a: Any) -> Any:
    """read_sums(sums, places, a): what lies `a` behind each of these places of an array."""
    values = types.UniTuple(types.float64, len(places))  # type: ignore[attr-defined]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sums_type, sums_value, at = signature.args[0], arguments[0], arguments[2]
        begins = [builder.extract_value(arguments[1], k) for k in range(len(places))]
        loaded = _load(context, builder, sums_type, sums_value, begins, at, SUMS)
        return context.make_tuple(builder, values, loaded)

    return values(sums, places, types.intp), generate


@intrinsic  # type: ignore[untyped-decorator]
def write_verdict(typing_context: Any, verdicts: Any, a: Any, verdict: Any) -> Any:
    """write_verdict(verdicts, a, verdict): verdicts[a] = verdict."""
    return types.void(verdicts, types.intp, types.float64), _storing(VERDICTS)


@intrinsic  # type: ignore[untyped-decorator]
def write_limit(typing_context: Any, limits: Any, i: Any, limit: Any) -> Any:
    """write_limit(limits, i, limit): limits[i] = limit."""
    return types.void(limits, types.intp, types.float64), _storing(LIMITS)


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


def _load(
    context: Any, builder: Any, array: Any, value: Any, begins: Any, a: Any, memory: str
) -> Any:
    """Load what lies `a` behind each of the places `begins` of an array."""
    element = _apart(context, builder, array, value)
    return [_mark(builder, builder.load(element(builder.add(a, b))), memory) for b in begins]


def _storing(memory: str) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        element = _apart(context, builder, signature.args[0], arguments[0])
        _mark(builder, builder.store(arguments[2], element(arguments[1])), memory)
        return context.get_dummy_value()

    return generate


def _apart(context: Any, builder: Any, array: Any, value: Any) -> Any:
    """Return element(place), in the order of storage, of an array."""
    view = context.make_array(array)(context, builder, value)
    return lambda place: builder.gep(view.data, [place])


def _mark(builder: Any, instruction: Any, memory: str) -> Any:
    """Say in which memory an instruction reads or writes, and hence in which it does not."""
    module = builder.module
    domain = module.add_metadata([ir.MetaDataString(module, "eventsim")])

    def scope(name: str) -> Any:
        return module.add_metadata([ir.MetaDataString(module, name), domain])

    others = [scope(name) for name in (LANE, SUMS, VERDICTS, LIMITS) if name != memory]
    instruction.set_metadata("alias.scope", module.add_metadata([scope(memory)]))
    instruction.set_metadata("noalias", module.add_metadata(others))
    return instruction


def _elements(context: Any, builder: Any, array: Any, value: Any) -> Any:
    view = context.make_array(array)(context, builder, value)

    def element(k: int) -> Any:
        return cgutils.get_item_pointer(
            context, builder, array, view, [context.get_constant(types.intp, k)],
            wraparound=False, boundscheck=False,
        )  # fmt: skip

    return element
