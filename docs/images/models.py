"""Write docs/models.md, the catalogue on one page, and a picture of every neuron beside this file.

python docs/images/models.py            the page and the pictures
python docs/images/models.py --page     the page alone
"""

import sys
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eventsim import Network, Sampled, Simulation, datasheet
from eventsim.model import NeuronModel
from eventsim.models import CATALOGUE, RULES

HERE = Path(__file__).parent
PAGE = HERE.parent / "models.md"
PICTURES = HERE / "models"
FAMILIES = {
    "neurons": "Neurons",
    "astrocytes": "Astrocytes",
    "modulators": "Modulators",
    "sources": "Sources",
    "synapses": "Synapses",
    "plasticity": "Plasticity rules",
}
INK, SPIKE, STIMULUS = "#1f2d3d", "#c8553d", "#9aa5b1"
HEAD = """# Models

Everything that comes with the library, with its datasheet: what `eventsim models NAME` prints.
Written by [images/models.py](images/models.py) from the docstrings of the models' files.

Pictures show the response to a step of current (left; its time in grey) and to three input spikes
(right; their times in grey). Red: the neuron's own spikes.
"""


class Stimulus(NamedTuple):
    """What a picture shows the response to."""

    step: float = 300.0  # in the unit of the port that takes currents
    weight: float = 5.0  # in the unit of the port that takes spikes
    duration: float = 200.0  # ms, of the step; the pictures' lengths follow


# strong enough to fire a few times, and to be seen
STIMULI = {
    "AdEx": Stimulus(900.0, 25.0),
    "AdExClopath": Stimulus(1000.0, 9.0),
    "AdLIF": Stimulus(800.0, 9.0),
    "DiehlCook": Stimulus(1000.0, 8.0),
    "EIF": Stimulus(400.0, 6.0),
    "HodgkinHuxley": Stimulus(900.0, 8.0),
    "Izhikevich": Stimulus(10.0, 6.0),
    "LIFAlpha": Stimulus(450.0, 400.0),
    "LIFCondAlpha": Stimulus(300.0, 6.0),
    "LIFCondExp": Stimulus(300.0, 8.0),
    "LIFCondNMDA": Stimulus(600.0, 4.0),
    "LIFDoubleExp": Stimulus(300.0, 500.0),
    "LIFEscape": Stimulus(200.0, 5.0),
    "LIFExp": Stimulus(300.0, 500.0),
    "LIFExpDeadTime": Stimulus(weight=2000.0),
    "LiRinzel": Stimulus(0.05, 0.15, 80_000.0),
    "MorrisLecar": Stimulus(100.0, 20.0),
    "Readout": Stimulus(300.0, 1.0),
    "ReadoutDoubleExp": Stimulus(weight=1.0),
    "ResonateAndFire": Stimulus(weight=0.4),
    "TraubMiles": Stimulus(400.0, 8.0),
}


def family(model: Any) -> str:
    """Return the folder of a model's file, known by the first line of its datasheet."""
    title = datasheet.text(model).splitlines()[0]
    return next(
        name.split(".")[2]
        for name, module in sys.modules.items()
        if name.startswith("eventsim.models.") and (module.__doc__ or "").startswith(title)
    )


def page() -> str:
    """Return the page: every family, every datasheet."""
    known = {**CATALOGUE, **RULES}
    contents, sections = [], []
    for folder, title in FAMILIES.items():
        texts = {n: datasheet.text(m) for n, m in known.items() if family(m) == folder}
        contents += [f"**{title}:** " + " · ".join(f"[{n}](#{n.lower()})" for n in texts), ""]
        sections.append(f"## {title}\n")
        for text, names in groupby(texts, texts.__getitem__):
            sections += [section(list(names), text)]
    return "\n".join([HEAD, *contents, *sections])


def section(names: list[str], text: str) -> str:
    """Return the part of one datasheet, which several models may share."""
    lines = [f"### {name}\n" for name in names]
    if (PICTURES / f"{names[0]}.png").exists():
        lines.append(f"![{names[0]}: responses](images/models/{names[0]}.png)\n")
    return "\n".join([*lines, f"```text\n{text}\n```\n"])


