"""Defective: a waiting time that a share of the cases never comes to an end of."""

from __future__ import annotations

import numpy as np

from forecaster.distributions.arrays import Index, ravel_parameter, take_parameter
from forecaster.distributions.base import Distribution
from forecaster.distributions.point_mass import PointMass


class Defective(Distribution):
    """X is that of ``base`` with probability 1 - ``never``, else inf; in closed form where ``base`` is."""

    def __init__(self, base: Distribution, never: np.ndarray | float) -> None:
        """Take the distribution and the share.

        Args:
            base: Distribution of X where it is finite.
            never: Share at inf, in [0, 1]; broadcasts with the shape of ``base``.

        Raises:
            ValueError: A share is outside [0, 1].
        """
        self.base, self.never = base, np.asarray(never, dtype=np.float64)
        if not ((self.never >= 0) & (self.never <= 1)).all():
            raise ValueError("never must lie in [0, 1]")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self.base.shape

    def take(self, index: Index) -> Defective:
        """Some of the distributions along the first axis."""
        return Defective(self.base.take(index), take_parameter(self.never, self.shape, index))

    def ravel(self) -> Defective:
        """The same distributions along one axis."""
        return Defective(self.base.ravel(), ravel_parameter(self.never, self.shape))

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``; ``1 - never`` at inf."""
        return np.asarray((1.0 - self.never) * self.base.cdf(x))

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``; ``never`` at inf."""
        return np.asarray((1.0 - self.never) * self.base.survival(x) + self.never)

    def mass(self, lower: np.ndarray | float, upper: np.ndarray | float) -> np.ndarray:
        """P(lower < X <= upper)."""
        return np.asarray((1.0 - self.never) * self.base.mass(lower, upper))

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability; inf beyond ``1 - never``."""
        p, held = np.asarray(probability, dtype=np.float64), 1.0 - self.never
        return self._found(self.base.quantile_at(self._share(p, held)), p <= held)

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability; inf below ``never``."""
        s = np.asarray(probability, dtype=np.float64)
        found = self.base.inverse_survival(self._share(s - self.never, 1.0 - self.never))
        return self._found(found, s >= self.never)

    def _share(self, part: np.ndarray, held: np.ndarray) -> np.ndarray:
        """``part`` of what ``base`` holds, in [0, 1]."""
        return np.asarray(np.clip(part / np.where(held > 0, held, 1.0), 0.0, 1.0))

    def _found(self, x: np.ndarray, is_reached: np.ndarray) -> np.ndarray:
        """X where it is reached, else inf."""
        return np.where(is_reached & (self.never < 1), x, np.inf)

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the density; that of ``never`` is nowhere."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log1p(-self.never) + self.base.log_density(x))

    def mean(self) -> np.ndarray:
        """Expectation; inf where there is a share that is never reached."""
        return np.where(self.never > 0, np.inf, self.base.mean())

    def mode(self) -> np.ndarray:
        """Where the density is highest: the mode of ``base``."""
        return self.base.mode()

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Continuous ranked probability score; inf where there is a share that is never reached."""
        y = np.asarray(y, dtype=np.float64)
        return np.where((self.never > 0) & ~np.isnan(y), np.inf, self.base.crps(y))

    def split(self) -> list[tuple[np.ndarray, Distribution]]:
        """``base``, and a point mass at inf."""
        never = np.broadcast_to(self.never, self.shape)
        return [(1.0 - never, self.base), (never, PointMass(np.full(self.shape, np.inf)))]
