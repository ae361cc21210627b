"""Other tools read what was recorded, to the last bit. Oracle: the arrays of the recording."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventsim import AllToAll, FromArrays, Network, Uniform
from eventsim.export import needs
from eventsim.models import LIF, PoissonSource
from eventsim.recording import PopulationInfo, Recorder, Recording, StateSeries


def installed(package: str) -> Any:
    """Return a package, or skip the test."""
    return pytest.importorskip(package, reason=f"{package} is not installed")


@pytest.fixture
def recording() -> Recording:
    """Three cells whose middle one is silent, a population without a spike, two variables."""
    rng = np.random.default_rng(1)
    recorder = Recorder(
        None,
        spikes=[PopulationInfo("exc", 3), PopulationInfo("mute", 2)],
        states=[StateSeries("exc", ("v", "i"), np.array([2, 0]), 0.3, 0.1, ("mV", "pA"))],
    )
    recorder.spikes("exc", np.sort(rng.uniform(0.0, 900.0, 500)), rng.choice([0, 2], 500))
    recorder.states("exc", rng.normal(size=(70, 2, 2)))
    recorder.flush(1000.0)
    return recorder.recording


def test_neo_gives_back_every_train_and_every_sample(recording: Recording) -> None:
    installed("neo")
    block = recording.to_neo()
    assert [segment.name for segment in block.segments] == ["exc", "mute"]
    for segment in block.segments:
        trains = recording.trains(segment.name)
        assert [train.magnitude.tolist() for train in segment.spiketrains] == [
            train.tolist() for train in trains
        ]
        assert all(str(train.units.dimensionality) == "ms" for train in segment.spiketrains)
    v, i = block.segments[0].analogsignals
    np.testing.assert_array_equal(v.magnitude, recording.states("exc", "v").values)
    np.testing.assert_array_equal(i.magnitude, recording.states("exc", "i").values)
    assert [str(signal.units.dimensionality) for signal in (v, i)] == ["mV", "pA"]
    assert v.array_annotations["neuron"].tolist() == [2, 0]
    np.testing.assert_allclose(v.times.magnitude, recording.states("exc", "v").times, rtol=1e-12)


def test_pynapple_gives_back_every_train_to_the_nanosecond(recording: Recording) -> None:
    installed("pynapple")
    group = recording.to_pynapple("exc")
    for k, train in enumerate(recording.trains("exc")):
        np.testing.assert_allclose(group[k].times("ms"), train, rtol=0.0, atol=1.1e-6)
    frame = recording.to_pynapple("exc", "v")
    np.testing.assert_array_equal(frame.values, recording.states("exc", "v").values)


def test_xarray_gives_back_every_sample(recording: Recording) -> None:
    installed("xarray")
    dataset = recording.to_xarray("exc")
    for variable, unit in (("v", "mV"), ("i", "pA")):
        samples = recording.states("exc", variable)
        np.testing.assert_array_equal(dataset[variable].values, samples.values)
        np.testing.assert_array_equal(dataset["time"].values, samples.times)
        assert dataset["neuron"].values.tolist() == [2, 0]
        assert dataset[variable].attrs["units"] == unit
    with pytest.raises(KeyError, match="unknown sampled population 'mute'"):
        recording.to_xarray("mute")


def test_nwb_gives_back_every_train_in_seconds(recording: Recording, tmp_path: Path) -> None:
    """Oracle: the trains / 1000, within one unit in the last place."""
    pynwb = installed("pynwb")
    path = tmp_path / "run.nwb"
    recording.to_nwb(path)
    with pynwb.NWBHDF5IO(str(path), "r") as file:
        units = file.read().units
        assert units["population"][:].tolist() == ["exc"] * 3 + ["mute"] * 2
        assert units["neuron"][:].tolist() == [0, 1, 2, 0, 1]
        trains = [*recording.trains("exc"), *recording.trains("mute")]
        for k, train in enumerate(trains):
            np.testing.assert_array_max_ulp(units.get_unit_spike_times(k), train / 1000.0, 1)
    with pytest.raises(FileExistsError, match="exists"):
        recording.to_nwb(path)


def test_libsonata_reads_spikes_and_samples(recording: Recording, tmp_path: Path) -> None:
    """Spike times as recorded; samples as float32, which is what SONATA's are."""
    sonata = installed("libsonata")
    paths = recording.to_sonata(tmp_path / "out")
    assert [path.name for path in paths] == ["spikes.h5", "exc.v.h5", "exc.i.h5"]
    spikes = sonata.SpikeReader(str(paths[0]))["exc"]
    times, neurons = recording.spikes("exc")
    found = spikes.get_dict()
    np.testing.assert_array_equal(found["timestamps"], times)
    np.testing.assert_array_equal(found["node_ids"], neurons)
    assert spikes.sorting == "by_time"
    samples = recording.states("exc", "v")
    report = sonata.SomaReportReader(str(paths[1]))["exc"]
    frame = report.get()
    order = [list(frame.ids).index(neuron) for neuron in samples.neurons]
    np.testing.assert_array_equal(frame.data[:, order], samples.values.astype(np.float32))
    np.testing.assert_allclose(frame.times, samples.times, rtol=1e-12)
    assert report.data_units == "mV"


