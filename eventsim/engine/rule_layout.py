"""Where a plastic projection keeps what, in the rows of float64 that the kernels hold."""

from collections.abc import Iterable
from typing import NamedTuple

from eventsim.rule import Rule, Trace

# columns of a synapse's row in Plastic.memory
WEIGHT, FIRST_FREE = 0, 1
# columns of a projection's row in Plastic.params: its bounds; whether it is frozen; its dendritic
# delay; all synapses have seen what they hear before SWEPT, ms; the number of its layout; where its
# columns of a history row begin; the rule's parameters
LOW, HIGH, FROZEN, DENDRITE, SWEPT, LAYOUT, POST, FIRST_PARAMETER = range(8)
# columns of what a spike carries to plastic synapses: when its source fired before, and from
# FIRST_TRACE on the presynaptic traces after that; or of what a synapse keeps of the last arrival
BEFORE, FIRST_TRACE = 0, 1
# columns of Plastic.courses
SINCE, LEVEL, REST, TAU = 0, 1, 2, 3


class Column(NamedTuple):
    """Where a trace lies in a row, and its time constant in a row of parameters."""

    column: int
    tau: int
    adds: bool


class RuleLayout(NamedTuple):
    """Where one plastic projection keeps what in the rows that the kernels hold.

    A synapse's row: weight; for each modulator the number of the next jump that it has not seen,
    and the row of `Plastic.courses` that it reads; state, and the time at which that is valid. So
    where there is neither, the weight is all. Jumps are counted from the beginning of the run.

    The presynaptic traces are the source's: a synapse hears all its spikes equally late. Each spike
    carries what was before it; so the last arrival is known at the next one, and with it which
    of the target's spikes a synapse has not seen. Where delays change, a synapse keeps time and
    traces of its last arrival itself, at the end of its row.

    A target's history row: time of a spike, then the postsynaptic traces after it and the variables
    that the rule reads before the reset, of all plastic projections onto that population side by
    side; each knows where its own begin.
    """

    rule: Rule
    own_traces: bool  # whether the presynaptic traces are the synapse's, not the source's

    def _columns(self, traces: Iterable[Trace], first: int) -> list[Column]:
        names = self.rule.parameter_names
        return [
            Column(c, FIRST_PARAMETER + names.index(trace.tau), trace.mode == "sum")
            for c, trace in enumerate(traces, start=first)
        ]

    @property
    def modulators(self) -> list[int]:
        """Columns of each modulator's next jump in a synapse's row; the next one is its channel."""
        return [FIRST_FREE + 2 * m for m in range(len(self.rule.modulators))]

    @property
    def pre(self) -> list[Column]:
        """Columns of the presynaptic traces in what a spike carries, or a synapse keeps."""
        return self._columns(self.rule.pre.values(), FIRST_TRACE)

    @property
    def carried(self) -> int:
        """Number of columns of what a spike carries."""
        return FIRST_TRACE + (0 if self.own_traces else len(self.rule.pre))

    @property
    def post(self) -> list[Column]:
        """Columns of the postsynaptic traces in the projection's part of a history row."""
        return self._columns(self.rule.post.values(), 0)

    @property
    def reads(self) -> list[int]:
        """Columns of the target's variables there."""
        return list(range(len(self.rule.post), self.remembered))

    @property
    def remembered(self) -> int:
        """Number of columns of the projection's part of a history row."""
        return len(self.rule.post) + len(self.rule.reads)

    @property
    def state_column(self) -> int:
        """First column of the rule's own state in a synapse's row."""
        return FIRST_FREE + 2 * len(self.rule.modulators)

    @property
    def width(self) -> int:
        """Number of columns of a synapse's row."""
        own = FIRST_TRACE + len(self.rule.pre) if self.own_traces else 0
        return self.arrival_column + own

    @property
    def arrival_column(self) -> int:
        """First column of what a synapse keeps of its last arrival, if it does."""
        states = len(self.rule.state_names)
        return self.state_column + (states + 1 if states else 0)


def different(layouts: Iterable[RuleLayout]) -> list[RuleLayout]:
    """Return each layout once, in their order: what is compiled follows from these alone."""
    return list(dict.fromkeys(layouts))
