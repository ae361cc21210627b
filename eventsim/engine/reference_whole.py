"""The reference engine as a whole, taken apart into arrays that outlive it, and put together again.

Crossings are not kept: they follow from the states.
"""

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from eventsim.engine.base import SHORTEST, Watch
from eventsim.engine.buffers import Floats
from eventsim.engine.synapse import Arrival, Synapse
from eventsim.events import Event, Phase
from eventsim.lasting import Arrays, Stored, numbered
from eventsim.rule import Course

if TYPE_CHECKING:
    from eventsim.engine.reference import Cell, ReferenceEngine


def lasting(engine: "ReferenceEngine") -> Arrays:
    """Return everything that the future depends on."""
    queued: dict[str, list[Any]] = {"arrivals": [], "sent": [], "back": [], "jumps": []}
    samples = []
    for event in engine.queue:
        if event.phase is Phase.SAMPLE:
            population, watch, k = event.content
            samples.append({"which": np.array([population, k]), "neurons": watch.neurons,
                            "clock": np.array([watch.start, watch.interval])})  # fmt: skip
        elif event.phase is Phase.ARRIVAL and isinstance(event.content, Arrival):
            queued["arrivals"].append((event.time, event.synapse, event.content.fired))
        elif event.phase is Phase.ARRIVAL:
            queued["sent"].append((event.time, event.target, event.synapse, *event.content))
        elif event.phase is Phase.BACK:
            fired, state = event.content[1]
            queued["back"].append((event.time, event.synapse, fired, *state))
        elif event.phase is Phase.JUMP:
            synapse, (name, course) = event.content
            modulator = synapse.rule.modulators.index(name)
            queued["jumps"].append((event.time, event.synapse, modulator, *course))
    widths = {"arrivals": 3, "sent": 5, "back": 3 + _widest(engine), "jumps": 6}
    populations = range(len(engine.populations))
    return {
        "now": np.array(engine.now),
        "injected": np.array(engine.injected),
        **{name: _table(rows, widths[name]) for name, rows in queued.items()},
        **numbered("samples", samples),
        **numbered("populations", (_cells(engine._cells_of(k)) for k in populations)),
        **numbered("projections", map(_synapses, engine.synapses)),
    }


def _widest(engine: "ReferenceEngine") -> int:
    """Return the largest number of state variables of a neuron."""
    return max(len(p.model.state_names) for p in engine.populations)


def _table(rows: list[Any], width: int) -> Floats:
    table = np.zeros((len(rows), width))
    for k, row in enumerate(rows):
        table[k, : len(row)] = row
    return table


def _cells(cells: list["Cell"]) -> Arrays:
    n_params = len(cells[0].model.parameter_names)
    return {
        "states": np.array([cell.s for cell in cells], np.float64),
        "valid": np.array([cell.valid for cell in cells]),
        "bursts": np.array([cell.burst for cell in cells], np.float64),
        "params": np.array([cell.p[:n_params] for cell in cells], np.float64),
    }


def _synapses(synapses: list[Synapse]) -> Arrays:
    arrays = {
        "weights": np.array([synapse.w for synapse in synapses]),
        "delays": np.array([synapse.delay for synapse in synapses]),
    }
    if synapses and synapses[0].projection.plasticity is not None:
        n = len(synapses)
        rows = {
            "times": [(s.last_pre, s.last_heard, s.last_post, s.valid, s.frozen) for s in synapses],
            "traces": [(*s.x.values(), *s.y.values()) for s in synapses],
            "states": [s.s or () for s in synapses],
            "levels": [_levels(s) for s in synapses],
        }
        arrays |= {k: np.array(row, np.float64).reshape(n, -1) for k, row in rows.items()}
    return arrays


def _levels(synapse: Synapse) -> list[float]:
    known = (synapse.levels[name] for name in synapse.rule.modulators)
    return list(chain.from_iterable((since, *course) for since, course in known))


def restore(engine: "ReferenceEngine", stored: Stored) -> None:
    """Take back what `lasting` gave."""
    engine.now = stored.number("now", least=0.0)
    engine.injected = stored.whole("injected", least=0)
    engine.queue.clear()
    for k, synapses in enumerate(engine.synapses):
        _restore_synapses(synapses, stored.part(f"projections/{k}"))
    for k in range(len(engine.populations)):
        _restore_cells(engine._cells_of(k), stored.part(f"populations/{k}"))
    for cell in engine.cells:
        cell.crossing = None
        engine._schedule(cell)
    _restore_queue(engine, stored)
    while stored.has(f"samples/{len(engine.watches)}/which"):
        _restore_samples(engine, stored.part(f"samples/{len(engine.watches)}"))


