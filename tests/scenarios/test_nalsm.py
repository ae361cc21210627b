"""The nalsm scenario: its liquid, its learning beside a program in steps, killed runs, its data."""

from collections.abc import Callable
from dataclasses import replace
from math import exp
from pathlib import Path

import numpy as np
import pytest

from eventsim import Simulation, runner
from eventsim.models import SpikeSource
from eventsim.scenario import Result, RunOptions
from eventsim.scenarios import _nalsm_claims as claims
from eventsim.scenarios import _nalsm_data as data
from eventsim.scenarios import _nalsm_films as films
from eventsim.scenarios import _nalsm_measures as measures
from eventsim.scenarios import _nalsm_network as network
from eventsim.scenarios import _nalsm_phases as phases
from eventsim.scenarios import nalsm
from eventsim.scenarios._nalsm_network import JUMP, Learning
from eventsim.scenarios._nalsm_store import Store, digest

SMALL = nalsm.Settings(neurons=64, snippets=4, train=60, validation=30, test=40, presentation=80.0)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the quick run, as the command line makes it."""
    out = tmp_path_factory.mktemp("nalsm") / "quick.h5"
    quick = nalsm.Settings(**nalsm.PRESETS["quick"])
    return runner.execute(nalsm, quick, RunOptions(out=out, quiet=True))


def test_digits_are_read_by_a_liquid_that_its_astrocyte_has_tamed(quick: Result) -> None:
    """Oracle: chance is 10 %, a readout of the pixels alone has 90 to 96 % here; the same liquid
    with the weights of 3 that it begins with, whose rate is to be more than halved."""
    settings, options = nalsm.Settings(**nalsm.PRESETS["quick"]), RunOptions()
    shown = data.load("digits", "").test.only(np.arange(9))
    wild = phases.count(phases.Task(nalsm.liquid(settings, shown.inputs, options), shown))
    before = wild.mean() / (1e-3 * settings.presentation)
    assert before > 150.0
    judged = {name: m for name, m in quick.measures.items() if m.holds is not None}
    assert {name for name, m in judged.items() if m.holds} == set(judged)
    assert judged["accuracy"].at_least == 90.0
    assert judged["liquid rate"].at_most == pytest.approx(0.5 * before, rel=0.03)
    mean = quick.data["weights"]["excitation"].mean()
    assert judged["mean excitatory weight"].value == mean
    assert (judged["mean excitatory weight"].at_least, mean < 2.5) == (0.5, True)
    assert "scikit-learn" in quick.data["note"]


def test_accuracy_is_asked_of_whole_data_sets_only() -> None:
    """Oracle: the bounds written out, for nalsm at the preset's sizes."""
    paper = nalsm.Settings(**nalsm.PRESETS["paper"])
    asked = {"accuracy": {"at_least": 95.5}}
    assert claims.asked(paper, quick=False) == asked
    assert claims.asked(replace(paper, snippets=10_000, extras=False), quick=False) == asked
    fashion = replace(paper, dataset="fashion")
    assert claims.asked(fashion, quick=False) == {"accuracy": {"at_least": 82.0}}
    for other in ({"variant": "lsm"}, {"train": 10_000}, {"test": 5_000}, {"dataset": "nmnist"}):
        assert claims.asked(replace(paper, **other), quick=False) == {}


def test_a_result_is_compared_with_what_was_published_for_its_settings() -> None:
    """Oracle: the published settings, by hand."""
    paper = nalsm.Settings(**nalsm.PRESETS["paper"])
    found = {
        variant: claims.known(replace(paper, variant=variant)).branching
        for variant in ("nalsm", "stdp", "ap_stdp", "lsm")
    }
    assert found == {"nalsm": 1.246, "stdp": 1.415, "ap_stdp": 0.916, "lsm": 0.863}
    films = replace(paper, variant="ap_stdp", dataset="nmnist")
    assert claims.known(films).branching is None  # theta and width are those of images
    assert claims.known(replace(films, theta=10.0, width=2.5)).branching == 0.824
    for other in ({"width": 18.0}, {"theta": 36.0}, {"neurons": 512}):
        assert claims.known(replace(paper, variant="ap_stdp", **other)).branching is None
    assert claims.known(replace(paper, variant="lsm", w_fixed=0.8)).branching is None


