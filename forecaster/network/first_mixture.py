"""The normal mixture of training targets, closed and open, that a network starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from forecaster.network.mixture_head import LEAST_SCALE, MixtureHead

# Rounds of the EM algorithm: enough for a start.
N_ROUNDS = 60
# Smallest weight of a component, smallest standard deviation: a start from which gradients still flow.
LEAST_WEIGHT = 0.01
LEAST_SPREAD = 2 * LEAST_SCALE
# Weight of a component for what the training targets have not shown, and its width in their spread.
BROAD_WEIGHT, BROAD_SCALE = 0.2, 1.5
# Components that stay and components that follow the linear forecast, as they are tried.
SIZES = ((1, 1), (2, 1), (1, 2), (2, 2), (3, 1))
# Targets from which on the largest is not too many: a window may have humps that do not show over all.
MANY, USUAL = 1_000, (2, 2)
HALF_LOG_TWO_PI = 0.9189385332046727


@dataclass(frozen=True)
class Known:
    """What is known of training targets.

    Attributes:
        point: (n_closed,) middles of the cells of closed ones.
        limit: (n_open,) what open ones exceed.
        point_linear: (n_closed,) linear forecast of the closed ones; None without one.
        limit_linear: (n_open,) that of the open ones.
    """

    point: np.ndarray
    limit: np.ndarray
    point_linear: np.ndarray | None = None
    limit_linear: np.ndarray | None = None

    @classmethod
    def of(cls, cell: np.ndarray, linear: np.ndarray | None) -> Known:
        """From limits of targets.

        Args:
            cell: (n, 3) limits of known targets, normalised; see ``Batch``. A cell that reaches down to
                nothing counts as its upper limit.
            linear: (n,) linear forecast of each; None without one.

        Returns:
            What is known.
        """
        is_open = np.isposinf(cell[:, 1])
        low, high = cell[~is_open, 0], cell[~is_open, 1]
        point = np.where(high - low < 10.0, (low + high) / 2, high)
        if linear is None:
            return cls(point, cell[is_open, 0])
        return cls(point, cell[is_open, 0], linear[~is_open], linear[is_open])

    def moved(self, follows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points and limits as each component sees them: (n_closed, n) and (n_open, n)."""
        point, limit = (np.repeat(part[:, None], len(follows), axis=1) for part in (self.point, self.limit))
        if self.point_linear is not None and self.limit_linear is not None:
            point = point - self.point_linear[:, None] * follows
            limit = limit - self.limit_linear[:, None] * follows
        return point, limit


def choose_mixture(known: Known, size: tuple[int, int] | None = None, *, never: bool) -> MixtureHead:
    """The mixture that a network starts from: the likeliest one, and a broad component beside it.

    Times change: what fits few targets closely is far off when the next ones come faster or slower. Where
    there are many, the network learns to do without the broad one.

    Args:
        known: Training targets.
        size: As in ``fit_mixture``; None for the one of ``SIZES`` with the lowest AIC, of many targets
            ``USUAL``.
        never: Whether a share may never come.

    Returns:
        The head.

    Source:
        Akaike, "A New Look at the Statistical Model Identification", IEEE TAC 19(6), 1974.
    """
    is_many = len(known.point) + len(known.limit) >= MANY
    sizes = (size,) if size is not None else (USUAL,) if is_many else SIZES
    heads = [fit_mixture(known, one, never=never) for one in sizes]
    best = min(heads, key=lambda head: _aic(head, known)) if len(heads) > 1 else heads[0]
    return _with_broad(best, known.point)


def _aic(head: MixtureHead, known: Known) -> float:
    """Akaike's criterion of a head whose network puts out the linear forecast alone."""
    n = head.n_components
    point, limit = known.moved(head.follows)
    z, at = (point - head.loc) / head.scale, (limit - head.loc) / head.scale
    closed = np.exp(-0.5 * z * z) / head.scale @ head.weights[:n]
    still = np.exp(log_ndtr(-at)) @ head.weights[:n] + head.weights[n:].sum()
    loss = -np.log(np.maximum(closed, 1e-300)).sum() - np.log(np.maximum(still, 1e-300)).sum()
    return float(2 * loss + 2 * 3 * n)


