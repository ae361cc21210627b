"""What a run costs: memory does not follow its length, work follows events."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from textwrap import dedent
from time import process_time

from eventsim import FixedInDegree, Network, OneToOne, Simulation, Uniform
from eventsim.models import LIF, PoissonSource

MEMORY = """
    import json, sys
    from pathlib import Path
    from eventsim import FixedInDegree, Network, OneToOne, Sampled, Simulation, Uniform
    from eventsim.models import LIF, PoissonSource, STDPPair

    def resident():
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * 4096

    net = Network(seed=1)
    noise = net.add("noise", PoissonSource(rate=800.0), size=100)
    cells = net.add("cells", LIF, size=100)
    net.connect(noise, cells, OneToOne(), weight=3.0, delay=1.0)
    net.connect(cells, cells, FixedInDegree(10), 0.5, Uniform(0.5, 5.0), plasticity=STDPPair)
    seen = []
    with Simulation(net) as sim:
        sim.record(sys.argv[1], spikes=["cells", "noise"], states={"cells": Sampled("v", 0.5)},
                   weights={"cells->cells": 100.0})
        sim.run(6000.0)
        seen.append(resident())
        sim.run(54000.0)
        seen.append(resident())
        spikes = sim.spike_count("cells")
    print(json.dumps({"resident": seen, "spikes": spikes}))
"""


def test_memory_does_not_follow_the_length_of_a_recorded_run(tmp_path: Path) -> None:
    """Oracle: resident memory after 6 s and after ten times as long differs by less than 10 %.

    HDF5's caches fill within the first seconds (15 MB). What is recorded afterwards would, if it
    were kept, exceed the bound: the size of the file tells.
    """
    file = tmp_path / "run.h5"
    done = subprocess.run(
        [sys.executable, "-c", dedent(MEMORY), str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(done.stdout)
    short, long = seen["resident"]
    assert seen["spikes"] > 10_000
    assert file.stat().st_size > 0.3 * short
    assert long < 1.1 * short


def busy(silent: int) -> Simulation:
    """A hundred active neurons, beside a silent population of this size."""
    net = Network(seed=1)
    noise = net.add("noise", PoissonSource(rate=2000.0), size=100)
    cells = net.add("cells", LIF, size=100)
    net.connect(noise, cells, OneToOne(), weight=2.0, delay=1.0)
    net.connect(cells, cells, FixedInDegree(10), weight=0.5, delay=Uniform(0.5, 5.0))
    if silent:
        net.add("silent", LIF, size=silent)
    sim = Simulation(net)
    sim.run(20.0)
    return sim


def test_a_silent_million_beside_a_hundred_active_neurons_at_most_doubles_the_cost() -> None:
    """Oracle: the ratio of processor times, the median of pairs of stretches taken in turn."""
    alone, beside = busy(0), busy(1_000_000)

    def cost(sim: Simulation) -> float:
        start = process_time()
        sim.run(200.0)
        return process_time() - start

    ratios = [cost(beside) / cost(alone) for _ in range(7)]
    assert alone.spike_count("cells") == beside.spike_count("cells") > 100
    assert median(ratios) < 2.0
