"""What lies up to an origin: last observed rows, gathered lags, training windows, facts of each series."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.data.differences import lag_sums
from forecaster.data.panel import Panel
from forecaster.data.series_sums import series_sums

# Training windows that errors are measured on.
MOST_WINDOWS = 20_000
# Observed rows by which the spread of a series and that of all series count the same.
SHRINKAGE = 5.0
# Latest rows that a series without training rows is known by.
CONTEXT_ROWS = 200
# Windows whose rows are gathered at once.
CHUNK = 4096
# Spread of a series that never moves, as a share of its size.
CONSTANT_SPREAD = 1e-6


@dataclass(frozen=True)
class SeriesFacts:
    """Level and spread of each series over its training rows.

    Attributes:
        ids: (n_series,) str.
        counts: (n_series,) observed training rows.
        center: (n_series,) mean.
        scale: (n_series,) mean absolute difference over a season; what errors are measured in.
        std: (n_series,) standard deviation.
        pooled: Mean over all rows, median of ``scale``, median of ``std``: for a series without rows.
        season_length: Steps in one season.
        shares_unit: Whether series are of one kind and size (gaps, returns), so that the spread of a short
            one is drawn towards that of all.
    """

    ids: np.ndarray
    counts: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    std: np.ndarray
    pooled: tuple[float, float, float]
    season_length: int
    shares_unit: bool

    def at(self, panel: Panel, origins: np.ndarray) -> tuple[np.ndarray, ...]:
        """Center, scale and std (n_windows,) of each origin's series.

        Args:
            panel: Where the origins lie.
            origins: (n_windows,) int64 flat row numbers.

        Returns:
            Those of the training rows; for a series without any, those of the last 200 rows and a season
            up to the origin.
        """
        series = panel.series_of(origins)
        known = self.series_at(panel, origins)
        usable = (known >= 0) & (self.counts[np.maximum(known, 0)] > 0)
        found = [np.where(usable, fact[known], 0.0) for fact in (self.center, self.scale, self.std)]
        if not usable.all():
            missing = np.flatnonzero(~usable)
            rows = origins[missing]
            begins = panel.offsets[:-1][series[missing]]
            begins = np.maximum(begins, rows + 1 - CONTEXT_ROWS - self.season_length)
            for first in range(0, len(missing), CHUNK):
                run = slice(first, first + CHUNK)
                own = _facts(panel.y, begins[run], rows[run] + 1, self.season_length)
                for fact, value in zip(found, self._settle(*own), strict=True):
                    fact[missing[run]] = value
        return tuple(found)

    def _settle(
        self, counts: np.ndarray, center: np.ndarray, scale: np.ndarray, std: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Center, scale and std that are numbers above 0 also for one row, none, or a constant."""
        center = np.where(counts > 0, center, self.pooled[0])
        least = CONSTANT_SPREAD * np.maximum(np.abs(center), CONSTANT_SPREAD)
        settled = [center]
        for value, all_series in zip((scale, std), self.pooled[1:], strict=True):
            value = np.where(np.isnan(value) | (counts < 2), all_series, value)
            if self.shares_unit:
                value = (counts * value + SHRINKAGE * all_series) / (counts + SHRINKAGE)
            settled.append(np.maximum(value, least))
        return tuple(settled)

    def series_at(self, panel: Panel, origins: np.ndarray) -> np.ndarray:
        """Series of each origin among those fitted on.

        Args:
            panel: Where the origins lie.
            origins: (n_windows,) int64 flat row numbers.

        Returns:
            (n_windows,) int64 index; -1 for other series.
        """
        return np.asarray(self.index_of(panel.ids)[panel.series_of(origins)])

    def index_of(self, ids: np.ndarray) -> np.ndarray:
        """Position of each id among those fitted on, -1 for others.

        Args:
            ids: (n,) str.

        Returns:
            (n,) int64.
        """
        if ids is self.ids or np.array_equal(ids, self.ids):
            return np.arange(len(ids))
        if len(self.ids) == 0:
            return np.full(len(ids), -1)
        order = np.argsort(self.ids)
        ordered = self.ids[order]
        place = np.minimum(np.searchsorted(ordered, ids), len(order) - 1)
        return np.where(ordered[place] == ids, order[place], -1)


