"""What is written is what is read, and what can't be written is refused before anything runs."""

from pathlib import Path

import h5py
import numpy as np
import pytest

import eventsim.recording as recording
from eventsim.recording import PopulationInfo, Recorder, StateSeries, WeightSeries
from eventsim.recording.layout import CHUNK, part

EXC = PopulationInfo("exc", 100)
INH = PopulationInfo("inh", 25)
V = StateSeries("exc", ("v", "i"), np.array([3, 7, 50]), 10.0, 0.1, ("mV", "pA"))
PLASTIC = WeightSeries(
    "exc->inh", 100, 25, np.array([0, 0, 99]), np.array([1, 2, 24]), np.array([1.5]), "mV"
)


def random_spikes(n: int, size: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.sort(rng.random(n) * 1e3), rng.integers(0, size, n)


@pytest.mark.parametrize("piece", [1, 1_000, 7 * CHUNK])
def test_spikes_come_back_bit_for_bit_whatever_the_pieces(tmp_path: Path, piece: int) -> None:
    """Oracle: the arrays that were appended."""
    times, neurons = random_spikes(40 if piece == 1 else 10 * CHUNK + 17, EXC.size)
    with Recorder(tmp_path / "run.h5", spikes=[EXC, INH]) as recorder:
        for k in range(0, len(times), piece):
            recorder.spikes("exc", times[k : k + piece], neurons[k : k + piece])
            recorder.maybe_flush()
    with recording.open(tmp_path / "run.h5") as run:
        t, who = run.spikes("exc")
        assert t.tobytes() == times.tobytes()
        np.testing.assert_array_equal(who, neurons)
        assert run.spikes("inh")[0].size == 0


def test_a_recorder_without_a_path_keeps_the_recording_in_memory() -> None:
    """Oracle: the arrays that were appended; during the run and after it."""
    times, neurons = random_spikes(1_000, EXC.size)
    recorder = Recorder(None, spikes=[EXC])
    recorder.spikes("exc", times[:400], neurons[:400])
    with recorder.recording as sofar:
        assert sofar.status == "running"
        np.testing.assert_array_equal(sofar.spikes("exc")[0], times[:400])
    recorder.spikes("exc", times[400:], neurons[400:])
    recorder.close(duration=1e3)
    assert recorder.recording.status == "complete"
    assert recorder.recording.duration == 1e3
    np.testing.assert_array_equal(recorder.recording.spikes("exc")[0], times)


def test_states_come_back_by_variable_with_their_times() -> None:
    """Oracle: the array that was appended, column by column."""
    rows = np.random.default_rng(1).normal(size=(4_000, 3, 2))
    with Recorder(None, states=[V]) as recorder:
        for piece in np.array_split(rows, 7):
            recorder.states("exc", piece)
    v, i = (recorder.recording.states("exc", name) for name in ("v", "i"))
    np.testing.assert_array_equal(v.values, rows[:, :, 0])
    np.testing.assert_array_equal(i.values, rows[:, :, 1])
    np.testing.assert_array_equal(v.neurons, [3, 7, 50])
    np.testing.assert_array_equal(v.times, 10.0 + 0.1 * np.arange(4_000))
    assert (v.units, i.units) == ("mV", "pA")


def test_weights_come_back_with_their_endpoints() -> None:
    """Oracle: the values that were appended; one constant weight stands for all."""
    with Recorder(None, weights=[PLASTIC]) as recorder:
        recorder.weights("exc->inh", 0.0, np.array([0.5]))
        recorder.weights("exc->inh", 100.0, np.array([0.1, 0.2, 0.3]))
    weights = recorder.recording.weights("exc->inh")
    np.testing.assert_array_equal(weights.times, [0.0, 100.0])
    np.testing.assert_array_equal(weights.values, [[0.5, 0.5, 0.5], [0.1, 0.2, 0.3]])
    np.testing.assert_array_equal(weights.source, [0, 0, 99])
    np.testing.assert_array_equal(weights.target, [1, 2, 24])
    np.testing.assert_array_equal(weights.delay, [1.5, 1.5, 1.5])
    last = recorder.recording.weights("exc->inh", snapshot=-1)
    np.testing.assert_array_equal(last.times, [100.0])
    assert recorder.recording.projections == {"exc->inh": (100, 25)}


def test_more_synapses_than_a_block_are_written_whole() -> None:
    """Oracle: the values that were appended."""
    n = 5 * CHUNK + 3
    ends = np.zeros(n, dtype=np.int32)
    values = np.random.default_rng(1).random((2, n))
    series = WeightSeries("exc->exc", 1, 1, ends, ends, np.ones(n))
    with Recorder(None, weights=[series]) as recorder:
        for k in range(2):
            recorder.weights("exc->exc", float(k), values[k])
    np.testing.assert_array_equal(recorder.recording.weights("exc->exc").values, values)


def test_nothing_recorded_is_a_recording_too(tmp_path: Path) -> None:
    """Oracle: empty arrays of the documented shapes."""
    none = np.zeros(0, np.int32)
    silent = WeightSeries("exc->inh", 100, 25, none, none, np.zeros(0))
    with Recorder(tmp_path / "a.h5", spikes=[EXC], states=[V], weights=[silent]) as recorder:
        recorder.weights("exc->inh", 5.0, np.zeros(0))
    with recording.open(tmp_path / "a.h5") as run:
        assert run.spikes("exc", 1.0, 2.0)[0].shape == (0,)
        assert [train.size for train in run.trains("exc")] == [0] * 100
        assert run.states("exc", "v").values.shape == (0, 3)
        assert run.weights("exc->inh").values.shape == (1, 0)
        assert run.duration == 0.0
    with Recorder(None) as recorder:
        pass
    assert recorder.recording.populations == {}


def test_provenance_unites_the_start_and_the_end() -> None:
    """Oracle: the values given; numpy values and infinities included."""
    start = {"seed": np.int64(7), "bounds": (-np.inf, 1.0), "out": Path("run.h5")}
    recorder = Recorder(None, spikes=[EXC], provenance=start)
    recorder.close(duration=200.0, wall_time=1.5)
    assert recorder.recording.provenance == {
        "seed": 7,
        "bounds": [-np.inf, 1.0],
        "out": "run.h5",
        "duration": 200.0,
        "wall_time": 1.5,
    }


def test_the_file_has_its_final_name_only_when_the_run_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.h5"
    recorder = Recorder(path, spikes=[EXC])
    assert not path.exists()
    assert part(path).exists()
    recorder.close()
    recorder.close()
    assert list(path.parent.iterdir()) == [path]


def test_an_error_in_the_run_leaves_a_readable_file_that_tells_it(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"

    def run_away() -> None:
        with Recorder(path, spikes=[EXC]) as recorder:
            recorder.spikes("exc", np.array([1.0]), np.array([2]))
            raise ValueError("runaway in 'exc'")

    with pytest.raises(ValueError, match="runaway"):
        run_away()
    with recording.open(path) as run:
        assert run.status == "aborted: runaway in 'exc'"
        assert run.spikes("exc")[0].tolist() == [1.0]


def test_an_existing_file_is_kept_until_its_replacement_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_text("precious")
    with pytest.raises(ValueError, match=r"run\.h5.* exists; overwrite=True \(--overwrite\)"):
        Recorder(path, spikes=[EXC])
    recorder = Recorder(path, spikes=[EXC], overwrite=True)
    assert path.read_text() == "precious"
    recorder.close()
    assert recording.open(path).status == "complete"


def test_what_a_killed_run_left_is_not_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    part(path).write_text("precious")
    with pytest.raises(ValueError, match=r"run\.h5\.part' exists"):
        Recorder(path, spikes=[EXC])
    assert part(path).read_text() == "precious"


def test_a_place_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "run.h5", tmp_path):
        with pytest.raises(ValueError, match="can't be written") as refusal:
            Recorder(path, spikes=[EXC])
        assert "\n" not in str(refusal.value)
        assert str(path) in str(refusal.value)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"spikes": [EXC, EXC]}, "population 'exc': asked for twice"),
        ({"spikes": [PopulationInfo("a/b", 3)]}, "population 'a/b': a recorded name must not"),
        ({"spikes": [PopulationInfo("a", 0)]}, "population 'a': size must be >= 1, got 0"),
        ({"states": [V._replace(interval=0.0)]}, "interval must be finite and > 0 ms, got 0.0"),
        ({"states": [V._replace(interval=np.nan)]}, "interval must be finite and > 0 ms, got nan"),
        ({"states": [V._replace(start=-1.0)]}, "start must be finite and >= 0 ms, got -1.0"),
        ({"states": [V._replace(units=("mV",))]}, "needs 2 units, got 1"),
        ({"states": [V._replace(neurons=np.zeros(0, int))]}, "neurons must be a 1-D array"),
        ({"states": [V._replace(variables=())]}, "needs distinct variables"),
        ({"weights": [PLASTIC._replace(target=np.zeros(2, int))]}, r"shapes \(3,\), \(2,\)"),
        ({"provenance": {"model": object()}}, "can't be written as JSON"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_leaves_no_file(
    tmp_path: Path, wanted: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Recorder(tmp_path / "run.h5", **wanted)
    assert list(tmp_path.iterdir()) == []


def test_bad_appends_are_refused_by_name() -> None:
    recorder = Recorder(None, spikes=[EXC], states=[V], weights=[PLASTIC])
    one = np.array([1])
    recorder.spikes("exc", np.array([5.0]), one)
    with pytest.raises(ValueError, match=r"got 4\.0 ms after 5\.0 ms"):
        recorder.spikes("exc", np.array([4.0]), one)
    with pytest.raises(ValueError, match="2 spike times for 1 neurons"):
        recorder.spikes("exc", np.array([6.0, 7.0]), one)
    with pytest.raises(KeyError, match="did you mean 'exc'"):
        recorder.spikes("exd", np.array([6.0]), one)
    with pytest.raises(ValueError, match=r"must have shape \(n, 3, 2\), got \(1, 3, 1\)"):
        recorder.states("exc", np.zeros((1, 3, 1)))
    with pytest.raises(ValueError, match="needs 3 values"):
        recorder.weights("exc->inh", 0.0, np.zeros(4))


def test_the_file_has_the_sonata_layout(tmp_path: Path) -> None:
    """Oracle: the SONATA data format, by path, type and attribute."""
    path = tmp_path / "run.h5"
    with Recorder(path, spikes=[EXC], states=[V]) as recorder:
        recorder.spikes("exc", np.array([1.0]), np.array([2]))
        recorder.states("exc", np.zeros((5, 3, 2)))
    with h5py.File(path) as file:
        spikes, report = file["spikes/exc"], file["report/exc"]
        assert h5py.check_enum_dtype(spikes.attrs.get_id("sorting").dtype)["by_time"] == 2
        assert spikes.attrs["sorting"] == 2
        assert spikes["timestamps"].dtype == np.float64
        assert spikes["timestamps"].attrs["units"] == "milliseconds"
        assert spikes["node_ids"].dtype == np.uint64
        assert spikes["timestamps"].chunks == (CHUNK,)
        assert report["data"].shape == (5, 6)
        assert report["mapping/node_ids"][:].tolist() == [3, 7, 50]
        assert report["mapping/index_pointers"][:].tolist() == [0, 2, 4, 6]
        assert report["mapping/element_ids"][:].tolist() == [0, 1, 0, 1, 0, 1]
        assert report["mapping/time"][:].tolist() == [10.0, 10.0 + 5 * 0.1, 0.1]
        assert report["mapping/time"].attrs["units"] == "ms"


def test_sonatas_own_reader_opens_the_file(tmp_path: Path) -> None:
    """Oracle: libsonata, where it is installed."""
    libsonata = pytest.importorskip("libsonata")
    path = tmp_path / "run.h5"
    times, neurons = random_spikes(500, EXC.size)
    with Recorder(path, spikes=[EXC], states=[V]) as recorder:
        recorder.spikes("exc", times, neurons)
        recorder.states("exc", np.zeros((5, 3, 2)))
    spikes = libsonata.SpikeReader(str(path))["exc"]
    assert spikes.sorting == "by_time"
    assert spikes.get() == list(zip(neurons.tolist(), times.tolist(), strict=True))
    report = libsonata.ElementReportReader(str(path))["exc"]
    assert report.times == (10.0, 10.5, 0.1)
    assert report.get_node_ids() == [3, 7, 50]


def test_two_seconds_of_wall_time_are_the_most_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: what another reader of the file sees, by a clock set by hand."""
    clock = [100.0]
    monkeypatch.setattr("eventsim.recording.writer.time.monotonic", lambda: clock[0])
    recorder = Recorder(tmp_path / "run.h5", spikes=[EXC])
    recorder.spikes("exc", np.array([1.0]), np.array([2]))
    with h5py.File(part(recorder.path), "r", swmr=True) as file:
        seen = []
        for clock[0] in (101.9, 102.0):
            recorder.maybe_flush(1.0)
            file["eventsim/flushed"].refresh()
            seen.append(file["eventsim/flushed"][:].tolist())
    recorder.close()
    assert seen == [[0, 0], [1, 1]]


def test_a_recording_goes_on_from_its_mark_and_not_from_beyond_its_end(tmp_path: Path) -> None:
    """Oracle: the arrays that were appended; a refusal leaves the file as it was, and unlocked."""
    path = tmp_path / "run.h5"
    times, neurons = random_spikes(900, EXC.size)
    with Recorder(path, spikes=[EXC]) as recorder:
        recorder.spikes("exc", times[:500], neurons[:500])
        mark = recorder.mark()
        recorder.spikes("exc", times[500:], np.zeros(400, np.int64))  # what will be written anew
    with pytest.raises(ValueError, match=r"has 900 rows; the checkpoint goes on after 901$"):
        Recorder.resume(path, {**mark, "rows": [901, 901]}, spikes=[EXC], states=[], weights=[])
    with Recorder.resume(path, mark, spikes=[EXC], states=[], weights=[]) as recorder:
        recorder.spikes("exc", times[500:], neurons[500:])
    with recording.open(path) as run:
        assert run.spikes("exc")[0].tobytes() == times.tobytes()
        np.testing.assert_array_equal(run.spikes("exc")[1], neurons)
