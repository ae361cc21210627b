"""The spikes of a recording as the `units` table of an NWB file."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eventsim.export.needs import needed

if TYPE_CHECKING:
    from eventsim.recording import Recording


def write(recording: "Recording", path: Path) -> None:
    """Write all spikes, a row per neuron; see `Recording.to_nwb`. NWB counts in seconds."""
    pynwb = needed("pynwb", "nwb", "NWB files")
    provenance = recording.provenance
    now = datetime.datetime.now(datetime.UTC).isoformat()
    when = datetime.datetime.fromisoformat(provenance.get("started", now))
    file = pynwb.NWBFile(
        session_description=str(provenance.get("scenario", "a simulation with eventsim")),
        identifier=recording.identity,
        session_start_time=when,
        source_script=f"eventsim {provenance.get('eventsim', '')}".strip(),
        source_script_file_name="eventsim",
    )
    file.units = _units(pynwb, recording)
    with pynwb.NWBHDF5IO(str(path), "w") as out:
        out.write(file)


def _units(pynwb: Any, recording: "Recording") -> Any:
    """Return the table, put together from whole columns: row by row would take hours."""
    hdmf = needed("hdmf.common", "nwb", "NWB files")
    times, ends, names, neurons = [], [], [], []
    for name, size in recording.populations.items():
        t, who = recording.spikes(name)
        times.append(t[np.argsort(who, kind="stable")] / 1000.0)
        ends.append(np.bincount(who, minlength=size))
        names += [name] * size
        neurons.append(np.arange(size))
    spikes = _column(hdmf, "spike_times", "s, of one unit after the other", _joined(times))
    until = np.cumsum(_joined(ends)).astype(np.uint64)
    index = hdmf.VectorIndex(name="spike_times_index", data=until, target=spikes)
    return pynwb.misc.Units(
        name="units",
        description="simulated neurons",
        id=np.arange(len(names)),
        columns=[
            spikes,
            index,
            _column(hdmf, "population", "the population's name", names),
            _column(hdmf, "neuron", "number in the population", _joined(neurons)),
        ],
    )


def _column(hdmf: Any, name: str, description: str, data: Any) -> Any:
    return hdmf.VectorData(name=name, description=description, data=data)


def _joined(arrays: list[Any]) -> Any:
    return np.concatenate(arrays) if arrays else np.zeros(0)
