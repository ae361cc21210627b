"""How far a run is: simulated time, wall time, and when it will be over; on a terminal only."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tick = Callable[[float], None]

_FIRST_SHOWN = 1.0  # s: shorter runs show nothing
_INTERVAL = 0.2  # s between two drawings


class Progress:
    """A progress bar for every run of a simulation, or none.

    `wanted` None means: if standard error is a terminal.
    """

    def __init__(self, wanted: bool | None = None) -> None:
        self.shown = sys.stderr.isatty() if wanted is None else wanted

    @contextmanager
    def over(self, start: float, end: float) -> Iterator[Tick | None]:
        """Yield a function to call with the time reached, or None."""
        if not self.shown or end <= start:
            yield None
            return
        try:
            from tqdm import tqdm
        except ImportError:
            yield None  # the bar is a comfort: its absence is no reason to stop
            return
        layout = "{percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} ms [{elapsed}<{remaining}{postfix}]"
        with tqdm(
            total=end - start, bar_format=layout, delay=_FIRST_SHOWN, leave=False, file=sys.stderr
        ) as bar:
            due = time.monotonic() + _INTERVAL

            def tick(now: float) -> None:
                nonlocal due
                if time.monotonic() >= due:
                    bar.update(now - start - bar.n)
                    due = time.monotonic() + _INTERVAL

            yield tick
