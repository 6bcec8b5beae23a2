"""Transformed: a distribution brought back from a model's scale through the inverse of its steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecaster.distributions.arrays import Index
from forecaster.distributions.base import Distribution
from forecaster.distributions.random_source import RandomSource
from forecaster.distributions.steps import AffineStep, Step


class Transformed(Distribution):
    """X with step_k(... step_1(X)) distributed as ``base``; cdf and quantiles are mapped exactly."""

    def __init__(self, base: Distribution, steps: Sequence[Step]) -> None:
        """Take the distribution and the way it came.

        Args:
            base: In the model's scale.
            steps: In the order in which they were applied to x; undone from the last to the first. Their
                parameters broadcast with the shape of ``base``.
        """
        self.base, self.steps = base, tuple(steps)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self.base.shape

    def take(self, index: Index) -> Transformed:
        """Some of the distributions along the first axis."""
        return Transformed(self.base.take(index), [step.take(self.shape, index) for step in self.steps])

    def ravel(self) -> Transformed:
        """The same distributions along one axis."""
        return Transformed(self.base.ravel(), [step.ravel(self.shape) for step in self.steps])

    def _forward(self, x: np.ndarray | float) -> np.ndarray:
        """From x to the scale of ``base``."""
        z = np.asarray(x, dtype=np.float64)
        for step in self.steps:
            z = step.exact(z)
        return z

    def _undo(self, z: np.ndarray) -> np.ndarray:
        """From the scale of ``base`` to x."""
        for step in reversed(self.steps):
            z = step.undo(z)
        return z

    @property
    def _is_affine(self) -> bool:
        """Whether means and scores can be mapped in closed form."""
        return all(isinstance(step, AffineStep) for step in self.steps)

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``."""
        return self.base.cdf(self._forward(x))

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``."""
        return self.base.survival(self._forward(x))

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability."""
        return self._undo(self.base.quantile_at(probability))

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability."""
        return self._undo(self.base.inverse_survival(probability))

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the density of ``base`` plus that of the slope; below a floor, of the floor."""
        z = np.asarray(x, dtype=np.float64)
        slopes: np.ndarray | float = 0.0
        for step in self.steps:
            slopes = slopes + step.log_slope(z)
            z = step.forward(z)
        return np.asarray(self.base.log_density(z) + slopes)

    def mean(self) -> np.ndarray:
        """Expectation: mapped where all steps are affine, else the integral of the quantile function."""
        return self._undo(self.base.mean()) if self._is_affine else super().mean()

    def mode(self) -> np.ndarray:
        """The mode of ``base`` mapped where all steps are affine, else searched for in x."""
        return self._undo(self.base.mode()) if self._is_affine else super().mode()

    def sample(self, rng: RandomSource, n: int) -> np.ndarray:
        """(n,) + shape independent draws."""
        return self._undo(self.base.sample(rng, n))

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Continuous ranked probability score, in the unit of ``y``; that of ``base`` scaled where affine."""
        if not self._is_affine:
            return super().crps(y)
        scale: np.ndarray | float = 1.0
        for step in self.steps:
            if isinstance(step, AffineStep):
                scale = scale * step.scale
        return np.asarray(self.base.crps(self._forward(y)) * scale)

    def split(self) -> list[tuple[np.ndarray, Distribution]] | None:
        """Weights and components where ``base`` is a mixture; None where it is not."""
        split = self.base.split()
        return None if split is None else [(weight, Transformed(part, self.steps)) for weight, part in split]

    def lay_out(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The straight lines of ``base``, their ends brought back."""
        x, reached = self.base.lay_out(n)
        return self._undo(x), reached

    def binned_view(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Edges in x, ``shape + (n_bins + 1,)``, and probs; None when ``base`` has no bins."""
        view = self.base.binned_view()
        if view is None:
            return None
        edges = self._undo(np.moveaxis(view[0], -1, 0))  # (n_bins + 1,) + shape
        return np.moveaxis(edges, 0, -1), view[1]
