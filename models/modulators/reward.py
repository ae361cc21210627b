"""Reward minus what was expected: a running mean for each stimulus, kept by a script."""

from collections.abc import Hashable


class Expectation:
    """The mean reward of each stimulus so far, as a critic knows it.

    Parameters
    ----------
    rate : float
        Share of the surprise by which the mean moves, in (0, 1].
    first : float
        What is expected of a stimulus never seen.

    Raises
    ------
    ValueError
        If the rate is not in (0, 1].

    Examples
    --------
    >>> critic = Expectation(rate=0.5)
    >>> [critic.surprise("left", reward) for reward in (1.0, 1.0, 1.0)]
    [1.0, 0.5, 0.25]
    >>> critic.surprise("right", 1.0)
    1.0
    """

    def __init__(self, rate: float = 0.1, first: float = 0.0) -> None:
        if not 0.0 < rate <= 1.0:
            raise ValueError(f"expectation: rate must be > 0 and <= 1, got {rate}")
        self.rate, self.first = rate, first
        self.mean: dict[Hashable, float] = {}

    def surprise(self, stimulus: Hashable, reward: float) -> float:
        """Return reward minus the mean of this stimulus before, and move the mean."""
        mean = self.mean.get(stimulus, self.first)
        self.mean[stimulus] = mean + self.rate * (reward - mean)
        return reward - mean
