"""A recording in a screenful of text: what `eventsim info` shows."""

import json
from pathlib import Path
from typing import Any

from eventsim.recording import Recording


def describe(recording: Recording) -> str:
    """Return what is in a recording, where it comes from, and how it ended."""
    provenance = recording.provenance
    lines = [
        ("file", f"{recording.name}, {_size(Path(recording.name))}"),
        ("status", recording.status),
        ("duration", f"{recording.duration:g} ms"),
        *_spikes(recording),
        *_sampled(recording),
        *_weights(recording),
        *_origin(provenance),
    ]
    width = max(len(label) for label, _ in lines)
    return "\n".join(f"{label:<{width}}  {text}".rstrip() for label, text in lines)


def _size(path: Path) -> str:
    size = float(path.stat().st_size)
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024.0:
            return f"{size:.4g} {unit}"
        size /= 1024.0
    return f"{size:.4g} GiB"


def _spikes(recording: Recording) -> list[tuple[str, str]]:
    duration = recording.duration - float(recording.provenance.get("start", 0.0))
    lines = []
    for name, size in recording.populations.items():
        spikes = recording.spikes(name)[0].size
        rate = f", {spikes / size / duration * 1e3:.4g} Hz" if duration > 0.0 else ""
        lines.append(("spikes", f"{name}: {size:,} neurons, {spikes:,} spikes{rate}"))
    return lines


def _sampled(recording: Recording) -> list[tuple[str, str]]:
    lines = []
    for name, variables in recording.sampled.items():
        first = recording.states(name, variables[0])
        neurons, samples = first.neurons.size, first.times.size
        text = f"{name}: {', '.join(variables)} of {neurons:,} neurons, {samples:,} samples"
        lines.append(("sampled", text))
    return lines


def _weights(recording: Recording) -> list[tuple[str, str]]:
    lines = []
    for name in recording.projections:
        weights = recording.weights(name)
        text = f"{name}: {weights.source.size:,} synapses, {weights.times.size:,} snapshots"
        lines.append(("weights", text))
    return lines


def _origin(provenance: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the provenance, but for the description of the network, which is long."""
    hidden = ("network", "settings", "duration", "start")
    lines = [
        (key, value if isinstance(value, str) else _flat(value))
        for key, value in provenance.items()
        if key not in hidden
    ]
    settings = provenance.get("settings") or {}
    return [*lines, *(("setting", f"{key} = {value}") for key, value in settings.items())]


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    return json.dumps(value)
