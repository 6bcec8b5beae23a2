"""Conditioned: what is left of a waiting time after some of it has passed without an event."""

from __future__ import annotations

import numpy as np

from forecaster.distributions.arrays import Index, ravel_parameter, take_parameter
from forecaster.distributions.base import Distribution


class Conditioned(Distribution):
    """T given T > elapsed, measured from the same zero as T.

    Where ``base`` says that T > elapsed is impossible (its survival there is 0, or too small for a number),
    the limit is taken: the event is due now, T = elapsed.
    """

    def __init__(self, base: Distribution, elapsed: np.ndarray | float) -> None:
        """Take the distribution and the time that has passed.

        Args:
            base: Distribution of T.
            elapsed: Broadcasts with the shape of ``base``.
        """
        self.base, self.elapsed = base, np.asarray(elapsed, dtype=np.float64)
        self._left = base.survival(self.elapsed)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self.base.shape

    def take(self, index: Index) -> Conditioned:
        """Some of the distributions along the first axis."""
        return Conditioned(self.base.take(index), take_parameter(self.elapsed, self.shape, index))

    def ravel(self) -> Conditioned:
        """The same distributions along one axis."""
        return Conditioned(self.base.ravel(), ravel_parameter(self.elapsed, self.shape))

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(T > x | T > elapsed); 1 before ``elapsed``."""
        x = np.asarray(x, dtype=np.float64)
        possible = self._left > 0
        share = self.base.survival(x) / np.where(possible, self._left, 1.0)
        after = np.where(possible, np.minimum(share, 1.0), 0.0)
        return np.where(x < self.elapsed, 1.0, after)

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(T <= x | T > elapsed); 0 before ``elapsed``."""
        x = np.asarray(x, dtype=np.float64)
        possible = self._left > 0
        share = self.base.mass(self.elapsed, np.maximum(x, self.elapsed))
        after = np.where(possible, np.minimum(share / np.where(possible, self._left, 1.0), 1.0), 1.0)
        return np.where(x < self.elapsed, 0.0, after)

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(T <= x | T > elapsed) >= probability; ``elapsed`` at least, never NaN."""
        return self.inverse_survival(1.0 - np.asarray(probability, dtype=np.float64))

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(T > x | T > elapsed) <= probability; ``elapsed`` at least."""
        found = self.base.inverse_survival(np.asarray(probability, dtype=np.float64) * self._left)
        found = np.where((self._left > 0) & ~np.isnan(found), found, self.elapsed)
        return np.asarray(np.maximum(found, self.elapsed))

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """That of ``base`` divided by what was left at ``elapsed``; -inf up to it."""
        x = np.asarray(x, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            density = self.base.log_density(x) - np.log(self._left)
        return np.where((x > self.elapsed) & (self._left > 0), density, -np.inf)
