"""Normal: the Gaussian distribution, exact far into both tails."""

from __future__ import annotations

import numpy as np

from forecaster.distributions.arrays import Index
from forecaster.distributions.base import Distribution


class Normal(Distribution):
    """Gaussian with a location and a scale of each distribution."""

    def __init__(self, loc: np.ndarray | float, scale: np.ndarray | float) -> None:
        """Take the parameters.

        Args:
            loc: Mean, any shape.
            scale: Standard deviation > 0; broadcasts with ``loc``, and both make the shape.

        Raises:
            ValueError: A scale is not above 0.
        """
        self.loc, self.scale = np.asarray(loc, dtype=np.float64), np.asarray(scale, dtype=np.float64)
        if (self.scale <= 0).any():
            raise ValueError(f"scale {self.scale.min():g} must be above 0")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return np.broadcast_shapes(self.loc.shape, self.scale.shape)

    def take(self, index: Index) -> Normal:
        """Some of the distributions along the first axis."""
        loc, scale = np.broadcast_arrays(self.loc, self.scale)
        return Normal(loc[index], scale[index])

    def ravel(self) -> Normal:
        """The same distributions along one axis."""
        loc, scale = np.broadcast_arrays(self.loc, self.scale)
        return Normal(loc.reshape(-1), scale.reshape(-1))

    def _standard(self, x: np.ndarray | float) -> np.ndarray:
        """Distance from the mean in standard deviations."""
        return np.asarray((np.asarray(x, dtype=np.float64) - self.loc) / self.scale)

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``."""
        from scipy.special import ndtr

        return np.asarray(ndtr(self._standard(x)))

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``."""
        from scipy.special import ndtr

        return np.asarray(ndtr(-self._standard(x)))

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability."""
        from scipy.special import ndtri

        return np.asarray(self.loc + self.scale * ndtri(np.asarray(probability, dtype=np.float64)))

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability."""
        from scipy.special import ndtri

        return np.asarray(self.loc - self.scale * ndtri(np.asarray(probability, dtype=np.float64)))

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the density."""
        return np.asarray(-0.5 * self._standard(x) ** 2 - np.log(self.scale) - 0.5 * np.log(2 * np.pi))

    def mean(self) -> np.ndarray:
        """Expectation."""
        return np.array(np.broadcast_to(self.loc, self.shape))

    def mode(self) -> np.ndarray:
        """Where the density is highest."""
        return self.mean()

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Continuous ranked probability score in closed form, in the unit of ``y``.

        Args:
            y: Observed values, broadcast with ``shape``.

        Returns:
            The score; 0.2337 for the standard normal at its mean.

        Source:
            Gneiting, Raftery, Westveld and Goldman, "Calibrated Probabilistic Forecasting Using Ensemble
            Model Output Statistics and Minimum CRPS Estimation", Monthly Weather Review 133, 2005.
        """
        from scipy.special import ndtr

        z = self._standard(y)
        density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
        return np.asarray(self.scale * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi)))
