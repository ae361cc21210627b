"""What `nalsm` is compared with: what was published, and what is asked."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from eventsim.scenario import Measure

if TYPE_CHECKING:
    from eventsim.scenarios.nalsm import Settings

LSM_WEIGHT = 0.7  # the best one where weights don't change

# sizes as published
FULL: dict[str, Any] = {
    "neurons": 1000, "presentation": 250.0, "train": 50_000, "validation": 10_000, "test": 10_000,
}  # fmt: skip


class Published(NamedTuple):
    """What the paper found, for 1,000 neurons and samples of 250 ms."""

    accuracy: float | None = None  # %
    branching: float | None = None  # as it is while learning goes on, where it does
    separation: float | None = None  # rank, of 100 samples of each class
    noisy: float | None = None  # the same, of noisy samples


PUBLISHED = {
    ("nalsm", "mnist"): Published(95.96, 1.246, 994, 986),
    ("nalsm", "fashion"): Published(83.05, 1.197),
    ("nalsm", "nmnist"): Published(95.90, 1.129, 978, 978),
    ("lsm", "mnist"): Published(95.22, 0.863, 988, 990),  # of weights of 0.7; ranks: of the best
    ("stdp", "mnist"): Published(89.47, 1.415, 588, 178),
    ("stdp", "nmnist"): Published(86.80, 1.368, 684, 678),
    ("ap_stdp", "mnist"): Published(95.49, 0.916, 993, 992),
    ("ap_stdp", "nmnist"): Published(95.23, 0.824, 981, 980),
}
PAPER = "Ivanov & Michmizos 2021"
# of ap_stdp: theta, and between which widths it was tuned for each network
TUNED = {"mnist": (37.0, 19.0, 25.0), "nmnist": (10.0, 2.0, 3.0)}
# least and greatest rank of all published models and runs, of separation and of noisy samples
SEPARATION, NOISY = (558.0, 994.0), (127.0, 993.0)

Bounds = dict[str, float]  # at_least, at_most
ASKED: dict[str, Bounds] = {"mnist": {"at_least": 95.5}, "fashion": {"at_least": 82.0}}  # %
ASKED_OF_QUICK: dict[str, Bounds] = {
    "accuracy": {"at_least": 90.0},
    "liquid rate": {"at_most": 119.0},  # half of what it is at first, with weights of 3
    "mean excitatory weight": {"at_least": 0.5, "at_most": 2.5},
}


def known(settings: "Settings") -> Published:
    """Return what was published for these settings, as far as it can be compared."""
    alike = settings.neurons == 1000 and settings.presentation == 250.0
    if settings.variant == "lsm" and settings.w_fixed != LSM_WEIGHT:
        alike = False
    if settings.variant == "ap_stdp" and not _tuned(settings):
        alike = False
    return PUBLISHED.get((settings.variant if alike else "", settings.dataset), Published())


def _tuned(settings: "Settings") -> bool:
    theta, least, most = TUNED.get(settings.dataset, (0.0, 0.0, 0.0))
    return settings.theta == theta and least <= settings.width <= most


def asked(settings: "Settings", quick: bool) -> dict[str, Bounds]:
    """Return what is asked, by measure: of whole data sets at full size, of the preset quick."""
    if quick:
        return ASKED_OF_QUICK
    full = all(getattr(settings, name) == size for name, size in FULL.items())
    if not full or settings.variant != "nalsm" or settings.dataset not in ASKED:
        return {}
    return {"accuracy": ASKED[settings.dataset]}


def bounded(measure: Measure, bounds: Bounds) -> Measure:
    """Return a measure with what is asked of it."""
    return replace(measure, at_least=bounds.get("at_least"), at_most=bounds.get("at_most"))


def compared(
    value: float, unit: str, published: float | None, tolerance: float | None = None
) -> Measure:
    """Return a measure beside what was published, if anything; the tolerance is a share of it."""
    if published is None:
        return Measure(value, unit)
    within = None if tolerance is None else tolerance * published
    return Measure(value, unit, published, within, PAPER)


def of_ranks(of: Published, separation: int, noisy: int) -> dict[str, Measure]:
    """Return the ranks of counts, and the kernel quality where it can be compared."""
    measures = {
        "rank, separation": compared(separation, "", of.separation),
        "rank, noisy samples": compared(noisy, "", of.noisy),
    }
    if of.separation is not None and of.noisy is not None:
        published = kernel_quality(of.separation, of.noisy)
        quality = kernel_quality(separation, noisy)
        measures["kernel quality"] = Measure(
            quality, "", published, source=f"{PAPER}, of its ranks"
        )
    return measures


def kernel_quality(separation: float, noisy: float) -> float:
    """Return the rank of different samples minus that of noisy ones, both scaled.

    Each is scaled such that all that was published lies between 0 and 1. What the paper calls
    kernel quality is scaled once more, over differences whose range is not known.
    """
    scaled = [(x - a) / (b - a) for x, (a, b) in ((separation, SEPARATION), (noisy, NOISY))]
    return scaled[0] - scaled[1]
