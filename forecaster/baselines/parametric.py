"""Exponential, Weibull, gamma and log-normal gaps by maximum likelihood, the open ones counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.base import Baseline
from forecaster.baselines.gaps import Gaps, training_gaps
from forecaster.baselines.shared import FittedShared
from forecaster.data.panel import Panel
from forecaster.distributions.parametric import Family, Parametric

FAMILIES: dict[str, Family] = {
    "exponential": "expon",
    "weibull": "weibull_min",
    "gamma": "gamma",
    "lognormal": "lognorm",
}
# Different gaps that a likelihood is summed over; evenly chosen in their order where there are more.
MOST_DISTINCT = 20_000
# Fewest closed gaps that a shape is fitted to.
LEAST_CLOSED = 3
# Limits of the logarithm of the spread, about that of log gap: constant gaps have none.
SPREADS = (-8.0, 3.0)
# Probability below which a likelihood no longer falls.
LEAST_SHARE = 1e-300


@dataclass(frozen=True)
class Cells:
    """Different gaps with how often they came.

    Attributes:
        lower: (n,) lower limit.
        upper: (n,) upper limit; inf where open, ``lower`` for real numbers.
        weights: (n,) how many gaps each one stands for.
    """

    lower: np.ndarray
    upper: np.ndarray
    weights: np.ndarray


class ParametricGaps(Baseline):
    """One family of distributions for the gaps of all series.

    Closed gaps count by the mass of their cell, real numbers by their density, open ones by what lies
    beyond. With fewer than three closed gaps the shape is the usual one (1).
    """

    def __init__(self, name: str) -> None:
        """Choose the family.

        Args:
            name: exponential, weibull, gamma or lognormal.
        """
        self.name, self.family = name, FAMILIES[name]

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedShared:
        """Find the likeliest parameters."""
        del look_back
        return FittedShared(fit_family(self.family, training_gaps(panel, train_ends), (1, horizon)))


def fit_family(family: Family, gaps: Gaps, shape: tuple[int, ...]) -> Parametric:
    """The likeliest distribution of a family.

    Args:
        family: Which one.
        gaps: Closed and open ones.
        shape: Shape of the result.

    Returns:
        The same distribution throughout.
    """
    unit = gaps.mean_wait
    start = np.array([0.0, 0.0])  # logarithms of the spread and of the scale in units
    is_fitted = len(gaps.closed) >= LEAST_CLOSED
    if is_fitted:
        logs = np.log(np.maximum(gaps.value, gaps.floor) / unit)
        start[0] = np.clip(np.log(max(float(logs.std()), 1e-9)), *SPREADS)
        start[1] = float(logs.mean() if family == "lognorm" else np.log(np.exp(logs).mean()))
    cells = _cells(gaps, unit)
    best = start
    if is_fitted or family == "expon":
        from scipy.optimize import minimize

        free = slice(1, 2) if family == "expon" else slice(0, 2)
        found = minimize(
            lambda some: _loss(family, np.concatenate([start[: free.start], some]), cells),
            start[free],
            method="Nelder-Mead",
            options={"xatol": 1e-5, "fatol": 1e-6, "maxiter": 400},
        )
        best = np.concatenate([start[: free.start], found.x])
    return _distribution(family, best, unit, shape)


def _distribution(family: Family, point: np.ndarray, unit: float, shape: tuple[int, ...]) -> Parametric:
    """The distribution at a point (logarithm of the spread, logarithm of the scale in units)."""
    spread = np.exp(np.clip(point[0], *SPREADS))
    scale = unit * np.exp(np.clip(point[1], -50.0, 50.0))
    if family == "gamma":  # the scale is that of the mean, so that the two hardly move together
        form = spread**-2.0
        scale = scale / form
    else:
        form = spread if family == "lognorm" else 1.0 / spread
    return Parametric(family, np.full(shape, scale), None if family == "expon" else np.full(shape, form))


def _cells(gaps: Gaps, unit: float) -> Cells:
    """Different cells, in units; real numbers too small for a logarithm are one from 0 up to the floor."""
    lower, upper = gaps.lower, gaps.upper
    small = ~gaps.is_open & (upper < gaps.floor)
    lower, upper = np.where(small, 0.0, lower), np.where(small, gaps.floor, upper)
    pairs, counts = np.unique(np.stack([lower, upper]) / unit, axis=1, return_counts=True)
    if pairs.shape[1] > MOST_DISTINCT:
        chosen = np.linspace(0, pairs.shape[1] - 1, MOST_DISTINCT).astype(np.int64)
        pairs, counts = pairs[:, chosen], counts[chosen]
    return Cells(pairs[0], pairs[1], counts.astype(np.float64))


def _loss(family: Family, point: np.ndarray, cells: Cells) -> float:
    """Minus the mean log-likelihood."""
    at = _distribution(family, point, 1.0, (1,))
    exact = cells.lower == cells.upper
    logs = np.empty(len(exact))
    logs[exact] = at.log_density(cells.lower[exact])
    mass = at.mass(cells.lower[~exact], cells.upper[~exact])
    logs[~exact] = np.log(np.maximum(mass, LEAST_SHARE))
    outside = np.abs(point[0] - np.clip(point[0], *SPREADS))  # beyond the limits nothing changes
    with np.errstate(invalid="ignore"):
        loss = -(cells.weights * np.maximum(logs, np.log(LEAST_SHARE))).sum() / cells.weights.sum()
    return float(np.nan_to_num(loss, nan=1e9) + outside)
