"""Whether the level of series stays where it is: a hint, for `forecast inspect`."""

from __future__ import annotations

import math

import numpy as np

from forecaster.data.panel import Panel

# Statistic that one series in twenty with a level that stays exceeds (table 1 of the source).
CRITICAL = 0.463

# Rows that a series needs, rows of each that are looked at, the last ones, and series, the longest.
LEAST_ROWS, MOST_ROWS, MOST_SERIES = 24, 5_000, 100


def level_hint(panel: Panel) -> str:
    """Whether the level of the series moves, in words.

    Args:
        panel: Its target, less the mean of each place in the season, is tested.

    Returns:
        How many of the series tested have a level that moves, and the median of the statistic.
    """
    found = []
    for series in np.argsort(-panel.lengths, kind="stable")[:MOST_SERIES]:
        y = panel.y[panel.offsets[series] : panel.offsets[series + 1]][-MOST_ROWS:]
        rest = without_season(y, panel.season_length)
        rest = rest[np.isfinite(rest)]
        if len(rest) >= LEAST_ROWS and np.ptp(rest) > 0:
            found.append(kpss(rest))
    if not found:
        return f"not tested: no series has {LEAST_ROWS} values that differ"
    n_moving = sum(one > CRITICAL for one in found)
    counted = f"KPSS {np.median(found):.2f}, of a level that stays below {CRITICAL} in 19 of 20 cases"
    if len(found) == 1:
        return f"the level {'moves' if n_moving else 'stays'} ({counted})"
    return f"the level moves in {n_moving} of {len(found)} series (median {counted})"


def without_season(y: np.ndarray, season_length: int) -> np.ndarray:
    """A series less the mean of each place in the season.

    Args:
        y: (n,) may hold NaN.
        season_length: Steps in one season; 1 for none.

    Returns:
        (n,) as it was where there are not two seasons.
    """
    if season_length < 2 or len(y) < 2 * season_length:
        return y
    place = np.arange(len(y)) % season_length
    known = np.isfinite(y)
    totals = np.bincount(place[known], weights=y[known], minlength=season_length)
    counts = np.bincount(place[known], minlength=season_length)
    return np.asarray(y - (totals / np.maximum(counts, 1))[place])


def kpss(y: np.ndarray) -> float:
    """Statistic of the test whether a series moves around one level; larger is less likely.

    Args:
        y: (n,) finite, not all alike.

    Returns:
        Squared partial sums over the long-run variance (Bartlett weights, ``4 (n / 100)^(1/4)`` lags), at
        least 0, without a unit.

    Source:
        Kwiatkowski, Phillips, Schmidt and Shin, "Testing the null hypothesis of stationarity against the
        alternative of a unit root", Journal of Econometrics 54, 1992: the test of a level.

    Example:
        >>> round(kpss(np.array([1.0, -1.0, 1.0, -1.0])), 4)
        0.5
    """
    rest = y - y.mean()
    n = len(rest)
    n_lags = min(math.floor(4 * (n / 100) ** 0.25), n - 1)
    variance = float(rest @ rest) / n
    for lag in range(1, n_lags + 1):
        variance += 2 * (1 - lag / (n_lags + 1)) * float(rest[lag:] @ rest[:-lag]) / n
    sums = np.cumsum(rest)
    return float(sums @ sums) / (n**2 * max(variance, 1e-300))
