"""Differences between rows of a series, and which naive forecast they say is nearest."""

from __future__ import annotations

import numpy as np

from forecaster.data.panel import Panel

# Differences below this share of the values are what is left by rounding.
ROUNDING = 1e-12

# Steps ahead at which naive forecasts are compared, from the next to the last.
MOST_AHEAD = 5


def rows_between(begins: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All rows of several runs, one run after the other.

    Args:
        begins: (n,) int64 first row of each run.
        ends: (n,) int64 row after its last; a run may be empty.

    Returns:
        (n_rows,) int64 rows, and (n_rows,) int64 run of each.

    Example:
        >>> [part.tolist() for part in rows_between(np.array([0, 5]), np.array([2, 6]))]
        [[0, 1, 5], [0, 0, 1]]
    """
    lengths = np.maximum(ends - begins, 0)
    run = np.repeat(np.arange(len(lengths)), lengths)
    firsts = np.cumsum(lengths) - lengths
    return np.arange(len(run)) + (begins - firsts)[run], run


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
    rows, series = rows_between(begins, ends - season_length)
    distance = np.abs(y[rows + season_length] - y[rows])
    known = ~np.isnan(distance)
    counts = np.bincount(series[known], minlength=len(begins))
    total = np.bincount(series[known], weights=distance[known], minlength=len(begins))
    size = np.bincount(series[known], weights=np.abs(y[rows[known]]), minlength=len(begins))
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
    means = np.repeat(_mean_of(rows.y, starts, ends), rows.lengths)

    def error_of(lags: np.ndarray) -> np.ndarray:
        """(n_series,) mean over the steps ahead; NaN where none can be told."""
        each = [seasonal_scale(rows.y, starts, ends, int(lag)) for lag in lags]
        return np.asarray(np.mean(each, axis=0))

    errors = {"last": error_of(ahead), "none": _mean_of(np.abs(rows.y - means), starts, ends)}
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


def _mean_of(x: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """(n_series,) mean of the known rows of every series, NaN where there is none."""
    known = ~np.isnan(x)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, x, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    n = counts[ends] - counts[starts]
    return np.where(n > 0, (sums[ends] - sums[starts]) / np.maximum(n, 1), np.nan)
