"""A network in motion: time, control events, recording."""

import time
from collections.abc import Callable, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any, Self, cast

from eventsim import checkpoint, checks, profiling
from eventsim.agenda import Agenda, Handle
from eventsim.control import Control
from eventsim.engine.compiled import CompiledEngine
from eventsim.engine.compiler_errors import explained
from eventsim.engine.reference import ReferenceEngine
from eventsim.model import FloatArray, NeuronModel
from eventsim.network import Network, Population
from eventsim.observer import Histogram, Observer, Sampled, histogram_times
from eventsim.progress import Progress
from eventsim.recording import Recorder
from eventsim.rule import Rule
from eventsim.suggest import unknown

ENGINES = ("compiled", "reference")
PATHS = ("auto", "ordered", "superposition")


class Simulation(Control):
    """A network in motion.

    Parameters
    ----------
    network : Network
        What is simulated; it is not changed.
    engine : {"compiled", "reference"}
        The fast engine, or the plain one that specifies it. Both give the same spikes.
    threads : int
        Threads of the compiled engine. The result does not depend on it, to the last bit.
    seed : int, optional
        Of everything random during the run; by default the network's.
    max_rate : float
        Hz; a neuron that fires faster over 10 ms stops the run as a runaway.
    progress : bool, optional
        Show a progress bar; by default on a terminal, for runs that take more than a second.
    path : {"auto", "ordered", "superposition"}
        Whether the compiled engine sums arrivals instead of sorting them: where that is faster,
        never, or wherever it can. The ordered path gives the reference engine's spikes to the last
        bit, the other those of linear models to rounding, of integrated ones within the tolerance.

    Examples
    --------
    >>> from eventsim import Network, Simulation
    >>> from eventsim.models import LIF
    >>> net = Network(seed=1)
    >>> cell = net.add("cell", LIF(i_offset=200.0), size=1)
    >>> with Simulation(net) as sim:
    ...     recorder = sim.record()
    ...     sim.run(100.0)
    >>> times, neurons = recorder.recording.spikes("cell")
    >>> times.round(3)
    array([55.452])
    """

    def __init__(
        self, network: Network, *, engine: str = "compiled", threads: int = 1,
        seed: int | None = None, max_rate: float = 5000.0, progress: bool | None = None,
        path: str = "auto",
    ) -> None:  # fmt: skip
        if not isinstance(network, Network):
            raise TypeError(f"simulation: a Network is needed, got {network!r}")
        if not network.populations:
            raise ValueError("simulation: the network has no population; add one with network.add")
        if engine not in ENGINES:
            raise ValueError(f"simulation: {unknown('engine', engine, ENGINES)}")
        checks.threads("simulation", threads)
        checks.positive("simulation", "max_rate", max_rate, "Hz")
        self.network, self.threads, self.max_rate = network, threads, float(max_rate)
        self.seed = network.seed if seed is None else checks.whole("simulation", "seed", seed)
        self._observer = Observer(network)
        self._progress = Progress(progress)
        self._agenda, self._looks = Agenda(), Agenda()  # what acts; what only looks
        self._parameters = {}
        self._under_way = False
        self._broken = False
        #: what a checkpoint keeps for its reader; fit for JSON
        self.notes: dict[str, Any] = {}
        self._end = inf  # ms, of the run under way
        self._checkpoint: tuple[Path, float] | None = None  # where to, and every how many s
        self.engine_name, self.path = engine, path
        options: dict[str, Any] = {"seed": self.seed, "max_rate": self.max_rate}
        if engine == "compiled":
            with profiling.part("build"), explained():
                self.engine = CompiledEngine(
                    network, self._observer, threads=threads, path=path, **options
                )
        else:
            self.engine = ReferenceEngine(network, self._observer, **options)

    def run(self, duration: float) -> None:
        """Run for `duration` ms: all events before now + duration.

        Raises
        ------
        ValueError
            If the duration is not finite or negative.
        SimulationError
            If a state is no longer finite or a neuron runs away; what was recorded is kept.
        """
        checks.not_negative("run", "duration", duration, "ms")
        self._run_to(self.now + duration)

    def run_until(
        self, predicate: Callable[[Self], bool], *, every: float = 1.0, limit: float
    ) -> bool:
        """Run until `predicate(sim)` holds, asked every `every` ms; return whether it did.

        Parameters
        ----------
        predicate : (sim) -> bool
            Asked first at once.
        every : float
            ms between two questions.
        limit : float
            ms after which to give up.
        """
        checks.positive("run_until", "every", every, "ms")
        checks.not_negative("run_until", "limit", limit, "ms")
        checks.function("run_until", "predicate", predicate)
        start, k, end = self.now, 0, self.now + limit
        while not predicate(self):
            if self.now >= end:
                return False
            k += 1
            self._run_to(min(start + k * every, end))
        return True

    def _run_to(self, end: float) -> None:
        self._refuse_under_way("run")
        if self._broken:
            raise ValueError("run: an error stopped the run before; start again with reset")
        self._observer.forget_closed(self.engine)
        clock = time.perf_counter()
        self._under_way, self._end = True, end
        try:
            with self._progress.over(self.now, end) as bar:
                self._observer.on_tick = bar
                while True:
                    if self.now < end:
                        self._agenda.run_due(self.now, self)
                        self._looks.run_due(self.now, self)
                    if self.now >= end:
                        break
                    with self._changing():
                        until = min(end, self._agenda.next_time)
                        self.engine.advance(until, pause=self._looks.next_time)
                    self._save_if_due()
        finally:
            self._under_way, self._end = False, inf
            self._observer.on_tick = None
            self._observer.wall += time.perf_counter() - clock
            self._observer.flush(self.now)

    def _save_if_due(self) -> None:
        if self._checkpoint is not None and time.monotonic() >= self._observer.checkpoint_due:
            path, every = self._checkpoint
            self.save(path)
            self._observer.checkpoint_due = time.monotonic() + every

    def save(self, path: str | Path) -> None:
        """Write a checkpoint: all that the future depends on, as it is now.

        Parameters
        ----------
        path : path
            The file. It is replaced in one step; until then the previous one stays.

        Raises
        ------
        ValueError
            If a control event that is still to come has no name, or one that another has too; or if
            an error has stopped the run.
        OSError
            If the file can't be written.

        Notes
        -----
        Saving changes no bit of what follows. Functions are not in the file: a control event is
        kept by its name, and models and rules by theirs.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> from eventsim import Network, Simulation
        >>> from eventsim.models import LIF
        >>> net = Network()
        >>> cell = net.add("cell", LIF(i_offset=250.0))
        >>> sim = Simulation(net)
        >>> sim.run(50.0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     sim.save(Path(folder, "half.ckpt"))
        ...     later = Simulation.load(Path(folder, "half.ckpt"))
        >>> sim.run(50.0)
        >>> later.run(50.0)
        >>> later.state("cell", "v") == sim.state("cell", "v")
        array([ True])
        """
        if self._broken:
            raise ValueError("save: an error stopped the run halfway; there is no state to save")
        checkpoint.save(self, path)

    def checkpoint_every(self, seconds: float, path: str | Path) -> None:
        """Write a checkpoint to `path` every so many seconds of wall time that a run takes."""
        self._checkpoint = Path(path), checks.positive("checkpoint", "interval", seconds, "s")
        self._observer.checkpoint_due = time.monotonic() + seconds

    @classmethod
    def load(
        cls, path: str | Path, *, threads: int | None = None,
        callbacks: Mapping[str, Callable[[Any], object]] | None = None,
        models: Sequence[NeuronModel | Rule] = (), network: Network | None = None,
        record: bool | str | Path = True, progress: bool | None = None,
    ) -> Self:  # fmt: skip
        """Return the simulation of a checkpoint; it goes on as if it had never stopped.

        Parameters
        ----------
        path : path
            What `save` wrote.
        threads : int, optional
            By default as before; the result does not depend on it.
        callbacks : dict of name to function
            The functions of control events that are still to come.
        models : sequence of NeuronModel or Rule
            Models and rules of your own, if they are in no module that is imported.
        network : Network, optional
            The network, if you have built it again: it must be the same to the last bit.
        record : bool or path
            True goes on in the file that was being recorded; what it holds beyond the checkpoint is
            written once more. (A recording in memory begins anew.) A path begins another file here
            and now. False records no more.
        progress : bool, optional
            As for `Simulation`.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is damaged, of an unknown version, or needs a function, model or recording that is
            missing or has changed.
        """
        return cast(Self, checkpoint.load(
            cls, path, network=network, threads=threads, callbacks=callbacks or {}, models=models,
            record=record, progress=progress,
        ))  # fmt: skip

    def _lasting(self) -> dict[str, Any]:
        """Return what is not in the network and the engine, fit for JSON."""
        return {
            "options": {
                "engine": self.engine_name, "threads": self.threads, "seed": self.seed,
                "max_rate": self.max_rate, "path": self.path,
            },
            "notes": self.notes,
            "end": None if self._end == inf else self._end,
            "parameters": list(self._parameters),
            "agenda": self._agenda.lasting(),
            "looks": self._looks.lasting(),
            "observer": self._observer.lasting(),
        }  # fmt: skip

    def _take_back(
        self, about: Any, parameters: Mapping[str, FloatArray],
        callbacks: Mapping[str, Callable[[Any], object]], record: bool | str | Path,
    ) -> None:  # fmt: skip
        self._parameters, self.notes = dict(parameters), dict(about["notes"])
        self._agenda.restore(about["agenda"], callbacks)
        self._observer.restore(about["observer"], self.engine, self._looks, about["looks"], record)

    @property
    def recorder(self) -> Recorder | None:
        """The open recording, if there is one."""
        return self._observer.recorder

    def _refuse_under_way(self, what: str) -> None:
        if self._under_way:
            raise ValueError(f"{what}: a run is under way; a control event can't {what}")

    def at(self, t: float, action: Callable[[Self], object], *, name: str | None = None) -> Handle:
        """Call `action(sim)` at `t` ms, before anything else that happens at `t`.

        `name`, by default the function's, is the one by which it is handed over again where a
        checkpoint is resumed.
        """
        checks.function("at", "action", action)
        return self._agenda.add(checks.not_past("at", "t", t, self.now), action, name=name)

    def every(
        self, interval: float, action: Callable[[Self], object], *, start: float | None = None,
        name: str | None = None,
    ) -> Handle:  # fmt: skip
        """Call `action(sim)` at `start` (now + interval by default) and every `interval` ms.

        For `name` see `at`.
        """
        checks.positive("every", "interval", interval, "ms")
        checks.function("every", "action", action)
        first = self.now + interval if start is None else start
        first = checks.not_past("every", "start", first, self.now)
        return self._agenda.add(first, action, every=interval, name=name)

    def cancel(self, handle: Handle) -> bool:
        """Take a control event off; return whether it was still to come."""
        return self._agenda.cancel(handle)

    def record(
        self,
        path: str | Path | None = None,
        *,
        spikes: bool | Sequence[str] = True,
        states: Mapping[str, Sampled] | None = None,
        weights: Mapping[str, float | Sequence[float]] | None = None,
        histograms: Mapping[str, Histogram] | None = None,
        overwrite: bool = False,
        **provenance: Any,
    ) -> Recorder:
        """Record from now on, until `close` or the end of the `with` block.

        Parameters
        ----------
        path : path or None
            An HDF5 file in the SONATA layout; None keeps the recording in memory.
        spikes : bool or sequence of str
            Populations whose spikes are recorded; True means all but sources.
        states : dict of population name to Sampled
            State variables to sample. A sample is the limit from the left; taking it changes
            nothing.
        weights : dict of projection name to float or sequence of float
            When to record weights: every so many ms from now, or at these times.
        histograms : dict of projection name to Histogram
            When to record how the weights are distributed; small where the weights would be large.
        overwrite : bool
            Whether an existing file is replaced.
        **provenance
            More to keep beside the recording, fit for JSON.

        Raises
        ------
        ValueError, KeyError, TypeError
            If there is no such population, variable or projection, an interval is not > 0 ms, or
            the file exists or can't be written. Nothing is written then.
        """
        snapshots = [
            (of, checks.snapshot_times(f"weights of projection {of.name!r}", when, self.now))
            for of, when in ((self.projection(n), when) for n, when in (weights or {}).items())
        ]
        shapes = [
            (of, histogram_times(of, h, self.now), h)
            for of, h in ((self.projection(n), h) for n, h in (histograms or {}).items())
        ]
        run = {
            **provenance,
            "seed": self.seed,
            "engine": self.engine_name,
            "threads": self.threads,
            "start": self.now,
        }
        self._observer.forget_closed(self.engine)
        recorder = self._observer.record(
            self.engine, path, spikes=spikes, states=states or {}, weights=weights or {},
            histograms=histograms or {}, overwrite=overwrite, run=run,
        )  # fmt: skip
        for of, times in snapshots:
            self._observer.schedule_weights(self.engine, of, times, self._looks)
        for of, times, asked in shapes:
            self._observer.schedule_histograms(self.engine, of, times, asked, self._looks)
        return recorder

    def close(self, *, complete: bool = True, reason: str = "") -> None:
        """End the recording."""
        self._observer.close(self.engine, complete=complete, reason=reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: Any
    ) -> None:
        reason = (str(error) or kind.__name__) if kind is not None else ""
        self.close(complete=kind is None, reason=reason)

    def spike_count(self, population: str | Population) -> int:
        """Return how many spikes a population has fired since the start.

        Sources are counted by recording them: background input is not listened to otherwise.
        """
        of = self.population(population)
        if of.model.is_source:
            raise ValueError(
                f"spike_count: {of.name!r} is a source; record its spikes to count them"
            )
        return self._observer.fired[of.index]

    def reset_state(self) -> None:
        """Begin anew at now, as for the next trial: neurons and synapses are in their first states.

        Weights, parameters and the time stay, and so do sources, modulators' parameters, control
        events, what is frozen, and what was sent from outside for later. Spikes on their way are
        gone, traces and the rules' own states are as at the beginning, and modulators at their
        first levels. What neurons and synapses draw by chance goes on: it is not drawn again.

        Notes
        -----
        A current that is being injected ends; a later step of it changes the current by as much as
        it would have. So give the currents of a trial after its reset.
        """
        with self._changing():
            self.engine.reset_state()

    def reset(self, *, weights: str = "initial") -> None:
        """Go back to t = 0: initial states, nothing under way, the same random numbers again.

        Parameters
        ----------
        weights : {"initial", "keep"}
            What becomes of the weights, and of delays that were changed.

        Notes
        -----
        Control events and arrivals from outside are forgotten.

        Raises
        ------
        ValueError
            While a recording is open: its time can't go back.
        """
        if weights not in ("initial", "keep"):
            raise ValueError(
                f"reset: {unknown('choice for weights', weights, ('initial', 'keep'))}"
            )
        self._observer.forget_closed(self.engine)
        if self._observer.recorder is not None:
            raise ValueError(
                "reset: a recording is open, and its time can't go back; close it first"
            )
        self._refuse_under_way("reset")
        self._agenda, self._looks = Agenda(), Agenda()
        self._parameters.clear()
        self._broken = False
        self._observer.forget()
        self.engine.reset(keep_weights=weights == "keep")
