"""The compiled engine as a whole: taken apart into arrays that outlive it, and put together."""

from typing import TYPE_CHECKING

import numpy as np

from eventsim.lasting import Arrays, Stored, numbered, under

if TYPE_CHECKING:
    from eventsim.engine.compiled.engine import CompiledEngine


def lasting(engine: "CompiledEngine") -> Arrays:
    """Return everything that the future depends on, whatever the number of threads."""
    populations = engine.populations
    superposed = [p for p in populations if p in engine.superposed]
    return {
        "clock": np.array(
            [engine.now, engine.window, float(engine.work), engine.reached, engine.longest]
        ),
        "observed": _indices([p.population.index for p in engine.observed]),
        "superposed": _indices([p.population.index for p in superposed]),
        **under("modulation", engine.modulation.lasting()),
        **numbered("populations", (p.lasting() for p in populations)),
        **numbered("projections", (p.lasting() for p in engine.projections)),
        **numbered("external", (e.lasting() for e in engine.external)),
        **numbered("drives", (d.lasting() for d in engine.drives)),
        **numbered("paths", (engine.superposed[p].lasting() for p in superposed)),
    }


def restore(engine: "CompiledEngine", stored: Stored) -> None:
    """Take back what `lasting` gave: parameters and weights first, then what follows from them."""
    clock = stored.array("clock", float, 5, least=0.0).tolist()
    engine.now, engine.window, work, engine.reached, longest = clock
    engine.work, engine.longest = int(work), min(engine.longest, longest)
    if not 0.0 < engine.window <= engine.longest:
        raise ValueError(f"a window must be > 0 and <= {engine.longest:g}, got {engine.window}")
    for k, population in enumerate(engine.populations):
        population.restore(stored.part(f"populations/{k}"), engine.longest)
        given = population.population
        engine.external[k].restore(stored.part(f"external/{k}"), given.size, len(given.model.ports))
    for k, projection in enumerate(engine.projections):
        projection.restore(stored.part(f"projections/{k}"))
    engine.note_delays()
    engine.modulation.restore(stored.part("modulation"))
    for population in engine.populations:
        population.check_plastic()
    for k, drive in enumerate(engine.drives):
        drive.restore(stored.part(f"drives/{k}"))
    last = len(engine.populations) - 1
    observed = stored.array("observed", int, None, least=0, most=last).tolist()
    engine.observed = [engine.populations[k] for k in observed]
    paths = {}
    for k, index in enumerate(stored.array("superposed", int, None, least=0, most=last).tolist()):
        population = engine.populations[index]
        if population not in engine.superposed:
            raise ValueError(f"arrivals at {population.population.name!r} can't be summed")
        paths[population] = engine.superposed[population]
        paths[population].restore(stored.part(f"paths/{k}"))
    engine.take_paths(paths)


def _indices(numbers: list[int]) -> np.typing.NDArray[np.int64]:
    return np.array(numbers, np.int64)
