"""Mean and median: what a series was in training, whatever came last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.baselines.history import CHUNK, CONTEXT_ROWS, SeriesFacts, fit_facts, gather_lags
from forecaster.data.panel import Panel
from forecaster.data.parts import in_series
from forecaster.data.series_sums import series_sums
from forecaster.distributions.base import Distribution
from forecaster.distributions.clipped import Clipped
from forecaster.distributions.pointed import Pointed
from forecaster.distributions.quantiles import Quantiles

# Fewest observed rows of a series that its own distribution is made of.
LEAST_ROWS = 10
# Levels of a series' distribution; fewer where there are very many series.
N_LEVELS, FEW_LEVELS, MANY_SERIES = 99, 19, 20_000


class TrainingLevel(Baseline):
    """Mean or median of a series' training rows, with the distribution of these rows.

    A series with fewer than ten observed rows takes the distribution over all series: as it is where they
    share a unit (gaps, returns), else moved and stretched to its own mean and spread. A series without
    training rows is known by its last 200 rows up to the origin.
    """

    def __init__(self, name: Literal["mean", "median"]) -> None:
        """Choose the level.

        Args:
            name: ``mean`` or ``median``.
        """
        self.name = name

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedLevel:
        """Take the quantiles of the training rows of each series, and of all."""
        del look_back
        facts = fit_facts(panel, train_ends)
        kept = panel.take(panel.offsets[:-1], train_ends)
        ordered, counts = _sorted_within(kept.y, kept.offsets)
        of_own = facts.counts >= LEAST_ROWS
        n_levels = N_LEVELS if of_own.sum() <= MANY_SERIES else FEW_LEVELS
        levels = (np.arange(n_levels) + 0.5) / n_levels
        firsts = np.cumsum(counts) - counts
        own = _ragged_quantiles(ordered, firsts[of_own], counts[of_own], levels)
        row = np.where(of_own, np.cumsum(of_own) - 1, -1)
        if self.name == "median":
            middle = _ragged_quantiles(ordered, firsts, counts, np.array([0.5]))[:, 0]
        else:
            middle = series_sums(lambda rows, _: (ordered[rows],), firsts, firsts + counts)[1]
            middle = middle / np.maximum(counts, 1)
        if not facts.shares_unit:
            ordered -= np.repeat(facts.center, counts)
            ordered /= np.repeat(facts.std, counts)
        all_series = np.zeros(n_levels)
        if len(ordered):
            all_series = np.quantile(ordered, levels, overwrite_input=True)
        return FittedLevel(self.name, facts, levels, own, all_series, row, middle, horizon)


@dataclass(frozen=True)
class FittedLevel(FittedBaseline):
    """Levels and distributions of training rows.

    Attributes:
        name: ``mean`` or ``median``.
        facts: Level and spread of the series.
        levels: (n_levels,) of the quantiles.
        own: (n_long, n_levels) quantiles of the series that have rows enough.
        all_series: (n_levels,) quantiles of all rows, relative to their series where it has its own unit.
        row: (n_series,) int64 row of ``own``, -1 for the others.
        middle: (n_series,) mean or median of each series.
        horizon: Steps to forecast.
    """

    name: str
    facts: SeriesFacts
    levels: np.ndarray
    own: np.ndarray
    all_series: np.ndarray
    row: np.ndarray
    middle: np.ndarray
    horizon: int

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """The same forecast for every step, and for every origin of a series."""
        series = self.facts.series_at(panel, origins)
        row = np.where(series >= 0, self.row[series], -1)
        has_rows = (series >= 0) & (self.facts.counts[series] > 0)
        point = np.where(has_rows, self.middle[series], np.nan)
        tables, n_rows = [self.own], len(self.own)
        if (row < 0).any():
            others = np.flatnonzero(row < 0)
            table, middle, place = self._others(panel, origins[others], has_rows[others])
            tables.append(table)
            row[others] = n_rows + place
            from_all = np.isnan(point[others])
            point[others] = np.where(from_all, middle, point[others])
        rows = np.broadcast_to(row[:, None], (len(origins), self.horizon))
        forecast: Distribution = Quantiles(self.levels, np.concatenate(tables), rows)
        if panel.lowest is not None:
            forecast = Clipped(forecast, panel.lowest)
        return Pointed(forecast, np.repeat(point[:, None], self.horizon, axis=1))

    def _others(
        self, panel: Panel, origins: np.ndarray, has_rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Quantiles for windows of short and of new series, their level, and (n,) row of the quantiles."""
        center, _, std = self.facts.at(panel, origins)
        if self.facts.shares_unit:
            table = self.all_series[None]
            place = np.zeros(len(origins), dtype=np.int64)
        else:
            table = center[:, None] + std[:, None] * self.all_series
            place = np.arange(len(origins))
        middle = center if self.name == "mean" else table[place, table.shape[1] // 2]
        middle = np.array(middle)
        for first in range(0, len(origins), CHUNK):
            new = first + np.flatnonzero(~has_rows[first : first + CHUNK])
            lags = np.sort(gather_lags(panel, origins[new], CONTEXT_ROWS), axis=1)  # NaN last
            counts = (~np.isnan(lags)).sum(axis=1)
            seen, enough = counts > 0, counts >= LEAST_ROWS
            firsts = np.arange(len(new)) * CONTEXT_ROWS
            half = _ragged_quantiles(lags.ravel(), firsts, counts, np.array([0.5]))[:, 0]
            own_middle = half if self.name == "median" else center[new]
            middle[new[seen]] = own_middle[seen]
            quantiles = _ragged_quantiles(lags.ravel(), firsts[enough], counts[enough], self.levels)
            place[new[enough]] = len(table) + np.arange(len(quantiles))
            table = np.concatenate([table, quantiles])
        return table, middle, place


def _sorted_within(y: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Known rows of every series, series end to end, each in rising order; and (n_series,) how many."""

    def of_some(series: slice, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """Those of some series."""
        lengths = np.diff(offsets[series.start : series.stop + 1])
        known = np.isfinite(y[rows])
        group, values = np.repeat(np.arange(len(lengths)), lengths)[known], y[rows][known]
        return values[np.lexsort((values, group))], np.bincount(group, minlength=len(lengths))

    ordered, counts = (np.concatenate(parts) for parts in zip(*in_series(of_some, offsets), strict=True))
    return ordered, counts


def _ragged_quantiles(
    ordered: np.ndarray, firsts: np.ndarray, counts: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    """(n, n_levels) quantiles of runs of a flat array, each sorted; 0 where a run is empty."""
    if len(ordered) == 0 or len(firsts) == 0:
        return np.zeros((len(firsts), len(levels)))
    position = np.clip(counts[:, None] * levels - 0.5, 0, np.maximum(counts - 1, 0)[:, None])
    left = position.astype(np.int64)
    right = np.minimum(left + 1, np.maximum(counts - 1, 0)[:, None])
    share = position - left
    at = np.minimum(firsts, len(ordered) - 1)[:, None]
    low, high = (ordered[np.minimum(at + k, len(ordered) - 1)] for k in (left, right))
    return np.where(counts[:, None] > 0, low + (high - low) * share, 0.0)
