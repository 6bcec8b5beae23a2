"""NormalMixture: normal components with a weight each, and a share that is never reached."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from forecaster.distributions.arrays import Index
from forecaster.distributions.base import Distribution
from forecaster.distributions.normal import Normal
from forecaster.distributions.point_mass import PointMass
from forecaster.distributions.random_source import RandomSource
from forecaster.distributions.root import find_root

# Excess of a logarithm of 0 over any target: beyond what the logarithm of a float64 reaches.
NO_SHARE = 800.0


class NormalMixture(Distribution):
    """The cdf is the weighted sum of normal ones; it ends at 1 - ``never``.

    Attributes:
        loc: shape + (n_components,) means.
        scale: shape + (n_components,) standard deviations.
        weights: shape + (n_components,) weights, which make 1 together with ``never``.
        never: (shape) share at inf.
    """

    def __init__(
        self,
        loc: np.ndarray,
        scale: np.ndarray,
        weights: np.ndarray,
        never: np.ndarray | float = 0.0,
    ) -> None:
        """Take the parameters.

        Args:
            loc: Means, shape + (n_components,).
            scale: Standard deviations > 0, broadcasts with ``loc``.
            weights: Not negative, broadcasts likewise.
            never: Share at inf, not negative, broadcasts with the shape. It and the weights are divided by
                their sum.

        Raises:
            ValueError: A scale is not above 0, or a weight is below 0.
        """
        given = [np.asarray(part, dtype=np.float64) for part in (loc, scale, weights)]
        self.loc, self.scale, shares = np.broadcast_arrays(*given)
        if (self.scale <= 0).any():
            raise ValueError(f"scale {self.scale.min():g} must be above 0")
        beyond = np.broadcast_to(np.asarray(never, dtype=np.float64), self.loc.shape[:-1])
        if (shares < 0).any() or (beyond < 0).any():
            raise ValueError("weights must not be below 0")
        total = shares.sum(axis=-1) + beyond
        self.weights, self.never = shares / total[..., None], np.asarray(beyond / total)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self.loc.shape[:-1]

    @property
    def n_components(self) -> int:
        """Number of components."""
        return int(self.loc.shape[-1])

    @classmethod
    def pooled(cls, members: Sequence[NormalMixture], weights: np.ndarray | None = None) -> NormalMixture:
        """The mixture of mixtures, such as the members of an ensemble: all components of all of them.

        Args:
            members: One at least, all of one shape.
            weights: (n_members,) not negative; equal when None.

        Returns:
            One mixture with the sum of their components.
        """
        given = np.ones(len(members)) if weights is None else np.asarray(weights, dtype=np.float64)
        shares = given / given.sum()
        never = sum(share * one.never for share, one in zip(shares, members, strict=True))
        return cls(
            np.concatenate([one.loc for one in members], axis=-1),
            np.concatenate([one.scale for one in members], axis=-1),
            np.concatenate(
                [share * one.weights for share, one in zip(shares, members, strict=True)], axis=-1
            ),
            np.asarray(never),
        )

    def take(self, index: Index) -> NormalMixture:
        """Some of the distributions along the first axis."""
        return NormalMixture(self.loc[index], self.scale[index], self.weights[index], self.never[index])

    def ravel(self) -> NormalMixture:
        """The same distributions along one axis."""
        flat = [part.reshape(-1, self.n_components) for part in (self.loc, self.scale, self.weights)]
        return NormalMixture(flat[0], flat[1], flat[2], self.never.reshape(-1))

    def _each(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Weight, mean and standard deviation of each component, each of ``shape``."""
        for k in range(self.n_components):
            yield self.weights[..., k], self.loc[..., k], self.scale[..., k]

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``; ``1 - never`` at inf."""
        from scipy.special import ndtr

        x = np.asarray(x, dtype=np.float64)
        return np.asarray(sum(weight * ndtr((x - loc) / scale) for weight, loc, scale in self._each()))

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``; exact in the upper tail, ``never`` at inf."""
        from scipy.special import ndtr

        x = np.asarray(x, dtype=np.float64)
        above = sum(weight * ndtr((loc - x) / scale) for weight, loc, scale in self._each())
        return np.asarray(above + self.never)

    def mass(self, lower: np.ndarray | float, upper: np.ndarray | float) -> np.ndarray:
        """P(lower < X <= upper), of each component from the tail that is nearer."""
        from scipy.special import ndtr

        lower, upper = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        total: np.ndarray | float = 0.0
        for weight, loc, scale in self._each():
            low, high = (lower - loc) / scale, (upper - loc) / scale
            turned = low > 0
            first, last = np.where(turned, -high, low), np.where(turned, -low, high)
            total = total + weight * (ndtr(last) - ndtr(first))
        return np.asarray(np.maximum(total, 0.0))

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the weighted sum of the densities; that of ``never`` is nowhere."""
        x = np.asarray(x, dtype=np.float64)
        with np.errstate(divide="ignore"):
            logs = [
                np.log(weight / scale) - 0.5 * ((x - loc) / scale) ** 2 for weight, loc, scale in self._each()
            ]
        top = logs[0]
        for one in logs[1:]:
            top = np.maximum(top, one)
        top = np.where(np.isneginf(top), 0.0, top)
        with np.errstate(divide="ignore"):
            total = np.log(sum(np.exp(one - top) for one in logs))
        return np.asarray(total + top - 0.5 * np.log(2 * np.pi))

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability, to 1e-10 of it; inf from ``1 - never`` on."""
        p = np.asarray(probability, dtype=np.float64)
        return self._search(np.broadcast_to(p, np.broadcast_shapes(p.shape, self.shape)), sign=1.0)

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability, to 1e-10 of what is above ``never``; inf up to it."""
        s = np.asarray(probability, dtype=np.float64) - self.never
        return -self._search(np.maximum(s, 0.0), sign=-1.0)

    def _search(self, target: np.ndarray, sign: float) -> np.ndarray:
        """Smallest z at which the normal components of sign * X hold ``target`` below it."""
        from scipy.special import ndtr, ndtri

        shape, n = target.shape, max(math.prod(self.shape), 1)
        target = target.reshape(-1)
        parts = (sign * self.loc, self.scale, self.weights)
        loc, scale, weights = (np.ascontiguousarray(one.reshape(-1, self.n_components).T) for one in parts)
        held = weights.sum(axis=0)  # by all components
        at_n = np.arange(len(target)) % n
        with np.errstate(divide="ignore", invalid="ignore"):
            each = ndtri(np.minimum(target / held[at_n], 1.0))
            log_target = np.log(target)
        low, high = np.full(len(target), np.inf), np.full(len(target), -np.inf)
        for k in range(self.n_components):  # what is wanted lies between what the components say
            end, used = loc[k][at_n] + scale[k][at_n] * each, weights[k][at_n] > 0
            low, high = np.where(used, np.fmin(low, end), low), np.where(used, np.fmax(high, end), high)

        def excess(x: np.ndarray, which: np.ndarray) -> np.ndarray:
            part = inside[which]
            own = at_n[part]
            reached = sum(
                weights[k][own] * ndtr((x - loc[k][own]) / scale[k][own]) for k in range(self.n_components)
            )
            with np.errstate(divide="ignore"):
                return np.asarray(np.maximum(np.log(reached), -NO_SHARE) - log_target[part])

        found = np.where(target <= 0, -np.inf, np.where(np.isnan(target), np.nan, np.inf))
        inside = np.flatnonzero(np.isfinite(low) & np.isfinite(high) & (target < held[at_n]))
        found[inside] = find_root(low[inside], high[inside], excess)
        return found.reshape(shape)

    def mean(self) -> np.ndarray:
        """Expectation; inf where there is a share that is never reached."""
        return np.where(self.never > 0, np.inf, (self.weights * self.loc).sum(axis=-1))

    def sample(self, rng: RandomSource, n: int) -> np.ndarray:
        """(n,) + shape independent draws: of a component drawn by weight each, inf for never."""
        drawn = rng.random((n, *self.shape))
        standard = rng.standard_normal((n, *self.shape))
        draws = np.full((n, *self.shape), np.inf)
        reached = self.never
        for weight, loc, scale in self._each():  # [0, never) stays inf
            chosen = (drawn >= reached) & (weight > 0)
            draws = np.where(chosen, loc + scale * standard, draws)
            reached = reached + weight
        return draws

    def split(self) -> list[tuple[np.ndarray, Distribution]]:
        """Weights and components, never as a point mass at inf where any distribution has it."""
        parts: list[tuple[np.ndarray, Distribution]]
        parts = [(weight, Normal(loc, scale)) for weight, loc, scale in self._each()]
        if (self.never > 0).any():
            parts.append((self.never, PointMass(np.full(self.shape, np.inf))))
        return parts

    def lay_out(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Straight lines between points of all components; the last x is inf where never would show there."""
        from scipy.special import ndtri

        steps = (np.arange(max(n // self.n_components, 20)) + 0.5) / max(n // self.n_components, 20)
        levels = steps**2 * (3 - 2 * steps)
        points = ndtri(levels).reshape(-1, *(1,) * len(self.shape))
        x = np.sort(np.concatenate([loc + scale * points for _, loc, scale in self._each()]), axis=0)
        reached = self.cdf(x)
        x[-1] = np.where(self.never > 1.0 - levels[-1], np.inf, x[-1])
        return x, reached

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Continuous ranked probability score in closed form, in the unit of ``y``.

        Args:
            y: Observed values, broadcast with ``shape``; NaN gives NaN.

        Returns:
            The score; inf where there is a share that is never reached.

        Source:
            Grimit, Gneiting, Berrocal and Johnson, "The continuous ranked probability score for circular
            variables and its application to mesoscale forecast ensemble verification", Quarterly Journal
            of the Royal Meteorological Society 132, 2006, equation 5.
        """
        y = np.asarray(y, dtype=np.float64)
        parts = list(self._each())
        total: np.ndarray | float = 0.0
        for k, (weight, loc, scale) in enumerate(parts):
            total = total + weight * _distance(y - loc, scale)
            total = total - weight**2 * scale / np.sqrt(np.pi)
            for other, other_loc, other_scale in parts[:k]:
                total = total - weight * other * _distance(loc - other_loc, np.hypot(scale, other_scale))
        return np.where((self.never > 0) & ~np.isnan(y), np.inf, total)


def _distance(mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """E|X| of a normal distribution."""
    from scipy.special import ndtr

    z = mean / scale
    return np.asarray(scale * 2 * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi) + mean * (2 * ndtr(z) - 1))
