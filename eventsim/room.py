"""Scratch space for a model's functions: an array in plain Python, on the stack where compiled.

The engine's loops count no references to arrays (`eventsim.kernel.loop`), so none can be made
there; what a function needs while it works, it takes from here. Such an array must not outlive the
function that took it.
"""

from math import prod
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import lower_builtin, type_callable
from numba.np.arrayobj import populate_array

from eventsim.model import FloatArray


def room(n: int) -> FloatArray:
    """Return space for `n` floats, a constant; what is in it at first is not defined."""
    return np.empty(n)


def oblong_room(n: int, m: int) -> FloatArray:
    """Return space for `n` rows of `m` floats, both constants."""
    return np.empty((n, m))


def square_room(like: Any) -> FloatArray:
    """Return space for a matrix with as many rows and columns as `like`, a tuple, has entries."""
    return np.empty((len(like), len(like)))


@type_callable(room)  # type: ignore[untyped-decorator]  # numba has no types
def _type_of_room(context: Any) -> Any:
    def typer(n: Any) -> Any:
        return types.Array(types.float64, 1, "C") if isinstance(n, types.IntegerLiteral) else None

    return typer


@type_callable(oblong_room)  # type: ignore[untyped-decorator]
def _type_of_oblong_room(context: Any) -> Any:
    def typer(n: Any, m: Any) -> Any:
        constant = isinstance(n, types.IntegerLiteral) and isinstance(m, types.IntegerLiteral)
        return types.Array(types.float64, 2, "C") if constant else None

    return typer


@type_callable(square_room)  # type: ignore[untyped-decorator]
def _type_of_square_room(context: Any) -> Any:
    def typer(like: Any) -> Any:
        return types.Array(types.float64, 2, "C") if isinstance(like, types.BaseTuple) else None  # type: ignore[attr-defined]

    return typer


@lower_builtin(room, types.IntegerLiteral)  # type: ignore[untyped-decorator]
def _compiled_room(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    shape = (signature.args[0].literal_value,)
    return _on_the_stack(context, builder, signature.return_type, shape)


@lower_builtin(oblong_room, types.IntegerLiteral, types.IntegerLiteral)  # type: ignore[untyped-decorator]
def _compiled_oblong_room(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    shape = tuple(n.literal_value for n in signature.args)
    return _on_the_stack(context, builder, signature.return_type, shape)


@lower_builtin(square_room, types.BaseTuple)  # type: ignore[untyped-decorator, attr-defined]
def _compiled_square_room(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    n = len(signature.args[0])
    return _on_the_stack(context, builder, signature.return_type, (n, n))


def _on_the_stack(context: Any, builder: Any, kind: Any, shape: tuple[int, ...]) -> Any:
    word, itemsize = ir.IntType(64), 8
    data = cgutils.alloca_once(builder, ir.ArrayType(ir.DoubleType(), prod(shape)))
    array = context.make_array(kind)(context, builder)
    populate_array(
        array,
        data=builder.bitcast(data, array.data.type),
        shape=[word(n) for n in shape],
        strides=[word(itemsize * prod(shape[k + 1 :])) for k in range(len(shape))],
        itemsize=word(itemsize),
        meminfo=None,
    )
    return array._getvalue()
