"""Where a recording comes from: what was simulated, with which versions, on what."""

import datetime
import platform
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import eventsim
from eventsim.network import Network


def provenance(network: Network, **run: Any) -> dict[str, Any]:
    """Return a description of the network, the run and its surroundings, fit for JSON."""
    return {
        "eventsim": eventsim.__version__,
        **run,
        "network": {
            "seed": network.seed,
            "populations": [
                {"name": p.name, "size": p.size, "model": p.model.name, "parameters": _shown(p)}
                for p in network.populations.values()
            ],
            "projections": [
                {
                    "name": p.name, "source": p.source.name, "target": p.target.name,
                    "port": p.target.model.ports[p.port], "synapses": p.synapses.count,
                    "rule": str(p.rule),
                    "plasticity": None if p.plasticity is None else p.plasticity.rule.name,
                }
                for p in network.projections.values()
            ],
        },
        "python": sys.version.split()[0],
        "packages": _versions(),
        "host": {"system": platform.system(), "machine": platform.machine()},
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }  # fmt: skip


def _versions() -> dict[str, str]:
    """Return the versions of what was, or may have been, computed with, as far as installed."""
    found = {}
    for name in ("numpy", "numba", "h5py", "networkx", "scipy", "scikit-learn"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _shown(population: Any) -> dict[str, Any]:
    names = population.model.parameter_names
    return {
        name: float(column[0]) if (column == column[0]).all() else "per neuron"
        for name, column in zip(names, population.parameters.T, strict=True)
    }
