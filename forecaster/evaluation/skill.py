"""Statistical tests: whether one forecaster is ahead of another, or only lucky."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

# A test that comes out below this is told apart from chance.
SIGNIFICANT = 0.05

# Differences of losses that vary less than this part of the losses are rounding, not a difference.
ROUNDING = 1e-12


@dataclass(frozen=True)
class DirectionSkill:
    """How often the direction was right, beside the majority class, over the sessions that count for both.

    Attributes:
        n: Number of those sessions.
        accuracy: Share of them in which the model was right; NaN without any.
        low: Lower end of the 95 % interval of the accuracy.
        high: Upper end.
        majority: Share of them in which the majority class was right.
        p_value: Of the exact test that neither is ahead of the other.
        n_classes: Directions there are: up and down, or flat as well.
    """

    n: int
    accuracy: float
    low: float
    high: float
    majority: float
    p_value: float
    n_classes: int = 2

    @property
    def is_skilled(self) -> bool:
        """Whether it beats guessing and the majority class, neither by chance."""
        is_ahead = self.accuracy > self.majority and self.p_value < SIGNIFICANT
        return self.low > 1 / self.n_classes and is_ahead

    @property
    def statement(self) -> str:
        """One sentence with the numbers; without skill it says so."""
        if self.n == 0:
            return "Direction: no session in which both model and majority class say one: no skill shown."
        shares = (
            f"Direction: right in {percent(self.accuracy)} of {self.n:,} forecasts (95 % interval "
            f"{100 * self.low:.1f} to {percent(self.high)})"
        )
        guessed = 1 / self.n_classes
        share = "one half" if self.n_classes == 2 else f"one in {self.n_classes}"
        if self.low > guessed:
            chance = f"above {share}"
        else:
            chance = f"below {share}" if self.high < guessed else "cannot be told from chance"
        if self.p_value >= SIGNIFICANT:
            rank = "nor from" if chance.endswith("chance") else "cannot be told from"
        else:
            rank = "ahead of" if self.accuracy > self.majority else "behind"
        verdict = "skill beyond chance" if self.is_skilled else "no skill shown"
        majority = f"the majority class ({percent(self.majority)}, {p_text(self.p_value)})"
        return f"{shares}; {chance}, {rank} {majority}: {verdict}."

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**self.__dict__, "is_skilled": self.is_skilled, "statement": self.statement}


def direction_hits(point: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether the direction was right.

    Args:
        point: (n,) forecast of the log return.
        y: (n,) log return that came.

    Returns:
        (n,) 1.0 for right, 0.0 for wrong; NaN where nothing changed, and where no change was forecast: that
        says no direction.

    Example:
        >>> direction_hits(np.array([0.1, 0.1, 0.1, 0.0]), np.array([0.2, -0.2, 0.0, 0.2]))
        array([ 1.,  0., nan, nan])
    """
    product = np.sign(point) * np.sign(y)
    return np.where(np.abs(product) == 1, (product + 1) / 2, np.nan)


def wilson_interval(n_hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share, from how often it came.

    Args:
        n_hits: Number of hits.
        n: Number of tries, independent of each other.
        level: Probability that the interval holds the share, in (0, 1).

    Returns:
        Lower and upper end; NaN without a try.

    Source:
        Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the
        American Statistical Association 22(158), 1927.

    Example:
        >>> [round(end, 4) for end in wilson_interval(5, 10)]
        [0.2366, 0.7634]
    """
    from scipy.stats import binomtest

    if n == 0:
        return math.nan, math.nan
    low, high = binomtest(n_hits, n).proportion_ci(level, method="wilson")
    return float(low), float(high)


def diebold_mariano(loss: np.ndarray, rival: np.ndarray, horizon: int = 1) -> tuple[float, float]:
    """Whether two forecasters lose equally much; two-sided, with the correction for small samples.

    Args:
        loss: (n,) losses of the one, in the order of time.
        rival: (n,) losses of the other in the same sessions.
        horizon: Steps ahead of the forecasts: losses less than so many steps apart may depend on each other.

    Returns:
        The statistic, below 0 where the first loses less, and the p-value from Student's t with n - 1 degrees
        of freedom. Both NaN where the difference is the same throughout, or has no positive variance.

    Source:
        Harvey, Leybourne and Newbold, "Testing the Equality of Prediction Mean Squared Errors",
        International Journal of Forecasting 13(2), 1997; Diebold and Mariano, "Comparing Predictive
        Accuracy", Journal of Business and Economic Statistics 13(3), 1995.
    """
    from scipy.special import stdtr

    n = len(loss)
    with np.errstate(invalid="ignore"):
        difference = loss - rival
    if n <= horizon or not np.isfinite(difference).all():
        return math.nan, math.nan
    if np.ptp(difference) <= ROUNDING * max(np.abs(loss).max(), np.abs(rival).max()):
        return math.nan, math.nan
    mean = difference.mean()
    rest = difference - mean
    covariances = [rest[lag:] @ rest[: n - lag] / n for lag in range(horizon)]
    variance = (covariances[0] + 2 * sum(covariances[1:])) / n
    if variance <= 0:
        return math.nan, math.nan
    correction = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    statistic = float(mean / np.sqrt(variance) * np.sqrt(correction))
    return statistic, float(2 * stdtr(n - 1, -abs(statistic)))


def direction_skill(hit: np.ndarray, majority_hit: np.ndarray, n_classes: int = 2) -> DirectionSkill:
    """Whether the direction is forecast, beside always saying the one that was more frequent in training.

    Args:
        hit: (n,) of the model, as ``direction_hits`` gives it.
        majority_hit: (n,) of the majority class.
        n_classes: Directions there are.

    Returns:
        Accuracies over the sessions that count for both, the Wilson interval and the exact paired test.

    Source:
        McNemar, "Note on the Sampling Error of the Difference between Correlated Proportions or
        Percentages", Psychometrika 12(2), 1947.
    """
    from scipy.stats import binomtest

    counts = ~np.isnan(hit) & ~np.isnan(majority_hit)
    ours, theirs = hit[counts] == 1, majority_hit[counts] == 1
    n, n_hits = len(ours), int(ours.sum())
    if n == 0:
        return DirectionSkill(0, math.nan, math.nan, math.nan, math.nan, math.nan, n_classes)
    only_ours, only_theirs = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    n_differ = only_ours + only_theirs
    p_value = float(binomtest(only_ours, n_differ).pvalue) if n_differ else 1.0
    low, high = wilson_interval(n_hits, n)
    return DirectionSkill(n, n_hits / n, low, high, float(theirs.mean()), p_value, n_classes)


def percent(share: float) -> str:
    """A share in percent with one decimal, ``-`` for none.

    Example:
        >>> percent(0.521)
        '52.1 %'
    """
    return "-" if math.isnan(share) else f"{round(100 * share, 1) + 0.0:.1f} %"  # no minus before a zero


def p_text(p_value: float) -> str:
    """A p-value in a sentence.

    Example:
        >>> p_text(0.0123), p_text(0.0002), p_text(float("nan"))
        ('p = 0.012', 'p < 0.001', 'not testable')
    """
    if math.isnan(p_value):
        return "not testable"
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"
