"""What watches a simulation: it receives what the engine emits and passes it to the recorder.

Nothing here changes what is simulated.
"""

import time
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventsim import checks, profiling
from eventsim.agenda import Action, Agenda
from eventsim.engine.base import Engine, Watch
from eventsim.model import FloatArray, IntArray
from eventsim.network import Network, Population, Projection
from eventsim.progress import Tick
from eventsim.provenance import provenance
from eventsim.recording import (
    HistogramSeries,
    PopulationInfo,
    Recorder,
    StateSeries,
    WeightSeries,
)

_WEIGHTS, _HISTOGRAMS = "weights of ", "histograms of "  # names of what is done again and again


class Sampled(NamedTuple):
    """Which state variables of which neurons are sampled, and how often.

    Parameters
    ----------
    variables : str or sequence of str
        Names of state variables.
    every : float
        ms between two samples.
    neurons : array_like of int, optional
        By default all of the population.
    """

    variables: str | Sequence[str]
    every: float = 0.1
    neurons: ArrayLike | None = None


class Histogram(NamedTuple):
    """How often the weights of a projection are sorted into bins, and which.

    Parameters
    ----------
    every : float or sequence of float
        ms between two histograms, or when to take them.
    bins : int or array_like
        Number of bins between the bounds of the projection, or the edges of the bins in the
        weights' unit; the outermost may be infinite.
    """

    every: float | Sequence[float]
    bins: ArrayLike = 50


