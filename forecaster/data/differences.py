"""Differences between rows of a series, and which naive forecast they say is nearest."""

from __future__ import annotations

import numpy as np

from forecaster.data.panel import Panel
from forecaster.data.series_sums import series_sums

# Differences below this share of the values are what is left by rounding.
ROUNDING = 1e-12

# Steps ahead at which naive forecasts are compared, from the next to the last.
MOST_AHEAD = 5


def lag_sums(
    y: np.ndarray, begins: np.ndarray, ends: np.ndarray, lag: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences between rows of every series that lie some steps apart.

    Args:
        y: (n_rows,) target of all series end to end, NaN where not observed.
        begins: (n_series,) int64 first row of each series.
        ends: (n_series,) int64 row after the last.
        lag: Steps.

    Returns:
        Pairs of rows that are both known, the sum of their absolute differences, and that of the sizes of the
        first of each pair, all (n_series,).
    """

    def pairs(rows: np.ndarray, _: np.ndarray) -> tuple[np.ndarray, ...]:
        """How far apart the rows of each pair are, and the size of the first."""
        first = y[rows]
        return np.abs(y[rows + lag] - first), np.abs(first)

    counts, distances, sizes = series_sums(pairs, begins, ends - lag)
    return counts, distances, sizes


def seasonal_scale(y: np.ndarray, begins: np.ndarray, ends: np.ndarray, season_length: int = 1) -> np.ndarray:
    """Mean absolute difference over one season of the training rows of every series.

    Args:
        y: (n_rows,) target of all series end to end, NaN where not observed.
        begins: (n_series,) int64 first training row of each series.
        ends: (n_series,) int64 row after the last.
        season_length: Steps in one season; 1 for differences between neighbours.

    Returns:
        (n_series,) in the unit of y; NaN where no pair of rows is a season apart, or they differ by no more
        than rounding.

    Source:
        Hyndman and Koehler, "Another look at measures of forecast accuracy", IJF 22(4), 2006.

    Example:
        >>> seasonal_scale(np.array([1.0, 4.0, 2.0]), np.array([0]), np.array([3])).tolist()
        [2.5]
    """
    counts, total, size = lag_sums(y, begins, ends, season_length)
    return np.where(total > ROUNDING * size, total / np.maximum(counts, 1), np.nan)


def nearest_naive(rows: Panel, horizon: int) -> tuple[str, float]:
    """Which naive forecast is nearest to value series over a horizon, and how near, by the median of series.

    Args:
        rows: Training rows.
        horizon: Steps to forecast.

    Returns:
        ``none`` (the mean of the series), ``last`` (the last value known) or ``season`` (the same phase of
        the last season known); and its error as a share of that of the mean, 1 where nothing can be told.
    """
    season, pooled = rows.season_length, rows.peers.pooled
    ahead = np.unique(np.linspace(1, horizon, MOST_AHEAD).round().astype(int))
    starts, ends = rows.offsets[:-1], rows.offsets[1:]

    def error_of(lags: np.ndarray) -> np.ndarray:
        """(n_series,) mean over the steps ahead; NaN where none can be told."""
        each = [seasonal_scale(rows.y, starts, ends, int(lag)) for lag in lags]
        return np.asarray(np.mean(each, axis=0))

    errors = {"last": error_of(ahead), "none": _spread(rows.y, starts, ends)}
    if season > 1:
        errors["season"] = error_of(season * np.ceil(ahead / season))
    known = np.all([np.isfinite(error) for error in errors.values()], axis=0)
    if not rows.peers.any(known.any()):
        return "last", 1.0
    relative = {
        name: float(np.median(pooled(error[known] / errors["last"][known]))) for name, error in errors.items()
    }
    name = min(relative, key=lambda name: relative[name])
    size = np.where(errors["none"] > 0, errors["none"], np.inf)
    return name, float(np.median(pooled((errors[name] / size)[known])))


def _spread(y: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """(n_series,) mean distance of the rows of every series from their mean, NaN where none is known."""
    counts, total = series_sums(lambda rows, _: (y[rows],), begins, ends)
    divisor = np.where(counts > 0, counts, np.nan)
    mean = total / divisor
    _, away = series_sums(lambda rows, series: (np.abs(y[rows] - mean[series]),), begins, ends)
    return away / divisor
