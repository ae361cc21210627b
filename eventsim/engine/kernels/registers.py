"""Let a loop use whole vector registers: 512 bits where a processor has as many."""

from typing import Any

from numba.core import types
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]  # Numba has no types
def full_registers(typing_context: Any) -> Any:
    """full_registers(): the function that calls it is compiled for the widest registers.

    LLVM takes halves where it is not told, as early processors became slower with whole ones. What
    is inlined is compiled with its caller, so the call stands in a function that is called, and
    this one stays so.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # the attributes are a set of words; its own `add` knows no words for one kind of processor
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), generate
