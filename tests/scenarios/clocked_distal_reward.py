"""The network of distal_reward as it was published, in steps of 1 ms: what its result is held to.

    python tests/scenarios/clocked_distal_reward.py [--seeds 24]

Written from the model's description; draws of its own, so that seeds have nothing in common with
those of the scenario. An hour takes about a minute.

Source: Izhikevich (2007), Cereb. Cortex 17:2443-2452, doi:10.1093/cercor/bhl152.
"""

import argparse
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

N, N_EXC, K = 1000, 800, 100
W_MAX = 4.0  # mV
ROOM = 10_000  # rewards

Floats = NDArray[np.float64]


class Outcome(NamedTuple):
    """What became of the rewarded synapse."""

    weight: Floats  # mV, at the end of each second
    rewards: int
    rate: float  # Hz
    mean: float  # mV, of all excitatory weights at the end
    at_ceiling: float  # share of them above 3.8 mV

    @property
    def first(self) -> float:
        """When it was at the ceiling first, s; nan if never."""
        reached = np.flatnonzero(self.weight >= 3.999)
        return float(reached[0]) if reached.size else float("nan")

    @property
    def near(self) -> float:
        """In which share of the seconds since then it was at 3.9 mV or above."""
        reached = np.flatnonzero(self.weight >= 3.999)
        return float(np.mean(self.weight[reached[0] :] >= 3.9)) if reached.size else float("nan")


@njit
def run(seed: int, seconds: int, reward: float = 0.5) -> Outcome:
    """Return what becomes of the rewarded synapse: the first one of neuron 0."""
    np.random.seed(seed)  # noqa: NPY002 - the only generator here that Numba seeds
    a, d = np.full(N, 0.02), np.full(N, 8.0)
    a[N_EXC:], d[N_EXC:] = 0.1, 2.0
    v, u = np.full(N, -65.0), np.full(N, -13.0)
    post = np.empty((N, K), np.int64)
    for i in range(N):
        for j in range(K):
            post[i, j] = np.random.randint(0, N if i < N_EXC else N_EXC)  # noqa: NPY002
    weight = np.where(np.arange(N) < N_EXC, 1.0, -1.0).repeat(K).reshape(N, K)
    weight[0, 0] = 0.0
    onto = post[:N_EXC].ravel().argsort()  # the excitatory synapses, by target
    first = np.searchsorted(post[:N_EXC].ravel()[onto], np.arange(N + 1))
    eligible, trace, before = np.zeros(N_EXC * K), np.zeros(N), np.zeros(N)
    weights = weight.ravel()[: N_EXC * K]
    course, due, given, spikes = np.zeros(seconds), np.zeros(ROOM, np.int64), 0, 0
    fired, dopamine, last, n_due = np.zeros(0, np.int64), 0.0, -1000, 0
    for t in range(1000 * seconds):
        current = 13.0 * (np.random.random(N) - 0.5)  # noqa: NPY002
        arriving, fired = fired, np.flatnonzero(v >= 30.0)
        spikes += fired.size
        for i in fired:
            v[i] = -65.0
            u[i] += d[i]
            trace[i] = 0.1
        for i in fired:
            for synapse in onto[first[i] : first[i + 1]]:
                eligible[synapse] += before[synapse // K]  # the delay is a step
        for i in arriving:
            for j in range(K):
                current[post[i, j]] += weight[i, j]
                if i < N_EXC:
                    eligible[i * K + j] -= 1.5 * trace[post[i, j]]
        for _ in range(2):
            v += 0.5 * ((0.04 * v + 5.0) * v + 140.0 - u + current)
        u += a * (0.2 * v - u)
        before[:] = trace
        trace *= 0.95
        dopamine *= 0.995
        if t % 10 == 9:
            for synapse in range(weights.size):
                moved = weights[synapse] + (0.002 + dopamine) * eligible[synapse]
                weights[synapse] = min(max(moved, 0.0), W_MAX)
                eligible[synapse] *= 0.99
        if (fired == 0).any():
            last = t
        if (fired == post[0, 0]).any() and 0 < t - last < 20:
            due[n_due] = t + 1000 + np.ceil(2000.0 * np.random.random())  # noqa: NPY002
            n_due += 1
        felt = np.count_nonzero(due[:n_due] == t)
        dopamine += reward * felt
        given += felt
        if t % 1000 == 999:
            course[t // 1000] = weight[0, 0]
    rate = spikes / (N * seconds)
    return Outcome(course, given, rate, weights.mean(), np.mean(weights > 0.95 * W_MAX))


def main() -> None:
    """Print the outcome of an hour, seed by seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=24, help="how many (24)")
    seeds = parser.parse_args().seeds
    outcomes = []
    for seed in range(1, seeds + 1):
        found = run(seed, 3600)
        outcomes.append(found)
        print(
            f"seed {seed}: {found.weight[-1]:.2f} mV at the end, first at the ceiling after "
            f"{found.first:.0f} s, then near it {100 * found.near:.0f} % of the time; "
            f"{found.rewards} rewards, {found.rate:.2f} Hz, mean {found.mean:.3f} mV, "
            f"{100 * found.at_ceiling:.2f} % at the ceiling",
            flush=True,
        )
    ends = sum(found.weight[-1] >= 3.9 for found in outcomes)
    near = np.array([found.near for found in outcomes])
    print(
        f"{ends} of {seeds} at 3.9 mV or above at the end; near the ceiling once reached: "
        f"{100 * np.nanmean(near):.0f} +- {100 * np.nanstd(near):.0f} % of the time"
    )


if __name__ == "__main__":
    main()
