"""Pointed: a distribution together with the point forecast that it was put around."""

from __future__ import annotations

import numpy as np

from forecaster.distributions.arrays import Index
from forecaster.distributions.base import Distribution
from forecaster.distributions.random_source import RandomSource


class Pointed(Distribution):
    """All of ``base``, but for the one number that is forecast, which is given."""

    def __init__(self, base: Distribution, value: np.ndarray) -> None:
        """Take the distribution and the point forecast.

        Args:
            base: What is known about X.
            value: Point forecast, of the shape of ``base``.

        Raises:
            ValueError: The shapes differ.
        """
        if base.shape != value.shape:
            raise ValueError(f"points of shape {value.shape} for distributions of {base.shape}")
        self.base, self.value = base, value

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self.base.shape

    def take(self, index: Index) -> Pointed:
        """Some of the distributions along the first axis."""
        return Pointed(self.base.take(index), self.value[index])

    def ravel(self) -> Pointed:
        """The same distributions along one axis."""
        return Pointed(self.base.ravel(), self.value.reshape(-1))

    def point(self, *, squared: bool = False) -> np.ndarray:
        """The point forecast, whatever the error it is held against."""
        del squared
        return self.value

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``."""
        return self.base.cdf(x)

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``."""
        return self.base.survival(x)

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability."""
        return self.base.quantile_at(probability)

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability."""
        return self.base.inverse_survival(probability)

    def mass(self, lower: np.ndarray | float, upper: np.ndarray | float) -> np.ndarray:
        """P(lower < X <= upper)."""
        return self.base.mass(lower, upper)

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the density."""
        return self.base.log_density(x)

    def mean(self) -> np.ndarray:
        """Expectation of the distribution."""
        return self.base.mean()

    def mode(self) -> np.ndarray:
        """Where the density is highest."""
        return self.base.mode()

    def sample(self, rng: RandomSource, n: int) -> np.ndarray:
        """(n,) + shape independent draws."""
        return self.base.sample(rng, n)

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Continuous ranked probability score of the distribution, in the unit of ``y``."""
        return self.base.crps(y)

    def binned_view(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Edges and probs of ``base``; None without bins."""
        return self.base.binned_view()
