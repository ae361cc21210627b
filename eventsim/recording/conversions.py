"""A recording as other libraries want it: methods of `Recording`, each a call to an exporter."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventsim.export import arrays, frames, neo, nwb, pynapple, sonata

if TYPE_CHECKING:
    from pandas import DataFrame

    from eventsim.recording.reader import Recording


def to_pandas(recording: "Recording", population: str, variable: str | None = None) -> "DataFrame":
    """Return a population's spikes, or with a `variable` its samples, as a pandas frame.

    Returns
    -------
    pandas.DataFrame
        Spikes: columns `time` (ms) and `neuron`. Samples: index `time` (ms), a column per
        neuron.

    Raises
    ------
    ImportError
        If pandas is not installed.
    KeyError
        If there is no such population or variable.
    """
    if variable is None:
        return frames.spikes(*recording.spikes(population))
    return frames.states(recording.states(population, variable))


def to_xarray(recording: "Recording", population: str) -> Any:
    """Return all that was sampled of a population: an xarray.Dataset, (time, neuron) each.

    Raises
    ------
    ImportError
        If xarray is not installed (extra `xarray`).
    KeyError
        If the population was not sampled.
    """
    return arrays.states(recording, population)


def to_neo(recording: "Recording") -> Any:
    """Return everything as a neo.Block: a segment for each population, in ms.

    Raises
    ------
    ImportError
        If Neo is not installed (extra `neo`).
    """
    return neo.block(recording)


def to_pynapple(recording: "Recording", population: str, variable: str | None = None) -> Any:
    """Return spikes as a pynapple.TsGroup, or with a `variable` its samples as a TsdFrame.

    pynapple counts in seconds and rounds to ns.

    Raises
    ------
    ImportError
        If pynapple is not installed (extra `pynapple`).
    KeyError
        If there is no such population or variable.
    """
    if variable is None:
        return pynapple.spikes(recording, population)
    return pynapple.states(recording, population, variable)


def to_nwb(recording: "Recording", path: str | Path) -> None:
    """Write all spikes into an NWB file: its `units` table, in seconds, a row per neuron.

    Raises
    ------
    ImportError
        If pynwb is not installed (extra `nwb`).
    FileExistsError
        If the file exists.
    """
    if Path(path).exists():
        raise FileExistsError(f"{str(path)!r} exists")
    nwb.write(recording, Path(path))


def to_sonata(recording: "Recording", folder: str | Path) -> list[Path]:
    """Write SONATA files: spikes.h5, and POPULATION.VARIABLE.h5 for what was sampled.

    SONATA's samples are float32; spike times are as recorded.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    FileExistsError
        If one of them exists.
    """
    return sonata.write_recording(recording, Path(folder))
