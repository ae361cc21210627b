"""What a script reads and changes in a network in motion, always as it is now."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from eventsim import checks
from eventsim.engine.base import Engine
from eventsim.engine.compiler_errors import explained
from eventsim.model import FloatArray
from eventsim.network import Network, Population, Projection


class Control:
    """The part of a `Simulation` that reaches into the engine: states, weights, arrivals."""

    network: Network
    engine: Engine
    _parameters: dict[str, FloatArray]  # of populations whose parameters were set
    _broken: bool  # an engine that was interrupted may have stopped halfway

    @property
    def now(self) -> float:
        """The time in ms; everything before it has happened, nothing at it."""
        return self.engine.now

    def population(self, which: str | Population) -> Population:
        """Return a population by name; KeyError names the nearest one."""
        return checks.look_up("population", which, self.network.populations)

    def projection(self, which: str | Projection) -> Projection:
        """Return a projection by name; KeyError names the nearest one."""
        return checks.look_up("projection", which, self.network.projections)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Note that an engine which was interrupted may have stopped halfway."""
        try:
            with explained():
                yield
        except BaseException:
            self._broken = True
            raise

    def state(self, population: str | Population, variable: str) -> FloatArray:
        """Return a state variable of every neuron at now, shape (size,)."""
        of = self.population(population)
        return self.engine.states(of.index)[:, checks.state_column(of, variable)]

    def set_state(self, population: str | Population, **values: ArrayLike) -> None:
        """Replace state variables at now: one value, or one per neuron."""
        of = self.population(population)
        columns = {name: checks.state_column(of, name) for name in values}
        for name, value in values.items():
            array = checks.finite(f"population {of.name!r}", name, value, of.size)
            with self._changing():
                self.engine.set_state(of.index, columns[name], array)

    def set_parameters(self, population: str | Population, **values: Any) -> None:
        """Replace parameters from now on: one value, or one per neuron; the others stay."""
        of = self.population(population)
        current = self._parameters.get(of.name, of.parameters)
        self._parameters[of.name] = checks.parameters(of, current, values)
        with self._changing():
            self.engine.set_parameters(of.index, self._parameters[of.name])

    def send(
        self, population: str | Population, times: ArrayLike, neurons: ArrayLike,
        weights: ArrayLike = 1.0, *, port: str | None = None,
    ) -> None:  # fmt: skip
        """Add arrivals from outside the network: the spikes of no neuron, without delay.

        Parameters
        ----------
        population : str or Population
            Where they arrive.
        times : array_like of float
            ms, not before now, in any order.
        neurons : array_like of int
            Who receives each.
        weights : array_like of float
            In the unit of the port.
        port : str, optional
            By default the only one that takes spikes.
        """
        of = self.population(population)
        where = f"send to {of.name!r}"
        number = of.model.port_number(port, where)
        t, i, w = checks.arrivals(where, of.size, self.now, times, neurons, weights)
        self.engine.inject(of.index, number, t, i, w)

    def step_current(
        self, population: str | Population, times: ArrayLike, amplitudes: ArrayLike,
        neurons: ArrayLike | None = None,
    ) -> None:  # fmt: skip
        """Inject a current that is piecewise constant: steps, or the samples of any signal.

        Parameters
        ----------
        population : str or Population
            Whose model has a port "current".
        times : array_like of float, shape (n,)
            ms, increasing, not before now.
        amplitudes : array_like of float, shape (n,) or (n, n_neurons)
            pA, from each of the times on, for all neurons or for each its own; the current before
            the first is 0. Several step currents add up.
        neurons : array_like of int, optional
            By default all.
        """
        of = self.population(population)
        where = f"step_current into {of.name!r}"
        number = of.model.port_number("current", where)
        i = checks.indices(where, neurons, of.size)
        t, steps = checks.steps(where, self.now, times, amplitudes, i.size)
        self.engine.inject(
            of.index, number, np.repeat(t, i.size), np.tile(i, t.size), steps.ravel()
        )

    def weights(self, projection: str | Projection) -> FloatArray:
        """Return the weights at now, in the order of the projection's synapses."""
        return self.engine.weights(self.projection(projection).index)

    def set_weights(self, projection: str | Projection, values: ArrayLike) -> None:
        """Replace the weights from the next arrival on: one value, or one per synapse."""
        of = self.projection(projection)
        array = checks.weights(of, values)
        self.engine.set_weights(of.index, array)

    def scale_weights(
        self, projection: str | Projection, factor: ArrayLike = 1.0, offset: ArrayLike = 0.0,
        targets: ArrayLike | None = None,
    ) -> None:  # fmt: skip
        """Make every weight w into factor w + offset, kept within the projection's bounds.

        Parameters
        ----------
        projection : str or Projection
            Whose weights.
        factor, offset : float or array_like, shape (n_targets,)
            One value, or one for each of the targets; `offset` in the weights' unit.
        targets : array_like of int, optional
            Neurons of the target population whose weights change; by default all of them.

        Raises
        ------
        TypeError, ValueError
            If there is no such neuron, one is given twice, or a value is not finite.
        """
        of = self.projection(projection)
        where, size = f"projection {of.name!r}", of.target.size
        chosen = checks.different(where, "targets", checks.indices(where, targets, size))
        factors, offsets = np.ones(size), np.zeros(size)
        factors[chosen] = checks.finite(where, "factor", factor, chosen.size)
        offsets[chosen] = checks.finite(where, "offset", offset, chosen.size)
        target = of.synapses.target
        moved = self.weights(of) * factors[target] + offsets[target]
        self.set_weights(of, np.clip(moved, *of.bounds))

    def delays(self, projection: str | Projection) -> FloatArray:
        """Return the delays in ms at now, in the order of the projection's synapses."""
        return self.engine.delays(self.projection(projection).index)

    def set_delays(self, projection: str | Projection, values: ArrayLike) -> None:
        """Replace the delays of the spikes that are fired from now on.

        A spike that is on its way keeps its delay: it may be overtaken, and the traces of a plastic
        synapse jump as spikes arrive. The order of the synapses stays.

        Parameters
        ----------
        projection : str or Projection
            One that was connected with `changing_delays=True`.
        values : float or array_like, shape (n_synapses,)
            From spike to arrival, in ms: one value, or one per synapse.

        Raises
        ------
        ValueError
            If the projection's delays are fixed, or a value is not finite and > 0 ms.
        """
        of = self.projection(projection)
        array = checks.delays(of, values)
        with self._changing():
            self.engine.set_delays(of.index, array)

    def freeze(self, projection: str | Projection) -> None:
        """Stop the plasticity of a projection from now on.

        Its weights stand still; a rule with short-term plasticity still decides what an arrival
        transmits. The traces of both sides' spikes go on, which are the neurons' own, and the
        rule's own state passes as without events.

        Raises
        ------
        ValueError
            If the projection has no plasticity.
        """
        self.engine.freeze(checks.plastic("freeze", self.projection(projection)).index, True)

    def unfreeze(self, projection: str | Projection) -> None:
        """Let the plasticity of a projection go on."""
        self.engine.freeze(checks.plastic("unfreeze", self.projection(projection)).index, False)
