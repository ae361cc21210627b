"""Event cameras: records decoded bit by bit; bad files are refused by name and value."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventsim.models.encoders import read_archive, read_records

DATA = os.environ.get("EVENTSIM_DATA", "")


def record(x: int, y: int, polarity: int, t: int) -> bytes:
    """Return one event as its five bytes."""
    return ((x << 32) | (y << 24) | (polarity << 23) | t).to_bytes(5, "big")


def test_every_field_of_a_record_is_read(tmp_path: Path) -> None:
    """Oracle: the bits, written from one integer."""
    file = tmp_path / "one.bin"
    file.write_bytes(record(33, 2, 1, 0x7FFFFF) + record(0, 33, 0, 1500))
    events = read_records(file)
    assert events.times.tolist() == [8388.607, 1.5]
    assert (events.x.tolist(), events.y.tolist()) == ([33, 0], [2, 33])
    assert events.brighter.tolist() == [True, False]


def test_an_overflow_adds_to_all_later_times_and_is_no_event(tmp_path: Path) -> None:
    """Oracle: 2^13 us each."""
    file = tmp_path / "two.bin"
    over = record(0, 240, 0, 0)
    file.write_bytes(record(1, 1, 1, 100) + over + record(1, 1, 1, 5) + over + record(1, 1, 1, 7))
    assert read_records(file).times.tolist() == [0.1, 8.197, 16.391]


def test_a_neuron_is_a_polarity_a_row_and_a_column(tmp_path: Path) -> None:
    """Oracle: the place in an array of shape (2, height, width); doubles are one spike."""
    file = tmp_path / "three.bin"
    file.write_bytes(
        record(3, 2, 1, 2000)
        + record(3, 2, 1, 2000)
        + record(4, 1, 0, 1000)
        + record(0, 0, 0, 9000)
    )
    spikes = read_records(file, width=6, height=5).spikes(stop=9.0)
    assert spikes.size == 60
    places = [np.unravel_index(n, (2, 5, 6)) for n in spikes.neurons.tolist()]
    assert [tuple(map(int, place)) for place in places] == [(0, 1, 4), (1, 2, 3)]
    assert spikes.times.tolist() == [1.0, 2.0]
    assert [t.tolist() for t in spikes.trains() if t.size] == [[1.0], [2.0]]


def test_a_window_begins_at_zero(tmp_path: Path) -> None:
    file = tmp_path / "four.bin"
    file.write_bytes(b"".join(record(0, 0, 0, t) for t in (500, 1000, 1500)))
    assert read_records(file).spikes(start=1.0, stop=1.5).times.tolist() == [0.0]


def arrays(**other: Any) -> dict[str, Any]:
    """Return two recordings of two events and one."""
    plain = {
        "x": np.array([1, 2, 3], np.uint8),
        "y": np.array([4, 5, 6], np.uint8),
        "p": np.array([0, 1, 1], np.uint8),
        "t_us": np.array([10, 20, 5], np.uint32),
        "offset": np.array([0, 2, 3]),
    }
    return {**plain, **other}


def test_recordings_of_an_archive_are_told_apart(tmp_path: Path) -> None:
    """Oracle: the slices between offsets."""
    np.savez(tmp_path / "all.npz", **arrays())
    first, second = (read_archive(tmp_path / "all.npz", k, 10, 10) for k in (0, 1))
    assert (first.times.tolist(), first.x.tolist()) == ([0.01, 0.02], [1, 2])
    assert (second.times.tolist(), second.brighter.tolist()) == ([0.005], [True])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"offset": np.array([0, 2, 4])}, "the last offset must be the number of events, 3, got 4"),
        ({"offset": np.array([0, 3, 2])}, "must be of one length, cut by a rising offset"),
        ({"y": np.array([1])}, "must be of one length, cut by a rising offset"),
        ({"x": np.array([1, 2, 3]) + 8}, "pixels must lie in 10 x 10, got x = 10, y = 5"),
    ],
)
def test_a_bad_archive_is_refused(other: Any, message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", **arrays(**other))
    with pytest.raises(ValueError, match=message):
        read_archive(tmp_path / "bad.npz", 0, 10, 10)


def test_an_archive_without_an_array_or_with_objects_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "short.npz", x=np.zeros(1))
    with pytest.raises(ValueError, match="must hold the array 'y'"):
        read_archive(tmp_path / "short.npz", 0, 10, 10)
    np.savez(tmp_path / "objects.npz", **arrays(x=np.array([{}, 1, 2], object)))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        read_archive(tmp_path / "objects.npz", 0, 10, 10)


def test_a_recording_that_is_not_there_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "all.npz", **arrays())
    with pytest.raises(IndexError, match="recording must be >= 0 and < 2, got 2"):
        read_archive(tmp_path / "all.npz", 2, 10, 10)


def test_a_bad_file_of_records_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad.bin"
    file.write_bytes(b"1234567")
    with pytest.raises(ValueError, match="records of 5 bytes, got 7 bytes"):
        read_records(file)
    file.write_bytes(record(1, 1, 0, 5) + record(34, 2, 0, 10))
    with pytest.raises(ValueError, match="pixels must lie in 34 x 34, got x = 34, y = 2 for event"):
        read_records(file)


@pytest.mark.skipif(not DATA, reason="EVENTSIM_DATA names no folder of data sets")
def test_recorded_digits_have_the_published_size_and_length() -> None:
    """Oracle: 34 x 34 pixels, three saccades of 100 ms, a few thousand events."""
    for k in range(0, 100, 25):
        events = read_archive(Path(DATA, "nmnist-small", "nmnist_test100.npz"), k, 34, 34)
        assert 250.0 < events.times.max() < 340.0
        assert (np.diff(events.times) >= 0.0).all()
        assert events.spikes().times.size <= events.times.size
        assert 1000 < events.times.size < 8000


@pytest.mark.skipif(not DATA, reason="EVENTSIM_DATA names no folder of data sets")
def test_a_recorded_gesture_becomes_a_source() -> None:
    """Oracle: the events of the clip, of which doubles count once."""
    events = read_archive(Path(DATA, "dvs128-clips", "dvs128_10clips.npz"), 0, 128, 128)
    assert 63_000 < events.times.size < 182_000
    spikes = events.spikes(stop=200.0)
    first = events.times < 200.0
    places = events.brighter[first] * 128 * 128 + events.y[first] * 128 + events.x[first]
    assert spikes.times.size == len(set(zip(events.times[first], places, strict=True)))
    source = spikes.source()
    assert source.values["given"].sum() == spikes.times.size
    assert source.values["given"].size == spikes.size == 2 * 128 * 128
