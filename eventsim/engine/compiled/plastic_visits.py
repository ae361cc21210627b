"""The synapses of one plastic projection, visited in storage order on the superposition path."""

from math import inf, nan
from types import ModuleType

import numpy as np

from eventsim.engine import bind_traces
from eventsim.engine.buffers import LINE, Lines, Visits, aligned, apart, grown
from eventsim.engine.compiled.plastic_projection import PlasticProjection
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.kernels import superpose_plastic
from eventsim.engine.kernels.streaming import CHUNK
from eventsim.engine.specialise import specialise


class PlasticVisits:
    """What visits them, and takes visits back whose target may fire.

    Where the weight is all that a synapse keeps, each target has a line that says what its last
    spikes mean; it follows from the target's history, so it belongs to no checkpoint.
    """

    def __init__(
        self, population: CompiledPopulation, projection: PlasticProjection, modes: int
    ) -> None:
        self.population, self.projection = population, projection
        layout, partitions = projection.layout, population.cells.bounds.size - 1
        # a spike that has not come along the dendrite yet can't stand in a line
        self.alone = bind_traces.is_alone(layout.rule) and not projection.projection.dendritic_delay
        traces = ModuleType("traces")
        if self.alone:
            traces = bind_traces.traces_namespace(layout, modes)
        self.kernel: ModuleType = specialise(
            superpose_plastic, rules=population.rules, ALONE=self.alone, traces=traces
        )
        self.lines = self._lines(partitions, modes, traces)
        saved = np.zeros((partitions, 0, 2 if self.alone else layout.width))
        self.visits = Visits(apart(partitions), apart(partitions), saved, apart(partitions))

    def _lines(self, partitions: int, modes: int, traces: ModuleType) -> Lines:
        refs, spans = apart(partitions, dtype=float), np.array([inf, inf])
        refs[:] = nan
        if not self.alone:
            return Lines(np.zeros((0, 0)), refs, spans, np.zeros(0), np.zeros((partitions, 0, 0)))
        layout = self.projection.layout
        taus = self.projection.params[[column.tau for column in layout.pre + layout.post]]
        size = self.population.population.size
        shape = partitions, taus.size + modes + 2, CHUNK
        spans = np.array([bind_traces.EPOCH, bind_traces.FARTHEST]) * taus.min(initial=inf)
        rows = aligned((size, -(traces.WIDTH // -LINE) * LINE))
        return Lines(rows, refs, spans, taus, np.zeros(shape))

    def forget_lines(self) -> None:
        """Let lines be written anew before they are read again."""
        self.lines.refs[:] = nan

    def make_room(self) -> None:
        """Double what is saved of visits."""
        saved = self.visits.saved
        self.visits = self.visits._replace(saved=grown(saved, 1, saved.shape[1] + 1))
