"""Learning-rate schedules: the rate of a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, isfinite, pi

from forecaster.errors import ConfigError

Schedule = Callable[[int], float]

SCHEDULES = ("constant", "step", "multistep", "exponential", "cosine", "plateau", "one-cycle")

# One-cycle: share of the steps spent rising, and where the rate starts and ends relative to its peak.
WARM_UP = 0.3
START_DIVISOR = 25.0
END_DIVISOR = 1e4

# A validation loss counts as a gain when it is lower than the best by this share.
PLATEAU_GAIN = 1e-4


@dataclass(frozen=True)
class SchedulePlan:
    """A schedule with its parameters.

    Attributes:
        name: One of ``SCHEDULES``, or a function of (step, total_steps) that returns the rate.
        step_epochs: Epochs between two drops of ``step``.
        milestones: Epochs after which ``multistep`` drops.
        gamma: Factor of a drop (step, multistep, plateau), or of an epoch (exponential).
        plateau_patience: Epochs without a gain before ``plateau`` drops.
    """

    name: str | Callable[[int, int], float] = "one-cycle"
    step_epochs: int = 10
    milestones: tuple[int, ...] = ()
    gamma: float = 0.1
    plateau_patience: int = 5

    @property
    def must_finish(self) -> bool:
        """Whether the schedule is only worth what its last steps make of it."""
        return self.name == "one-cycle"


class Plateau:
    """The rate drops when the validation loss has not gained for some epochs."""

    def __init__(self, rate: float, gamma: float, patience: int) -> None:
        """Args: the first ``rate``, the factor ``gamma`` of a drop, the ``patience`` in epochs."""
        self.rate = rate
        self.gamma = gamma
        self.patience = patience
        self.best = float("inf")
        self.waited = 0

    def __call__(self, _step: int) -> float:
        """The rate as the epochs so far have left it."""
        return self.rate

    def end_epoch(self, loss: float) -> None:
        """Take note of an epoch's validation loss.

        Args:
            loss: Of the epoch that has ended.
        """
        if loss < self.best * (1 - PLATEAU_GAIN):
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.rate, self.waited = self.rate * self.gamma, 0

    @property
    def standing(self) -> tuple[float, float | None, int]:
        """Rate, best loss (None before the first) and epochs waited, for ``resume``."""
        return self.rate, self.best if isfinite(self.best) else None, self.waited

    def resume(self, was: tuple[float, float | None, int]) -> None:
        """Go on from where it stood.

        Args:
            was: From ``standing``.
        """
        self.rate, best, self.waited = was
        self.best = float("inf") if best is None else best


def make_schedule(plan: SchedulePlan, rate: float, total_steps: int, steps_per_epoch: int) -> Schedule:
    """The rate as a function of the step, 0 .. total_steps - 1.

    Args:
        plan: Which schedule.
        rate: Learning rate; the first one, or the peak of a one-cycle.
        total_steps: Steps of the whole training.
        steps_per_epoch: Steps of an epoch.

    Returns:
        The schedule; a ``Plateau`` also wants to be told of every epoch's end.

    Raises:
        ConfigError: The name is unknown.

    Example:
        >>> drops = make_schedule(SchedulePlan("step", step_epochs=2, gamma=0.5), 0.1, 60, 10)
        >>> [drops(step) for step in (0, 19, 20, 59)]
        [0.1, 0.1, 0.05, 0.025]
    """
    if callable(plan.name):
        own = plan.name
        return lambda step: float(own(step, total_steps))
    gamma = plan.gamma
    makers: dict[str, Callable[[], Schedule]] = {
        "constant": lambda: lambda _step: rate,
        "step": lambda: lambda step: rate * gamma ** (step // steps_per_epoch // plan.step_epochs),
        "multistep": lambda: (
            lambda step: rate * gamma ** sum(step // steps_per_epoch >= epoch for epoch in plan.milestones)
        ),
        "exponential": lambda: lambda step: rate * gamma ** (step // steps_per_epoch),
        "cosine": lambda: lambda step: rate * (1 + cos(pi * min(step / total_steps, 1.0))) / 2,
        "plateau": lambda: Plateau(rate, gamma, plan.plateau_patience),
        "one-cycle": lambda: lambda step: one_cycle(step, total_steps, rate),
    }
    if plan.name not in makers:
        raise ConfigError(f"--schedule {plan.name}: unknown. Use one of {', '.join(SCHEDULES)}.")
    return makers[plan.name]()


def one_cycle(step: int, total_steps: int, peak: float) -> float:
    """Rate that rises to ``peak`` over the first 30 % of the steps and then falls to nearly nothing.

    Args:
        step: 0 .. total_steps - 1.
        total_steps: Steps of the whole training.
        peak: Highest rate.

    Returns:
        peak / 25 at the first step, peak / 10,000 at the last, both ways along half a cosine wave.

    Source:
        Smith and Topin, "Super-convergence", arXiv:1708.07120, 2017.
    """
    done = min(step / max(total_steps - 1, 1), 1.0)
    if done < WARM_UP:
        return _between(peak / START_DIVISOR, peak, done / WARM_UP)
    return _between(peak, peak / END_DIVISOR, (done - WARM_UP) / (1 - WARM_UP))


def _between(first: float, last: float, share: float) -> float:
    """From ``first`` to ``last`` along half a cosine wave."""
    return last + (first - last) * (1 + cos(pi * share)) / 2
