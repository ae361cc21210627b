"""What `nalsm` has done already: results of its parts, kept beside the recording.

A folder holds one file for each part; its name ends in a hash of settings, data and version, so
that results of others are never taken for these. A killed run goes on where it stopped.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from eventsim.interrupts import kept_back
from eventsim.scenarios._data_files import check_archive

Arrays = Mapping[str, NDArray[Any]]
T = TypeVar("T")


class Store:
    """Results of parts, by name.

    Parameters
    ----------
    out : path or None
        The recording; None keeps nothing.
    key : object fit for JSON
        What the results depend on.

    Attributes
    ----------
    folder : Path or None
        Where results are kept.
    """

    def __init__(self, out: str | Path | None, key: Any) -> None:
        self.folder: Path | None = None
        if out is not None:
            text = json.dumps(key, sort_keys=True).encode()
            name = f"{Path(out).stem}.parts-{hashlib.sha256(text).hexdigest()[:12]}"
            self.folder = Path(out).with_name(name)
            self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def used(self) -> bool:
        """Whether an earlier run has left anything."""
        return self.folder is not None and any(self.folder.iterdir())

    def path(self, name: str) -> Path | None:
        """Return where a part is kept."""
        return None if self.folder is None else self.folder / name

    def read(self, name: str) -> dict[str, NDArray[Any]] | None:
        """Return a part that is done, or None."""
        path = self.path(f"{name}.npz")
        if path is None or not path.exists():
            return None
        check_archive(path, "scenario 'nalsm' needs", "delete it, and it is done again")
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}

    def write(self, name: str, arrays: Arrays) -> None:
        """Keep a part; half a file never has its name."""
        path = self.path(f"{name}.npz")
        if path is None:
            return
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        unfinished.replace(path)


def digest(stimuli: Iterable[Any]) -> str:
    """Return a hash of what named tuples of arrays and numbers hold."""
    found = hashlib.sha256()
    for value in chain.from_iterable(stimuli):
        array = np.ascontiguousarray(value)
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(array.data)
    return found.hexdigest()


def each(
    tasks: Sequence[tuple[str, Callable[[], T]]], work: Callable[[T], NDArray[Any]], store: Store,
    processes: int, say: Callable[[str], None],
) -> list[tuple[str, NDArray[Any]]]:  # fmt: skip
    """Do what is not done yet, in processes if more than one; return names and results in order.

    Parameters
    ----------
    tasks : sequence of (name, function that makes what `work` takes)
        A task is made when its turn comes.
    work : (task) -> ndarray
        Must be found by its name in a module.
    store : Store
        Where results are kept.
    processes : int
        How many at a time.
    say : (str) -> None
        Told how far it is.
    """
    found = {name: done["result"] for name, _ in tasks if (done := store.read(name)) is not None}
    waiting = [(name, make) for name, make in tasks if name not in found]

    def keep(name: str, result: NDArray[Any]) -> None:
        found[name] = result
        store.write(name, {"result": result})
        if len(found) % max(len(tasks) // 10, 1) == 0:
            say(f"{len(found)} of {len(tasks)} parts are done, the last one {name}")

    if processes == 1:
        for name, make in waiting:
            keep(name, work(make()))
    else:
        _in_processes(waiting, work, processes, keep)
    return [(name, found[name]) for name, _ in tasks]


def _in_processes(
    waiting: Sequence[tuple[str, Callable[[], Any]]], work: Callable[[Any], NDArray[Any]],
    processes: int, keep: Callable[[str, NDArray[Any]], None],
) -> None:  # fmt: skip
    # spawned, not forked: compiled code keeps threads, which a fork would lose
    context = get_context("spawn")
    queue, busy = list(reversed(waiting)), dict[Any, str]()
    workers = []
    try:
        for _ in range(min(processes, len(queue))):
            here, there = context.Pipe()
            worker = context.Process(target=_serve, args=(there, work), daemon=True)
            with kept_back():  # for good: Ctrl-C is answered here
                worker.start()
                workers.append((here, worker))
            there.close()
            busy[here] = _hand_out(here, queue)
        while busy:
            for pipe in wait(list(busy)):
                name = busy.pop(pipe)
                keep(name, _answer(pipe, name))
                if queue:
                    busy[pipe] = _hand_out(pipe, queue)
    finally:
        for here, worker in workers:
            here.close()
            worker.terminate()
            worker.join()


def _hand_out(pipe: Any, queue: list[tuple[str, Callable[[], Any]]]) -> str:
    name, make = queue.pop()
    pipe.send(make())
    return name


def _answer(pipe: Any, name: str) -> NDArray[Any]:
    try:
        answer = pipe.recv()
    except EOFError:
        raise RuntimeError(f"part {name!r}: its process was killed") from None
    if isinstance(answer, BaseException):
        raise answer
    result: NDArray[Any] = answer
    return result


def _serve(pipe: Any, work: Callable[[Any], NDArray[Any]]) -> None:
    """Do what comes, in a process of its own, until whoever asked has closed the pipe or died."""
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(work(task))
        except Exception as error:  # told where it is waited for
            pipe.send(error)
