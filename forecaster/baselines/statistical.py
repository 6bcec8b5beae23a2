"""AutoETS and Theta of statsforecast: fitted to each series once, applied to the rows up to each origin."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.baselines.naive import FittedPoints, Last, SeasonalNaive
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.distributions.clipped import Clipped
from forecaster.distributions.pointed import Pointed
from forecaster.distributions.quantiles import Quantiles

Method = Literal["auto_ets", "mstl_auto_ets", "theta"]

# Longest season that AutoETS has states for; longer ones are taken out by MSTL first.
LONGEST_ETS_SEASON = 24
# Prediction intervals that are asked for, in percent, and the quantile levels at their limits.
INTERVALS = (20, 40, 60, 80, 90, 95, 98)
LEVELS = np.array(sorted({0.5 + side * level / 200 for level in INTERVALS for side in (-1, 1)}))
# Fewest rows that a method is fitted or applied to.
LEAST_ROWS = 8
# Least width of a distribution, as a share of the spread of its series: a series without noise has none.
LEAST_WIDTH = 1e-6


class Statistical(Baseline):
    """A method of statsforecast, with its own prediction intervals.

    ``auto_ets`` is AutoETS; ``mstl_auto_ets`` takes the season out by MSTL, forecasts the rest by AutoETS
    without season, and repeats the last season: for seasons over 24 steps, which AutoETS cannot hold.
    ``theta`` is the standard Theta method with classical decomposition, the one that the tables of the M3
    and M4 competitions call Theta.

    Parameters are fitted on the training rows of each series; the fitted model is applied, not fitted again,
    to the rows up to an origin. Inside, missing rows are straight lines between their neighbours, and after
    the last observed row its value. A series whose training rows are too few, or none, is fitted on its rows
    up to the first origin that has enough. Forecasts are those of ``seasonal_naive`` (``last`` without
    season) where up to an origin there are fewer than 8 rows (two seasons for MSTL) or all are the same, and
    where the method gives no finite forecast.

    Source:
        Hyndman and Khandakar, "Automatic Time Series Forecasting: The forecast Package for R", J.
        Statistical Software 27(3), 2008. Assimakopoulos and Nikolopoulos, "The Theta Model", Int. J.
        Forecasting 16(4), 2000. Bandara, Hyndman and Bergmeir, "MSTL", arXiv 2107.13462, 2021.
    """

    def __init__(self, name: Method) -> None:
        """Choose the method.

        Args:
            name: auto_ets, mstl_auto_ets or theta.
        """
        self.method: Method = name
        self.name = name

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedStatistical:
        """Keep the training rows; a series is fitted when it is forecast, as many never are."""
        naive = SeasonalNaive() if panel.season_length > 1 else Last()
        fallback = naive.fit(panel, train_ends, look_back, horizon)
        return FittedStatistical(self.method, panel, train_ends, fallback, horizon)


@dataclass(frozen=True)
class FittedStatistical(FittedBaseline):
    """A method with the rows that it is fitted on.

    Attributes:
        method: Which one.
        panel: Holds the training rows.
        train_ends: (n_series,) int64 row after the last training row of each series.
        fallback: What forecasts where the method cannot.
        horizon: Steps to forecast.
    """

    method: Method
    panel: Panel
    train_ends: np.ndarray
    fallback: FittedPoints
    horizon: int

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """The forecast and the prediction intervals of the method."""
        base = self.fallback.predict(panel, origins)
        points, values = np.array(base.point()), np.array(base.quantile(LEVELS))
        least = LEAST_WIDTH * self.fallback.facts.at(panel, origins)[1]
        known = self.fallback.facts.series_at(panel, origins)
        with _quietly():
            for windows in _by_series(panel.series_of(origins), origins):
                self._forecast(panel, origins[windows], int(known[windows[0]]), windows, points, values)
        values = _widened(values, least[:, None, None])
        forecast: Distribution = Quantiles(LEVELS, values)
        if panel.lowest is not None:
            points, forecast = np.maximum(points, panel.lowest), Clipped(forecast, panel.lowest)
        return Pointed(forecast, points)

    def _forecast(
        self,
        panel: Panel,
        origins: np.ndarray,
        known: int,
        windows: np.ndarray,
        points: np.ndarray,
        values: np.ndarray,
    ) -> None:
        """Write the forecasts of one series, its origins rising, into ``points`` and ``values``."""
        begin = int(panel.offsets[panel.series_of(origins[:1])[0]])
        first = _first_row(panel, begin, int(origins[-1]) + 1)
        counts = origins + 1 - first
        usable = np.flatnonzero(counts >= self._least_rows)
        if len(usable) == 0:
            return
        model = self._model(panel, first, known, int(origins[usable[0]]) + 1)
        if model is None:
            return
        for place in usable:
            found = _apply(model, _filled(panel.y[first : origins[place] + 1]), self.horizon)
            if found is not None:
                points[windows[place]], values[windows[place]] = found

    @property
    def _least_rows(self) -> int:
        """Fewest rows that the method takes."""
        return max(LEAST_ROWS, 2 * self.panel.season_length if self.method == "mstl_auto_ets" else 0)

    def _model(self, panel: Panel, first: int, known: int, end: int) -> Any:
        """The model fitted to the training rows, else to the rows ``first`` .. ``end``; None if to neither.

        The states of a model belong to the row that the series begins with.
        """
        if known >= 0:
            train_end = int(self.train_ends[known])
            begin = _first_row(self.panel, int(self.panel.offsets[known]), train_end)
            if train_end - begin >= self._least_rows and self.panel.times[begin] == panel.times[first]:
                model = _fit(self.method, self.panel.season_length, _filled(self.panel.y[begin:train_end]))
                if model is not None:
                    return model
        return _fit(self.method, self.panel.season_length, _filled(panel.y[first:end]))


def is_installed() -> bool:
    """Whether statsforecast is there; it is not imported."""
    return find_spec("statsforecast") is not None


def _fit(method: Method, season: int, y: np.ndarray) -> Any:
    """The fitted model of statsforecast; None for a constant, and where it finds none."""
    if (y == y[0]).all():
        return None
    try:
        return _new_model(method, season).fit(y)
    except Exception:  # it raises plain exceptions where no model fits
        return None


def _new_model(method: Method, season: int) -> Any:
    """The method as statsforecast has it."""
    from statsforecast.models import MSTL, AutoETS, Theta

    if method == "auto_ets":
        return AutoETS(season_length=season)
    if method == "mstl_auto_ets":
        return MSTL(season_length=season, trend_forecaster=AutoETS(model="ZZN"))
    return Theta(season_length=season)


def _apply(model: Any, y: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray] | None:
    """(horizon,) forecasts and (horizon, n_levels) quantiles; None where they are not finite."""
    if (y == y[0]).all():
        return None
    try:
        found = _forward(model, y, horizon)
    except Exception:  # it raises plain exceptions where rows are too few for the states
        return None
    sides = [found[f"lo-{level}"] for level in reversed(INTERVALS)]
    sides += [found[f"hi-{level}"] for level in INTERVALS]
    points, values = np.asarray(found["mean"], dtype=np.float64), np.stack(sides, axis=1)
    return (points, values) if np.isfinite(points).all() and np.isfinite(values).all() else None


def _forward(model: Any, y: np.ndarray, horizon: int) -> Mapping[str, np.ndarray]:
    """What the fitted model forecasts after other rows: ``mean`` and the limits of the intervals."""
    from statsforecast.models import Theta
    from statsforecast.theta import forecast_theta, forward_theta

    levels = list(INTERVALS)
    found: Mapping[str, np.ndarray]
    if not isinstance(model, Theta):
        found = model.forward(y, horizon, level=levels)
        return found
    renewed = forward_theta(model.model_, y)
    if renewed.get("decomposition_type") == "additive":
        # statsforecast adds the season to these residuals, which makes intervals as wide as the season
        season = renewed["seas_forecast"]["mean"]
        renewed["residuals"] = renewed["residuals"] - season[np.arange(-len(y), 0) % len(season)]
    found = forecast_theta(renewed, horizon, level=levels)
    return found


def _filled(y: np.ndarray) -> np.ndarray:
    """Rows from the first observed one with straight lines over missing ones, which statsforecast needs."""
    rows, known = np.arange(len(y)), ~np.isnan(y)
    return np.asarray(np.interp(rows, rows[known], y[known]))


def _first_row(panel: Panel, begin: int, end: int) -> int:
    """First observed row from ``begin`` up to before ``end``; ``end`` where there is none."""
    observed = np.flatnonzero(~np.isnan(panel.y[begin:end]))
    return begin + int(observed[0]) if len(observed) else end


def _widened(values: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Quantiles at least as far apart as those of a normal distribution of the spread ``least``."""
    from scipy.special import ndtri

    middle = values.mean(axis=-1, keepdims=True)
    narrow = values[..., -1:] - values[..., :1] < 2 * least
    return np.where(narrow, middle + least * ndtri(LEVELS), values)


def _by_series(series: np.ndarray, origins: np.ndarray) -> Iterator[np.ndarray]:
    """Windows of each series, their origins rising."""
    order = np.lexsort((origins, series))
    cuts = np.flatnonzero(np.diff(series[order])) + 1
    return (windows for windows in np.split(order, cuts) if len(windows))


@contextmanager
def _quietly() -> Iterator[None]:
    """No warnings, and NumPy's global random state as it was: statsforecast seeds it."""
    state = np.random.get_state()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)
