"""The motion_delays scenario: events, evidence beside the convolution, what delays are worth."""

import os
from pathlib import Path

import numpy as np
import pytest

from eventsim import Sampled, Simulation, runner
from eventsim.scenario import Result, RunOptions
from eventsim.scenarios import _gestures as gestures
from eventsim.scenarios import _moving_textures as textures
from eventsim.scenarios import motion_delays

QUICK = motion_delays.Settings(**motion_delays.PRESETS["quick"])


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the quick run, as the command line makes it."""
    out = tmp_path_factory.mktemp("motion") / "quick.h5"
    return runner.execute(motion_delays, QUICK, RunOptions(out=out, quiet=True))


def test_directions_are_read_with_delays_and_not_without(quick: Result) -> None:
    """Oracle: the bounds that another program keeps with four times the examples, a little lower;
    chance is 0.125."""
    claimed = {name: m for name, m in quick.measures.items() if m.asked}
    assert all(m.holds for m in claimed.values())
    assert {name: (m.at_least, m.at_most) for name, m in claimed.items()} == {
        "accuracy, full": (0.9, None),
        "accuracy, third": (0.8, None),
        "accuracy, collapsed": (None, 0.3),
    }


def test_accuracy_falls_with_the_synapses_that_are_kept(quick: Result) -> None:
    """Oracle: 69 pixels, 9 delays, 2 polarities; the share kept; accuracy up to 4 of 72 cases."""
    for kept in (motion_delays.KEPT, {"full": 9, **motion_delays.SHORT}):
        whole = kept["full"]
        for name, share in kept.items():
            found = quick.measures[f"synapses per detector, {name}"].value
            assert found == pytest.approx(69 * 9 * 2 * share / whole, rel=0.01)
        course = [quick.measures[f"accuracy, {name}"].value for name in kept]
        assert (np.diff(course) <= 4 / 72 + 1e-12).all()
        assert course[-1] < course[0] - 0.3


def test_what_was_shown_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: the literal line."""
    settings = motion_delays.Settings(examples=100, lessons=8, epochs=1, movies=1, places=1)
    motion_delays.run(settings)
    assert "stimulus: synthetic, moving textures" in capsys.readouterr().out


def test_the_figure_shows_accuracy_against_synapses(quick: Result) -> None:
    """Oracle: the measures; every network is a point, chance has a label."""
    page = motion_delays.figure(quick, quick.recording)
    assert "synthetic" in page.get_suptitle()
    (axes,) = [axes for axes in page.axes if axes.get_ylabel() == "accuracy"]
    assert "synapses" in axes.get_xlabel()
    points = {
        (x, y) for line in axes.lines[:3] for x, y in np.column_stack(line.get_data()).tolist()
    }
    assert points == {
        (quick.measures[f"synapses per detector, {name}"].value,
         quick.measures[f"accuracy, {name}"].value)
        for name in motion_delays.SHOWN
    }  # fmt: skip
    assert "chance" in {line.get_label() for line in axes.lines}


def test_evidence_is_the_convolution_of_events_and_weights(quick: Result) -> None:
    """Oracle: the sum over delays and pixels, by one matrix product; 1e-9 relative."""
    shown, kernel = quick.data["task"], quick.data["kernel"]
    n = shown.row.size
    for name, weight in motion_delays.variants(kernel.weight).items():
        for movie, frame in ((0, 15), (5, 23), (23, 31)):
            places = np.full(n, movie), np.full(n, frame), shown.row, shown.column
            patch = textures.seen(shown.events, *places).reshape(n, -1)
            expected = patch @ weight.reshape(-1, textures.DIRECTIONS)
            at = np.array([(textures.FRAMES + motion_delays.REST) * movie + frame])
            found = motion_delays.evidence(quick.recording, name, at)
            scale = np.abs(expected).max()
            np.testing.assert_allclose(found[0], expected, rtol=1e-9, atol=1e-9 * scale)


def test_arrivals_follow_the_weights_that_are_kept(quick: Result) -> None:
    """Oracle: a weight that is kept is one synapse at each place and polarity; counted by hand."""
    per_event = {
        name: quick.measures[f"arrivals per event, {name}"].value for name in motion_delays.SHOWN
    }
    assert per_event["third"] / per_event["full"] == pytest.approx(1 / 3, rel=0.02)
    assert per_event["tenth"] / per_event["full"] == pytest.approx(0.1, rel=0.02)
    assert per_event["collapsed"] == per_event["full"]
    _, pixels = quick.recording.spikes("events")
    shown = quick.data["task"]
    up, right = textures.disc()
    row = (shown.row[:, None] + up) % 48
    column = (shown.column[:, None] + right) % 48
    covered = np.bincount((48 * row + column).ravel(), minlength=48**2)
    arrivals = covered[pixels % 48**2].sum() * textures.DELAYS * textures.DIRECTIONS
    assert per_event["full"] == pytest.approx(arrivals / pixels.size, rel=1e-12)


