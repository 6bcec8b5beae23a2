"""Steps between a value and the scale that a model works in: affine and logarithm, and their way back."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from forecaster.distributions.arrays import Index, ravel_parameter, take_parameter


class Step(ABC):
    """A rising map z = forward(x), one for each distribution, and its inverse."""

    @abstractmethod
    def forward(self, x: np.ndarray) -> np.ndarray:
        """The value as a model sees it."""

    @abstractmethod
    def exact(self, x: np.ndarray) -> np.ndarray:
        """The inverse of ``undo`` wherever it has one: like ``forward``, without a floor."""

    @abstractmethod
    def undo(self, z: np.ndarray) -> np.ndarray:
        """From the model's scale back to x."""

    @abstractmethod
    def log_slope(self, x: np.ndarray) -> np.ndarray:
        """Logarithm of dz/dx at x."""

    @abstractmethod
    def take(self, shape: tuple[int, ...], index: Index) -> Step:
        """The step of some of the distributions, which have ``shape`` now."""

    @abstractmethod
    def ravel(self, shape: tuple[int, ...]) -> Step:
        """The step of the same distributions along one axis; they have ``shape`` now."""


class AffineStep(Step):
    """z = (x - shift) / scale."""

    def __init__(self, shift: np.ndarray | float, scale: np.ndarray | float = 1.0) -> None:
        """Take the parameters.

        Args:
            shift: Broadcasts with the shape of the distributions.
            scale: Above 0; broadcasts likewise.

        Raises:
            ValueError: A scale is not above 0.
        """
        self.shift, self.scale = np.asarray(shift, dtype=np.float64), np.asarray(scale, dtype=np.float64)
        if (self.scale <= 0).any():
            raise ValueError(f"scale {self.scale.min():g} must be above 0")

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(x - shift) / scale."""
        return np.asarray((x - self.shift) / self.scale)

    def exact(self, x: np.ndarray) -> np.ndarray:
        """(x - shift) / scale."""
        return self.forward(x)

    def undo(self, z: np.ndarray) -> np.ndarray:
        """Z scale + shift."""
        return np.asarray(z * self.scale + self.shift)

    def log_slope(self, x: np.ndarray) -> np.ndarray:
        """-log scale."""
        return np.asarray(
            np.broadcast_to(-np.log(self.scale), np.broadcast_shapes(x.shape, self.scale.shape))
        )

    def take(self, shape: tuple[int, ...], index: Index) -> AffineStep:
        """The step of some of the distributions."""
        return AffineStep(take_parameter(self.shift, shape, index), take_parameter(self.scale, shape, index))

    def ravel(self, shape: tuple[int, ...]) -> AffineStep:
        """The step of the same distributions along one axis."""
        return AffineStep(ravel_parameter(self.shift, shape), ravel_parameter(self.scale, shape))


class LogStep(Step):
    """z = log(max(x, floor)); undone by the exponential, so that X is always above 0."""

    def __init__(self, floor: np.ndarray | float) -> None:
        """Take the floor.

        Args:
            floor: Above 0; lower values count as it. Broadcasts with the shape of the distributions.

        Raises:
            ValueError: The floor is not above 0.
        """
        self.floor = np.asarray(floor, dtype=np.float64)
        if (self.floor <= 0).any():
            raise ValueError(f"floor {self.floor.min():g} must be above 0")

    def forward(self, x: np.ndarray) -> np.ndarray:
        """log(max(x, floor))."""
        return np.asarray(np.log(np.maximum(x, self.floor)))

    def exact(self, x: np.ndarray) -> np.ndarray:
        """Log x, -inf up to 0."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.maximum(x, 0.0)))

    def undo(self, z: np.ndarray) -> np.ndarray:
        """Exp z."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(z))

    def log_slope(self, x: np.ndarray) -> np.ndarray:
        """-log x, at the floor below it."""
        return -self.forward(x)

    def take(self, shape: tuple[int, ...], index: Index) -> LogStep:
        """The step of some of the distributions."""
        return LogStep(take_parameter(self.floor, shape, index))

    def ravel(self, shape: tuple[int, ...]) -> LogStep:
        """The step of the same distributions along one axis."""
        return LogStep(ravel_parameter(self.floor, shape))
