"""Errors of single values, the first part of every metric."""

from __future__ import annotations

import numpy as np

from forecaster.distributions.base import Distribution

# Probability below which a log score no longer grows: one value that was thought impossible costs 27.6.
LEAST_MASS = 1e-12


def absolute_error(y: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """``|y - forecast|`` of each value, in the unit of the series."""
    return np.asarray(np.abs(y - forecast))


def squared_error(y: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Square of ``y - forecast`` of each value."""
    return np.asarray(np.square(y - forecast))


def symmetric_error(y: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Absolute error over the mean of the two sizes; a fraction in [0, 2], 0 where both are 0.

    Args:
        y: Observed values.
        forecast: Forecasts, same shape.

    Returns:
        ``2 |y - forecast| / (|y| + |forecast|)``.

    Source:
        Makridakis, Spiliotis and Assimakopoulos, "The M4 Competition", IJF 36(1), 2020, where it is in
        percent: 100 times this.

    Example:
        >>> symmetric_error(np.array([1.0, 0.0]), np.array([3.0, 0.0])).tolist()
        [1.0, 0.0]
    """
    size = np.abs(y) + np.abs(forecast)
    return np.asarray(2 * np.abs(y - forecast) / np.where(size > 0, size, 1.0))


def scaled_error(y: np.ndarray, forecast: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Absolute error over the scale of the series; NaN where that is 0 or NaN.

    Args:
        y: (n_windows, horizon) observed values.
        forecast: (n_windows, horizon) forecasts.
        scale: (n_windows,) as ``seasonal_scale`` gives it.

    Returns:
        (n_windows, horizon); 1 is as good as the seasonal naive forecast was on training rows.

    Source:
        Hyndman and Koehler, "Another look at measures of forecast accuracy", IJF 22(4), 2006.
    """
    usable = np.where(scale > 0, scale, np.nan)[:, None]
    return np.asarray(np.abs(y - forecast) / usable)


def quantile_error(y: np.ndarray, forecast: np.ndarray, level: float | np.ndarray) -> np.ndarray:
    """Pinball loss of each value, without a factor of 2.

    Args:
        y: Observed values.
        forecast: Forecast of the quantile, same shape.
        level: Quantile level in (0, 1), broadcasts.

    Returns:
        ``level (y - forecast)`` above the forecast, ``(1 - level) (forecast - y)`` below it.

    Source:
        Koenker and Bassett, "Regression Quantiles", Econometrica 46(1), 1978.

    Example:
        >>> quantile_error(np.array([10.0]), np.array([8.0]), 0.9).tolist()
        [1.8]
    """
    error = y - forecast
    return np.asarray(np.maximum(level * error, (level - 1) * error))


def covered(y: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """1.0 where ``lower <= y <= upper``, else 0.0; NaN where y is."""
    return np.where(np.isnan(y), np.nan, (y >= lower) & (y <= upper))


def below_edges(distribution: Distribution, edges: np.ndarray) -> np.ndarray:
    """Probability of lying below each inner edge of some bins.

    Args:
        distribution: Of any shape.
        edges: (n_bins + 1,) rising, or such for each value, broadcast with the shape.

    Returns:
        shape + (n_bins - 1,).
    """
    inner = edges[..., 1:-1]
    parts = [distribution.cdf(inner[..., place]) for place in range(inner.shape[-1])]
    return np.stack(np.broadcast_arrays(*parts), axis=-1)


def bin_masses(below: np.ndarray) -> np.ndarray:
    """Probability of each bin.

    Args:
        below: shape + (n_bins - 1,) as ``below_edges`` gives it.

    Returns:
        shape + (n_bins,).
    """
    ends = np.zeros((*below.shape[:-1], 1))
    return np.diff(np.concatenate([ends, below, ends + 1.0], axis=-1))


def bin_errors(below: np.ndarray, index: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of binned probabilities, of each value.

    Args:
        below: shape + (n_bins - 1,) probability of lying below each inner edge.
        index: (shape) int64 bin that the value lies in.

    Returns:
        ``accuracy`` (1 where the likeliest bin is right), ``log_score`` (-log of the probability of the
        right bin) and ``ranked_probability_score`` (in [0, 1]), each of ``shape``.

    Source:
        Epstein, "A Scoring System for Probability Forecasts of Ranked Categories", J. Appl. Meteorology 8,
        1969; the sum of squares is divided by n_bins - 1.
    """
    probs = bin_masses(below)  # shape + (n_bins,)
    right = np.take_along_axis(probs, index[..., None], axis=-1)[..., 0]
    step = index[..., None] <= np.arange(below.shape[-1])
    return {
        "accuracy": (np.argmax(probs, axis=-1) == index).astype(np.float64),
        "log_score": -np.log(np.maximum(right, LEAST_MASS)),
        "ranked_probability_score": np.square(below - step).mean(axis=-1),
    }


def negative_log_likelihood(
    distribution: Distribution, y: np.ndarray, resolution: float | None, lower: float | None = None
) -> np.ndarray:
    """Minus the log density of each value, that of its cell where values have a resolution.

    Args:
        distribution: The forecast.
        y: Observed values of its shape, or NaN.
        resolution: A value stands for the cell of this width around it; None for real numbers.
        lower: Lowest possible value: its cell is only the half above it, and takes all that the forecast
            has below.

    Returns:
        ``-log(mass of the cell / width of the cell)``, in nats, with the unit of y under the logarithm; a
        mass (without resolution a density) below 1e-12 counts as 1e-12, a density above 1e12 as that.
    """
    if resolution is None:
        limit = -np.log(LEAST_MASS)
        return np.asarray(-np.clip(distribution.log_density(y), -limit, limit))
    left, right = y - resolution / 2, y + resolution / 2
    width = np.full(np.shape(y), float(resolution))
    if lower is not None:
        cut = left < lower
        width = np.where(cut, np.maximum(right - lower, resolution / 2), width)
        left = np.where(cut, -np.inf, left)
    mass = np.maximum(distribution.mass(left, right), LEAST_MASS)
    return np.asarray(-np.log(mass / width))
