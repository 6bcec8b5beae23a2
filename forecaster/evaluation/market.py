"""Scores of prices one session ahead: every forecaster beside the random walk, and what that comes to.

Nearly all models of the close are as good as saying that it stays, so each is measured against just that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from forecaster.evaluation.market_words import market_conclusion, market_notes
from forecaster.evaluation.skill import DirectionSkill, diebold_mariano, direction_skill, wilson_interval


@dataclass(frozen=True)
class Sessions:
    """What came one session after each cutoff.

    Attributes:
        unique_id: (n,) object, ticker.
        ds: (n,) datetime64[ns], session that was forecast.
        close: (n,) close at the cutoff.
        y: (n,) log return that came.
        scale: (n,) mean absolute change of the close from row to row over the training rows of the ticker, by
            which MASE divides; NaN or 0 leaves a session out of it.
    """

    unique_id: np.ndarray
    ds: np.ndarray
    close: np.ndarray
    y: np.ndarray
    scale: np.ndarray


@dataclass(frozen=True)
class Calls:
    """One forecaster's forecasts of the sessions.

    Attributes:
        point: (n,) forecast of the log return, its median.
        crps: (n,) of the log return.
        log_score: (n,) minus the log of the density at the log return; the lower the better.
        hit: (n,) whether the direction was right, as ``direction_hits`` gives it.
    """

    point: np.ndarray
    crps: np.ndarray
    log_score: np.ndarray
    hit: np.ndarray


@dataclass(frozen=True)
class MarketRow:
    """Scores of one forecaster; NaN where there is none.

    Attributes:
        mae_close: Mean absolute error of the close, in the currency of the prices.
        mase: Mean of these errors, each over the ticker's mean absolute change of the close in training.
        mae_ratio: ``mae_close`` over that of the random walk; below 1 is better.
        mae_return: Mean absolute error of the log return.
        crps: Of the log return.
        crps_ratio: ``crps`` over that of the random walk.
        log_score: Mean of minus the log density of the log return.
        n_direction: Sessions in which a direction was said and came.
        accuracy: Share of them in which it was right.
        low: Lower end of the 95 % interval of the accuracy.
        high: Upper end.
        dm_mae: Diebold-Mariano statistic of the absolute errors of the log return against those of the random
            walk, below 0 where they are smaller.
        dm_mae_p: Its p-value.
        dm_crps: The same of the CRPS.
        dm_crps_p: Its p-value.
    """

    mae_close: float
    mase: float
    mae_ratio: float
    mae_return: float
    crps: float
    crps_ratio: float
    log_score: float
    n_direction: int
    accuracy: float
    low: float
    high: float
    dm_mae: float
    dm_mae_p: float
    dm_crps: float
    dm_crps_p: float


@dataclass(frozen=True)
class YearScores:
    """Scores of one calendar year.

    Attributes:
        year: Of the sessions that were forecast.
        n: Number of forecasts.
        accuracy: Of the model's direction.
        majority: Of the direction of the majority class.
        mae_ratio: Mean absolute error of the model's close over that of the random walk.
        crps: Of the model.
        crps_walk: Of the random walk.
        crps_ratio: The former over the latter.
    """

    year: int
    n: int
    accuracy: float
    majority: float
    mae_ratio: float
    crps: float
    crps_walk: float
    crps_ratio: float


@dataclass(frozen=True)
class MarketScores:
    """Scores of model and baselines one session ahead.

    Attributes:
        rows: By the name of the forecaster.
        direction: The model's direction beside the majority class.
        by_year: In order.
        n: Number of forecasts.
        n_sessions: Number of sessions they are of.
        n_series: Number of tickers.
        model: Name of the model among ``rows``.
    """

    rows: Mapping[str, MarketRow]
    direction: DirectionSkill
    by_year: tuple[YearScores, ...]
    n: int
    n_sessions: int
    n_series: int
    model: str

    @property
    def ranked(self) -> list[str]:
        """Names of the forecasters, best CRPS first, those without one last."""
        found = {name: row.crps for name, row in self.rows.items()}
        return sorted(found, key=lambda name: math.inf if math.isnan(found[name]) else found[name])

    def to_json(self) -> dict[str, Any]:
        """Plain values, NaN among them."""
        return {
            "n": self.n,
            "n_sessions": self.n_sessions,
            "n_series": self.n_series,
            "rows": {name: asdict(row) for name, row in self.rows.items()},
            "direction": self.direction.to_json(),
            "by_year": [asdict(one) for one in self.by_year],
            "conclusion": list(market_conclusion(self)),
            "notes": list(market_notes(self)),
        }


def market_scores(
    sessions: Sessions,
    calls: Mapping[str, Calls],
    model: str = "model",
    walk: str = "random_walk",
    majority: str = "majority",
    n_classes: int = 2,
) -> MarketScores:
    """Scores of every forecaster, tests against the random walk, and the model's direction.

    Losses of one session are averaged over tickers before they are tested, as tickers move together.

    Args:
        sessions: What came; at least one session.
        calls: Forecasts by the name of the forecaster.
        model: Name of the model.
        walk: Name of the random walk.
        majority: Name of the forecaster whose direction is the more frequent one of training.
        n_classes: Directions that are told apart.

    Returns:
        The scores.

    Raises:
        ValueError: One of the three is not among ``calls``, or there are no sessions.
    """
    missing = sorted({model, walk, majority} - calls.keys())
    if missing or len(sessions.y) == 0:
        raise ValueError(f"no sessions, or no calls of {', '.join(missing)}")
    days, day = np.unique(sessions.ds, return_inverse=True)
    rows = {name: _row(sessions, one, calls[walk], day) for name, one in calls.items()}
    years = _by_year(sessions, calls[model], calls[walk], calls[majority])
    skill = direction_skill(calls[model].hit, calls[majority].hit, n_classes)
    n_series = len(set(sessions.unique_id.tolist()))
    return MarketScores(rows, skill, years, len(day), len(days), n_series, model)


def _row(sessions: Sessions, own: Calls, walk: Calls, day: np.ndarray) -> MarketRow:
    """Scores of one forecaster, (n,) ``day`` the index of each session."""
    error, error_walk = (_close_errors(sessions, one.point) for one in (own, walk))
    lost, lost_walk = (np.abs(one.point - sessions.y) for one in (own, walk))
    scale = np.where(sessions.scale > 0, sessions.scale, np.nan)
    n_direction = int((~np.isnan(own.hit)).sum())
    low, high = wilson_interval(int(np.nansum(own.hit)), n_direction)
    dm_mae = diebold_mariano(_by_day(lost, day), _by_day(lost_walk, day))
    dm_crps = diebold_mariano(_by_day(own.crps, day), _by_day(walk.crps, day))
    return MarketRow(
        mae_close=float(error.mean()),
        mase=_known_mean(error / scale),
        mae_ratio=_ratio(error.mean(), error_walk.mean()),
        mae_return=float(lost.mean()),
        crps=float(own.crps.mean()),
        crps_ratio=_ratio(own.crps.mean(), walk.crps.mean()),
        log_score=float(own.log_score.mean()),
        n_direction=n_direction,
        accuracy=_known_mean(own.hit),
        low=low,
        high=high,
        dm_mae=dm_mae[0],
        dm_mae_p=dm_mae[1],
        dm_crps=dm_crps[0],
        dm_crps_p=dm_crps[1],
    )


def _by_year(sessions: Sessions, model: Calls, walk: Calls, majority: Calls) -> tuple[YearScores, ...]:
    """Scores of every calendar year, in order."""
    years = sessions.ds.astype("datetime64[Y]").astype(int) + 1970
    error, error_walk = (_close_errors(sessions, one.point) for one in (model, walk))
    found = []
    for year in np.unique(years):
        held = years == year
        crps, crps_walk = float(model.crps[held].mean()), float(walk.crps[held].mean())
        scores = YearScores(
            year=int(year),
            n=int(held.sum()),
            accuracy=_known_mean(model.hit[held]),
            majority=_known_mean(majority.hit[held]),
            mae_ratio=_ratio(error[held].mean(), error_walk[held].mean()),
            crps=crps,
            crps_walk=crps_walk,
            crps_ratio=_ratio(crps, crps_walk),
        )
        found.append(scores)
    return tuple(found)


def _close_errors(sessions: Sessions, point: np.ndarray) -> np.ndarray:
    """(n,) absolute error of the close that a forecast of the log return leads to."""
    return np.asarray(np.abs(sessions.close * (np.exp(point) - np.exp(sessions.y))))


def _by_day(loss: np.ndarray, day: np.ndarray) -> np.ndarray:
    """(n_days,) mean loss of each session, in the order of time."""
    return np.asarray(np.bincount(day, weights=loss) / np.bincount(day))


def _known_mean(values: np.ndarray) -> float:
    """Mean of the values that are not NaN; NaN without any."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _ratio(one: float, other: float) -> float:
    """One over the other; NaN over 0."""
    return float(one / other) if other else math.nan