def _restore_queue(engine: "ReferenceEngine", stored: Stored) -> None:
    synapses = list(chain.from_iterable(engine.synapses))
    for time, number, fired in _rows(stored, "arrivals", 3, len(synapses)):
        s = synapses[number]
        engine.queue.add(
            Event(time, Phase.ARRIVAL, s.target, s.source, s.number, Arrival(s, fired))
        )
    for time, target, number, w, port in _rows(stored, "sent", 5, len(engine.cells)):
        if not 0 <= port < len(engine.cells[target].receivers):
            raise ValueError(f"'sent' must be to a port of neuron {target}, got {port:g}")
        content = (w, int(port))
        engine.queue.add(Event(time, Phase.ARRIVAL, target, -1, int(number), content))
    for time, number, fired, *values in _rows(stored, "back", 3 + _widest(engine), len(synapses)):
        make = synapses[number].projection.target.model.state
        what = (fired, make(*values[: len(make._fields)]))
        engine.queue.add(engine._at_synapse(time, Phase.BACK, synapses[number], what))
    for time, number, modulator, *course in _rows(stored, "jumps", 6, len(synapses)):
        name = synapses[number].rule.modulators[int(modulator)]
        what = (name, Course(*course))
        engine.queue.add(engine._at_synapse(time, Phase.JUMP, synapses[number], what))


def _rows(stored: Stored, name: str, width: int, count: int) -> list[Any]:
    """Return rows whose second entry counts one of `count` things."""
    rows = stored.array(name, float, None, width)
    which = rows[:, 1]
    if not ((which >= 0) & (which < count) & (which == which.round())).all():
        raise ValueError(f"{name!r} must name one of {count}")
    return [(row[0], int(row[1]), *row[2:]) for row in rows.tolist()]


def _restore_samples(engine: "ReferenceEngine", stored: Stored) -> None:
    population, k = stored.array("which", int, 2, least=0).tolist()
    if population >= len(engine.populations) or population in engine.watches:
        raise ValueError(f"'samples' must name each population once, got {population}")
    most = engine.populations[population].size - 1
    neurons = stored.array("neurons", int, None, least=0, most=most)
    watch = Watch(neurons, *stored.array("clock", float, 2, least=0.0).tolist())
    engine.watches[population] = watch
    engine._schedule_sample(population, watch, k)


def _restore_cells(cells: list["Cell"], stored: Stored) -> None:
    model, n = cells[0].model, len(cells)
    params = stored.array("params", float, n, len(model.parameter_names))
    states = stored.array("states", float, n, len(model.state_names)).tolist()
    valid = stored.array("valid", float, n).tolist()
    bursts = stored.array("bursts", float, n, 2).tolist()
    for cell, state, since, (number, count) in zip(cells, states, valid, bursts, strict=True):
        cell.set_parameters(params)
        cell.s, cell.valid, cell.burst = model.state(*state), since, (number, int(count))


def _restore_synapses(synapses: list[Synapse], stored: Stored) -> None:
    n = len(synapses)
    weights = stored.array("weights", float, n).tolist()
    delays = stored.array("delays", float, n, least=SHORTEST).tolist()
    for synapse, w, delay in zip(synapses, weights, delays, strict=True):
        synapse.w, synapse.delay = w, delay
    if not synapses or synapses[0].projection.plasticity is None:
        return
    rule = synapses[0].rule
    widths = (5, len(rule.pre) + len(rule.post), len(rule.state_names), 4 * len(rule.modulators))
    names = ("times", "traces", "states", "levels")
    tables = (stored.array(k, float, n, m).tolist() for k, m in zip(names, widths, strict=True))
    for s, times, traces, state, levels in zip(synapses, *tables, strict=True):
        s.last_pre, s.last_heard, s.last_post, s.valid = times[:4]
        s.frozen = bool(times[4])
        s.x = dict(zip(rule.pre, traces, strict=False))
        s.y = dict(zip(rule.post, traces[len(rule.pre) :], strict=True))
        s.s = rule.state(*state) if rule.state else None
        for k, name in enumerate(rule.modulators):
            since, *course = levels[4 * k : 4 * k + 4]
            s.levels[name] = (since, Course(*course))
