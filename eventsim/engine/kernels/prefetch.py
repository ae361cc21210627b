"""Ask for memory before it is needed: the rows of the next spikes lie anywhere."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]  # Numba has no types
def prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """prefetch(array, index): bring the cache line of a 1-D array's element closer."""
    signature = types.void(array, index)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_type, index_type = signature.args
        view = context.make_array(array_type)(context, builder, arguments[0])
        at = context.cast(builder, arguments[1], index_type, types.intp)
        element = cgutils.get_item_pointer(
            context, builder, array_type, view, [at], wraparound=False, boundscheck=False
        )
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte, number, number, number]),
            "llvm.prefetch.p0",
        )
        read, keep, data = number(0), number(3), number(1)
        builder.call(function, [builder.bitcast(element, byte), read, keep, data])
        return context.get_dummy_value()

    return signature, generate
