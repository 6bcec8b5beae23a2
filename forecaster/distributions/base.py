"""Distribution: the one currency of heads, baselines, metrics and prediction."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

Index = np.ndarray | slice

# Levels and weights of integrals over a quantile function without a closed form: midpoints of 200 equal
# steps of t, level = t^2 (3 - 2 t), which crowds them where quantile functions are steep: at both ends.
_STEPS = (np.arange(200) + 0.5) / 200
GRID = _STEPS**2 * (3 - 2 * _STEPS)
GRID_WEIGHTS = 6 * _STEPS * (1 - _STEPS) / np.sum(6 * _STEPS * (1 - _STEPS))

# Numbers that one step of a computation may hold at once (32 MB of float64).
CHUNK = 4_000_000

# Share of the probability that the generic mode looks for the densest place of.
MODE_SHARE = 0.1


class Distribution(ABC):
    """An array of one-dimensional distributions.

    ``shape`` is the shape of that array, usually (n_windows, horizon). Every method that takes values takes
    an array that broadcasts with ``shape``, more axes in front included; every method that returns one
    number a distribution returns an array of ``shape``. Quantiles may be inf: that share is never reached.
    """

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""

    @abstractmethod
    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``; in [0, 1] and rising with x."""

    @abstractmethod
    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability, one for each distribution.

        Args:
            probability: In (0, 1), broadcasts with ``shape``: other than the levels of ``quantile``, which
                are the same for every distribution.

        Returns:
            The broadcast shape; inf where the distribution never gets there.
        """

    @abstractmethod
    def take(self, index: Index) -> Distribution:
        """Some of the distributions along the first axis, as indexing an array would give.

        Args:
            index: (n,) int64 or bool, or a slice.

        Returns:
            A distribution of the same type.
        """

    @abstractmethod
    def ravel(self) -> Distribution:
        """The same distributions along one axis: shape (n,), the last axis fastest."""

    def quantile(self, levels: np.ndarray | float) -> np.ndarray:
        """Quantiles at ``levels``: ``shape`` for a number, ``shape + (n_levels,)`` for an array.

        Args:
            levels: Quantile levels in (0, 1).

        Returns:
            Smallest x with P(X <= x) >= level; inf where the distribution never gets there.
        """
        levels = np.asarray(levels, dtype=np.float64)
        if levels.ndim == 0:
            return self.quantile_at(levels)
        leading = levels.reshape(levels.shape + (1,) * len(self.shape))
        return np.moveaxis(self.quantile_at(leading), 0, -1)  # shape + (n_levels,)

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``; exact in the upper tail where the type allows it."""
        return 1.0 - self.cdf(x)

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability; broadcasts with ``shape``."""
        return self.quantile_at(1.0 - np.asarray(probability, dtype=np.float64))

    def mass(self, lower: np.ndarray | float, upper: np.ndarray | float) -> np.ndarray:
        """P(lower < X <= upper), from whichever tail is nearer; broadcasts with ``shape``."""
        below = self.cdf(lower)
        from_below = self.cdf(upper) - below
        from_above = self.survival(lower) - self.survival(upper)
        return np.asarray(np.clip(np.where(below > 0.5, from_above, from_below), 0.0, 1.0))

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the density, -inf where there is none; here by a central difference of the cdf."""
        x = np.asarray(x, dtype=np.float64)
        spread = self.quantile_at(0.9) - self.quantile_at(0.1)
        with np.errstate(divide="ignore", invalid="ignore"):
            usual = np.where(np.isfinite(spread) & (spread > 0), spread, 1.0)
            step = 1e-4 * np.maximum(usual, 1e-9 * np.abs(x))
            return np.asarray(np.log(self.mass(x - step, x + step) / (2 * step)))

    def mean(self) -> np.ndarray:
        """Expectation; inf where a share is never reached. Here the integral of the quantile function."""
        return self._by_rows(lambda part: part.quantile(GRID) @ GRID_WEIGHTS, len(GRID))

    def median(self) -> np.ndarray:
        """Quantile at one half."""
        return self.quantile_at(0.5)

    def point(self, *, squared: bool = False) -> np.ndarray:
        """The one number that is forecast: the median, or the mean where squared errors count.

        Args:
            squared: Whether the number is held against squared errors (RMSE), not absolute ones.

        Returns:
            An array of ``shape``; what was given, in both cases, where a point forecast was (``Pointed``).
        """
        return self.mean() if squared else self.median()

    def mode(self) -> np.ndarray:
        """Where the density is highest; here the middle of the shortest interval that holds a tenth."""
        levels = np.linspace(0.005, 0.995, 100)
        held = round(MODE_SHARE * 100)

        def middle(part: Distribution) -> np.ndarray:
            points = part.quantile(levels)  # shape + (100,)
            with np.errstate(invalid="ignore"):
                widths = points[..., held:] - points[..., :-held]
            widths = np.where(np.isnan(widths), np.inf, widths)
            first = np.argmin(widths, axis=-1)[..., None]
            low, high = (np.take_along_axis(points, first + k, axis=-1) for k in (0, held))
            return np.asarray(((low + high) / 2)[..., 0])

        return self._by_rows(middle, len(levels))

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Independent draws.

        Args:
            rng: Where randomness comes from.
            n: Draws of every distribution.

        Returns:
            (n,) + shape.
        """
        return self.quantile_at(rng.random((n, *self.shape)))

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Central interval.

        Args:
            level: In percent, in (0, 100).

        Returns:
            Lower and upper limit, each of ``shape``.

        Raises:
            ValueError: ``level`` is outside (0, 100).
        """
        if not 0 < level < 100:
            raise ValueError(f"level {level} must lie between 0 and 100")
        tail = (1.0 - level / 100.0) / 2.0
        return self.quantile_at(tail), self.quantile_at(1.0 - tail)

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Continuous ranked probability score, in the unit of ``y``; 0 is perfect.

        Args:
            y: Observed values, broadcast with ``shape``; NaN gives NaN.

        Returns:
            Integral over x of (P(X <= x) - [y <= x])^2. Here twice the pinball loss, integrated over the
            levels.

        Source:
            Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", JASA
            102(477), 2007.
        """

        def integral(part: Distribution, observed: np.ndarray) -> np.ndarray:
            error = observed[..., None] - part.quantile(GRID)
            return np.asarray(2 * np.maximum(GRID * error, (GRID - 1) * error) @ GRID_WEIGHTS)

        return self._by_rows(integral, len(GRID), y)

    def binned_view(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Edges ``shape + (n_bins + 1,)`` and probs ``shape + (n_bins,)``; None without bins."""
        return None

    def _by_rows(
        self, function: Callable[..., np.ndarray], width: int, *values: np.ndarray | float
    ) -> np.ndarray:
        """``function(part, *values of it)`` on runs of rows small enough to hold ``width`` numbers each."""
        arrays = [
            np.broadcast_to(
                np.asarray(value, dtype=np.float64), np.broadcast_shapes(np.shape(value), self.shape)
            )
            for value in values
        ]
        leading = max((math.prod(a.shape[: a.ndim - len(self.shape)]) for a in arrays), default=1)
        n_rows = self.shape[0] if self.shape else 1
        held = width * leading * math.prod(self.shape[1:])
        run = max(CHUNK // max(held, 1), 1)
        if run >= n_rows:
            return function(self, *arrays)
        results = []
        for first in range(0, n_rows, run):
            rows = slice(first, first + run)
            key = row_key(rows, len(self.shape))
            results.append(function(self.take(rows), *(a[key] for a in arrays)))
        return np.concatenate(results, axis=-len(self.shape))


def take_parameter(parameter: np.ndarray, shape: tuple[int, ...], index: Index) -> np.ndarray:
    """Rows of a parameter that broadcasts with ``shape``.

    Args:
        parameter: Any shape that broadcasts with ``shape``.
        shape: Shape of the distributions it belongs to; one axis at least.
        index: As in ``Distribution.take``.

    Returns:
        What broadcasts with the shape of the distributions that were taken.
    """
    if parameter.ndim < len(shape) or (parameter.shape[0] == 1 and shape[0] != 1):
        return parameter
    return parameter[index]


def ravel_parameter(parameter: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A parameter of distributions along one axis.

    Args:
        parameter: Any shape that broadcasts with ``shape``.
        shape: Shape of the distributions it belongs to.

    Returns:
        (n,), or (1,) where one number serves all.
    """
    if parameter.size == 1:
        return parameter.reshape(1)
    return np.broadcast_to(parameter, shape).reshape(-1)


def row_key(rows: Index, n_axes: int) -> tuple[Any, ...]:
    """Index of rows in an array that may have more axes in front than the distributions.

    Args:
        rows: Rows along the first axis of the distributions.
        n_axes: Axes of the distributions.

    Returns:
        What indexes that axis, and all of the others.
    """
    return (..., rows, *(slice(None),) * (n_axes - 1))