def test_events_of_a_texture_that_moves_to_the_right_move_with_it() -> None:
    """Oracle: an event and the one of 1 ms later, 1 pixel to the right, agree more often than with
    its own pixel's next or with that to the left; about 0.2 events per pixel and ms."""
    events = textures.film(np.zeros(4, np.int64), np.random.default_rng(1))
    now, then = events[:, 20:-1], events[:, 21:]
    agree = {
        shift: np.mean(np.roll(then, -shift, axis=3)[now != 0] == now[now != 0])
        for shift in (-1, 0, 1)
    }
    assert np.abs(events).mean() == pytest.approx(0.2, abs=0.03)
    assert agree[1] > 2.0 * agree[0]
    assert agree[1] > 2.0 * agree[-1]


def test_both_engines_run_it_alike() -> None:
    """Oracle: the reference engine; potentials bit by bit."""
    rng = np.random.default_rng(3)
    shown = motion_delays.task(motion_delays.Settings(movies=1, places=1), rng)
    shown = shown._replace(events=shown.events[:1], direction=shown.direction[:1])
    weight = rng.normal(size=(textures.DELAYS, textures.disc()[0].size, textures.DIRECTIONS))
    given = motion_delays.trains(shown.events)
    net = motion_delays.build(given, shown.row, shown.column, {"full": weight}, seed=1)
    courses = []
    for engine in ("compiled", "reference"):
        with Simulation(net, engine=engine) as sim:
            recorder = sim.record(spikes=[], states={"full": Sampled("v", every=1.0)})
            sim.run(20.0)
            courses.append(recorder.recording.states("full", "v").values)
    assert np.abs(courses[0]).max() > 1.0
    np.testing.assert_array_equal(*courses)


RECORDED = os.environ.get("EVENTSIM_DATA", str(Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.skipif(not Path(RECORDED, gestures.FILE).exists(), reason="no recorded gestures")
def test_an_arm_that_circles_turns_the_direction_of_motion_its_way() -> None:
    """Oracle: how the four recordings are named; one circle takes about a second."""
    settings = motion_delays.Settings(
        **motion_delays.PRESETS["quick"], stimulus="gestures", data=RECORDED, spacing=12
    )
    result = motion_delays.run(settings, RunOptions(quiet=True))
    drawn = motion_delays.figure(result, result.recording).axes[1].lines[::2]
    for name, line in zip(gestures.CIRCLES, drawn, strict=True):
        measure = result.measures[f"turns per s, {name}"]
        assert measure.holds
        assert 0.5 < abs(measure.value) < 1.5
        # the figure ends where the measure says, at the recording's own pace
        assert line.get_ydata()[-1] / line.get_xdata()[-1] == pytest.approx(measure.value)


def test_a_heading_that_turns_is_measured_in_turns_per_frame() -> None:
    """Oracle: evidence that follows a cosine around the direction, 40 frames for a turn."""
    angle = 2.0 * np.pi * np.arange(8) / 8
    for way in (1.0, -1.0):
        phase = way * 2.0 * np.pi * np.arange(200) / 40
        evidence = 2.0 + np.cos(phase[:, None, None] - angle)
        assert gestures.turns(gestures.headings(evidence)) == pytest.approx(way / 40, rel=0.02)


def test_a_heading_turns_by_its_change_times_its_length() -> None:
    """Oracle: by hand; lengths of 3 and 1, of 2 on average."""
    heading = np.array([5.0, 3.0j, -1.0 + 0.0j])
    assert gestures.progress(heading).tolist() == pytest.approx([0.0, 0.375, 0.5])
    assert gestures.turns(heading) == pytest.approx(0.25)


def test_clips_follow_one_another_and_no_pixel_fires_twice_at_once() -> None:
    """Oracle: by hand; the second clip begins after one period, at six times the speed."""
    first = gestures.Clip(np.array([6.0, 6.0, 12.0]), np.array([5, 5, 5]))
    second = gestures.Clip(np.array([0.0, 3.0]), np.array([5, 2 * 128**2 - 1]))
    trains = gestures.trains({"a": first, "b": second}, 6.0, 10.0)
    assert len(trains) == 2 * 128**2
    assert trains[5].tolist() == [1.0, 2.0, 10.0]
    assert trains[-1].tolist() == [10.5]
    assert sum(t.size for t in trains) == 4


def save(folder: Path, **arrays: np.ndarray) -> str:
    """Write a file of gestures, and return its folder."""
    path = folder / gestures.FILE
    path.parent.mkdir(exist_ok=True)
    np.savez(path, **arrays)
    return str(folder)


def test_a_data_folder_without_gestures_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the messages name the file, the array, the shape."""
    monkeypatch.delenv("EVENTSIM_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="say --set data=DATA or set EVENTSIM_DATA"):
        motion_delays.run(motion_delays.Settings(stimulus="gestures"))
    with pytest.raises(FileNotFoundError, match=gestures.FILE):
        gestures.load(str(tmp_path))
    few = {name: np.zeros(3, np.uint8) for name in ("x", "y", "p", "t_us")}
    with pytest.raises(ValueError, match="the array 'offset'"):
        gestures.load(save(tmp_path, **few))
    with pytest.raises(ValueError, match="7 clips of 128 x 128 pixels"):
        gestures.load(save(tmp_path, **few, offset=np.array([0, 3])))