def test_kernel_quality_is_the_difference_of_scaled_ranks() -> None:
    """Oracle: by hand, from the extremes of the published ranks; those of two models."""
    assert claims.kernel_quality(994, 127) == 1.0
    assert claims.kernel_quality(558, 993) == -1.0
    found = claims.of_ranks(claims.PUBLISHED["nalsm", "mnist"], 990, 980)
    assert found["rank, separation"].expected == 994
    quality = found["kernel quality"]
    assert quality.value == pytest.approx(432 / 436 - 853 / 866, rel=1e-12)
    assert quality.expected == pytest.approx(1.0 - 859 / 866, rel=1e-12)
    assert set(claims.of_ranks(claims.Published(), 30, 20)) == {
        "rank, separation", "rank, noisy samples"
    }  # fmt: skip


def test_the_liquid_is_wired_by_distance_and_type() -> None:
    """Oracle: the sum of the published probabilities over all pairs, within 4 standard deviations;
    the counts of the published network at 1,000 neurons."""
    wiring = network.wire(1000, 784, False, np.random.default_rng(1))
    distance = np.linalg.norm(wiring.position[:, None] - wiring.position[None], axis=2)
    near = np.exp(-((distance / 3.0) ** 2)) * ~np.eye(1000, dtype=bool)
    inhibitory = np.arange(1000) >= 800
    pre = np.concatenate([wiring.edges[k].pre for k in ("excitation", "inhibition")])
    post = np.concatenate([wiring.edges[k].post for k in ("excitation", "inhibition")])
    assert not np.any(pre == post)
    assert len(set(zip(pre.tolist(), post.tolist(), strict=True))) == pre.size
    for a, b, c in ((0, 0, 0.2), (0, 1, 0.1), (1, 0, 0.3), (1, 1, 0.05)):
        chances = c * near[np.ix_(inhibitory == a, inhibitory == b)]
        found = np.sum((inhibitory[pre] == a) & (inhibitory[post] == b))
        assert abs(found - chances.sum()) < 4.0 * np.sqrt((chances * (1.0 - chances)).sum())
    assert pre.size == pytest.approx(16_750, abs=3 * 130)
    assert wiring.edges["input"].pre.size == 117_600
    assert abs(wiring.sign.mean()) < 4.0 / np.sqrt(117_600)
    assert network.box(8000) == (20, 20, 20)
    assert network.box(512) == (8, 8, 8)


@pytest.mark.parametrize("tick", [0.0, 1.0])
def test_images_make_as_many_spikes_as_the_published_input_units(tick: float) -> None:
    """Oracle: 250 ms over the mean interval 3 + (1 - p)^3 / p of Bernoulli hits of chance p in each
    ms behind a dead time of 3 ms that remembers one; within 1.5 %."""
    chances = data.load("digits", "").test.chances(np.arange(30))  # type: ignore[union-attr]
    lit = chances[chances > 0.0]
    expected = float(np.sum(250.0 / (3.0 + (1.0 - lit) ** 3 / lit)))
    found = 0
    for k, p in enumerate(lit.tolist()):
        rng, last, t = np.random.default_rng([3, k]), -3.0, 0.0
        rate = float(data.hit_rate(np.array(p), tick))
        while True:
            hit = t + rng.exponential(1.0 / rate)
            t = max(np.ceil(hit) if tick else hit, last + 3.0)
            if t >= 250.0:
                break
            last, found = t, found + 1
    assert found == pytest.approx(expected, rel=0.015)


