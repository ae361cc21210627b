"""What a killed run left behind, made into a complete file."""

import json
from pathlib import Path

from eventsim.recording import layout, locking, reader, superblock
from eventsim.recording.store import Store


def recover(part: str | Path) -> Path:
    """Complete the recording of a killed run: what was flushed stays, the file gets its name.

    Parameters
    ----------
    part : path
        `run.h5.part`, or `run.h5` for short.

    Returns
    -------
    Path
        The complete file. Its status is 'aborted: killed'.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is being written, the complete file exists, or it is no recording.
    """
    path = Path(part)
    final = path.with_suffix("") if path.suffix == ".part" else path
    left = layout.part(final)
    if not left.exists():
        raise FileNotFoundError(f"no unfinished recording at {str(left)!r}")
    if final.exists():
        raise ValueError(f"{str(final)!r} exists; move it away first")
    with reader.open(left) as opened:  # refuses what is no recording
        reached = opened.duration
    lock = locking.hold(left)
    try:
        superblock.mark_closed(left)
        with locking.opened(left, "r+") as file:
            store = Store(file)
            counts = store.dataset("eventsim", "flushed")[:]
            for name in _growing(store):
                dataset = store.dataset(*name)
                dataset.resize(int(counts[dataset.attrs["stream"]]), axis=0)
            end = {"status": "aborted: killed", "final": {"duration": reached}}
            text = (json.dumps(end) + "\n").encode()
            said = store.dataset("eventsim", "end")
            said.resize(len(said) + len(text), axis=0)
            said[-len(text) :] = list(text)
        left.replace(final)
    finally:
        locking.release(lock)
    return final


def _growing(store: Store) -> list[tuple[str, ...]]:
    """Return the paths of all datasets that grow."""
    names = {
        "spikes": ("timestamps", "node_ids"),
        "report": ("data",),
        "weights": ("time", "value"),
        "histograms": ("time", "count"),
    }
    return [
        (folder, name, dataset)
        for folder, datasets in names.items()
        for name in store.names(folder)
        for dataset in datasets
    ]
