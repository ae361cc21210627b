"""What watches a simulation: it receives what the engine emits and passes it to the recorder.

Nothing here changes what is simulated.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from eventsim import checks
from eventsim.agenda import Agenda
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
            self.recorder.spikes(self.populations[population].name, times, neurons)

    def samples(self, population: int, values: FloatArray) -> None:
        """Take samples of the state from the engine."""
        if self.recorder is not None:
            name = self.populations[population].name
            self.recorder.states(name, values[:, :, self._columns[population]])

    def tick(self, now: float) -> None:
        """Let wall-clock business be done: the engine has come to `now`."""
        if self.recorder is not None:
            self.recorder.maybe_flush(now)
        if self.on_tick is not None:
            self.on_tick(now)

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
        self.recorder = Recorder(
            path,
            spikes=[PopulationInfo(p.name, p.size) for p in chosen],
            states=series,
            weights=[
                _weight_series(checks.look_up("projection", name, projections)) for name in weights
            ],
            histograms=[
                _histogram_series(checks.look_up("projection", name, projections), asked)
                for name, asked in histograms.items()
            ],
            provenance=provenance(self.network, **run),
            overwrite=overwrite,
        )
        self._spikes = {p.index for p in chosen}
        for population, of in zip(watches, series, strict=True):
            names = population.model.state_names
            self._columns[population.index] = np.array([names.index(v) for v in of.variables])
            engine.watch(population.index, Watch(of.neurons, of.start, of.interval))
        for population in chosen:
            engine.emit_all(population.index)
        return self.recorder

    def schedule_weights(
        self, engine: Engine, projection: Projection, snapshots: Sequence[tuple[float, float]],
        agenda: Agenda,
    ) -> None:  # fmt: skip
        """Take the weights of a projection at each (time, interval), for the open recording."""
        recorder = self.recorder

        def take(_: object) -> None:
            if recorder is not None and self.recorder is recorder:
                weights = engine.weights(projection.index)
                recorder.weights(projection.name, engine.now, weights)

        for time, every in snapshots:
            agenda.add(time, take, every=every)

    def schedule_histograms(
        self, engine: Engine, projection: Projection, snapshots: Sequence[tuple[float, float]],
        asked: Histogram, agenda: Agenda,
    ) -> None:  # fmt: skip
        """Sort the weights of a projection into bins at each (time, interval)."""
        recorder, edges = self.recorder, _histogram_series(projection, asked).edges

        def take(_: object) -> None:
            if recorder is not None and self.recorder is recorder:
                counts, _edges = np.histogram(engine.weights(projection.index), edges)
                recorder.histogram(projection.name, engine.now, counts)

        for time, every in snapshots:
            agenda.add(time, take, every=every)

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


def _weight_series(projection: Projection) -> WeightSeries:
    synapses = projection.synapses
    return WeightSeries(
        projection.name, projection.source.size, projection.target.size, synapses.source,
        synapses.target, synapses.delay, _unit(projection),
    )  # fmt: skip


def _histogram_series(projection: Projection, asked: Histogram) -> HistogramSeries:
    where = f"histograms of projection {projection.name!r}"
    if not isinstance(asked, Histogram):
        raise TypeError(f"{where}: must be Histogram(every, bins), got {asked!r}")
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