def test_the_branching_factor_is_the_count_over_all_pairs() -> None:
    """Oracle: nested loops over neurons and their spikes, as published."""
    rng = np.random.default_rng(2)
    wiring = network.wire(27, 10, False, rng)
    rasters = rng.random((2, 27, 90)) < 0.08
    liquid = [wiring.edges[k] for k in ("excitation", "inhibition")]
    linked = np.zeros((27, 27), np.bool_)
    for edges in liquid:
        linked[edges.pre, edges.post] = True
    factors = []
    for raster in rasters:
        kept = raster.copy()
        kept[:, :25] = kept[:, 65:] = False
        own = []
        for i in range(27):
            ratios = []
            for t in np.flatnonzero(kept[i]).tolist():
                if 29 <= t < 61:
                    after = kept[linked[i], t + 1 : t + 5].sum()
                    before = kept[linked[:, i], t - 4 : t].sum()
                    ratios.append(after / max(before, 1))
            if ratios:
                own.append(np.mean(ratios))
        factors.append(np.mean(own))
    assert measures.branching_factor(rasters, wiring) == pytest.approx(np.mean(factors), rel=1e-12)


def random_films(n: int, seed: int, events: int = 3000) -> films.Films:
    """Return films of random events, some of which lie close together."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0.0, 300.0, (n, events)), axis=1)
    inputs = rng.integers(0, 400, (n, events))
    return films.Films(
        times.ravel(), inputs.ravel(), np.arange(n + 1) * events, rng.integers(0, 10, n)
    )


def test_events_within_the_dead_time_come_out_once_at_its_end() -> None:
    """Oracle: by hand."""
    times, inputs = films.remembered(
        np.array([1.0, 2.0, 2.5, 9.0, 9.5, 12.5, 1.0]), np.array([4, 4, 4, 4, 4, 4, 7])
    )
    assert times.tolist() == [1.0, 4.0, 9.0, 12.0, 15.0, 1.0]
    assert inputs.tolist() == [4, 4, 4, 4, 4, 7]


def liquid(
    neurons: int, inputs: int, period: float, w: float, synapse: str = "current", **more: object
) -> phases.Job:
    """Return a small liquid, whose weights differ from each other by chance."""
    rng = np.random.default_rng(5)
    wiring = network.wire(neurons, inputs, False, rng, synapse)
    weights = {
        name: w0 * rng.uniform(0.6, 1.0, w0.size)
        for name, w0 in network.uniform_weights(wiring, w).items()
    }
    return phases.Job(wiring, weights, phases.course(wiring, period, 0.0), seed=9)._replace(**more)


@pytest.mark.parametrize(("synapse", "since", "off"), [("current", 1, 0.01), ("jump", 8, 0.03)])
def test_a_spike_does_as_much_as_in_the_published_program(
    synapse: str, since: int, off: float
) -> None:
    """Oracle: V <- (63/64) V + w, w/e, w/e^2, ... in successive ms; within 1 % from the first ms
    on; of a jump, which leaks from the beginning, within 3 % when all has come."""
    job = liquid(27, 8, 20.0, 0.1, synapse)
    inputs, w = SpikeSource([[0.0]] + 7 * [[]]), job.weights["input"]
    net = network.build(job.wiring, job.weights, inputs, 1)
    with Simulation(net) as sim:
        sim.run(network.DELAY[synapse])
        expected, targets = 0.0, job.wiring.edges["input"].post[job.wiring.edges["input"].pre == 0]
        for n in range(12):
            expected = 63.0 / 64.0 * expected + w[: targets.size] * exp(-n)
            sim.run(1.0)
            if n + 1 >= since:
                np.testing.assert_allclose(sim.state("liquid", "v")[targets], expected, rtol=off)


def test_samples_side_by_side_are_counted_as_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Oracle: the same samples to one liquid; a silent one at the end fills the last places."""
    shown = random_films(7, 1)
    task = phases.Task(liquid(64, shown.inputs, 80.0, 3.0), shown)
    together = phases.count(task)
    monkeypatch.setattr(phases, "copies_for", lambda job: 1)
    np.testing.assert_array_equal(together, phases.count(task))
    assert together.shape == (7, 64)
    assert together.sum() > 500


