"""Ctrl-C while a process starts: kept back, in it and here, until somebody can answer it.

A new process imports for a second or two before it runs a line of its own; Ctrl-C would end that in
a traceback. What is kept back is not lost: it comes when it is let through.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

_KNOWN = hasattr(signal, "pthread_sigmask")  # not on Windows


@contextmanager
def kept_back() -> Iterator[None]:
    """Keep Ctrl-C back for the time of a block; in processes started within it until `let_through`.

    In a thread that keeps it back already nothing changes.
    """
    if not _KNOWN:
        yield
        return
    # started with the first process otherwise, and then it would let signals through
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_through() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was kept back, and from now on at once."""
    if _KNOWN:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
