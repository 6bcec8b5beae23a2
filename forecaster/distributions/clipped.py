"""Clipped: a distribution whose values cannot be lower than a limit, such as gaps between events."""

from __future__ import annotations

import numpy as np

from forecaster.distributions.arrays import Index, ravel_parameter, take_parameter
from forecaster.distributions.base import Distribution
from forecaster.distributions.random_source import RandomSource


class Clipped(Distribution):
    """X = max(Z, lower): what ``base`` has below the limit lies on it."""

    def __init__(self, base: Distribution, lower: np.ndarray | float = 0.0) -> None:
        """Take the distribution and the limit.

        Args:
            base: Distribution of Z.
            lower: Broadcasts with the shape of ``base``.
        """
        self.base, self.lower = base, np.asarray(lower, dtype=np.float64)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self.base.shape

    def take(self, index: Index) -> Clipped:
        """Some of the distributions along the first axis."""
        return Clipped(self.base.take(index), take_parameter(self.lower, self.shape, index))

    def ravel(self) -> Clipped:
        """The same distributions along one axis."""
        return Clipped(self.base.ravel(), ravel_parameter(self.lower, self.shape))

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x): 0 below the limit."""
        x = np.asarray(x, dtype=np.float64)
        return np.where(x < self.lower, 0.0, self.base.cdf(x))

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x): 1 below the limit."""
        x = np.asarray(x, dtype=np.float64)
        return np.where(x < self.lower, 1.0, self.base.survival(x))

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability; the limit at least."""
        return np.asarray(np.maximum(self.base.quantile_at(probability), self.lower))

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability; the limit at least."""
        return np.asarray(np.maximum(self.base.inverse_survival(probability), self.lower))

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """That of ``base``, -inf below the limit; the atom on the limit has no density of its own."""
        x = np.asarray(x, dtype=np.float64)
        return np.where(x < self.lower, -np.inf, self.base.log_density(x))

    def mode(self) -> np.ndarray:
        """That of ``base``, the limit at least."""
        return np.asarray(np.maximum(self.base.mode(), self.lower))

    def sample(self, rng: RandomSource, n: int) -> np.ndarray:
        """(n,) + shape independent draws."""
        return np.asarray(np.maximum(self.base.sample(rng, n), self.lower))

    def split(self) -> list[tuple[np.ndarray, Distribution]] | None:
        """Weights and components where ``base`` is a mixture; None where it is not."""
        split = self.base.split()
        return None if split is None else [(weight, Clipped(part, self.lower)) for weight, part in split]

    def lay_out(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The straight lines of ``base``, with a jump at the limit."""
        x, reached = self.base.lay_out(n)
        return np.maximum(x, self.lower), reached

    def binned_view(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The bins of ``base``, whose edges are not moved; None without bins."""
        return self.base.binned_view()