def in_steps(
    job: phases.Job, snippets: int, fired: Callable[[int], np.ndarray], gain: float
) -> tuple[dict[str, np.ndarray], list[tuple[int, int]]]:
    """A program in steps of 1 ms of the whole learning; return weights, and spikes of the liquid.

    Conventions of a continuous clock at whole ms: a spike arrives 1 ms later, where it is compared
    with the spikes of its target as they were when it was fired, itself first; half a ms before
    that the synapse reads the astrocyte.
    """
    n, top = job.wiring.neurons, 3.0 * JUMP
    low = {"excitation": 0.0, "inhibition": -top, "input": -top}
    high = {"excitation": top, "inhibition": 0.0, "input": top}
    w = {name: JUMP * weights for name, weights in job.weights.items()}
    x = {name: np.zeros(weights.size) for name, weights in w.items()}
    y, v, last, level, told = np.zeros(n), np.zeros(n), np.full(n, -9), 0.15, []
    spiking, given = np.zeros(0, int), np.zeros(0, int)
    period = int(job.course.period)
    for t in range(1, snippets * period):
        y *= exp(-0.1)
        read = 0.15 + (level - 0.15) * exp(-0.5 / 99.5)
        level = 0.15 + (level - 0.15) * exp(-1.0 / 99.5)
        v *= exp(-1.0 / network.TAU_M)
        if t % period == 0:
            v[:] = -1e6
        if t % period == 1:
            v[:], last[:], level = 0.0, -9, 0.15
        level += gain / 100.0 * (spiking.size - given.size)
        for name, edges in job.wiring.edges.items():
            x[name] *= exp(-0.1)
            here = np.isin(edges.pre, given if name == "input" else spiking)
            a = 0.15 if name == "inhibition" else -read
            w[name][here] += 0.1 * JUMP * a * y[edges.post[here]]
            w[name] = np.clip(w[name], low[name], high[name])
            x[name][here] += 1.0
            np.add.at(v, edges.post[here], w[name][here])
        for name, edges in job.wiring.edges.items():
            there = np.isin(edges.post, spiking)
            a = -read if name == "inhibition" else 0.15
            w[name][there] += 0.1 * JUMP * a * x[name][there]
            w[name] = np.clip(w[name], low[name], high[name])
        y[spiking] += 1.0
        spiking = np.flatnonzero((v >= 20.0) & (t - last >= 3))
        v[spiking], last[spiking] = 0.0, t
        given = fired(t)
        told += [(t, int(i)) for i in spiking]
    return {name: weights / JUMP for name, weights in w.items()}, told


def test_weights_settle_as_in_a_program_in_steps_where_all_spikes_lie_on_whole_ms() -> None:
    """Oracle: that program, with the same input spikes: every spike of the liquid, and all weights
    to 1e-9; weights begin near their maximum, and depression is strong."""
    snippets, gain = 6, 0.05
    job = liquid(64, 40, 20.0, 3.0, "jump")
    job = job._replace(learning=Learning(gain=gain), course=job.course._replace(tick=1.0))
    rng = np.random.default_rng(8)
    images = data.Images(rng.integers(0, 256, (snippets, 40)).astype(np.uint8), np.zeros(6), 0.05)
    order = np.arange(snippets)[:, None]
    inputs = phases.inputs_of(images, order, job.course, np.zeros(snippets))
    net = network.build(job.wiring, job.weights, inputs, 9, learning=job.learning)
    with Simulation(net) as sim:
        recorder = sim.record(spikes=["inputs", "liquid"])
        for k, which in enumerate(order):
            phases.present(sim, images, which, job.course, np.random.default_rng(k))
        found = {name: sim.weights(name) / JUMP for name in job.weights}
        times, who = recorder.recording.spikes("inputs")
        seen = [a.tolist() for a in recorder.recording.spikes("liquid")]
    expected, spikes = in_steps(job, snippets, lambda t: who[times == t], gain)
    assert list(zip(*seen, strict=True)) == spikes
    assert len(spikes) > 200
    for name, weights in expected.items():
        np.testing.assert_allclose(found[name], weights, rtol=0.0, atol=1e-9)
        assert np.abs(weights - job.weights[name]).max() > 0.05


