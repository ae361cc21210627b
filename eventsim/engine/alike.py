"""Arrays of several things of one kind, in kernels that don't depend on how many there are.

As a tuple of tuples they would make another kernel for every other number of projections. So a
kernel is given the arrays of the first thing, for their types, and a table that says where those of
each lie in memory.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array
from numpy.typing import NDArray

from eventsim.engine.buffers import Ints

Arrays = tuple[NDArray[Any], ...]

# of an array in the table: its address, how many entries it has along each axis, and how many bytes
# they lie apart
AXES = 3
ADDRESS, LENGTH, STRIDE, WORDS = 0, 1, 1 + AXES, 1 + 2 * AXES


class Alike(NamedTuple):
    """What a kernel finds the arrays of each thing in; it does not keep them alive."""

    first: Arrays  # those of the first thing; none if there is no thing
    where: Ints  # (things, arrays, WORDS)


def alike(things: Sequence[Arrays]) -> Alike:
    """Return where the arrays of each thing are; all must have the types of those of the first.

    Raises
    ------
    TypeError
        If they have not: their memory would be taken for what it is not.
    """
    first = things[0] if things else ()
    for thing in things:
        for expected, array in zip(first, thing, strict=True):
            if numba.typeof(array) != numba.typeof(expected):
                raise TypeError(f"{numba.typeof(array)} is not {numba.typeof(expected)}")
    where = np.zeros((len(things), len(first), WORDS), np.int64)
    for words, thing in zip(where, things, strict=True):
        for word, array in zip(words, thing, strict=True):
            word[ADDRESS] = array.ctypes.data
            word[LENGTH : LENGTH + array.ndim] = array.shape
            word[STRIDE : STRIDE + array.ndim] = array.strides
    return Alike(first, where)


@intrinsic  # type: ignore[untyped-decorator]  # Numba has no types
def arrays_at(typing_context: Any, first: Any, where: Any) -> Any:
    """arrays_at(first, where): the arrays of a thing, of the types of `first`, by its table."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table = context.make_array(where)(context, builder, arguments[1]).data

        def word(array: int, k: int) -> Any:
            place = context.get_constant(types.intp, array * WORDS + k)
            return builder.load(builder.gep(table, [place]))

        def made(number: int, kind: Any) -> Any:
            array = context.make_array(kind)(context, builder)
            element = context.get_data_type(kind.dtype)
            populate_array(
                array,
                data=builder.inttoptr(word(number, ADDRESS), element.as_pointer()),
                shape=[word(number, LENGTH + axis) for axis in range(kind.ndim)],
                strides=[word(number, STRIDE + axis) for axis in range(kind.ndim)],
                itemsize=context.get_constant(types.intp, context.get_abi_sizeof(element)),
                meminfo=None,
            )
            return array._getvalue()

        found = [made(number, kind) for number, kind in enumerate(first)]
        return context.make_tuple(builder, signature.return_type, found)

    return first(first, where), generate
