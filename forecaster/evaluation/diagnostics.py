"""What a reader looks at beside scores: forecasts with what came, residuals, and bins that were mistaken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecaster.distributions import Conditioned
from forecaster.distributions.base import Distribution
from forecaster.evaluation.metrics import CHUNK, ScoringContext
from forecaster.evaluation.value_errors import below_edges, bin_masses

# Values whose forecast is kept beside what came, evenly spaced ones of more: enough for a cloud of points,
# and some 30 kB in report.json.
MOST_PAIRS = 1_000
# Bins beyond which nobody reads a table of them; its size grows with their square.
MOST_BINS = 50
# Significant digits of pairs: a plot shows no more.
DIGITS = 6
# Levels of the quantiles of the residuals.
RESIDUAL_LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Diagnostics:
    """How the forecasts of a part lie beside what came; open intervals are left out.

    Attributes:
        step: (n_pairs,) int64, which step ahead, from 1.
        actual: (n_pairs,) what came, in the unit of the data.
        forecast: (n_pairs,) what was forecast, the median (of the mean, under squared error).
        confusion: (n_bins, n_bins) int64 values by the bin they came in (rows) and the likeliest bin
            (columns), over all values scored; None without bins, and with more than 50.
    """

    step: np.ndarray
    actual: np.ndarray
    forecast: np.ndarray
    confusion: np.ndarray | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for report.json; nothing where no value is known."""
        if len(self.actual) == 0:
            return {}
        residual = self.actual - self.forecast
        tree: dict[str, Any] = {
            "pairs": {
                "step": self.step.tolist(),
                "actual": _short(self.actual),
                "forecast": _short(self.forecast),
            },
            "residuals": {
                "n": len(residual),
                "mean": float(residual.mean()),
                "levels": list(RESIDUAL_LEVELS),
                "quantiles": np.quantile(residual, RESIDUAL_LEVELS).tolist(),
            },
        }
        if self.confusion is not None:
            tree["confusion"] = self.confusion.tolist()
        return tree


def diagnose(
    distribution: Distribution, y: np.ndarray, mask: np.ndarray, context: ScoringContext
) -> Diagnostics:
    """How a forecast lies beside what came.

    Args:
        distribution: Of shape (n_windows, horizon), of whole intervals: conditioned here on what had been
            waited, as for the scores.
        y: (n_windows, horizon) what came.
        mask: (n_windows, horizon) bool, which of it is known.
        context: Bins, and open intervals.

    Returns:
        Evenly spaced pairs, and the bins that were mistaken for each other.
    """
    known = mask & np.isfinite(y)
    if context.waiting is not None:
        known &= ~context.waiting.censored
    flat = np.flatnonzero(known)
    if len(flat) > MOST_PAIRS:
        flat = flat[np.linspace(0, len(flat) - 1, MOST_PAIRS).astype(np.int64)]
    windows, step = flat // y.shape[1], flat % y.shape[1]
    rows, place = np.unique(windows, return_inverse=True)
    point = _points(distribution, rows, context)[place, step] if len(rows) else np.zeros(0)
    seen = np.isfinite(point)
    return Diagnostics(
        step=step[seen] + 1,
        actual=y[windows, step][seen],
        forecast=point[seen],
        confusion=_confusion(distribution, y, known, context),
    )


def _points(distribution: Distribution, rows: np.ndarray, context: ScoringContext) -> np.ndarray:
    """(n, horizon) point forecast of some windows, at most the longest time seen in training."""
    if context.waiting is None:
        return distribution.take(rows).point()
    found = np.empty((len(rows), distribution.shape[1]))
    for group, part, _ in _conditioned(distribution, rows, context):
        found[group] = np.minimum(part.point(), context.waiting.limit)
    return found


def _conditioned(
    distribution: Distribution, rows: np.ndarray, context: ScoringContext
) -> list[tuple[np.ndarray, Distribution, ScoringContext]]:
    """Places in ``rows``, their distributions and contexts: those that had been waited for, and the others.

    A point forecast that is not conditioned stays one.
    """
    if context.waiting is None:
        return [(np.arange(len(rows)), distribution.take(rows), context.take(rows))]
    waited = np.isfinite(context.waiting.elapsed[rows, 0])
    groups = []
    for group in (np.flatnonzero(~waited), np.flatnonzero(waited)):
        if len(group) == 0:
            continue
        chosen = rows[group]
        part = distribution.take(chosen)
        if waited[group[0]]:
            part = Conditioned(part, context.waiting.elapsed[chosen])
        groups.append((group, part, context.take(chosen)))
    return groups


def _confusion(
    distribution: Distribution, y: np.ndarray, known: np.ndarray, context: ScoringContext
) -> np.ndarray | None:
    """(n_bins, n_bins) how often a bin came (row) where another was the likeliest (column)."""
    if context.bin_edges is None or not 2 <= context.bin_edges.shape[-1] - 1 <= MOST_BINS:
        return None
    n_bins = context.bin_edges.shape[-1] - 1
    counts = np.zeros(n_bins * n_bins, dtype=np.int64)
    rows = np.flatnonzero(known.any(axis=1))
    run = max(CHUNK // y.shape[1], 1)
    for begin in range(0, len(rows), run):
        for group, part, own in _conditioned(distribution, rows[begin : begin + run], context):
            chosen = rows[begin : begin + run][group]
            came, likeliest = _bins(part, y[chosen], replace(own, waiting=None))
            pairs = (came * n_bins + likeliest)[known[chosen]]
            counts += np.bincount(pairs, minlength=n_bins * n_bins)
    return counts.reshape(n_bins, n_bins)


def _bins(part: Distribution, y: np.ndarray, context: ScoringContext) -> tuple[np.ndarray, np.ndarray]:
    """Bin that each value came in, and the likeliest one; as the accuracy has them."""
    if context.bin_edges is None:
        raise ValueError("there are no bins")
    came = (y[..., None] >= context.bin_edges[..., 1:-1]).sum(axis=-1)
    return came, np.argmax(bin_masses(below_edges(part, context.bin_edges)), axis=-1)


def _short(values: np.ndarray) -> list[float]:
    """Numbers of six significant digits."""
    return [float(f"{value:.{DIGITS}g}") for value in values.tolist()]