def test_both_engines_learn_alike() -> None:
    """Oracle: the reference engine; weights and rates, to rounding."""
    pixels = np.random.default_rng(8).integers(0, 256, (2, 40)).astype(np.uint8)
    images = data.Images(pixels, np.zeros(2), 0.2)
    settled = []
    for engine in ("compiled", "reference"):
        job = liquid(27, 40, 20.0, 3.0, learning=Learning(gain=0.05), engine=engine)
        settled.append(phases.settle(job, images, np.arange(2), None, lambda text: None))
    for name in settled[0].weights:
        np.testing.assert_allclose(settled[0].weights[name], settled[1].weights[name], atol=1e-9)
    assert settled[0].rate == pytest.approx(settled[1].rate, rel=1e-12)


class Killed(Exception):
    """Stands for a process that ends."""


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Oracle: the run that nobody killed, to the last bit; killed while weights settle, then while
    samples are shown, of which what was done is not done again; the rest by two processes."""
    small = nalsm.Settings(
        neurons=64, snippets=120, train=300, validation=30, test=40, presentation=80.0
    )
    whole = nalsm.run(small, RunOptions(quiet=True))
    out = tmp_path / "a.h5"

    class Options(RunOptions):
        at: str = ""

        def say(self, text: str) -> None:
            if self.at and text.startswith(self.at):
                raise Killed

    for at in ("100 of", "2 of"):
        options = Options(out=out, quiet=True)
        object.__setattr__(options, "at", at)
        with pytest.raises(Killed):
            nalsm.run(small, options)
    (folder,) = tmp_path.glob("a.parts-*")
    assert (folder / "settling.ckpt").exists()
    before = {p.name: p.stat().st_mtime_ns for p in folder.glob("*.npz")}
    assert len(before) == 3  # the weights and two parts
    again = nalsm.run(replace(small, jobs=2), RunOptions(out=out, quiet=True))
    assert {n: (folder / n).stat().st_mtime_ns for n in before} == before
    for name, weights in whole.data["weights"].items():
        np.testing.assert_array_equal(again.data["weights"][name], weights)
    assert {k: m.value for k, m in again.measures.items()} == {
        k: m.value for k, m in whole.measures.items()
    }


@pytest.mark.parametrize("changed", [{"variant": "ap_stdp"}, {"plastic": True}])
def test_other_ways_to_learn_change_weights_within_their_bounds(changed: dict[str, object]) -> None:
    """Oracle: excitatory and inhibitory weights keep their signs, none leaves 3; a sample that is
    shown with learning leaves the weights for the next as they were."""
    changed = {**changed, "theta": 3.0, "width": 2.9, "snippets": 60, "extras": True}
    result = nalsm.run(nalsm.Settings(**(SMALL.__dict__ | changed)), RunOptions(quiet=True))
    weights = result.data["weights"]
    for name, w in weights.items():
        assert np.ptp(np.abs(w)) > 0.0136, name  # the most that one pair can do
        assert np.abs(w).max() <= 3.0 + 1e-12
    assert weights["excitation"].min() >= 0.0
    assert weights["inhibition"].max() <= 0.0
    assert 15 <= result.measures["rank, separation"].value <= 40  # 2 to 4 of each digit


def test_delays_by_distance_reach_from_half_a_ms_on() -> None:
    """Oracle: 0.5 ms + D / 4 for the nearest and the farthest pair found; inputs 0.5 to 1.5 ms."""
    wiring = network.wire(216, 100, True, np.random.default_rng(3))
    for name in ("excitation", "inhibition"):
        pre, post, delay = wiring.edges[name]
        distance = np.linalg.norm(wiring.position[pre] - wiring.position[post], axis=1)
        np.testing.assert_allclose(delay, 0.5 + distance / 4.0, rtol=1e-12)
    assert 0.5 <= wiring.edges["input"].delay.min() < wiring.edges["input"].delay.max() <= 1.5
    course = phases.course(wiring, 50.0, 0.0)
    assert course.gap >= max(edges.delay.max() for edges in wiring.edges.values())


def test_data_that_is_missing_or_of_another_shape_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVENTSIM_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match=r"dataset=mnist needs a folder DATA; say --set da"):
        data.load("mnist", "")
    with pytest.raises(FileNotFoundError, match=r"DATA/fashion-mnist/train-images-idx3-ubyte.gz; "):
        data.load("fashion", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"N-MNIST/Train.*garrickorchard"):
        data.load("nmnist", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte").write_bytes(bytes(16))
    with pytest.raises(ValueError, match=r"shape \(60000, 28, 28\) in .*idx3-ubyte', got \(0, 0"):
        data.load("mnist", str(tmp_path))


def test_more_samples_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match=r"train \+ validation must be <= 1,297, got 1,400"):
        nalsm.run(nalsm.Settings(train=1200))


def test_what_is_kept_beside_the_recording_belongs_to_its_settings(tmp_path: Path) -> None:
    """Oracle: two settings, two folders; the same ones, the same folder."""
    first, other, again = (Store(tmp_path / "a.h5", key).folder for key in ("a", "b", "a"))
    assert first == again != other


def test_parts_belong_to_the_data_that_were_used() -> None:
    """Oracle: one pixel or label changed, another hash; a copy has the same."""
    train, test, _ = data.load("digits", "")
    assert isinstance(train, data.Images)
    known = digest([train, test])
    assert digest([train._replace(pixels=train.pixels.copy()), test]) == known
    pixels, labels = train.pixels.copy(), train.labels.copy()
    pixels[7, 300] += 1
    labels[7] += 1
    assert digest([train._replace(pixels=pixels), test]) != known
    assert digest([train._replace(labels=labels), test]) != known
    assert digest([train._replace(largest=0.5), test]) != known


def test_other_data_under_the_same_settings_take_no_parts_of_an_earlier_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Oracle: the run that finds nothing beside its recording; what is said."""
    options = RunOptions(out=tmp_path / "a.h5", overwrite=True)
    nalsm.run(SMALL, options)
    assert "earlier run" not in capsys.readouterr().out
    nalsm.run(SMALL, options)
    told = capsys.readouterr().out
    (folder,) = tmp_path.glob("a.parts-*")
    assert f"parts of an earlier run are taken from {folder}; delete it to begin anew" in told
    load = data.load

    def upside_down(dataset: str, folder: str) -> data.Data:
        train, test, note = load(dataset, folder)
        assert isinstance(train, data.Images)
        return data.Data(train._replace(pixels=train.pixels[:, ::-1]), test, note)

    monkeypatch.setattr(data, "load", upside_down)
    other = nalsm.run(SMALL, options)
    assert "earlier run" not in capsys.readouterr().out
    alone = nalsm.run(SMALL, RunOptions(quiet=True))
    for name, m in alone.measures.items():
        assert other.measures[name].value == m.value, name


def test_a_damaged_part_is_refused(tmp_path: Path) -> None:
    """Oracle: the message: which file, and what to do."""
    store = Store(tmp_path / "a.h5", "a")
    store.write("weights", {"result": np.zeros(500)})
    path = store.path("weights.npz")
    assert path is not None
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"weights.npz', which is damaged .*; delete it, and it"):
        store.read("weights")


def test_a_share_of_no_spikes_is_nothing() -> None:
    counts = np.array([[0, 0], [3, 1]], np.uint16)
    assert measures.shares(counts).tolist() == [[0.0, 0.0], [0.75, 0.25]]
