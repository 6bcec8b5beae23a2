"""Random walk, drift and majority: what the returns of training were, whatever came last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.baselines.history import SeriesFacts, fit_facts
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.distributions.pointed import Pointed
from forecaster.distributions.quantiles import Quantiles
from forecaster.distributions.steps import AffineStep, LogStep
from forecaster.distributions.transformed import Transformed

# Fewest returns of a ticker that its own distribution is made of.
LEAST_ROWS = 50
# Fewest returns of all tickers that the distribution of a step is made of.
LEAST_POOLED = 10
# Levels of a distribution; fewer where there are very many of them.
N_LEVELS, FEW_LEVELS, MANY_TABLES = 99, 19, 20_000


def is_of_returns(panel: Panel) -> bool:
    """Whether a return is forecast, or what follows from it: a direction, a close.

    Args:
        panel: Any; ``predict`` is empty in panels of returns that are older than the field.

    Returns:
        False for ranges, and for all that is no price.
    """
    return panel.kind == "ohlc" and panel.predict != "range"


def as_returns(panel: Panel) -> Panel:
    """The same rows with the log return of one session as the target.

    Args:
        panel: Of ``ohlc``, its target a return or a close.

    Returns:
        A panel whose ``y`` are log returns; NaN in the first row of a series.
    """
    if panel.predict != "close":
        return panel
    returns = np.full(panel.n_rows, np.nan)
    returns[1:] = np.diff(np.log(panel.y))
    returns[panel.offsets[:-1][panel.lengths > 0]] = np.nan
    return replace(panel, values=returns[:, None], target=0)


def over_steps(panel: Panel, sessions: np.ndarray) -> np.ndarray:
    """What single sessions come to at each step: themselves, or their sums where a close is forecast.

    Args:
        panel: Says what is forecast.
        sessions: (n, horizon) returns or variances of single sessions.

    Returns:
        (n, horizon).
    """
    return np.cumsum(sessions, axis=1) if panel.predict == "close" else sessions


def to_target(returns: Distribution, panel: Panel, origins: np.ndarray) -> Distribution:
    """The forecast of the target that a forecast of log returns comes to.

    Args:
        returns: (n_windows, horizon) of single sessions, or of all sessions up to each step where a close
            is forecast.
        panel: The rows; none after an origin is read.
        origins: (n_windows,) int64 flat row numbers.

    Returns:
        The returns, or for a close the last one times their exponential.
    """
    if panel.predict != "close":
        return returns
    close = panel.y[origins][:, None]
    steps = [LogStep(np.finfo(np.float64).tiny), AffineStep(np.log(close))]
    return Pointed(Transformed(returns, steps), close * np.exp(returns.point()))


class EmpiricalReturns(Baseline):
    """The returns of a ticker's training rows; of as many sessions as lie ahead where a close is forecast.

    ``random_walk`` forecasts no change, with the returns less their mean about it; ``drift`` their mean;
    ``majority`` their median, whose sign is the direction that most of them had.

    A ticker with fewer than 50 returns, and one not trained on, takes those of all tickers, each divided by
    the spread of its ticker, times its own spread: of its training rows, else of its last 200 rows up to the
    origin. A step that fewer than 10 returns reach takes those of the step before, wider by the root of the
    number of sessions; without any, returns are taken to be normal.
    """

    def __init__(self, name: Literal["random_walk", "drift", "majority"]) -> None:
        """Choose the point forecast.

        Args:
            name: ``random_walk``, ``drift`` or ``majority``.
        """
        self.name = name

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedReturns:
        """Take the quantiles of the returns of each ticker, and of all."""
        del look_back
        returns = as_returns(panel)
        facts = fit_facts(returns, train_ends)
        n_steps = horizon if panel.predict == "close" else 1
        n_levels = N_LEVELS if panel.n_series * n_steps <= MANY_TABLES else FEW_LEVELS
        levels = (np.arange(n_levels) + 0.5) / n_levels
        shared = _normal(levels)
        described: list[tuple[np.ndarray, float]] = []
        rows = np.empty((panel.n_series + 1, n_steps), dtype=np.int64)
        for step in range(n_steps):
            own = _training_sums(returns, train_ends, step + 1)
            pooled = np.concatenate([part / std for part, std in zip(own, facts.std, strict=True)])
            if len(pooled) >= LEAST_POOLED:
                shared = self._describe(pooled, levels)
            elif step:
                wider = float(np.sqrt((step + 1) / step))
                shared = shared[0] * wider, shared[1] * wider
            long = np.flatnonzero([len(part) >= LEAST_ROWS for part in own])
            rows[:, step] = len(described)
            rows[long, step] += 1 + np.arange(len(long))
            described += [shared, *(self._describe(own[series], levels) for series in long)]
        tables, points = (np.array(part) for part in zip(*described, strict=True))
        return FittedReturns(
            facts, levels, tables, points, np.broadcast_to(rows, (panel.n_series + 1, horizon))
        )

    def _describe(self, returns: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, float]:
        """Quantiles of returns, and the one number that they are forecast by."""
        if self.name == "random_walk":
            returns, point = returns - returns.mean(), 0.0
        else:
            point = float(returns.mean() if self.name == "drift" else np.median(returns))
        return np.quantile(returns, levels, method="hazen"), point


@dataclass(frozen=True)
class FittedReturns(FittedBaseline):
    """Distributions of returns, of each ticker and of all.

    Attributes:
        facts: Spread of the returns of the tickers.
        levels: (n_levels,) of the quantiles.
        tables: (n_tables, n_levels) quantiles.
        points: (n_tables,) point forecast that goes with each.
        rows: (n_series + 1, horizon) int64 table of each ticker and step; those of all tickers last, which
            the index -1 of tickers not trained on finds. Theirs is multiplied by the spread of the ticker.
    """

    facts: SeriesFacts
    levels: np.ndarray
    tables: np.ndarray
    points: np.ndarray
    rows: np.ndarray

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """The same returns from every origin of a ticker."""
        past = as_returns(panel)
        series = self.facts.series_at(past, origins)
        std = self.facts.at(past, origins)[2]
        rows = self.rows[series]  # (n_windows, horizon)
        scale = np.where(rows == self.rows[-1], std[:, None], 1.0)
        returns = Transformed(Quantiles(self.levels, self.tables, rows), [AffineStep(0.0, scale)])
        return to_target(Pointed(returns, self.points[rows] * scale), panel, origins)


def _training_sums(returns: Panel, train_ends: np.ndarray, n_sessions: int) -> list[np.ndarray]:
    """Returns over so many sessions within the training rows of each series, those that are known."""
    parts = []
    for begin, end in zip(returns.offsets[:-1], train_ends, strict=True):
        sums = np.zeros(0)
        if end - begin >= n_sessions:
            sums = sliding_window_view(returns.y[begin:end], n_sessions).sum(axis=1)
        parts.append(sums[~np.isnan(sums)])
    return parts


def _normal(levels: np.ndarray) -> tuple[np.ndarray, float]:
    """Quantiles of the standard normal, about 0."""
    from scipy.special import ndtri

    return ndtri(levels), 0.0
