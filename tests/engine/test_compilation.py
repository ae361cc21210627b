"""Kernels are compiled once: what is cached, when it is not, and where it lies.

Every run is a process of its own; it prints what it saw as one line of JSON.
"""

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from types import FunctionType, ModuleType
from typing import Any

import pytest

from eventsim.engine import specialise
from eventsim.engine.kernels import fade
from eventsim.models.neurons import lif

PYTHON = [sys.executable, "-W", "error"]

USER_MODEL = """
    from typing import NamedTuple
    from eventsim.kernel import kernel
    from eventsim.model import NeuronModel
    from helper import gain

    class Params(NamedTuple):
        v_th: float = 10.0

    class State(NamedTuple):
        v: float

    @kernel
    def initial(p, key):
        return State(0.0)

    @kernel
    def between(s, t, dt, p):
        return s

    @kernel
    def on_spike(s, t, w, p):
        return State(s.v + gain(w))

    @kernel
    def fires(s, p):
        return s.v >= p.v_th

    @kernel
    def on_fire(s, t, p):
        return State(0.0)

    Counter = NeuronModel(name="Counter", params=Params, state=State, initial=initial,
                          between=between, on_input={"spike": on_spike}, fires=fires,
                          on_fire=on_fire)
"""

HELPER = """
    from eventsim.kernel import kernel

    FACTOR = 1.0

    @kernel
    def gain(w):
        return FACTOR * w
"""

RUN = """
    import json, sys
    from eventsim import Network, Simulation

    def run(model):
        net = Network()
        net.add("cells", model, size=3)
        sim = Simulation(net)
        sim.send("cells", [1.0, 2.0], [0, 2], 3.0)
        sim.run(5.0)
        return sim.state("cells", sim.network.populations["cells"].model.state_names[0]).tolist()

    def count():
        import eventsim.network._sort
        kernels = [m for name, m in sys.modules.items()
                   if name.startswith("eventsim_kernels.") or name == "eventsim.network._sort"]
        stats = [f.stats for m in kernels for f in vars(m).values() if hasattr(f, "stats")]
        return {"hits": sum(sum(s.cache_hits.values()) for s in stats),
                "misses": sum(sum(s.cache_misses.values()) for s in stats)}

    def tell(**seen):
        print(json.dumps({**count(), **seen}))
"""


