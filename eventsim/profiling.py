"""Where the time of a run goes: the kernels' CPU time, by what they do.

While a `profile` is open, kernels are handed out with a clock around them. Outside of one nothing
is measured and nothing is in the way.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import ModuleType
from typing import Any

from numba.core import event

COMPILE = "compile"
OTHER = "other"
# what a kernel does, by (kernel, function); the rest of a kernel's functions are "other"
PHASES = {
    ("spread", "collect"): "sort",
    ("spread", "enqueue"): "sort",
    ("spread", "deliver"): "deliver",
    ("spread", "insert"): "deliver",
    ("drive", "begin"): "drive",
    ("drive", "first_arrival"): "drive",
    ("drive", "pass_arrived"): "drive",
    ("drive", "pass_row"): "drive",
    ("waiting", "begin"): "drive",
    ("waiting", "deliver"): "drive",
    ("rounds", "visit"): "deliver",
    ("rounds", "drive"): "drive",
    ("rounds", "stream"): "deliver",
    ("rounds", "settle"): "update",
    ("rounds", "list"): "deliver",
    ("rounds", "list_driven"): "drive",
    ("rounds", "step"): "update",
    ("rounds", "rejoin"): "update",
    ("stretch", "stream"): "deliver",
    ("stretch", "list_arrivals"): "deliver",
    ("stretch", "part"): "update",
    ("stretch", "turn"): "update",
    ("population", "advance"): "update",
}


class Profile:
    """CPU seconds and calls: of each kernel function, and of each part of the work."""

    def __init__(self) -> None:
        self.seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.calls: Counter[tuple[str, str]] = Counter()
        self.parts: defaultdict[str, float] = defaultdict(float)
        self._inside = 0.0  # seconds of parts that ended within the one under way

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what is done inside as `name`, without what counts as another part."""
        before, self._inside = self._inside, 0.0
        start = time.process_time()
        try:
            yield
        finally:
            spent = time.process_time() - start
            self.parts[name] += spent - self._inside
            self._inside = before + spent

    def timed(self, kernel: ModuleType, name: str) -> Any:
        """Return a kernel whose functions are timed."""
        return _Timed(self, kernel, name)

    @contextmanager
    def clock(self, kernel: str, function: str) -> Iterator[None]:
        """Count what is done inside as that kernel's function, which is part of a phase."""
        key = kernel, function
        with self.part(PHASES.get(key, OTHER)):
            start, compiled = time.process_time(), self.parts[COMPILE]
            yield
            spent = time.process_time() - start
            self.seconds[key] += spent - (self.parts[COMPILE] - compiled)
            self.calls[key] += 1

    def table(self) -> str:
        """Return the parts and the kernels, longest first, as text."""
        total = sum(self.parts.values()) or 1.0
        lines = [f"{'part':<28} {'CPU s':>9} {'share':>7}"]
        for name, seconds in _longest_first(self.parts):
            lines.append(f"{name:<28} {seconds:>9.3f} {100.0 * seconds / total:>6.1f}%")
        lines += ["", f"{'kernel':<28} {'CPU s':>9} {'calls':>9} {'us a call':>10}"]
        for key, seconds in _longest_first(self.seconds):
            calls = self.calls[key]
            lines.append(
                f"{'.'.join(key):<28} {seconds:>9.3f} {calls:>9} {1e6 * seconds / calls:>10.1f}"
            )
        return "\n".join(lines)


def _longest_first(seconds: dict[Any, float]) -> list[tuple[Any, float]]:
    return sorted(seconds.items(), key=lambda item: -item[1])


class _Timed:
    """A kernel's functions, each with a clock around it."""

    def __init__(self, profile: Profile, kernel: ModuleType, name: str) -> None:
        self._profile, self.kernel, self._name = profile, kernel, name

    def __getattr__(self, function: str) -> Any:
        timed = self._with_clock(function, getattr(self.kernel, function))
        setattr(self, function, timed)
        return timed

    def _with_clock(self, function: str, call: Callable[..., Any]) -> Callable[..., Any]:
        profile, name = self._profile, self._name

        def timed(*arguments: Any) -> Any:
            with profile.clock(name, function):
                return call(*arguments)

        return timed


def bare(thing: Any) -> Any:
    """Return a kernel without clocks."""
    return thing.kernel if isinstance(thing, _Timed) else thing


class _CompileListener(event.Listener):  # type: ignore[misc]  # Numba has no types
    """Counts Numba's own time, which is inside the first call of each kernel."""

    def __init__(self, profile: Profile) -> None:
        self.profile, self.depth = profile, 0
        self.part: Any = None

    def on_start(self, event: Any) -> None:
        if self.depth == 0:
            self.part = self.profile.part(COMPILE)
            self.part.__enter__()
        self.depth += 1

    def on_end(self, event: Any) -> None:
        self.depth -= 1
        if self.depth == 0:
            self.part.__exit__(None, None, None)


current: Profile | None = None


@contextmanager
def profile() -> Iterator[Profile]:
    """Measure where the time goes; simulations made inside take part."""
    global current
    outer, current = current, Profile()
    try:
        with (
            current.part(OTHER),
            event.install_listener("numba:compile", _CompileListener(current)),
        ):
            yield current
    finally:
        current = outer


_NOBODY = nullcontext()


def part(name: str) -> AbstractContextManager[None]:
    """Count what is done inside as `name`, if somebody measures."""
    return _NOBODY if current is None else current.part(name)