class Observer:
    """The sink of an engine (`eventsim.engine.base.Sink`)."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.populations = list(network.populations.values())
        self.recorder: Recorder | None = None
        self.on_tick: Tick | None = None
        self.wall = 0.0  # s spent in runs
        self.fired = [0] * len(self.populations)
        self.checkpoint_due = inf  # s, of the monotonic clock
        self._asked: dict[str, Any] = {}  # of the open recording, fit for JSON
        self._spikes: set[int] = set()
        self._columns: dict[int, IntArray] = {}

    def _population(self, name: str) -> Population:
        return checks.look_up("population", name, self.network.populations)

    def forget(self) -> None:
        """Start counting again."""
        self.fired = [0] * len(self.populations)

    def spikes(self, population: int, times: FloatArray, neurons: IntArray) -> None:
        """Take spikes from the engine."""
        self.fired[population] += times.size
        if self.recorder is not None and population in self._spikes:
            with profiling.part("record"):
                self.recorder.spikes(self.populations[population].name, times, neurons)

    def samples(self, population: int, values: FloatArray) -> None:
        """Take samples of the state from the engine."""
        if self.recorder is not None:
            name = self.populations[population].name
            with profiling.part("record"):
                self.recorder.states(name, values[:, :, self._columns[population]])

    def tick(self, now: float) -> bool:
        """Let wall-clock business be done: the engine has come to `now`.

        Return whether it is to come back, for a checkpoint.
        """
        if self.recorder is not None:
            with profiling.part("record"):
                self.recorder.maybe_flush(now)
        if self.on_tick is not None:
            self.on_tick(now)
        return time.monotonic() >= self.checkpoint_due

    def flush(self, now: float) -> None:
        """Put what was recorded on disk."""
        if self.recorder is not None:
            self.recorder.flush(now)

    def record(
        self,
        engine: Engine,
        path: str | Path | None,
        *,
        spikes: bool | Sequence[str],
        states: Mapping[str, Sampled],
        weights: Mapping[str, float | Sequence[float]],
        histograms: Mapping[str, Histogram],
        overwrite: bool,
        run: Mapping[str, Any],
    ) -> Recorder:
        """Open a recording; see `Simulation.record`. `run` is what its provenance tells of it."""
        if self.recorder is not None:
            raise ValueError("record: a recording is open already; close it first")
        if isinstance(spikes, str):
            raise TypeError(f"record: spikes must be True, False or a list, got {spikes!r}")
        if spikes is True:
            chosen = [p for p in self.populations if not p.model.is_source]
        else:
            chosen = [self._population(name) for name in spikes or ()]
        watches = {self._population(name): sampled for name, sampled in states.items()}
        series = [_series(p, sampled, engine.now) for p, sampled in watches.items()]
        projections = self.network.projections
        edges = {
            name: _histogram_series(checks.look_up("projection", name, projections), asked).edges
            for name, asked in histograms.items()
        }
        names = [population.name for population in chosen]
        self._open(engine, path, names, series, list(weights), edges, run, overwrite)
        for of in series:
            watch = Watch(of.neurons, of.start, of.interval)
            engine.watch(self._population(of.population).index, watch)
        for population in chosen:
            engine.emit_all(population.index)
        assert self.recorder is not None
        return self.recorder

    def _open(
        self, engine: Engine, path: str | Path | None, spikes: Sequence[str],
        states: Sequence[StateSeries], weights: Sequence[str],
        histograms: Mapping[str, NDArray[Any]], run: Mapping[str, Any],
        overwrite: bool = False, mark: Any = None,
    ) -> None:  # fmt: skip
        """Begin a recording, or with a `mark` go on with the one in the file."""
        what: dict[str, Any] = {
            "spikes": [PopulationInfo(n, self._population(n).size) for n in spikes],
            "states": states,
            "weights": [
                _weight_series(checks.look_up("projection", name, self.network.projections), engine)
                for name in weights
            ],
            "histograms": [
                HistogramSeries(name, edges, _unit(self.network.projections[name]))
                for name, edges in histograms.items()
            ],
        }
        if path is not None and mark is not None:
            self.recorder = Recorder.resume(path, mark, **what)
        else:
            described = provenance(self.network, **run)
            self.recorder = Recorder(path, provenance=described, overwrite=overwrite, **what)
        self._asked = {
            "spikes": list(spikes), "weights": list(weights), "run": dict(run),
            "histograms": {name: edges.tolist() for name, edges in histograms.items()},
            "states": [
                [s.population, list(s.variables), np.asarray(s.neurons).tolist(), s.start,
                 s.interval, list(s.units)]
                for s in states
            ],
        }  # fmt: skip
        self._spikes = {self._population(name).index for name in spikes}
        for of in states:
            population = self._population(of.population)
            names = population.model.state_names
            self._columns[population.index] = np.array([names.index(v) for v in of.variables])

    def lasting(self) -> dict[str, Any]:
        """Return what was counted and what is recorded, fit for JSON; flush the recording."""
        recording = None
        if self.recorder is not None:
            recording = {**self._asked, "mark": self.recorder.mark()}
        return {"fired": self.fired, "wall": self.wall, "recording": recording}

    def restore(
        self, lasting: Any, engine: Engine, looks: Agenda, scheduled: Any, record: bool | str | Path
    ) -> None:
        """Take back what `lasting` gave; see `Simulation.load` for `record`."""
        self.fired = [int(count) for count in lasting["fired"]]
        if len(self.fired) != len(self.populations):
            raise ValueError(f"must count spikes of {len(self.populations)} populations")
        self.wall = float(lasting["wall"])
        asked = lasting["recording"]
        if asked is None or record is False:
            for population in self.populations:
                engine.watch(population.index, None)
            return
        mark = asked["mark"]
        series = [_checked_series(self._population(s[0]), s) for s in asked["states"]]
        edges = {n: np.array(e, np.float64) for n, e in asked["histograms"].items()}
        path: str | Path | None = mark["path"] if record is True else Path(record)
        spikes, weights, run = asked["spikes"], asked["weights"], asked["run"]
        if record is True and path is not None:
            self._open(engine, path, spikes, series, weights, edges, run, mark=mark)
        else:
            series = [
                s._replace(start=s.start + int(mark["samples"][s.population]) * s.interval)
                for s in series
            ]
            self._open(engine, path, spikes, series, weights, edges, {**run, "start": engine.now})
        known = self.network.projections
        actions = {_WEIGHTS + n: self._snapshot(engine, known[n]) for n in weights}
        actions |= {_HISTOGRAMS + n: self._counted(engine, known[n], e) for n, e in edges.items()}
        looks.restore(scheduled, actions)

    def _snapshot(self, engine: Engine, projection: Projection) -> Action:
        recorder = self.recorder

        def take(_: object) -> None:
            if recorder is not None and self.recorder is recorder:
                weights = engine.weights(projection.index)
                recorder.weights(projection.name, engine.now, weights)

        return take

    def _counted(self, engine: Engine, projection: Projection, edges: NDArray[Any]) -> Action:
        recorder = self.recorder

        def take(_: object) -> None:
            if recorder is not None and self.recorder is recorder:
                counts, _edges = np.histogram(engine.weights(projection.index), edges)
                recorder.histogram(projection.name, engine.now, counts)

        return take

    def schedule_weights(
        self, engine: Engine, projection: Projection, snapshots: Sequence[tuple[float, float]],
        agenda: Agenda,
    ) -> None:  # fmt: skip
        """Take the weights of a projection at each (time, interval), for the open recording."""
        take = self._snapshot(engine, projection)
        for at, every in snapshots:
            agenda.add(at, take, every=every, name=_WEIGHTS + projection.name)

    def schedule_histograms(
        self, engine: Engine, projection: Projection, snapshots: Sequence[tuple[float, float]],
        asked: Histogram, agenda: Agenda,
    ) -> None:  # fmt: skip
        """Sort the weights of a projection into bins at each (time, interval)."""
        take = self._counted(engine, projection, _histogram_series(projection, asked).edges)
        for at, every in snapshots:
            agenda.add(at, take, every=every, name=_HISTOGRAMS + projection.name)

    def forget_closed(self, engine: Engine) -> None:
        """Record no more if somebody has closed the recorder itself."""
        if self.recorder is not None and self.recorder.closed:
            self.close(engine, complete=True, reason="")

    def close(self, engine: Engine, *, complete: bool, reason: str) -> None:
        """End the recording, if one is open."""
        if self.recorder is None:
            return
        for population in self._columns:
            engine.watch(population, None)
        self._columns.clear()
        recorder, self.recorder = self.recorder, None
        recorder.close(complete, reason, duration=engine.now, wall_seconds=round(self.wall, 3))


def _series(population: Population, sampled: Sampled, now: float) -> StateSeries:
    where = f"states of population {population.name!r}"
    if not isinstance(sampled, Sampled):
        raise TypeError(f"{where}: must be Sampled(variables, every), got {sampled!r}")
    if population.model.is_source:
        raise ValueError(f"{where}: the state of a source is not sampled; record its spikes")
    asked = sampled.variables
    variables = (asked,) if isinstance(asked, str) else tuple(asked)
    for variable in variables:
        checks.state_column(population, variable)
    neurons = checks.indices(where, sampled.neurons, population.size)
    if np.unique(neurons).size < neurons.size:
        raise ValueError(f"{where}: a neuron is asked for twice")
    every = checks.positive(where, "interval", sampled.every, "ms")
    units = tuple(population.model.units.get(name, "") for name in variables)
    return StateSeries(population.name, variables, neurons, now, every, units)


def _weight_series(projection: Projection, engine: Engine) -> WeightSeries:
    synapses = projection.synapses
    return WeightSeries(
        projection.name, projection.source.size, projection.target.size, synapses.source,
        synapses.target, engine.delays(projection.index), _unit(projection),
    )  # fmt: skip


def histogram_times(
    projection: Projection, asked: Histogram, now: float
) -> list[tuple[float, float]]:
    """Return (time, interval) in ms of each histogram or series of histograms.

    Raises
    ------
    TypeError, ValueError
        If it is no Histogram, or its times are none.
    """
    where = _check_histogram(projection, asked)
    return checks.snapshot_times(where, asked.every, now)


def _check_histogram(projection: Projection, asked: Histogram) -> str:
    """Refuse what is not a Histogram; return how messages name it."""
    where = f"{_HISTOGRAMS}projection {projection.name!r}"
    if not isinstance(asked, Histogram):
        raise TypeError(f"{where}: must be Histogram(every, bins), got {asked!r}")
    return where


def _histogram_series(projection: Projection, asked: Histogram) -> HistogramSeries:
    where = _check_histogram(projection, asked)
    if np.ndim(asked.bins) > 0:
        edges = checks.floats(where, "bins", asked.bins)
    elif not np.isfinite(projection.bounds).all():
        raise ValueError(
            f"{where}: the projection has no finite bounds, give the edges of the bins; got "
            f"{asked.bins} bins between {projection.bounds[0]:g} and {projection.bounds[1]:g}"
        )
    else:
        number = checks.whole(where, "bins", asked.bins, at_least=1)
        edges = np.linspace(*projection.bounds, number + 1)
    return HistogramSeries(projection.name, edges, _unit(projection))


def _unit(projection: Projection) -> str:
    model = projection.target.model
    return model.units.get(model.ports[projection.port], "")


def _checked_series(population: Population, given: Any) -> StateSeries:
    """Return a series read from a checkpoint."""
    _, variables, neurons, start, every, _ = given
    series = _series(population, Sampled(variables, every, np.array(neurons, np.int64)), 0.0)
    return series._replace(start=float(start))