def python(folder: Path, script: str, **environment: str) -> dict[str, Any]:
    """Run a script in `folder`, with its own folder of compiled kernels there."""
    (folder / "run.py").write_text(dedent(RUN))
    main = folder / "main.py"
    main.write_text(dedent(script))
    given = {**os.environ, "EVENTSIM_CACHE_DIR": str(folder / "kernels"), **environment}
    done = subprocess.run(
        [*PYTHON, str(main)], cwd=folder, env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def write(folder: Path, name: str, source: str) -> None:
    (folder / name).write_text(dedent(source))


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    """Oracle: Numba's own count of cache misses, over all kernels and the network's sort."""
    script = """
        from run import tell
        from eventsim import FixedInDegree, Network, OneToOne, Sampled, Simulation, Uniform
        from eventsim.models import LIF, PoissonSource, STDPPair

        net = Network(seed=1)
        noise = net.add("noise", PoissonSource(rate=900.0), size=20)
        cells = net.add("cells", LIF, size=20)
        net.connect(noise, cells, OneToOne(), weight=4.0, delay=1.0)
        net.connect(cells, cells, FixedInDegree(5), 1.0, Uniform(0.5, 5.0), plasticity=STDPPair)
        with Simulation(net) as sim:
            sim.record(states={"cells": Sampled("v", 1.0)}, weights={"cells->cells": 10.0})
            sim.send("cells", 3.0, 1, 4.0)
            sim.run(50.0)
            tell(spikes=sim.spike_count("cells"))
    """
    first, second = python(tmp_path, script), python(tmp_path, script)
    assert first["misses"] > 5
    assert second["misses"] == 0
    assert second["hits"] > 5
    assert second["spikes"] == first["spikes"] > 0


def test_a_model_is_compiled_anew_when_a_function_in_another_file_is_edited(
    tmp_path: Path,
) -> None:
    """Oracle: the weights that arrived, times the gain in force, which is a constant, then code."""
    script = "from run import run, tell\nfrom counter import Counter\ntell(v=run(Counter))\n"
    write(tmp_path, "counter.py", USER_MODEL)
    seen = []
    for edit in (
        ("", ""),
        ("FACTOR = 1.0", "FACTOR = 2.0"),
        ("FACTOR * w", "w + 4.0"),
        ("", ""),
    ):
        write(tmp_path, "helper.py", HELPER.replace(*edit) if edit[0] else HELPER)
        seen.append(python(tmp_path, script, PYTHONDONTWRITEBYTECODE="1"))
    assert [s["v"] for s in seen] == [
        [3.0, 0.0, 3.0],
        [6.0, 0.0, 6.0],
        [7.0, 0.0, 7.0],
        [3.0, 0.0, 3.0],
    ]
    assert seen[3]["misses"] == 0


def test_a_model_defined_in_the_script_itself_is_cached(tmp_path: Path) -> None:
    """Oracle: Numba's count of cache misses in the second process."""
    model = dedent(USER_MODEL).replace("from helper import gain\n", dedent(HELPER))
    script = model + "\nfrom run import run, tell\ntell(v=run(Counter))\n"
    first, second = python(tmp_path, script), python(tmp_path, script)
    assert first["v"] == second["v"] == [3.0, 0.0, 3.0]
    assert first["misses"] > 0
    assert second["misses"] == 0


def test_a_folder_that_can_not_be_written_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    """Oracle: the warning, and the result; a file stands where the folder should be."""
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    script = """
        import warnings
        from run import run, tell
        from eventsim.models import LIF

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            v = run(LIF)
        tell(v=v, warnings=[str(w.message) for w in caught])
    """
    seen = python(tmp_path, script, EVENTSIM_CACHE_DIR=str(blocked / "kernels"))
    assert seen["v"][0] > seen["v"][1] == -65.0
    told = f"compiled kernels cannot be kept in {blocked / 'kernels'} ("
    assert sum(message.startswith(told) for message in seen["warnings"]) == 1


def test_a_model_typed_at_a_prompt_runs(tmp_path: Path) -> None:
    """Oracle: the result; there is no file from which the model's source could be read."""
    write(tmp_path, "run.py", RUN)
    model = dedent(USER_MODEL).replace("from helper import gain\n", dedent(HELPER))
    code = model + "\nfrom run import run, tell\ntell(v=run(Counter))\n"
    done = subprocess.run(
        [*PYTHON, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "EVENTSIM_CACHE_DIR": str(tmp_path / "kernels")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["v"] == [3.0, 0.0, 3.0]


def nested(x: float) -> float:
    """Stand for whatever a model may be written like: its last lines are another function's."""
    return (
        max(
            (lambda y: y
             + x)(x),
            2.0 * x,
        )
    )  # fmt: skip


@pytest.mark.parametrize("function", [nested, specialise._reach, lif.between, lif.next_fire])
def test_the_text_of_a_function_goes_from_its_decorators_to_its_last_expression(
    function: FunctionType,
) -> None:
    """Oracle: inspect.getsource, which takes a hundred times as long; brackets may be missing."""
    text, whole = specialise._text(function.__code__), inspect.getsource(function)
    assert whole.startswith(text)
    assert not re.search(r"\w", whole[len(text) :].replace("# fmt: skip", ""))


def test_the_same_source_in_another_module_is_another_kernel() -> None:
    """Numba's file names the module of every callee: loaded for another, it would not be found."""
    source = "def twice(x):\n    return 2.0 * x\n"
    names = []
    for module in ("first_home", "second_home"):
        scope: dict[str, Any] = {"__name__": module}
        exec(compile(source, "<the same>", "exec"), scope)
        namespace = ModuleType("model")
        namespace.twice = scope["twice"]  # type: ignore[attr-defined]
        names.append(specialise._fingerprint(fade, "", {"model": namespace}))
    assert names[0] != names[1]
