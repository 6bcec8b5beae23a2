"""Mixture: several distributions with a weight each; an ensemble is the mixture of its members."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from forecaster.distributions.arrays import Index, take_parameter
from forecaster.distributions.base import Distribution
from forecaster.distributions.binned import Binned
from forecaster.distributions.normal_mixture import NormalMixture
from forecaster.distributions.random_source import RandomSource
from forecaster.distributions.root import Excess, find_root

# What turns a mixture, values and the probabilities to reach into an excess over them.
Side = Callable[["Mixture", np.ndarray, np.ndarray], np.ndarray]


class Mixture(Distribution):
    """The cdf is the weighted mean of those of the components; quantiles are searched for."""

    def __init__(self, components: Sequence[Distribution], weights: np.ndarray | None = None) -> None:
        """Take the components.

        Args:
            components: One at least, all of one shape.
            weights: (n_components,), or shape + (n_components,) for weights of each distribution (a 1 in
                that shape broadcasts); not negative, divided by their sum. Equal when None.

        Raises:
            ValueError: No components, shapes that differ, or another number of weights.
        """
        self.components = tuple(components)
        if not self.components or len({part.shape for part in self.components}) > 1:
            raise ValueError(f"components have shapes {[part.shape for part in self.components]}")
        n = len(self.components)
        given = np.full(n, 1.0 / n) if weights is None else np.asarray(weights, dtype=np.float64)
        if given.shape[-1] != n:
            raise ValueError(f"{given.shape[-1]} weights for {n} components")
        self.weights = given / given.sum(axis=-1, keepdims=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self.components[0].shape

    def take(self, index: Index) -> Mixture:
        """Some of the distributions along the first axis."""
        weights = self.weights
        if weights.ndim > 1:
            weights = take_parameter(weights, (*self.shape, len(self.components)), index)
        return Mixture([part.take(index) for part in self.components], weights)

    def ravel(self) -> Mixture:
        """The same distributions along one axis."""
        weights = self.weights
        if weights.ndim > 1:
            n = len(self.components)
            weights = np.broadcast_to(weights, (*self.shape, n)).reshape(-1, n)
        return Mixture([part.ravel() for part in self.components], weights)

    def _weighted(self, values: Sequence[np.ndarray]) -> np.ndarray:
        """Weighted sum over the components; a component without weight adds nothing, not even inf."""
        total: np.ndarray | float = 0.0
        for k, value in enumerate(values):
            weight = self.weights[..., k]
            total = total + weight * np.where(weight > 0, value, 0.0)
        return np.asarray(total)

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``."""
        return self._weighted([part.cdf(x) for part in self.components])

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``."""
        return self._weighted([part.survival(x) for part in self.components])

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability, to 1e-10 of the probability."""
        p = np.asarray(probability, dtype=np.float64)
        return self._search([part.quantile_at(p) for part in self.components], p, _over)

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability, to 1e-10 of the probability itself."""
        s = np.asarray(probability, dtype=np.float64)
        return self._search([part.inverse_survival(s) for part in self.components], s, _short_of)

    def _search(self, ends: Sequence[np.ndarray], target: np.ndarray, side: Side) -> np.ndarray:
        """Smallest x that reaches ``target``; it lies between what the components say."""
        used = [np.where(self.weights[..., k] > 0, end, np.nan) for k, end in enumerate(ends)]
        low, high = used[0], used[0]
        for end in used[1:]:
            low, high = np.fmin(low, end), np.fmax(high, end)
        shape, n = low.shape, max(math.prod(self.shape), 1)
        flat, target = self.ravel(), np.broadcast_to(target, shape).reshape(-1)
        low, high = low.reshape(-1), high.reshape(-1)

        def excess(x: np.ndarray, which: np.ndarray) -> np.ndarray:
            whole = len(which) == n and len(target) == n
            return side(flat if whole else flat.take(which % n), x, target[which])

        never = np.isposinf(low)
        if np.isposinf(high).any():
            largest = np.full(len(high), np.finfo(np.float64).max)
            never |= np.isposinf(high) & (excess(largest, np.arange(len(high))) < 0)
            low = np.where(never, 0.0, low)
            high = np.where(never, 0.0, _finite_end(low, high, excess))
        return np.where(never, np.inf, find_root(low, high, excess)).reshape(shape)

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the weighted mean of the densities."""
        logs = np.stack([np.asarray(part.log_density(x)) for part in self.components], axis=-1)
        top = np.max(logs, axis=-1, keepdims=True)
        top = np.where(np.isfinite(top), top, 0.0)
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(np.log((self.weights * np.exp(logs - top)).sum(axis=-1)) + top[..., 0])

    def sample(self, rng: RandomSource, n: int) -> np.ndarray:
        """(n,) + shape independent draws: of a component drawn by weight each."""
        reached = np.cumsum(self.weights, axis=-1)
        chosen = (rng.random((n, *self.shape))[..., None] > reached[..., :-1]).sum(axis=-1)
        draws = self.components[0].sample(rng, n)
        for k, part in enumerate(self.components[1:], start=1):
            draws = np.where(chosen == k, part.sample(rng, n), draws)
        return draws

    def split(self) -> list[tuple[np.ndarray, Distribution]]:
        """Weights and components."""
        return [(self.weights[..., k], part) for k, part in enumerate(self.components)]

    def lay_out(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Straight lines between the points of all components."""
        each = max(n // len(self.components), 20)
        points = [part.lay_out(each)[0] for part in self.components]
        x = np.sort(np.concatenate(points), axis=0)
        return x, self.cdf(x)

    def binned_view(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Edges and mean probs when all components have the same bins, else None."""
        views = [part.binned_view() for part in self.components]
        first = views[0]
        if first is None or any(view is None or not np.array_equal(view[0], first[0]) for view in views):
            return None
        probs = sum(self.weights[..., k, None] * view[1] for k, view in enumerate(views) if view)
        return first[0], np.asarray(probs)


def _finite_end(low: np.ndarray, high: np.ndarray, excess: Excess) -> np.ndarray:
    """``high``, or where it is inf a number at which the excess is not negative."""
    open_end = np.isposinf(high)
    if not open_end.any():
        return high
    start = np.where(np.isfinite(low), low, 0.0)
    reach = np.maximum(np.abs(start), 1.0)
    for _ in range(12):  # 2, 4, 16, 256 .. times as far
        high = np.where(open_end, start + reach, high)
        open_end &= excess(high, np.arange(len(high))) < 0
        if not open_end.any():
            break
        with np.errstate(over="ignore"):
            reach = np.minimum(np.where(open_end, np.maximum(reach, 2.0) ** 2, reach), 1e300)
    return high


def _over(part: Mixture, x: np.ndarray, target: np.ndarray) -> np.ndarray:
    """How far the cdf at x is above ``target``."""
    return np.asarray(part.cdf(x) - target)


def _short_of(part: Mixture, x: np.ndarray, target: np.ndarray) -> np.ndarray:
    """How far the survival at x is below ``target``, as a share of it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(target > 0, 1.0 - part.survival(x) / target, -1.0)


def mixture_of(members: Sequence[Distribution], weights: np.ndarray | None = None) -> Distribution:
    """Mixture of an ensemble's members, in the simplest form that is the same distribution.

    Args:
        members: One at least, all of one shape.
        weights: (n_members,) not negative; equal when None.

    Returns:
        The only member; for bins with the same edges one Binned with the mean probabilities; for normal
        mixtures one with all their components; else a Mixture.
    """
    if len(members) == 1:
        return members[0]
    mixtures = [member for member in members if isinstance(member, NormalMixture)]
    if len(mixtures) == len(members):
        return NormalMixture.pooled(mixtures, weights)
    mixture = Mixture(members, weights)
    bins = [member for member in members if isinstance(member, Binned)]
    if len(bins) == len(members) and all(one.has_bins_of(bins[0]) for one in bins[1:]):
        probs = sum(mixture.weights[..., k, None] * one.probs for k, one in enumerate(bins))
        return bins[0].with_probs(np.asarray(probs))
    return mixture
