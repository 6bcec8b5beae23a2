"""The score of a distribution over a stretch of time only: what lies beyond was not observed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

# Gauss-Legendre nodes and weights on [0, 1], crowded towards both ends by t^2 (3 - 2 t).
_ROOTS, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_STEPS = (_ROOTS + 1) / 2
NODES = _STEPS**2 * (3 - 2 * _STEPS)
NODE_WEIGHTS = _WEIGHTS / 2 * 6 * _STEPS * (1 - _STEPS)

# The stretch is cut where these shares of what the cdf reaches at its end are reached, and at the outcome.
CUTS = np.array([0.01, 0.1, 0.5, 0.9, 0.99, 0.9999])

# Numbers held for each distribution: those of one segment between two cuts, and the cuts.
WIDTH = 6 * len(NODES) + 4 * len(CUTS)

Function = Callable[[np.ndarray], np.ndarray]


def threshold_integral(
    cdf: Function, quantile_at: Function, y: np.ndarray, start: np.ndarray, until: np.ndarray
) -> np.ndarray:
    """Integral over t from ``start`` to ``until`` of (F(t) - [y <= t])^2, by Gauss-Legendre.

    Args:
        cdf: F, for t with an axis in front or without.
        quantile_at: Its inverse.
        y: Observed values; NaN gives NaN, above ``until`` they are not reached in time.
        start: Lower limit, finite.
        until: Upper limit, finite; of lower ones than ``start`` the integral is 0.

    Returns:
        The broadcast shape.

    Source:
        The threshold-weighted score of Gneiting and Ranjan, "Comparing Density Forecasts Using Threshold-
        and Quantile-Weighted Scoring Rules", J. Business & Economic Statistics 29(3), 2011.
    """
    until = np.maximum(until, start)
    outcome = np.clip(np.where(np.isnan(y), start, y), start, until)
    reached = np.clip(cdf(until), 1e-12, 1.0 - 1e-12)
    levels = CUTS.reshape(-1, *(1,) * reached.ndim)
    cuts = quantile_at(levels * reached)  # (n_cuts,) + shape
    cuts = np.clip(np.where(np.isnan(cuts), start, cuts), start, until)
    start, outcome, until = (np.broadcast_to(part, cuts.shape[1:])[None] for part in (start, outcome, until))
    cuts = np.sort(np.concatenate([start, cuts, outcome, until]), axis=0)
    total = np.zeros(cuts.shape[1:])
    nodes = NODES.reshape(-1, *(1,) * total.ndim)
    weights = NODE_WEIGHTS.reshape(nodes.shape)
    for first, last in pairwise(cuts):
        come = first >= y  # y itself is a cut
        at = cdf(first + (last - first) * nodes) - come  # (n_nodes,) + shape
        total += (last - first) * (weights * at * at).sum(axis=0)
    return np.where(np.isnan(y), np.nan, total)