def test_libsonata_reads_nodes_and_edges(tmp_path: Path) -> None:
    """Oracle: the network's own arrays, and the edges of one node among them all."""
    sonata = installed("libsonata")
    net, places = Network(seed=1), np.random.default_rng(1).uniform(size=(20, 3))
    exc = net.add("exc", LIF(tau_m=Uniform(5.0, 25.0)), size=20, positions=places)
    noise = net.add("noise", PoissonSource(rate=3.0), size=4)
    net.connect(exc, exc, AllToAll(), Uniform(0.1, 0.2), Uniform(0.5, 5.0))
    pre, post = np.array([0, 0, 3, 1]), np.array([5, 7, 5, 19])
    net.connect(noise, exc, FromArrays(pre, post), weight=1.0, delay=1.5)
    nodes_file, edges_file = net.to_sonata(tmp_path)
    nodes = sonata.NodeStorage(str(nodes_file)).open_population("exc")
    assert nodes.size == 20
    tau = nodes.get_attribute("tau_m", nodes.select_all())
    np.testing.assert_array_equal(tau, exc.parameters[:, exc.model.parameter_names.index("tau_m")])
    np.testing.assert_array_equal(nodes.get_attribute("y", nodes.select_all()), exc.positions[:, 1])
    storage = sonata.EdgeStorage(str(edges_file))
    assert storage.population_names == {"exc->exc", "noise->exc"}
    for name, projection in net.projections.items():
        edges, s = storage.open_population(name), projection.synapses
        assert (edges.source, edges.target) == (projection.source.name, projection.target.name)
        every = edges.select_all()
        np.testing.assert_array_equal(edges.source_nodes(every), s.source)
        np.testing.assert_array_equal(edges.target_nodes(every), s.target)
        for attribute, values in (("syn_weight", s.weight), ("delay", s.delay)):
            found = edges.get_attribute(attribute, every)
            np.testing.assert_array_equal(found, np.broadcast_to(values, s.count))
        for node in (0, 5, 19):
            onto = edges.afferent_edges(np.array([node])).flatten()
            assert onto.tolist() == np.flatnonzero(s.target == node).tolist()
            if node < projection.source.size:
                out = edges.efferent_edges(np.array([node])).flatten()
                assert out.tolist() == np.flatnonzero(s.source == node).tolist()


@pytest.mark.parametrize(
    ("call", "extra"),
    [
        (lambda r, p: r.to_neo(), "neo"),
        (lambda r, p: r.to_pynapple("exc"), "pynapple"),
        (lambda r, p: r.to_xarray("exc"), "xarray"),
        (lambda r, p: r.to_nwb(p / "x.nwb"), "nwb"),
        (lambda r, p: r.to_pandas("exc"), "pandas"),
    ],
    ids=["neo", "pynapple", "xarray", "nwb", "pandas"],
)
def test_a_missing_package_is_told_with_its_extra(
    call: Any, extra: str, recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(needs.importlib, "import_module", missing)
    with pytest.raises(ImportError, match=re.escape(f"pip install eventsim[{extra}]")):
        call(recording, tmp_path)
