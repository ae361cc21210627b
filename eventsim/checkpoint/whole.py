"""A simulation as a description and arrays, and back."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import eventsim
from eventsim import checks
from eventsim.agenda import Action
from eventsim.checkpoint import blueprint, file
from eventsim.checkpoint.naming import Named
from eventsim.lasting import Arrays, Stored, under
from eventsim.model import FloatArray
from eventsim.network import Network

if TYPE_CHECKING:
    from eventsim.simulation import Simulation


def save(sim: "Simulation", path: str | Path) -> None:
    """Write a checkpoint; see `Simulation.save`."""
    network, arrays = blueprint.describe(sim.network)
    about = {
        "eventsim": eventsim.__version__,
        "saved": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "network": network,
        **sim._lasting(),
    }
    everything = {**under("network", arrays), **under("engine", sim.engine.lasting())}
    file.write(Path(path), about, everything)


class Opened:
    """A checkpoint that was read, not yet a simulation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.about, arrays = file.read(path)
        self.stored = Stored(arrays)

    def network(self, given: Network | None, models: Sequence[Named]) -> Network:
        """Return the network: rebuilt, or `given` if it is the same to the last bit."""
        rebuilt = blueprint.build(self.about["network"], self.stored.part("network"), models)
        if given is None:
            return rebuilt
        if not _same(blueprint.describe(given), blueprint.describe(rebuilt)):
            raise ValueError("it belongs to another network than the one given")
        return given


def _same(a: tuple[Any, Arrays], b: tuple[Any, Arrays]) -> bool:
    return (
        a[0] == b[0]
        and a[1].keys() == b[1].keys()
        and all(a[1][name].tobytes() == b[1][name].tobytes() for name in a[1])
    )


def load(
    kind: type["Simulation"], path: str | Path, *, network: Network | None,
    threads: int | None, callbacks: Mapping[str, Action], models: Sequence[Named],
    record: bool | str | Path, progress: bool | None,
) -> "Simulation":  # fmt: skip
    """Read a checkpoint; see `Simulation.load`."""
    opened = Opened(Path(path))
    about = opened.about
    try:
        options = dict(about["options"])
        if threads is not None:
            options["threads"] = threads
        checks.threads("load", options["threads"])
        sim = kind(opened.network(network, models), progress=progress, **options)
        sim.engine.restore(opened.stored.part("engine"))
        sim._take_back(about, _parameters(sim, opened), callbacks, record)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"checkpoint {str(path)!r} does not hold together: {error!r}") from error
    except ValueError as error:
        raise ValueError(f"checkpoint {str(path)!r}: {error}") from error
    return sim


def _parameters(sim: "Simulation", opened: Opened) -> dict[str, FloatArray]:
    """Return the parameters of those populations whose were set during the run."""
    parameters = {}
    for name in opened.about["parameters"]:
        of = sim.population(name)
        width = of.parameters.shape[1]
        stored = opened.stored.part(f"engine/populations/{of.index}")
        parameters[of.name] = stored.array("params", float, None, width)
    return parameters
