"""The empirical distribution of gaps, with those that are still open: Kaplan and Meier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.base import Baseline
from forecaster.baselines.gaps import Gaps, training_gaps
from forecaster.baselines.shared import FittedShared
from forecaster.data.panel import Panel
from forecaster.distributions.clipped import Clipped
from forecaster.distributions.piecewise import PiecewiseLinear

# Weight of a gap, longer than all others, that is taken to be there too: the tail is never empty.
LONGER = 0.5
# Knots of the cdf; evenly over the distinct gaps where there are more.
MOST_KNOTS = 1000
# Share of the closed gaps, and least number, that the tail is measured on.
TAIL_SHARE, TAIL_COUNT = 0.1, 5


@dataclass(frozen=True)
class GapCurve:
    """The cdf of gaps along straight lines, with an exponential tail.

    Attributes:
        knots: (n_knots,) rising.
        levels: (n_knots,) P(gap <= knot), rising.
        upper: P(gap > last knot).
        scales: (2,) of the tail below the first knot and of that above the last.
    """

    knots: np.ndarray
    levels: np.ndarray
    upper: float
    scales: np.ndarray

    def at(self, x: np.ndarray) -> np.ndarray:
        """P(gap <= x), of any shape."""
        rows = np.zeros(np.shape(x), dtype=np.int64)
        return self.spread(rows, self.levels[None], np.array([self.upper])).cdf(x)

    def spread(self, rows: np.ndarray, levels: np.ndarray, upper: np.ndarray) -> PiecewiseLinear:
        """Distributions on these knots.

        Args:
            rows: (shape) int64 row of ``levels`` of each.
            levels: (n_rows, n_knots) P(gap <= knot).
            upper: (n_rows,) P(gap > last knot).

        Returns:
            Of the shape of ``rows``.
        """
        shared = np.broadcast_to(np.int64(0), rows.shape)
        return PiecewiseLinear((self.knots[None], shared), (levels, rows), upper, self.scales[None])


class EmpiricalGaps(Baseline):
    """Kaplan-Meier over the closed and the open gaps of all series.

    Each step of the cdf is spread evenly over the cell of its gaps. Where there are holes between cells, as
    between all real numbers, half of one gap's share goes to the hole on either side, less where the cell
    takes up some of the way: straight lines lead from one to the next. What lies beyond the longest closed
    gap goes on as an exponential tail, at the rate at which the longest tenth of the closed gaps came to an
    end while open ones were waited for.
    """

    name = "empirical"

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedShared:
        """Estimate the curve."""
        del look_back
        curve = gap_curve(training_gaps(panel, train_ends))
        rows = np.zeros((1, horizon), dtype=np.int64)
        spread = curve.spread(rows, curve.levels[None], np.array([curve.upper]))
        return FittedShared(Clipped(spread, 0.0))


def gap_curve(gaps: Gaps) -> GapCurve:
    """The product-limit estimate of the cdf of gaps.

    Args:
        gaps: Closed and open ones.

    Returns:
        The curve; an exponential one from 0 on where no gap is closed.

    Source:
        Kaplan and Meier, "Nonparametric Estimation from Incomplete Observations", JASA 53(282), 1958.
    """
    closed = gaps.closed
    if len(closed) == 0:
        return GapCurve(np.zeros(1), np.zeros(1), 1.0, np.array([0.0, gaps.mean_wait]))
    values, counts = np.unique(closed, return_counts=True)
    n_at_risk = len(gaps.value) - np.searchsorted(np.sort(gaps.value), values) + LONGER
    survival = np.cumprod(1.0 - counts / n_at_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    held = (before - survival) / counts / 2  # half of what one of equal gaps holds
    apart = np.diff(values)
    hole = np.maximum(apart - gaps.cell, 0.0) / apart if len(values) > 1 else np.zeros(1)
    before = before - held * np.append(hole[:1], hole)[: len(values)]
    survival = survival + held * np.append(hole, hole[-1:])[: len(values)]
    ends = np.maximum(values - gaps.cell / 2, 0.0), values + gaps.cell / 2
    knots = np.maximum.accumulate(np.stack(ends, axis=1).ravel())
    left = np.minimum.accumulate(np.stack([before, survival], axis=1).ravel())
    lower = float(apart[0]) if len(values) > 1 else 0.0
    if len(knots) > MOST_KNOTS:
        chosen = np.linspace(0, len(knots) - 1, MOST_KNOTS).astype(np.int64)
        knots, left = knots[chosen], left[chosen]
    scales = np.array([lower, _tail_scale(gaps, closed)])
    return GapCurve(knots, 1.0 - left, float(left[-1]), scales)


def _tail_scale(gaps: Gaps, closed: np.ndarray) -> float:
    """Time waited beyond the start of the tail for each gap that was closed there."""
    n_tail = min(max(int(np.ceil(TAIL_SHARE * len(closed))), TAIL_COUNT), len(closed) - 1)
    start = np.sort(closed)[len(closed) - n_tail - 1]
    waited = np.maximum(gaps.value - start, 0.0).sum()
    return float(waited / max((closed > start).sum(), 1))