def fit_mixture(known: Known, size: tuple[int, int], *, never: bool) -> MixtureHead:
    """The head whose components have the maximum likelihood of some targets.

    Args:
        known: Training targets.
        size: Components that stay where they are, and that follow the linear forecast; without one, all stay.
        never: Whether a share may never come.

    Returns:
        The head.

    Source:
        Dempster, Laird and Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm", JRSS B 39,
        1977; moments of the truncated normal for what is open.
    """
    follows = np.repeat([0.0, 1.0], size)
    if known.point_linear is None:
        follows = np.zeros(sum(size))
    n, has_points = len(follows), len(known.point) > 0
    point, _ = known.moved(follows)
    levels = np.concatenate([(np.arange(part) + 0.5) / part for part in size])
    loc = np.array([np.quantile(point[:, k], levels[k]) for k in range(n)]) if has_points else levels - 0.5
    scale = np.maximum(point.std(axis=0), LEAST_SPREAD) if has_points else np.ones(n)
    weights = np.full(n + never, 1.0 / (n + never))
    for _ in range(N_ROUNDS if has_points else 0):
        weights, loc, scale = _round(known.moved(follows), (weights, loc, scale))
    weights = np.maximum(weights, LEAST_WEIGHT)
    return MixtureHead(weights / weights.sum(), loc, scale, follows)


def _with_broad(head: MixtureHead, point: np.ndarray) -> MixtureHead:
    """The head with one component more, about all targets and wider than they are."""
    n = head.n_components
    rest = head.weights * (1 - BROAD_WEIGHT)
    center = float(point.mean()) if len(point) else 0.0
    spread = max(float(point.std()) if len(point) else 1.0, LEAST_SPREAD)
    return MixtureHead(
        np.concatenate([rest[:n], [BROAD_WEIGHT], rest[n:]]),
        np.append(head.loc, center),
        np.append(head.scale, BROAD_SCALE * spread),
        np.append(head.follows, 0.0),
    )


def _round(
    moved: tuple[np.ndarray, np.ndarray], parameters: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, means and standard deviations after one round of EM."""
    (point, limit), (weights, loc, scale) = moved, parameters
    n = len(loc)
    z, at = (point - loc) / scale, (limit - loc) / scale
    closed = _shares(np.log(weights[:n]) - 0.5 * z * z - np.log(scale))
    log_open = np.log(weights[:n]) + log_ndtr(-at)
    never = np.full((len(limit), len(weights) - n), np.log(weights[n:]))
    opened = _shares(np.concatenate([log_open, never], axis=1))
    # Mean and mean square of what lies beyond the limit, in standard deviations.
    hazard = np.exp(-0.5 * at * at - HALF_LOG_TWO_PI - log_ndtr(-at))
    beyond, square = loc + scale * hazard, 1.0 + at * hazard
    beyond_variance = scale**2 * np.maximum(square - hazard**2, 0.0)
    total = closed.sum(axis=0) + opened[:, :n].sum(axis=0) + 1e-9
    mean = ((closed * point).sum(axis=0) + (opened[:, :n] * beyond).sum(axis=0)) / total
    spread = (closed * (point - mean) ** 2).sum(axis=0)
    spread += (opened[:, :n] * (beyond_variance + (beyond - mean) ** 2)).sum(axis=0)
    shares = np.append(total, opened[:, n:].sum(axis=0) + 1e-9)
    return (
        np.maximum(shares / shares.sum(), 1e-6)[: len(weights)],
        mean,
        np.maximum(np.sqrt(spread / total), LEAST_SPREAD),
    )


def _shares(logs: np.ndarray) -> np.ndarray:
    """Rows of logarithms as shares that make 1."""
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
