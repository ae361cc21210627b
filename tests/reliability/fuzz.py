"""Open thousands of spoilt files: no crash, no hang, no memory, always a clear error.

    python tests/reliability/fuzz.py 10000

Recordings, checkpoints (half of them with a hash that is right again, as an attacker would write
them) and graphs, with bytes changed, cut, copied or zeroed. Each file is read in a process of its
own, with a second of time and 1 GiB of memory more than it begins with.
"""

import hashlib
import os
import random
import resource
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import ParseError

import networkx as nx

import eventsim
from eventsim import FixedInDegree, Network, OneToOne, Sampled, Simulation
from eventsim.models import LIF, PoissonSource, STDPPair

SECONDS = 10  # a crash or a hang, not a busy machine, is what is looked for
MEMORY = 1 << 30
# what may be said of a file; anything else is a fault
CLEAR = (ValueError, TypeError, KeyError, IndexError, OSError)


def originals(folder: Path) -> dict[str, bytes]:
    """Return a recording, a checkpoint and a graph, as bytes."""
    net = Network(seed=4)
    noise = net.add("noise", PoissonSource(rate=500.0), size=20)
    cells = net.add("cells", LIF, size=20, positions=range(20))
    net.connect(noise, cells, OneToOne(), 2.0, 1.0)
    net.connect(cells, cells, FixedInDegree(5), 0.3, 1.7, plasticity=STDPPair())
    with Simulation(net) as sim:
        sim.record(folder / "a.h5", states={"cells": Sampled("v", 1.0)},
                   weights={"cells->cells": 20.0})  # fmt: skip
        sim.run(100.0)
        sim.save(folder / "a.checkpoint")
    graph = BytesIO()
    ring = nx.watts_strogatz_graph(30, 4, 0.1, seed=1)
    nx.set_edge_attributes(ring, 0.5, "weight")
    nx.set_edge_attributes(ring, 2.0, "delay")
    nx.set_node_attributes(ring, "LIF", "model")
    nx.write_graphml(ring, graph)
    return {
        "recording": (folder / "a.h5").read_bytes(),
        "checkpoint": (folder / "a.checkpoint").read_bytes(),
        "graph": graph.getvalue(),
    }


def spoilt(data: bytes, rng: random.Random) -> bytes:
    """Return a changed copy."""
    spoiling = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        a, n = rng.randrange(len(spoiling)), rng.choice([1, 1, 2, 4, 8, 64, 512])
        how = rng.randrange(6)
        if how <= 1:
            spoiling[a] ^= 1 << rng.randrange(8)
        elif how == 2:
            spoiling[a : a + n] = rng.randbytes(n)
        elif how == 3:
            spoiling[a : a + n] = rng.choice([b"\0", b"\xff"]) * n
        elif how == 4:
            b = rng.randrange(len(spoiling))
            spoiling[a : a + n] = spoiling[b : b + n]
        elif len(spoiling) > 64 and rng.random() < 0.2:
            del spoiling[a if a > 8 else 8 :]
    return bytes(spoiling)


def sealed(data: bytes) -> bytes:
    """Return a checkpoint whose first line fits what follows."""
    body = data[512:]
    line = f"eventsim checkpoint 1 {len(data)} {hashlib.sha256(body).hexdigest()}\n"
    return line.encode().ljust(512, b"\0") + body


def read_recording(path: Path) -> None:
    """Ask a recording for everything."""
    with eventsim.open(path) as run:
        assert run.status
        assert isinstance(run.provenance, dict)
        assert run.duration >= 0.0
        for name in run.populations:
            run.spikes(name)
            run.trains(name)
        for name, variables in run.sampled.items():
            for variable in variables:
                run.states(name, variable)
        for name in run.projections:
            run.weights(name)


def read_checkpoint(path: Path) -> None:
    """Load a checkpoint."""
    Simulation.load(path, record=False)


def read_graph(path: Path) -> None:
    """Read a graph and make a network of it."""
    try:
        graph = nx.read_graphml(path)
    except (nx.NetworkXError, ParseError, AttributeError, LookupError, UnicodeError) as error:
        raise ValueError(f"networkx: {error}") from error
    Network.from_networkx(graph)


READERS: dict[str, Callable[[Path], None]] = {
    "recording": read_recording, "checkpoint": read_checkpoint, "graph": read_graph,
}  # fmt: skip


def tried(kind: str, path: Path) -> str:
    """Read a file in a process of its own; return what came of it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.write(write, _outcome(kind, path).encode()[:400])
        os._exit(0)
    os.close(write)
    told = b""
    while piece := os.read(read, 4096):
        told += piece
    os.close(read)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "FAULT hang" if number == signal.SIGALRM else f"FAULT signal {number}"
    return told.decode(errors="replace")


def _outcome(kind: str, path: Path) -> str:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)
    with open("/proc/self/statm") as statm:  # noqa: PTH123
        size = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    try:
        READERS[kind](path)
    except CLEAR as error:
        return "refused" if str(error).strip() else f"FAULT {error!r} says nothing"
    except BaseException as error:
        return f"FAULT {type(error).__name__}: {error}"
    return "read"


def fuzz(count: int, folder: Path, seed: int = 1) -> Counter[str]:
    """Spoil and read `count` files; return how often each thing came of it."""
    rng, files = random.Random(seed), originals(folder)
    for kind, data in files.items():
        (folder / kind).write_bytes(data)
        assert tried(kind, folder / kind) == "read", (kind, tried(kind, folder / kind))
    results: Counter[str] = Counter()
    for number in range(count):
        kind = rng.choices(list(files), [5, 4, 1])[0]
        data = spoilt(files[kind], rng)
        if kind == "checkpoint" and rng.random() < 0.5:
            data = sealed(data)
        path = folder / "spoilt"
        path.write_bytes(data)
        result = tried(kind, path)
        results[f"{kind}: {result}"] += 1
        if result.startswith("FAULT"):
            keep = folder / f"fault-{number}-{kind}"
            keep.write_bytes(data)
    return results


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        target = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(name)
        for what, times in sorted(fuzz(int(sys.argv[1]), target).items()):
            print(f"{times:6}  {what}")
