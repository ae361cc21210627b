"""Spoken digits as they were recorded, or words that a few lines of Python speak.

Used by `spoken_digits`. Both are spoken by six voices, several takes of each word by each voice; a
tenth of the takes, the first, is held out.

Recorded: the Free Spoken Digit Dataset, all 3,000 recordings (github.com/Jakobovski/
free-spoken-digit-dataset, CC BY-SA 4.0; its own split is this one), as an npz of arrays pcm (int16,
all sounds one after the other), offset (where each begins, and the end), label, speaker, take.

Synthetic: a word glides from one of five vowels to another; words 5 to 9 are words 0 to 4
backwards, so that what is in them does not tell all, but when. Voices differ in pitch and in the
length of the vocal tract; takes differ in pitch, speed, loudness, noise and where a vowel lies.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventsim.elementary import exp
from eventsim.scenarios._data_files import data_file

FILE = "fsdd/fsdd_8khz.npz"
WHERE_FROM = "github.com/Jakobovski/free-spoken-digit-dataset, CC BY-SA 4.0"
RATE = 8000.0  # Hz
CLASSES, VOICES, TAKES = 10, 6, 50
LONGEST = 5.0  # s, of a recording

FORMANTS = {"i": (300, 2300), "e": (480, 1900), "a": (750, 1250), "o": (480, 880), "u": (320, 750)}
FORWARD = ("ia", "ua", "eo", "iu", "ae")
WORDS = (*FORWARD, *(word[::-1] for word in FORWARD))
THIRD, WIDTH = 2800.0, 90.0  # Hz, the third formant and the width of all

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Sounds(NamedTuple):
    """Words that were spoken, and who said them which time."""

    waves: list[Floats]  # from -1 to 1, RATE samples a second
    label: Ints  # (words,), 0 to 9
    voice: Ints
    take: Ints

    def held_out(self) -> NDArray[np.bool_]:
        """Tell which words are for the test: the first tenth of the takes, at least one."""
        return self.take < max(1, (int(self.take.max()) + 1) // 10)


def recorded(folder: str, takes: int = TAKES) -> Sounds:
    """Return the first takes of the recorded digits; folder "" means $EVENTSIM_DATA.

    Raises
    ------
    FileNotFoundError
        If there is no such folder or file.
    ValueError
        If the file holds something else.
    """
    where = "scenario 'spoken_digits': sounds=recorded needs"
    path = data_file(
        where, folder, FILE,
        f"the recordings: {WHERE_FROM}; scenarios/_spoken_sounds.py says what the file holds",
    )  # fmt: skip
    words = CLASSES * VOICES * TAKES
    shapes: dict[str, int | None] = {"pcm": None, "offset": words + 1} | dict.fromkeys(
        ("label", "speaker", "take"), words
    )
    with np.load(path, allow_pickle=False) as file:
        for name, size in shapes.items():
            _check(where, path, file, name, size)
        arrays = {name: file[name] for name in shapes}
    offset, pcm = arrays["offset"], arrays["pcm"]
    length = np.diff(offset)
    if offset[0] != 0 or offset[-1] != pcm.size or length.min() < 1:
        raise ValueError(f"{where} offsets from 0 to {pcm.size}, increasing, in {str(path)!r}")
    place = np.ravel_multi_index(
        [arrays[name].astype(np.int64) for name in ("label", "speaker", "take")],
        (CLASSES, VOICES, TAKES),
        mode="clip",
    )
    if np.unique(place).size != words:
        raise ValueError(
            f"{where} {TAKES} takes of {CLASSES} digits by {VOICES} speakers in {str(path)!r}"
        )
    chosen = np.flatnonzero(arrays["take"] < takes)
    waves = [pcm[offset[k] : offset[k + 1]] / 32768.0 for k in chosen]
    label, voice, take = (arrays[n][chosen].astype(np.int64) for n in ("label", "speaker", "take"))
    return Sounds(waves, label, voice, take)


def _check(where: str, path: Path, file: Any, name: str, size: int | None) -> None:
    """Refuse an array that is missing or of another shape, by its header: nothing is loaded."""
    if name not in file.files:
        raise ValueError(f"{where} the array {name!r} in {str(path)!r}")
    with file.zip.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        shape, _, kind = read(member)
    most = int(CLASSES * VOICES * TAKES * LONGEST * RATE)
    fits = shape == (size,) if size is not None else len(shape) == 1 and shape[0] <= most
    if not fits or not np.issubdtype(kind, np.integer):
        expected = f"({size},)" if size is not None else f"(n,), n <= {most:,}"
        raise ValueError(
            f"{where} whole numbers of shape {expected} as {name!r} in {str(path)!r}, got {kind} "
            f"of shape {shape}"
        )


def synthetic(takes: int, seed: int = 0) -> Sounds:
    """Return words spoken by program, the same for the same seed: voice by voice, take by take."""
    rng = np.random.default_rng(seed)
    pitch = rng.uniform(90.0, 220.0, VOICES)  # Hz
    tract = rng.uniform(0.88, 1.14, VOICES)
    grid = np.indices((VOICES, takes, CLASSES)).reshape(3, -1)
    voice, take, label = (part.astype(np.int64) for part in grid)
    waves = [
        spoken(WORDS[word], pitch[who], tract[who], rng)
        for who, word in zip(voice, label, strict=True)
    ]
    return Sounds(waves, label, voice, take)


def spoken(word: str, pitch: float, tract: float, rng: np.random.Generator) -> Floats:
    """Return a word of two vowels as one take of one voice.

    A sum of harmonics of the pitch, each as strong as the formants let it pass at that moment.
    """
    n = round(RATE * rng.uniform(0.28, 0.52))
    share = np.linspace(0.0, 1.0, n)
    middle, steep = rng.uniform(0.4, 0.6), rng.uniform(8.0, 14.0)
    blend = 1.0 / (1.0 + exp(-steep * (share - middle)))
    ends = np.array([FORMANTS[vowel] for vowel in word]) * tract * rng.normal(1.0, 0.06, (2, 2))
    f0 = pitch * rng.normal(1.0, 0.08) * (1.1 - 0.2 * share)
    phase = 2.0 * np.pi * np.cumsum(f0) / RATE
    wave = np.zeros(n)
    for k in range(1, int(0.45 * RATE / f0.max())):
        passed = exp(-0.5 * ((k * f0 - THIRD * tract) / WIDTH) ** 2)
        for first, last in ends.T:
            passed += exp(-0.5 * ((k * f0 - first - (last - first) * blend) / WIDTH) ** 2)
        wave += passed * np.sin(k * phase) / np.sqrt(k)
    wave *= np.sin(np.pi * share) ** 0.5
    noise = rng.normal(0.0, 10.0 ** rng.uniform(-2.0, -1.3), n) * np.abs(wave).max()
    loud: Floats = (wave + noise) / np.abs(wave + noise).max() * rng.uniform(0.1, 0.9)
    return loud
