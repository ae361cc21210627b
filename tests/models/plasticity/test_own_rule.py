"""A rule that a user writes in a script: at most 25 lines, with traces and modulators."""

import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from eventsim.rule import Rule

RULE = """
from typing import NamedTuple
from eventsim.kernel import kernel
from eventsim.rule import Rule, Trace

class Params(NamedTuple):
    rate: float = 0.1
    tau_x: float = 20.0
    tau_y: float = 30.0
    tau_z: float = 100.0

@kernel
def on_pre(w, seen, p):
    return w - p.rate * seen.y * seen.reward

@kernel
def on_post(w, seen, p):
    return w + p.rate * seen.x * seen.z * (seen.reward - seen.expected)

Own = Rule("Own", Params, on_pre, on_post,
           pre={"x": Trace("tau_x")}, post={"y": Trace("tau_y", "set"), "z": Trace("tau_z")},
           modulators=("reward", "expected"))
"""

USE = """
from eventsim import AllToAll, Network, Simulation
from eventsim.models import LIF, Modulator, PoissonSource, Signal

net = Network(seed=1)
net.add("reward", Modulator(tau=50.0)), net.add("expected", Signal(start=0.2))
pre, post = net.add("pre", PoissonSource(rate=50.0), size=5), net.add("post", LIF, size=4)
rule = Own(rate=0.002, reward="reward", expected="expected")
net.connect(pre, post, AllToAll(), 5.0, 1.0, plasticity=rule, bounds=(0.0, 10.0))
seen = []
for engine in ("compiled", "reference"):
    with Simulation(net, engine=engine) as sim:
        sim.every(40.0, lambda sim: sim.send("reward", sim.now, 0, 1.0))
        sim.run(500.0)
        seen.append(sim.weights("pre->post").tolist())
assert seen[0] == seen[1]
print(len(set(seen[0])))
"""


def test_a_rule_of_25_lines_with_two_modulators_runs_on_both_engines(tmp_path: Path) -> None:
    """Oracle: the reference engine, inside the script; targets are alike, the five sources not."""
    assert len([line for line in RULE.splitlines() if line.strip()]) <= 25
    script = tmp_path / "own.py"
    script.write_text(RULE + USE)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 5


def stay(w: float, seen: Any, p: Any) -> float:
    return w


def test_a_rule_that_is_declared_wrongly_is_refused_where_it_is_written() -> None:
    class Bare(NamedTuple):
        tau: float

    class Params(NamedTuple):
        tau: float = 20.0

    with pytest.raises(TypeError, match=r"^rule 'Own': field 'tau' of its params has no default"):
        Rule("Own", Bare, stay, stay)
    with pytest.raises(TypeError, match=r"^rule 'Own': trace 'x' must be a Trace, .* got 'tau'$"):
        Rule("Own", Params, stay, stay, pre={"x": "tau"})  # type: ignore[dict-item]
    with pytest.raises(
        TypeError, match=r"^rule 'Own': modulators must be a tuple of names, .* \('gate',\)$"
    ):
        Rule("Own", Params, stay, stay, modulators="gate")  # type: ignore[arg-type]
