"""A scenario's simulation under checkpoints: the script that is run again finds it further on.

A script can't be taken up in its middle, so it is run from its beginning. What it does before the
time of the checkpoint has been done: runs are skipped, changes are ignored. What it would read
there can't be given any more, and is refused. So are control events, from the start: they are
functions that may remember something, which no file holds.
"""

from pathlib import Path
from typing import Any, NoReturn, Self

from eventsim.network import Network
from eventsim.recording import Recorder
from eventsim.simulation import Simulation

_CHANGES = (
    "set_state", "set_parameters", "set_weights", "set_delays", "send", "step_current", "freeze",
    "unfreeze", "reset_state",
)  # fmt: skip
_READS = ("state", "weights", "delays", "spike_count", "run_until", "reset")
_CONTROL = ("at", "every")


class Scripted(Simulation):
    """A simulation whose script may be run again; made by `RunOptions.simulation`."""

    _script_now = 0.0  # ms, how far the script is
    _resumed_at = 0.0  # ms, of the checkpoint

    @classmethod
    def take_up(cls, path: Path, network: Network, **options: Any) -> Self:
        """Return the simulation of a checkpoint, for a script that starts from its beginning."""
        sim = cls.load(path, network=network, **options)
        sim._resumed_at = sim.engine.now
        return sim

    @property
    def now(self) -> float:
        """The time in ms, as the script sees it."""
        return self._script_now if self._behind else self.engine.now

    @property
    def _behind(self) -> bool:
        return self._script_now < self._resumed_at

    def _run_to(self, end: float) -> None:
        if self._behind and end < self._resumed_at:
            self._script_now = end
            return
        self._script_now = self._resumed_at
        super()._run_to(end)

    def record(self, *args: Any, **kwargs: Any) -> Recorder:
        """Record, or go on with the recording that was taken up."""
        if self._behind and self.recorder is not None:
            return self.recorder
        return super().record(*args, **kwargs)

    def __getattribute__(self, name: str) -> Any:
        if name in _CONTROL:
            return _refusal(
                f"checkpoint: the scenario uses control events ({name}), and what their functions "
                "remember is in no file; use Simulation.save and load in a script of your own"
            )
        if name in _CHANGES and self._behind:
            return _ignored
        if name in _READS and self._behind:
            return _refusal(
                f"resume: the scenario asks for {name} at {self._script_now:g} ms, before the "
                f"checkpoint at {self._resumed_at:g} ms, where it can't be known any more"
            )
        return super().__getattribute__(name)


def _ignored(*_: Any, **__: Any) -> None:
    """Do nothing: it has been done."""


def _refusal(why: str) -> Any:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise ValueError(why)

    return refuse