def fit_facts(panel: Panel, train_ends: np.ndarray) -> SeriesFacts:
    """Level and spread of every series over its training rows.

    Args:
        panel: The rows.
        train_ends: (n_series,) int64 row after the last training row of each series.

    Returns:
        The facts, each of them a number above 0 where it is a spread.
    """
    season = panel.season_length if panel.season_length > 1 else 1
    counts, center, scale, std = _facts(panel.y, panel.offsets[:-1], train_ends, season)
    pooled_center = float(np.average(center, weights=counts)) if counts.sum() else 0.0
    middles = [_median(values[np.isfinite(values) & (values > 0)]) for values in (scale, std)]
    facts = SeriesFacts(
        panel.ids,
        counts,
        center,
        scale,
        std,
        (pooled_center, middles[0], middles[1]),
        season,
        panel.kind != "values",
    )
    settled = facts._settle(counts, center, scale, std)
    return replace(facts, center=settled[0], scale=settled[1], std=settled[2])


def _median(values: np.ndarray) -> float:
    """Median, 1 of nothing."""
    return float(np.median(values)) if len(values) else 1.0


def _facts(y: np.ndarray, begins: np.ndarray, ends: np.ndarray, season: int) -> tuple[np.ndarray, ...]:
    """Count, mean, mean absolute (seasonal) difference and std of the rows from begins up to ends."""
    counts, total = series_sums(lambda rows, _: (y[rows],), begins, ends)
    divisor = np.maximum(counts, 1)
    center = total / divisor
    _, squares = series_sums(lambda rows, run: ((y[rows] - center[run]) ** 2,), begins, ends)
    scale = np.full(len(begins), np.nan)
    for lag in dict.fromkeys((season, 1)):  # neighbours where no two rows are a season apart
        n_pairs, total, _ = lag_sums(y, begins, ends, lag)
        scale = np.where(np.isnan(scale) & (n_pairs > 0), total / np.maximum(n_pairs, 1), scale)
    return counts, center, scale, np.sqrt(squares / divisor)


def first_observed(y: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """First observed row from ``begins`` up to before ``ends``; -1 where there is none.

    Args:
        y: (n_rows,) NaN where not observed.
        begins: (n,) int64 flat row numbers.
        ends: (n,) int64 flat row numbers.

    Returns:
        (n,) int64 flat row numbers.
    """
    rows = np.where(np.isnan(y), len(y), np.arange(len(y)))
    following = np.append(np.minimum.accumulate(rows[::-1])[::-1], len(y))
    found = following[np.minimum(begins, len(y))]
    return np.where(found < ends, found, -1)


def last_observed(panel: Panel, rows: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """Last observed row up to each of ``rows``, not before ``begins``; -1 where there is none.

    Args:
        panel: The rows.
        rows: Any shape, int64 flat row numbers; those before ``begins`` have none.
        begins: First row of each row's series, broadcasts with ``rows``.

    Returns:
        int64 of the shape of ``rows``.
    """
    y = panel.y
    latest = np.maximum.accumulate(np.where(np.isnan(y), -1, np.arange(len(y))))
    found = latest[np.maximum(rows, 0)]
    return np.where((rows >= begins) & (found >= begins), found, -1)


def gather_lags(panel: Panel, origins: np.ndarray, n_lags: int) -> np.ndarray:
    """The rows up to each origin.

    Args:
        panel: The rows.
        origins: (n_windows,) int64 flat row numbers.
        n_lags: Rows of each.

    Returns:
        (n_windows, n_lags) float64, the origin last; NaN before the series begins and where not observed.
    """
    rows = origins[:, None] + np.arange(1 - n_lags, 1)
    begins = panel.offsets[:-1][panel.series_of(origins)][:, None]
    return np.where(rows >= begins, panel.y[np.maximum(rows, 0)], np.nan)


def training_windows(panel: Panel, train_ends: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Origins within the training rows, and the targets that follow them there.

    Args:
        panel: The rows.
        train_ends: (n_series,) int64 row after the last training row of each series.
        horizon: Target steps.

    Returns:
        (n,) int64 origins, 20,000 at the most, evenly over all there are; and (n, horizon) targets, NaN
        from the end of training on.
    """
    begins = panel.offsets[:-1]
    counts = np.maximum(train_ends - 1 - begins, 0)  # the last origin has one target left
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    if total > MOST_WINDOWS:
        picked = np.linspace(0, total - 1, MOST_WINDOWS).astype(np.int64)
    else:
        picked = np.arange(total)
    series = np.searchsorted(ends, picked, side="right")
    origins = picked - (ends - counts)[series] + begins[series]
    rows = origins[:, None] + 1 + np.arange(horizon)
    inside = rows < train_ends[series][:, None]
    return origins, np.where(inside, panel.y[np.minimum(rows, panel.n_rows - 1)], np.nan)
