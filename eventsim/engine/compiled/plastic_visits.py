"""The synapses of one plastic projection, visited in storage order on the superposition path."""

from math import floor, inf
from types import ModuleType

import numpy as np

from eventsim.engine import bind_traces
from eventsim.engine.buffers import LINE, Floats, Ints, Lines, aligned, apart, grown
from eventsim.engine.compiled.plastic_projection import PlasticProjection
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.engine.kernels import superpose_plastic
from eventsim.engine.kernels.streaming import CHUNK
from eventsim.engine.specialise import specialise


class PlasticVisits:
    """Visits them, and takes visits back whose target may fire.

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
            superpose_plastic,
            rules=population.rules,
            PARALLEL=partitions > 1,
            ALONE=self.alone,
            traces=traces,
        )
        self.lines = self._lines(partitions, modes, traces)
        self.epoch = bind_traces.EPOCH * float(self.lines.taus.min(initial=inf))
        self.stale = True  # whether lines have to be written anew
        # of each visit: the weight before and after it, or the synapse's whole row before it
        self.saved = np.zeros((partitions, 0, 2 if self.alone else layout.width))
        self.streamed, self.at, self.full = (apart(partitions) for _ in range(3))

    def _lines(self, partitions: int, modes: int, traces: ModuleType) -> Lines:
        if not self.alone:
            return Lines(np.zeros((0, 0)), 0.0, np.zeros(0), np.zeros((partitions, 0, 0)))
        layout = self.projection.layout
        taus = self.projection.params[[column.tau for column in layout.pre + layout.post]]
        size = self.population.population.size
        shape = partitions, taus.size + modes + 2, CHUNK
        return Lines(aligned((size, -(traces.WIDTH // -LINE) * LINE)), 0.0, taus, np.zeros(shape))

    def stream(
        self, window: float, t1: float, modes: Floats, first_column: int, sums: Floats
    ) -> int:
        """Visit all synapses at which something arrives before `t1`; return how many.

        What they transmit is added to `sums` as `modes` say.
        """
        if self.alone:
            self._refer_to(t1)
        projection = self.projection
        self.at[:], self.streamed[:] = 0, 0
        full, visits = True, 0
        while full:
            full, visits = self.kernel.stream(
                window, t1, *projection.synapses, *projection.pending, modes, first_column,
                sums, self.streamed, *self.population.plastic, *self.lines,
                self.saved, self.at, self.full,
            )  # fmt: skip
            if full:
                self.saved = grown(self.saved, 1, self.saved.shape[1] + 1)
        return visits

    def undo(self, hot: Ints) -> None:
        """Take back the last visits to the synapses of hot targets, or leave that to arrivals."""
        if self.alone:
            return
        projection = self.projection
        self.kernel.undo(
            *projection.synapses, *projection.pending, self.streamed,
            self.population.plastic.memory, self.saved, hot,
        )  # fmt: skip

    def hear(self, before: Ints) -> None:
        """Write the lines of the targets that have fired since so many `before`."""
        if self.alone and not self.stale:
            self._recall(before)

    def _refer_to(self, t: float) -> None:
        """Make sure that lines are relative to a time not far from `t`; a function of `t` alone."""
        ref = floor(t / self.epoch) * self.epoch if self.epoch < inf else 0.0
        if ref != self.lines.ref or self.stale:
            self.lines = self.lines._replace(ref=ref)
            self.stale = False
            self._recall(self.population.emitted.filled.copy(), everybody=True)

    def _recall(self, before: Ints, *, everybody: bool = False) -> None:
        oldest = self.lines.ref - bind_traces.FARTHEST / bind_traces.EPOCH * self.epoch
        self.kernel.recall(
            self.projection.number, self.lines.ref, oldest, everybody, before,
            *self.population.emitted, *self.population.plastic, self.lines.rows,
        )  # fmt: skip