def drawn() -> dict[str, NeuronModel]:
    """Return the models that have a picture: those that spikes make fire."""
    models = {name: m for name, m in CATALOGUE.items() if isinstance(m, NeuronModel)}
    return {name: m for name, m in models.items() if family(m) in ("neurons", "astrocytes")}


def response(model: NeuronModel, port: str, arrivals: Any, until: float) -> tuple[Any, Any, Any]:
    """Return times and values of the first state variable, and spike times."""
    net = Network(seed=1)
    net.add("cell", model())
    with Simulation(net, engine="reference") as sim:
        recorder = sim.record(states={"cell": Sampled(model.state_names[0], every=until / 4000.0)})
        for t, weight in arrivals:
            sim.send("cell", t, 0, weight, port=port)
        sim.run(until)
        samples = recorder.recording.states("cell")
        return samples.times, samples.values[:, 0], recorder.recording.spikes("cell")[0]


def draw_one(axes: Axes, model: NeuronModel, port: str, arrivals: Any, until: float) -> None:
    """Draw one response: the first state variable, and spikes above it."""
    times, values, spikes = response(model, port, arrivals, until)
    unit = scale(until)
    axes.plot(unit * times, values, color=INK, lw=0.9)
    low, high = values.min(), values.max()
    top = high + 0.15 * (high - low)
    axes.vlines(unit * spikes, high + 0.05 * (high - low), top, color=SPIKE, lw=1.0)
    axes.set(xlim=(0.0, unit * until), ylim=(low - 0.18 * (high - low), top))
    axes.set_xlabel("s" if unit < 1.0 else "ms", fontsize=7, labelpad=1)
    axes.set_ylabel(f"{model.state_names[0]} ({model.units[model.state_names[0]]})", fontsize=7)
    axes.tick_params(labelsize=6, length=2)
    axes.spines[["top", "right"]].set_visible(False)


def draw(name: str, model: NeuronModel) -> Figure:
    """Draw the responses of one model to a step of current and to three spikes."""
    given = STIMULI.get(name, Stimulus())
    currents = [port for port in ("current", "drive") if port in model.ports]
    (spikes, *_) = [port for port in model.ports if port not in currents]
    panels = 2 if currents else 1
    figure = Figure(figsize=(3.2 * panels, 1.5), dpi=90.0, layout="constrained")
    *left, right = figure.subplots(1, panels, squeeze=False)[0]
    on, off, until = (given.duration * share for share in (0.1, 1.1, 1.4))
    for axes, port in zip(left, currents, strict=True):
        step = [(on, given.step), (off, -given.step)]
        draw_one(axes, model, port, step, until)
        axes.axvspan(on * scale(until), off * scale(until), 0.0, 0.05, color=STIMULUS)
        axes.set_title(amount(given.step, model, port), fontsize=7, pad=2)
    times, until = given.duration * np.array([0.05, 0.1, 0.25]), 0.6 * given.duration
    draw_one(right, model, spikes, [(t, given.weight) for t in times], until)
    for t in times:
        right.axvline(t * scale(until), 0.0, 0.08, color=STIMULUS, lw=1.5)
    right.set_title(amount(given.weight, model, spikes), fontsize=7, pad=2)
    return figure


def amount(value: float, model: NeuronModel, port: str) -> str:
    """Return what arrives at a port, in words."""
    unit = model.units[port]
    return f"{port}: {value:g}" + (f" {unit}" if unit != "1" else "")


def scale(until: float) -> float:
    """Return the unit of a picture's time, per ms: a second where it is long."""
    return 1e-3 if until > 5000.0 else 1.0


def main() -> None:
    """Write the pictures, then the page."""
    if "--page" not in sys.argv:
        PICTURES.mkdir(exist_ok=True)
        for name, model in drawn().items():
            draw(name, model).savefig(PICTURES / f"{name}.png")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
