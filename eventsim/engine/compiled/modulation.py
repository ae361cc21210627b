"""The courses of all modulators: written by their populations, read by the synapses of others."""

import numpy as np

from eventsim.engine.buffers import Ints, grown
from eventsim.engine.compiled.population import CompiledPopulation
from eventsim.lasting import Arrays, Stored
from eventsim.network import Population, Projection

# Jumps of a modulator that are kept before the synapses are brought up to date: at least, and of
# all modulators together where they are few. An astrocyte that hears a whole network jumps often.
CAPACITY, TOGETHER = 256, 16_384


class Modulation:
    """Shared room for the jumps of every modulator, one row of jumps for each.

    A modulator is taken through a window before the synapses that read it, so that its whole course
    in the window is known to them; but for neurons that are read by the synapses onto themselves.
    """

    def __init__(self, populations: list[CompiledPopulation]) -> None:
        self.modulators = [p for p in populations if p.model.course is not None]
        self.readers = [
            p for p in populations if any(q.projection.modulators for q in p.plastic_projections)
        ]
        total = 0
        self.first: dict[Population, int] = {}
        for population in self.modulators:
            self.first[population.population] = total
            population.grow_courses = self._grow
            total += population.population.size
        self.courses = np.zeros((total, max(CAPACITY, TOGETHER // max(total, 1)), 4))
        self.jumps = np.zeros(total, np.int64)
        self.forgotten = np.zeros(total, np.int64)
        for population in self.readers:
            for projection in population.plastic_projections:
                projection.listen(self._channels(projection.projection))
        self._hand_out()

    def _channels(self, projection: Projection) -> list[Ints]:
        """Return for each modulator of a projection the row of `courses` that a synapse reads."""
        return [
            self.first[read.population]
            + read.read_by(projection.synapses.source, projection.synapses.target)
            for read in projection.modulators
        ]

    def _hand_out(self) -> None:
        for population in {*self.readers, *self.modulators}:
            first = self.first.get(population.population, 0)
            population.hear(self.courses, self.jumps, self.forgotten, first)

    def _grow(self) -> None:
        self.courses = grown(self.courses, 1, self.courses.shape[1] + 1)
        self._hand_out()

    def make_room(self, now: float) -> None:
        """Forget the jumps before `now` that all synapses have seen, where many are kept."""
        if not self.modulators or self.jumps.max() <= self.courses.shape[1] // 2:
            return
        longest = max((p.longest_dendrite for p in self.readers), default=0.0)
        for population in self.readers:
            population.forget_history(now)
        for population in self.modulators:
            population.forget_course(now, longest)
        if self.jumps.max() > self.courses.shape[1] // 2:  # or this would be done all the time
            self._grow()

    def lasting(self) -> Arrays:
        """Return the courses that synapses may still ask for."""
        return {"courses": self.courses, "jumps": self.jumps, "forgotten": self.forgotten}

    def restore(self, stored: Stored) -> None:
        """Take back what `lasting` gave."""
        n = self.jumps.size
        courses = stored.array("courses", float, n, None, 4)
        if courses.shape[1] < CAPACITY:
            raise ValueError(f"a modulator needs room for {CAPACITY} jumps, got {courses.shape[1]}")
        self.courses = courses
        self.jumps[:] = stored.array("jumps", int, n, least=1, most=courses.shape[1])
        self.forgotten[:] = stored.array("forgotten", int, n, least=0)
        self._hand_out()
