"""Gaps beside those that are usual for their series: how much events come in bursts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from forecaster.data.panel import Panel
from forecaster.data.parts import in_series

# A gap is short under this part of the median or mean, and a resolution is coarse above it.
SHORT = 0.1
# Closed gaps that a series needs for its mean to say what is usual for it.
_LEAST_OF_SERIES = 3
# What is more than rounding may make of a share.
_SLACK = 1.001


def relative_gaps(panel: Panel) -> np.ndarray:
    """Gaps over the mean of their series, of series with at least three.

    Args:
        panel: Of kind ``events``, with an event in every series.

    Returns:
        (n,) float64, series end to end.
    """

    def scale(series: slice, rows: slice) -> np.ndarray:
        """Those of some series."""
        offsets = panel.offsets[series.start : series.stop + 1] - rows.start
        gaps, n_gaps = np.delete(panel.y[rows], offsets[:-1]), np.diff(offsets) - 1
        own = np.repeat(np.arange(len(n_gaps)), n_gaps)
        means = np.bincount(own, weights=gaps, minlength=len(n_gaps)) / np.maximum(n_gaps, 1)
        kept = ((n_gaps >= _LEAST_OF_SERIES) & (means > 0))[own]
        return np.asarray(gaps[kept] / means[own[kept]])

    return np.concatenate([np.empty(0), *in_series(scale, panel.offsets)])


def find_burstiness(relative: np.ndarray) -> float:
    """(s - m) / (s + m) of mean m and standard deviation s; NaN of nothing.

    Args:
        relative: (n,) gaps over the mean of their series.

    Returns:
        -1 where all are alike, 0 for exponential ones, towards 1 for bursts.

    Source:
        Goh and Barabasi, "Burstiness and memory in complex systems", EPL 81, 2008.

    Example:
        >>> find_burstiness(np.array([1.0, 1.0, 1.0]))
        -1.0
    """
    if len(relative) == 0:
        return float("nan")
    spread, mean = float(relative.std()), float(relative.mean())
    return (spread - mean) / (spread + mean)


def short_share(relative: np.ndarray, usual: Callable[[np.ndarray], np.floating[Any]]) -> float:
    """Share of gaps under a tenth of what is usual; NaN of nothing.

    Args:
        relative: (n,) gaps over the mean of their series.
        usual: Their median or mean.

    Returns:
        0 to 1.
    """
    return float((relative < SHORT * usual(relative)).mean()) if len(relative) else float("nan")


def may_be_short(panel: Panel, share: float) -> bool:
    """Whether more than a share of the gaps may be short, which costs less to see than their share.

    Args:
        panel: Of kind ``events``, with an event in every series.
        share: 0 to 1.

    Returns:
        False where ``short_share`` of ``relative_gaps`` and their mean, which is 1, is not above it.
    """

    def count(series: slice, rows: slice) -> tuple[int, int]:
        """Gaps of some series that have enough, and those of them that are short or nearly so."""
        begins, lengths = panel.offsets[series] - rows.start, panel.lengths[series]
        gaps = panel.y[rows].copy()
        gaps[begins] = 0.0  # nothing is before the first event: it is counted as short, and taken off again
        sums = np.add.reduceat(gaps, begins)
        usable = (lengths > _LEAST_OF_SERIES) & (sums > 0)
        most = np.where(usable, _SLACK * SHORT * sums / np.maximum(lengths - 1, 1), 0.0)
        n_short = int(np.count_nonzero(gaps < np.repeat(most, lengths)))
        return int((lengths[usable] - 1).sum()), n_short - int(np.count_nonzero(usable))

    counts = in_series(count, panel.offsets)
    n_gaps, n_short = (sum(part[place] for part in counts) for place in (0, 1))
    return n_short > share * n_gaps
