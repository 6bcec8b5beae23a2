"""Point forecasts from the last rows alone, with the errors they made on training windows about them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.baselines.history import (
    CHUNK,
    SeriesFacts,
    first_observed,
    fit_facts,
    gather_lags,
    last_observed,
    training_windows,
)
from forecaster.baselines.residuals import Residuals, fit_residuals
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution


class PointBaseline(Baseline):
    """A rule for the next values; its distribution is that of its own errors on training windows."""

    @abstractmethod
    def points(self, panel: Panel, origins: np.ndarray, look_back: int, horizon: int) -> np.ndarray:
        """What the rule says.

        Args:
            panel: The rows; none after an origin is read.
            origins: (n_windows,) int64 flat row numbers.
            look_back: Rows up to the origin that may be used where the rule has no number of its own.
            horizon: Steps to forecast.

        Returns:
            (n_windows, horizon); NaN where nothing was observed, for which the level of the series is taken.
        """

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedPoints:
        """Measure the errors of the rule on training windows."""
        facts = fit_facts(panel, train_ends)
        origins, targets = training_windows(panel, train_ends, horizon)
        points = self.points(panel, origins, look_back, horizon)  # NaN: no error to learn from
        scale = facts.at(panel, origins)[1]
        residuals = fit_residuals(
            (targets - points) / scale[:, None], panel.series_of(origins), panel.n_series
        )
        return FittedPoints(self, facts, residuals, look_back, horizon)


@dataclass(frozen=True)
class FittedPoints(FittedBaseline):
    """A rule with its training errors.

    Attributes:
        rule: What makes the point forecasts.
        facts: Level and spread of the series.
        residuals: Its errors.
        look_back: Rows that the rule may use.
        horizon: Steps to forecast.
    """

    rule: PointBaseline
    facts: SeriesFacts
    residuals: Residuals
    look_back: int
    horizon: int

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """The rule's forecast from each origin, with its training errors about it."""
        center, scale, _ = self.facts.at(panel, origins)
        points = self.rule.points(panel, origins, self.look_back, self.horizon)
        points = np.where(np.isnan(points), center[:, None], points)
        return self.residuals.around(points, scale, self.facts.series_at(panel, origins), panel)


class Last(PointBaseline):
    """The last observed value, at every step."""

    name = "last"

    def points(self, panel: Panel, origins: np.ndarray, look_back: int, horizon: int) -> np.ndarray:
        """The value of the last observed row."""
        del look_back
        return np.repeat(_last_values(panel, origins)[:, None], horizon, axis=1)


class SeasonalNaive(PointBaseline):
    """The value one season before each step; older seasons where it was not observed, else the last."""

    name = "seasonal_naive"

    def points(self, panel: Panel, origins: np.ndarray, look_back: int, horizon: int) -> np.ndarray:
        """Values of the same phase."""
        del look_back
        season = panel.season_length
        begins = panel.offsets[:-1][panel.series_of(origins)][:, None]
        rows = origins[:, None] - season + 1 + np.arange(horizon) % season
        found = np.full(rows.shape, np.nan)
        for ago in range(3):
            earlier = rows - ago * season
            value = np.where(earlier >= begins, panel.y[np.maximum(earlier, 0)], np.nan)
            found = np.where(np.isnan(found), value, found)
        return np.where(np.isnan(found), _last_values(panel, origins)[:, None], found)


class Drift(PointBaseline):
    """The straight line through the first and the last observed value of the series."""

    name = "drift"

    def points(self, panel: Panel, origins: np.ndarray, look_back: int, horizon: int) -> np.ndarray:
        """The last value and what the line adds."""
        del look_back
        begins = panel.offsets[:-1][panel.series_of(origins)]
        last = last_observed(panel, origins, begins)
        first = first_observed(panel.y, begins, origins + 1)
        value = np.where(last >= 0, panel.y[last], np.nan)
        rise = (value - panel.y[first]) / np.maximum(last - first, 1)
        ahead = (origins - last)[:, None] + 1 + np.arange(horizon)
        return np.asarray(value[:, None] + ahead * np.where(last > first, rise, 0.0)[:, None])


class MovingAverage(PointBaseline):
    """Mean of the last season, of the look-back where there is no season."""

    name = "moving_average"

    def points(self, panel: Panel, origins: np.ndarray, look_back: int, horizon: int) -> np.ndarray:
        """Mean of the observed rows among the last ones."""
        n_rows = panel.season_length if panel.season_length > 1 else look_back
        means = np.full(len(origins), np.nan)
        for first in range(0, len(origins), CHUNK):
            lags = gather_lags(panel, origins[first : first + CHUNK], n_rows)
            known = ~np.isnan(lags)
            counts = known.sum(axis=1)
            sums = np.where(known, lags, 0.0).sum(axis=1)
            means[first : first + CHUNK] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
        return np.repeat(means[:, None], horizon, axis=1)


def _last_values(panel: Panel, origins: np.ndarray) -> np.ndarray:
    """(n_windows,) last observed value up to each origin; NaN where there is none."""
    last = last_observed(panel, origins, panel.offsets[:-1][panel.series_of(origins)])
    return np.where(last >= 0, panel.y[last], np.nan)
