"""The next gap by the bin that the last one lies in: a table of transitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.baselines.empirical import GapCurve, gap_curve
from forecaster.baselines.gaps import Gaps, training_gaps
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.distributions.clipped import Clipped

# Bins at the most, and closed gaps that a bin of the table (a square of them) needs.
MOST_BINS, GAPS_PER_CELL = 8, 10
# Gaps that the distribution of all counts for in each row, for each bin.
SMOOTHING = 0.5


class MarkovGaps(Baseline):
    """A table of how often each bin of gaps follows each; bins hold about equally many closed gaps.

    Within its bin a gap is spread as all gaps are (``empirical``). A gap after none has a row of its own.
    An open gap counts for the bins beyond it, each by its share of what all gaps have there.
    """

    name = "markov"

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedMarkov:
        """Count the transitions."""
        del look_back
        gaps = training_gaps(panel, train_ends)
        curve, inner = gap_curve(gaps), _inner_edges(gaps)
        at_edges = np.concatenate([[0.0], curve.at(inner), [1.0]])
        reached = np.zeros((len(inner) + 2, len(inner) + 2))  # P(gap in the first k bins) after each bin
        np.cumsum(_transitions(gaps, curve, inner, at_edges), axis=1, out=reached[:, 1:])
        knots = np.concatenate([curve.knots, inner])
        levels = np.concatenate([curve.levels, at_edges[1:-1]])
        order = np.lexsort((levels, knots))
        levels = np.stack([np.interp(levels[order], at_edges, row) for row in reached])
        beyond = curve.upper / max(1.0 - at_edges[-2], 1e-300)
        upper = (1.0 - reached[:, -2]) * min(beyond, 1.0)
        known = GapCurve(knots[order], levels[0], float(upper[0]), curve.scales)
        return FittedMarkov(inner, known, levels, upper, horizon)


@dataclass(frozen=True)
class FittedMarkov(FittedBaseline):
    """The table, as distributions of the gap that follows.

    Attributes:
        inner: (n_bins - 1,) edges between the bins, rising.
        curve: Knots and tails of all distributions.
        levels: (n_bins + 1, n_knots) cdf after a gap of each bin, and in the last row after none.
        upper: (n_bins + 1,) what lies beyond the last knot.
        horizon: Steps to forecast.
    """

    inner: np.ndarray
    curve: GapCurve
    levels: np.ndarray
    upper: np.ndarray
    horizon: int

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """By the bin of the gap before each origin, the same at every step."""
        rows = np.repeat(_row_of(panel.y[origins], self.inner)[:, None], self.horizon, axis=1)
        return Clipped(self.curve.spread(rows, self.levels, self.upper), 0.0)


def _inner_edges(gaps: Gaps) -> np.ndarray:
    """(n_bins - 1,) edges halfway between two closed gaps, so that bins hold about equally many."""
    closed = gaps.closed
    values = np.unique(closed)
    n_bins = int(np.clip(np.sqrt(len(closed) / GAPS_PER_CELL), 1, MOST_BINS))
    if n_bins < 2 or len(values) < 2:
        return np.zeros(0)
    wanted = np.quantile(closed, np.arange(1, n_bins) / n_bins, method="inverted_cdf")
    place = np.unique(np.minimum(np.searchsorted(values, wanted), len(values) - 2))
    return np.asarray((values[place] + values[place + 1]) / 2)


def _row_of(previous: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """Bin of the gap before; one more where there is none."""
    return np.where(np.isnan(previous), len(inner) + 1, np.searchsorted(inner, previous, side="right"))


def _transitions(gaps: Gaps, curve: GapCurve, inner: np.ndarray, at_edges: np.ndarray) -> np.ndarray:
    """(n_bins + 1, n_bins) probability of each bin after each, and in the last row after no gap."""
    n_bins = len(inner) + 1
    row, is_open = _row_of(gaps.previous, inner), gaps.is_open
    index = np.searchsorted(inner, gaps.closed, side="right")
    size = n_bins * (n_bins + 1)
    counts = np.bincount(row[~is_open] * n_bins + index, minlength=size).astype(np.float64)
    counts = counts.reshape(n_bins + 1, n_bins)
    waited = curve.at(gaps.value[is_open])
    left = np.maximum(1.0 - waited, 1e-12)
    for k in range(n_bins):  # an open gap is spread over what lies beyond it
        share = np.maximum(at_edges[k + 1] - np.maximum(at_edges[k], waited), 0.0) / left
        counts[:, k] += np.bincount(row[is_open], weights=share, minlength=n_bins + 1)
    counts += SMOOTHING * n_bins * np.diff(at_edges)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))
