"""Residuals: the errors of a point forecast on training windows, and the distribution they make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.distributions.clipped import Clipped
from forecaster.distributions.pointed import Pointed
from forecaster.distributions.quantiles import Quantiles
from forecaster.distributions.steps import AffineStep
from forecaster.distributions.transformed import Transformed

# Quantiles of the errors that are kept of each step ahead.
MOST_LEVELS = 199

# Training windows by which the errors of one series and those of all count the same.
SHRINKAGE = 2.0

# Fewest errors of a step that a distribution is made of.
LEAST_ERRORS = 5


@dataclass(frozen=True)
class Residuals:
    """Quantiles of training errors, in the spread of their series and the size of its errors.

    Attributes:
        levels: (n_levels,) rising, in (0, 1).
        values: (horizon, n_levels) quantiles of the errors of each step.
        sizes: (n_series,) size of the errors in each series fitted on, relative to its spread: 1 is usual.
    """

    levels: np.ndarray
    values: np.ndarray
    sizes: np.ndarray

    def around(self, points: np.ndarray, scale: np.ndarray, series: np.ndarray, panel: Panel) -> Distribution:
        """The point forecasts with these errors about them.

        Args:
            points: (n_windows, horizon) in the unit of the target.
            scale: (n_windows,) spread of each window's series, above 0.
            series: (n_windows,) int64 index of the series among those fitted on, -1 for others.
            panel: Whose kind says whether the target can be negative.

        Returns:
            Shape (n_windows, horizon); gaps are never below 0.
        """
        rows = np.broadcast_to(np.arange(len(self.values)), points.shape)
        scale = scale * np.where(series >= 0, self.sizes[series], 1.0)
        standard = Quantiles(self.levels, self.values, rows)
        forecast: Distribution = Transformed(standard, [AffineStep(points, scale[:, None])])
        if panel.lowest is not None:
            points, forecast = np.maximum(points, panel.lowest), Clipped(forecast, panel.lowest)
        return Pointed(forecast, points)


def fit_residuals(errors: np.ndarray, series: np.ndarray, n_series: int) -> Residuals:
    """Quantiles of the errors of each step over all series, and the size of those of each series.

    A step with fewer than five errors takes those of the step before; without any, errors are taken to be
    normal with the spread of the series.

    Args:
        errors: (n_windows, horizon) observed minus forecast, divided by the spread of the series; NaN
            where not known.
        series: (n_windows,) int64 series of each window.
        n_series: Number of series.

    Returns:
        The quantiles at levels (i + 1/2) / n_levels.
    """
    horizon = errors.shape[1]
    sizes = _sizes(errors, series, n_series)
    errors = errors / sizes[series][:, None]
    known = ~np.isnan(errors)
    most = int(known.sum(axis=0).max()) if len(errors) else 0
    n_levels = int(np.clip(most, LEAST_ERRORS, MOST_LEVELS))
    levels = (np.arange(n_levels) + 0.5) / n_levels
    values = np.empty((horizon, n_levels))
    previous = None
    for step in range(horizon):
        found = errors[known[:, step], step]
        if len(found) >= LEAST_ERRORS:
            previous = np.quantile(found, levels, method="hazen")
        elif previous is None:
            from scipy.special import ndtri

            previous = ndtri(levels)
        values[step] = previous
    return Residuals(levels, values, sizes)


def _sizes(errors: np.ndarray, series: np.ndarray, n_series: int) -> np.ndarray:
    """(n_series,) mean size of the errors of each series against the median over all, drawn towards 1."""
    size = np.abs(errors)
    known = ~np.isnan(size)
    total, count = np.zeros(n_series), np.zeros(n_series)
    for step in range(errors.shape[1]):
        seen = known[:, step]
        if not seen.any():
            continue
        found = size[seen, step]
        usual = float(np.median(found)) or float(found.mean()) or 1.0
        total += np.bincount(series[seen], weights=found / usual, minlength=n_series)
        count += np.bincount(series[seen], minlength=n_series)
    n_windows = np.bincount(series, minlength=n_series)
    mean = np.where(count > 0, total / np.maximum(count, 1), 1.0)
    return np.maximum((n_windows * mean + SHRINKAGE) / (n_windows + SHRINKAGE), 1e-9)
