"""Scores of waiting times from the files that `forecast` writes: short, and apart from the program's own."""

from __future__ import annotations

import numpy as np

# Quantile levels of a backtest.
LEVELS = np.arange(1, 100) / 100
# Weeks after the cut that a customer's next purchase is forecast for, and edges of the bins of the log score.
WEEKS = np.arange(1, 40)
EDGES = np.array([0, 1, 2, 4, 6, 8, 12, 16, 20, 26, 32, 39])
# Probability below which a bin costs no more.
LEAST = 1e-9


def quantile_scores(y: np.ndarray, quantiles: np.ndarray) -> dict[str, float]:
    """CRPS and MAE of forecasts that are known by their quantiles.

    Args:
        y: (n,) what came.
        quantiles: (n, 99) forecasts at ``LEVELS``.

    Returns:
        ``crps``, twice the mean pinball loss over the levels, and ``mae`` of the median, in the unit of y.

    Raises:
        ValueError: A number is not finite, or quantiles cross.

    Example:
        >>> quantile_scores(np.array([2.0]), np.full((1, 99), 1.0))
        {'crps': 1.0, 'mae': 1.0}
    """
    if not (np.isfinite(y).all() and np.isfinite(quantiles).all()):
        raise ValueError("a quantile or an outcome is not a finite number")
    if (np.diff(quantiles, axis=1) < -1e-9 * (1 + np.abs(quantiles[:, 1:]))).any():
        raise ValueError("quantiles cross")
    error = y[:, None] - quantiles
    pinball = np.maximum(LEVELS * error, (LEVELS - 1) * error)
    return {"crps": float(2 * pinball.mean()), "mae": float(np.abs(error[:, 49]).mean())}


def week_scores(within: np.ndarray, weeks: np.ndarray) -> dict[str, float]:
    """How well P(an event within k weeks) is forecast, k = 1 .. 39.

    Args:
        within: (n, 39) probabilities, rising in each row.
        weeks: (n,) weeks from the cut to the next event; inf for none within 39.

    Returns:
        ``log_score``, -log of the mass of the bin of ``EDGES`` that came, the last one all beyond, in nats;
        ``crps``, squared errors summed over the ends of the weeks; ``brier`` of the last week; and the
        ``expected`` and ``observed`` number of events within 39 weeks.

    Raises:
        ValueError: A row is no distribution function.
    """
    if not ((within >= -1e-6) & (within <= 1 + 1e-6)).all() or (np.diff(within, axis=1) < -1e-6).any():
        raise ValueError("a row of within_* is no distribution function")
    n = len(within)
    at_edges = np.concatenate([np.zeros((n, 1)), within[:, EDGES[1:] - 1], np.ones((n, 1))], axis=1)
    mass = np.clip(np.diff(at_edges, axis=1), LEAST, 1.0)
    came_in = np.where(np.isinf(weeks), len(EDGES) - 1, np.searchsorted(EDGES, weeks) - 1)
    came = weeks[:, None] <= WEEKS
    squared = np.square(within - came)
    return {
        "log_score": float(-np.log(mass[np.arange(n), came_in]).mean()),
        "crps": float(squared.sum(axis=1).mean()),
        "brier": float(squared[:, -1].mean()),
        "expected": float(within[:, -1].sum()),
        "observed": float(came[:, -1].sum()),
    }


def self_correcting_nll(times: np.ndarray) -> float:
    """Mean negative log-likelihood of the closed gaps of one sequence under the process that made it.

    Args:
        times: (n,) rising, n of 2 or more; the intensity at t after k events is exp(t - k).

    Returns:
        In nats, over the n - 1 gaps between events.

    Source:
        Isham and Westcott, "A self-correcting point process", Stochastic Processes and their Applications 8,
        1979.
    """
    n_before = np.arange(1, len(times))
    lived = np.exp(times[1:] - n_before) - np.exp(times[:-1] - n_before)
    return float((lived - (times[1:] - n_before)).mean())
