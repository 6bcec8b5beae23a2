"""fit_mixture: the normal mixture of training targets, closed and open, that a network starts from."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtri

from forecaster.network.mixture_head import LEAST_SCALE, MixtureHead

# Rounds of the EM algorithm: enough for a start.
N_ROUNDS = 60
# Weight of a component for what the training targets have not shown, and its width in their spread.
BROAD_WEIGHT, BROAD_SCALE = 0.2, 1.5
# Components that are tried: enough for two humps and two tails.
MOST_COMPONENTS = 4
USUAL_COMPONENTS, MANY = 3, 1_000
# Smallest weight of a component, smallest standard deviation: a start from which gradients still flow.
LEAST_WEIGHT = 0.01
LEAST_SPREAD = 2 * LEAST_SCALE


def choose_mixture(cell: np.ndarray, *, never: bool) -> MixtureHead:
    """The head of ``fit_mixture`` with as many components as the targets speak for.

    Args:
        cell: As in ``fit_mixture``.
        never: Likewise.

    Returns:
        Of the heads with 1 to ``MOST_COMPONENTS`` components the one with the lowest AIC; of many targets
        at least ``USUAL_COMPONENTS``, since a window may have humps that do not show over all.

    Source:
        Akaike, "A New Look at the Statistical Model Identification", IEEE TAC 19(6), 1974.
    """
    least = USUAL_COMPONENTS if len(cell) >= MANY else 1
    heads = [fit_mixture(cell, n, never=never) for n in range(least, MOST_COMPONENTS + 1)]
    return min(heads, key=lambda head: _aic(head, cell))


def _aic(head: MixtureHead, cell: np.ndarray) -> float:
    """Akaike's criterion of a head whose network puts out zeros."""
    distribution = head.distribution(np.zeros((len(cell), 1, head.n_outputs)))
    low, high = cell[:, :1], cell[:, 1:2]
    mass = np.maximum(distribution.mass(low, high), 1e-300)
    still = np.maximum(distribution.survival(low), 1e-300)
    loss = -np.log(np.where(np.isposinf(high), still, mass)).sum()
    return float(2 * loss + 2 * (head.n_outputs - 1))


def fit_mixture(cell: np.ndarray, n_components: int, *, never: bool) -> MixtureHead:
    """The head whose components have the maximum likelihood of some targets, all of one distribution.

    Args:
        cell: (n, 3) limits of known targets, normalised; see ``Batch``. Closed ones count as the middle of
            their cell, open ones as anything beyond their limit.
        n_components: Normal components; a broad one comes on top.
        never: Whether a share may never come.

    Returns:
        The head.

    Source:
        Dempster, Laird and Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm", JRSS B 39,
        1977; moments of the truncated normal for what is open.
    """
    is_open = np.isposinf(cell[:, 1])
    point, limit = _middle(cell[~is_open]), cell[is_open, 0]
    loc = np.asarray(ndtri((np.arange(n_components) + 0.5) / n_components))
    if len(point):
        loc = np.quantile(point, (np.arange(n_components) + 0.5) / n_components)
    spread = max(float(point.std()) if len(point) else 1.0, LEAST_SPREAD)
    scale = np.full(n_components, spread)
    weights = np.full(n_components + never, 1.0 / (n_components + never))
    for _ in range(N_ROUNDS if len(point) else 0):
        weights, loc, scale = _round(point, limit, (weights, loc, scale))
    return _with_broad(np.maximum(weights, LEAST_WEIGHT), loc, scale, point)


def _with_broad(weights: np.ndarray, loc: np.ndarray, scale: np.ndarray, point: np.ndarray) -> MixtureHead:
    """The head with one component more, about all targets and wider than they are.

    Times change: what fits few targets closely is far off when the next ones come faster or slower. Where
    there are many, the network learns to do without it.
    """
    n, total = len(loc), weights.sum()
    rest = weights / total * (1 - BROAD_WEIGHT)
    center = float(point.mean()) if len(point) else 0.0
    spread = max(float(point.std()) if len(point) else 1.0, LEAST_SPREAD)
    return MixtureHead(
        np.concatenate([rest[:n], [BROAD_WEIGHT], rest[n:]]),
        np.append(loc, center),
        np.append(scale, BROAD_SCALE * spread),
    )


def _middle(closed: np.ndarray) -> np.ndarray:
    """(n,) middles of cells; the upper limit of one that reaches down to nothing."""
    low, high = closed[:, 0], closed[:, 1]
    return np.where(high - low < 10.0, (low + high) / 2, high)


def _round(
    point: np.ndarray, limit: np.ndarray, parameters: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, means and standard deviations after one round of EM."""
    weights, loc, scale = parameters
    n = len(loc)
    z, at = (point[:, None] - loc) / scale, (limit[:, None] - loc) / scale
    closed = _shares(np.log(weights[:n]) - 0.5 * z * z - np.log(scale))
    log_open = np.log(weights[:n]) + log_ndtr(-at)
    never = np.full((len(limit), len(weights) - n), np.log(weights[n:]))
    opened = _shares(np.concatenate([log_open, never], axis=1))
    # Mean and mean square of what lies beyond the limit, in standard deviations.
    hazard = np.exp(-0.5 * at * at - 0.9189385332046727 - log_ndtr(-at))
    beyond, square = loc + scale * hazard, 1.0 + at * hazard
    beyond_variance = scale**2 * np.maximum(square - hazard**2, 0.0)
    total = closed.sum(axis=0) + opened[:, :n].sum(axis=0) + 1e-9
    mean = ((closed * point[:, None]).sum(axis=0) + (opened[:, :n] * beyond).sum(axis=0)) / total
    spread = (closed * (point[:, None] - mean) ** 2).sum(axis=0)
    spread += (opened[:, :n] * (beyond_variance + (beyond - mean) ** 2)).sum(axis=0)
    shares = np.append(total, opened[:, n:].sum(axis=0) + 1e-9)
    return (
        np.maximum(shares / shares.sum(), 1e-6),
        mean,
        np.maximum(np.sqrt(spread / total), LEAST_SPREAD),
    )


def _shares(logs: np.ndarray) -> np.ndarray:
    """Rows of logarithms as shares that make 1."""
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
