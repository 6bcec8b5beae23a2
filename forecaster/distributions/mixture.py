"""Mixture: several distributions with a weight each; an ensemble is the mixture of its members."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from forecaster.distributions.base import Distribution, Index, row_key, take_parameter
from forecaster.distributions.binned import Binned
from forecaster.distributions.piecewise import PiecewiseLinear
from forecaster.distributions.root import Excess, find_root

# Knots that a mixture is laid out on for its score.
SCORE_KNOTS = 200

LARGEST = float(np.finfo(np.float64).max)

# What turns a mixture and the probabilities to reach into an excess over them.
Side = Callable[["Mixture", np.ndarray], Excess]


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
        ends = [part.quantile_at(p) for part in self.components]
        return self._search(ends, p, lambda part, level: lambda x: part.cdf(x) - level)

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability, to 1e-10 of the probability itself."""
        s = np.asarray(probability, dtype=np.float64)
        ends = [part.inverse_survival(s) for part in self.components]
        return self._search(ends, s, _short_of)

    def _search(self, ends: Sequence[np.ndarray], target: np.ndarray, side: Side) -> np.ndarray:
        """Smallest x that reaches ``target``; it lies between what the components say."""
        used = [np.where(self.weights[..., k] > 0, end, np.nan) for k, end in enumerate(ends)]
        low, high = used[0], used[0]
        for end in used[1:]:
            low, high = np.fmin(low, end), np.fmax(high, end)
        target = np.broadcast_to(target, low.shape)
        excess = side(self, target)
        never = np.isposinf(low)
        if np.isposinf(high).any():
            never = never | (np.isposinf(high) & (excess(np.full(high.shape, LARGEST)) < 0))
            low = np.where(never, 0.0, low)
            high = np.where(never, 0.0, _finite_end(low, high, excess))

        def of_rows(rows: np.ndarray) -> Excess:
            return side(self.take(rows), target[row_key(rows, len(self.shape))])

        if self.shape:
            found = find_root(low, high, excess, of_rows, -len(self.shape))
        else:
            found = find_root(low, high, excess, None, -1)
        return np.where(never, np.inf, found)

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the weighted mean of the densities."""
        logs = np.stack([np.asarray(part.log_density(x)) for part in self.components], axis=-1)
        top = np.max(logs, axis=-1, keepdims=True)
        top = np.where(np.isfinite(top), top, 0.0)
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(np.log((self.weights * np.exp(logs - top)).sum(axis=-1)) + top[..., 0])

    def mean(self) -> np.ndarray:
        """Weighted mean of the means."""
        return self._weighted([part.mean() for part in self.components])

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """(n,) + shape independent draws: of a component drawn by weight each."""
        reached = np.cumsum(self.weights, axis=-1)
        chosen = (rng.random((n, *self.shape))[..., None] > reached[..., :-1]).sum(axis=-1)
        draws = self.components[0].sample(rng, n)
        for k, part in enumerate(self.components[1:], start=1):
            draws = np.where(chosen == k, part.sample(rng, n), draws)
        return draws

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Continuous ranked probability score, in the unit of ``y``.

        Args:
            y: Observed values, broadcast with ``shape``.

        Returns:
            That of the mixture's own cdf, laid out straight between 200 quantiles of the components; a
            share that is never reached counts up to the highest of them.
        """
        return self._by_rows(_laid_out_crps, 2 * SCORE_KNOTS, y)

    def binned_view(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Edges and mean probs when all components have the same bins, else None."""
        views = [part.binned_view() for part in self.components]
        first = views[0]
        if first is None or any(view is None or not np.array_equal(view[0], first[0]) for view in views):
            return None
        probs = sum(self.weights[..., k, None] * view[1] for k, view in enumerate(views) if view)
        return first[0], np.asarray(probs)


def _laid_out_crps(part: Mixture, y: np.ndarray) -> np.ndarray:
    """CRPS of the straight lines through a mixture's cdf at its components' quantiles."""
    n_levels = max(SCORE_KNOTS // len(part.components), 10)
    levels = (np.arange(n_levels) + 0.5) / n_levels
    knots = np.sort(np.concatenate([each.quantile(levels) for each in part.components], axis=-1), axis=-1)
    known = np.isfinite(knots)
    knots = np.where(known, knots, np.max(knots, axis=-1, where=known, initial=-np.inf)[..., None])
    reached = np.moveaxis(part.cdf(np.moveaxis(knots, -1, 0)), 0, -1)  # shape + (n_knots,)
    rows = np.arange(y.size if y.shape == part.shape else int(np.prod(part.shape))).reshape(part.shape)
    n_knots = knots.shape[-1]
    table, steps = knots.reshape(-1, n_knots), np.maximum.accumulate(reached, axis=-1).reshape(-1, n_knots)
    with np.errstate(divide="ignore", invalid="ignore"):
        scales = np.stack(
            [
                steps[:, 0] * (table[:, 1] - table[:, 0]) / (steps[:, 1] - steps[:, 0]),
                (1 - steps[:, -1]) * (table[:, -1] - table[:, -2]) / (steps[:, -1] - steps[:, -2]),
            ],
            axis=1,
        )
    scales = np.nan_to_num(scales, nan=0.0, posinf=0.0)
    return PiecewiseLinear((table, rows), (steps, rows), 1 - steps[:, -1], scales).crps(y)


def _finite_end(low: np.ndarray, high: np.ndarray, excess: Excess) -> np.ndarray:
    """``high``, or where it is inf a number at which the excess is not negative."""
    open_end = np.isposinf(high)
    if not open_end.any():
        return high
    start = np.where(np.isfinite(low), low, 0.0)
    reach = np.maximum(np.abs(start), 1.0)
    for _ in range(12):  # 2, 4, 16, 256 .. times as far
        high = np.where(open_end, start + reach, high)
        open_end &= excess(high) < 0
        if not open_end.any():
            break
        with np.errstate(over="ignore"):
            reach = np.minimum(np.where(open_end, np.maximum(reach, 2.0) ** 2, reach), 1e300)
    return high


def _short_of(part: Mixture, target: np.ndarray) -> Excess:
    """How far the survival at x is below ``target``, as a share of it."""

    def excess(x: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(target > 0, 1.0 - part.survival(x) / target, -1.0)

    return excess


def mixture_of(members: Sequence[Distribution], weights: np.ndarray | None = None) -> Distribution:
    """Mixture of an ensemble's members, in the simplest form that is the same distribution.

    Args:
        members: One at least, all of one shape.
        weights: (n_members,) not negative; equal when None.

    Returns:
        The only member; for bins with the same edges one Binned with the mean probabilities; else a Mixture.
    """
    if len(members) == 1:
        return members[0]
    mixture = Mixture(members, weights)
    bins = [member for member in members if isinstance(member, Binned)]
    if len(bins) == len(members) and all(one.has_bins_of(bins[0]) for one in bins[1:]):
        probs = sum(mixture.weights[..., k, None] * one.probs for k, one in enumerate(bins))
        return bins[0].with_probs(np.asarray(probs))
    return mixture
