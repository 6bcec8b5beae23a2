"""PointMass: all probability on one value, what a point forecast claims."""

from __future__ import annotations

import numpy as np

from forecaster.distributions.arrays import Index
from forecaster.distributions.base import Distribution


class PointMass(Distribution):
    """X is ``value``, for certain; its CRPS is the absolute error."""

    def __init__(self, value: np.ndarray | float) -> None:
        """Take the values.

        Args:
            value: Any shape, which is the shape of the distributions; inf is never.
        """
        self.value = np.asarray(value, dtype=np.float64)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self.value.shape

    def take(self, index: Index) -> PointMass:
        """Some of the distributions along the first axis."""
        return PointMass(self.value[index])

    def ravel(self) -> PointMass:
        """The same distributions along one axis."""
        return PointMass(self.value.reshape(-1))

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """1 from the value on, 0 below it."""
        return np.asarray(np.asarray(x) >= self.value, dtype=np.float64)

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """The value, at every level."""
        return np.array(np.broadcast_to(self.value, np.broadcast_shapes(np.shape(probability), self.shape)))

    def lay_out(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """A jump: the value twice, just before it and on it."""
        del n
        reached = np.array([0.0, 1.0]).reshape(-1, *(1,) * self.value.ndim)
        return np.stack([np.nextafter(self.value, -np.inf), self.value]), reached

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Infinite on the value, -inf elsewhere."""
        return np.where(np.asarray(x) == self.value, np.inf, -np.inf)

    def mean(self) -> np.ndarray:
        """The value."""
        return self.value.copy()

    def mode(self) -> np.ndarray:
        """The value."""
        return self.value.copy()

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Absolute error, in the unit of ``y``.

        Args:
            y: Observed values, broadcast with ``shape``.

        Returns:
            ``|y - value|``.
        """
        return np.abs(np.asarray(y, dtype=np.float64) - self.value)


def median_of(points: list[np.ndarray]) -> np.ndarray:
    """Point forecast of an ensemble: the median of its members.

    Args:
        points: One array a member, all of one shape.

    Returns:
        An array of that shape.

    Example:
        >>> median_of([np.array([1.0]), np.array([9.0]), np.array([2.0])]).tolist()
        [2.0]
    """
    return np.asarray(np.median(np.stack(points), axis=0))
