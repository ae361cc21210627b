"""What holds of any network, wherever it is cut: threads, resumes and recorders change no bit.

That the engines agree on such networks is in test_agreement.py.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eventsim import Network, Sampled, Simulation
from generated import networks, plastic_delta, static_delta
from runs import outcome

CUTS = st.sampled_from([0.0, 1.0, 2.0, 11.0, 17.3])
END = 30.0
few = settings(max_examples=25, deadline=None, derandomize=True)


def ends(sim: Simulation, net: Network) -> tuple[Any, ...]:
    """Return states, weights and spike counts at the end, bit by bit."""
    listened = [p for p in net.populations.values() if not p.model.is_source]
    return (
        {p.name: [sim.state(p, name).tobytes() for name in p.model.state_names] for p in listened},
        {name: sim.weights(name).tobytes() for name in net.projections},
        [sim.spike_count(p) for p in listened],
    )


@contextmanager
def checkpoint() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "c")


@given(net=networks(), cut=CUTS, engine=st.sampled_from(["compiled", "reference"]))
@few
def test_a_resumed_run_is_the_run(net: Network, cut: float, engine: str) -> None:
    """Oracle: the run in the same two parts, on the path that the engine chooses."""
    with checkpoint() as path:
        whole = Simulation(net, engine=engine)
        whole.run(cut)
        whole.save(path)
        whole.run(END - cut)
        later = Simulation.load(path)
        later.run(END - cut)
        assert ends(later, later.network) == ends(whole, net)


@given(
    net=networks(sizes=(70, 130), builders=(static_delta, plastic_delta)),
    cut=CUTS,
    threads=st.sampled_from([(1, 2), (2, 1)]),
)
@few
def test_threads_change_no_bit_not_even_halfway(
    net: Network, cut: float, threads: tuple[int, int]
) -> None:
    """Oracle: one thread; the other run has another number after the cut than before it."""
    plain = Simulation(net)
    plain.run(cut)
    plain.run(END - cut)
    with checkpoint() as path:
        first = Simulation(net, threads=threads[0])
        first.run(cut)
        first.save(path)
        later = Simulation.load(path, threads=threads[1])
        later.run(END - cut)
        assert ends(later, later.network) == ends(plain, net)


@given(net=networks(), every=st.sampled_from([0.1, 0.37, 5.0]))
@few
def test_recorders_are_inert(net: Network, every: float) -> None:
    """Oracle: the run that records spikes alone."""
    record: dict[str, Any] = {
        "spikes": list(net.populations),
        "states": {"a": Sampled("v", every)},
        "weights": dict.fromkeys(net.projections, every),
    }
    plain = outcome(net, END, record={"spikes": list(net.populations)})
    assert outcome(net, END, record=record) == plain
