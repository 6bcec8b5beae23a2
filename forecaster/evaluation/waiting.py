"""Scores of waiting times: of intervals that are still open, of the time observed, of calibration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from forecaster.distributions.arrays import Index
from forecaster.distributions.base import CHUNK, Distribution
from forecaster.distributions.pointed import Pointed
from forecaster.evaluation.value_errors import LEAST_MASS
from forecaster.windows.waits import cell_limits

# Bins of the histogram of PIT values.
N_PIT = 10

# Midpoints that the restricted mean is integrated over, crowded where waits are short.
_ENDS = np.linspace(0.0, 1.0, 201) ** 3
MIDDLES, STRETCHES = (_ENDS[1:] + _ENDS[:-1]) / 2, np.diff(_ENDS)


@dataclass(frozen=True)
class Waiting:
    """What is known of waiting times beside those that ended, in the unit of the data.

    Attributes:
        censored: (n_windows, horizon) bool, where the interval was still open: y is what it exceeds.
        elapsed: (n_windows, 1) what the target was known to exceed when the part began; -inf where the
            interval began within it.
        until: (n_windows, 1) time from the origin to the end of observation; inf where there is none.
        begin: (n_windows, 1) time from which ``within`` counts: ``elapsed``, or the event itself.
        limit: Longest time seen in training, closed or open.
        reach: The same, or the longest gap that is scored: where CRPS ends, which without an end is infinite
            for a share that never comes.
        within: Names and lengths of durations.
    """

    censored: np.ndarray
    elapsed: np.ndarray
    until: np.ndarray
    begin: np.ndarray
    limit: float
    reach: float
    within: tuple[tuple[str, float], ...] = ()

    @property
    def is_limited(self) -> bool:
        """Whether observation of any window ended."""
        return bool(np.isfinite(self.until).any())

    def take(self, rows: Index) -> Waiting:
        """What is known of some of the windows."""
        return Waiting(
            self.censored[rows],
            self.elapsed[rows],
            self.until[rows],
            self.begin[rows],
            self.limit,
            self.reach,
            self.within,
        )


def open_error(part: Distribution, y: np.ndarray) -> np.ndarray:
    """-log of the probability of lasting longer than ``y``, of each value.

    Args:
        part: The forecast.
        y: What intervals that are still open exceed.

    Returns:
        Nats; a probability below 1e-12 counts as 1e-12.
    """
    return np.asarray(-np.log(np.maximum(part.survival(y), LEAST_MASS)))


def observed_errors(
    part: Distribution, y: np.ndarray, waiting: Waiting
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Scores over closed and open intervals together, of the time that was observed.

    Args:
        part: The forecast, conditioned on ``waiting.elapsed``.
        y: (n_windows, horizon) lengths, what open ones exceed, NaN where nothing is known.
        waiting: Of the same windows.

    Yields:
        Name, error of each value, and (n_windows, horizon) bool, where it counts.
    """
    seen = ~np.isnan(y)
    outcome = np.where(waiting.censored, np.inf, y)
    if waiting.is_limited:
        start = np.where(np.isfinite(waiting.elapsed), waiting.elapsed, 0.0)
        score = part.censored_crps(outcome, start, np.maximum(waiting.until, start))
        yield "censored_crps", np.where(seen, score, np.nan), seen
    for name, length in waiting.within:
        end = waiting.begin + length
        came = (outcome <= end).astype(np.float64)
        yield f"brier_within_{name}", np.square(part.cdf(end) - came), seen & (waiting.until >= end)


def restricted_mean(part: Distribution, limit: float) -> np.ndarray:
    """Mean of min(T, limit): finite also where a share never comes; of a given point that point.

    Args:
        part: The forecast of T.
        limit: Above 0, in the unit of T.

    Returns:
        An array of the shape of ``part``: the integral of P(T > t) from 0 to ``limit``.

    Source:
        Royston and Parmar, "Restricted mean survival time", BMC Medical Research Methodology 13, 2013.
    """
    if isinstance(part, Pointed):
        return np.asarray(np.minimum(part.value, limit))
    n, horizon = part.shape
    means = np.empty(part.shape)
    run = max(CHUNK // (len(MIDDLES) * max(horizon, 1)), 1)
    for first in range(0, n, run):
        rows = slice(first, first + run)
        lasting = part.take(rows).survival((limit * MIDDLES)[:, None, None])  # (n_points, run, horizon)
        means[rows] = limit * np.tensordot(STRETCHES, lasting, axes=1)
    return means


def pit_counts(
    part: Distribution, y: np.ndarray, censored: np.ndarray | None, resolution: float | None
) -> np.ndarray:
    """How much of the values lies in each bin of the forecast's own probability.

    A closed value that stands for a cell is spread evenly over the probability of that cell, an open one
    over all that lies beyond what it exceeds.

    Args:
        part: The forecast.
        y: Observed values, what open ones exceed, NaN where nothing is known.
        censored: Like ``y``, bool, where an interval is still open; None where none is.
        resolution: Width of the cells; None for real numbers.

    Returns:
        (10,) counts; equal ones where the forecast is calibrated.

    Source:
        Czado, Gneiting and Held, "Predictive Model Assessment for Count Data", Biometrics 65(4), 2009.
    """
    seen = ~np.isnan(y)
    lower, upper = cell_limits(y, resolution or 0.0)
    first, last = part.cdf(lower), part.cdf(upper)
    if censored is not None:
        first = np.where(censored, part.cdf(y), first)
        last = np.where(censored, 1.0, last)
    first, last = first[seen][:, None], np.maximum(last, first)[seen][:, None]
    edges = np.linspace(0.0, 1.0, N_PIT + 1)
    width = last - first
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        below = np.clip((edges - first) / width, 0.0, 1.0)
    below = np.where(width > 0, below, edges > first)  # a point counts in the bin that begins at or below it
    below[:, 0], below[:, -1] = 0.0, 1.0
    return np.asarray(np.diff(below.sum(axis=0)))
