"""A kernel that is called over and over with arguments of the same types."""

from typing import Any

import numba


class Repeated:
    """Asks Numba for the types of its arguments once.

    With a hundred arrays, finding them out takes three times as long as the rest of a call. Who
    calls it answers for it that arguments of later calls have the types of those of the first, down
    to how arrays lie in memory; else let a new one take its place.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel, self._compiled = kernel, None

    def __call__(self, *arguments: Any) -> Any:
        """Call the kernel."""
        if self._compiled is not None:
            return self._compiled(*arguments)
        result = self._kernel(*arguments)
        self._compiled = self._kernel.get_overload(tuple(map(numba.typeof, arguments)))
        return result
