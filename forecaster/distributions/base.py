"""Distribution: the one currency of heads, baselines, metrics and prediction."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from forecaster.distributions.arrays import Index, mean_square, row_key
from forecaster.distributions.random_source import RandomSource
from forecaster.distributions.threshold import WIDTH, threshold_integral

# Levels and weights of integrals over a quantile function without a closed form: midpoints of 200 equal
# steps of t, level = t^2 (3 - 2 t), which crowds them where quantile functions are steep: at both ends.
_STEPS = (np.arange(200) + 0.5) / 200
GRID = _STEPS**2 * (3 - 2 * _STEPS)
GRID_WEIGHTS = 6 * _STEPS * (1 - _STEPS) / np.sum(6 * _STEPS * (1 - _STEPS))

# Points that a distribution without a closed form is laid out on for its score.
N_POINTS = 100

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
        split = self.split()
        if split is None:
            return self._by_rows(lambda part: np.asarray(part.quantile(GRID) @ GRID_WEIGHTS), len(GRID))
        total: np.ndarray | float = 0.0
        for weight, part in split:
            total = total + weight * np.where(weight > 0, part.mean(), 0.0)
        return np.asarray(total)

    def split(self) -> list[tuple[np.ndarray, Distribution]] | None:
        """Weights (broadcast with ``shape``) and components of what is a mixture; None of what is not."""
        return None

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

    def sample(self, rng: RandomSource, n: int) -> np.ndarray:
        """Independent draws.

        Args:
            rng: Where randomness comes from: a numpy ``Generator``, or what has numbers as it does.
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
            Integral over x of (P(X <= x) - [y <= x])^2. Here along the straight lines of
            ``lay_out``; inf where a share is never reached.

        Source:
            Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", JASA
            102(477), 2007.
        """
        return self._by_rows(_laid_out_crps, 8 * N_POINTS, y)

    def censored_crps(
        self, y: np.ndarray | float, start: np.ndarray | float, until: np.ndarray | float
    ) -> np.ndarray:
        """The part of the score that a limited time of observation can see, in the unit of ``y``.

        Args:
            y: Observed values, broadcast with ``shape``; any number above ``until`` where nothing came by
                then; NaN gives NaN.
            start: Where observation began: what the value is known to exceed, or the lowest possible value.
            until: Where it ended; inf where there was no limit: there the score is ``crps``.

        Returns:
            Integral over x from ``start`` to ``until`` of (P(X <= x) - [y <= x])^2; finite also where a
            share is never reached.
        """
        y, start, until = (np.asarray(value, dtype=np.float64) for value in (y, start, until))
        open_end = np.isposinf(until)

        def integral(part: Distribution, y: np.ndarray, start: np.ndarray, until: np.ndarray) -> np.ndarray:
            return threshold_integral(part.cdf, part.quantile_at, y, start, until)

        if not open_end.any():
            return self._by_rows(integral, WIDTH, y, start, until)
        whole = self.crps(y)
        if open_end.all():
            return np.asarray(whole)
        return np.where(
            open_end, whole, self._by_rows(integral, WIDTH, y, start, np.where(open_end, start, until))
        )

    def lay_out(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The cdf as straight lines between points.

        Args:
            n: How many points; there may be a few more.

        Returns:
            x, (n_points,) + shape, and P(X <= x), which broadcasts with it; both rising along the first
            axis. Equal x are a jump.
        """
        steps = (np.arange(n) + 0.5) / n
        levels = (steps**2 * (3 - 2 * steps)).reshape(-1, *(1,) * len(self.shape))
        return self.quantile_at(levels), levels

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


def _laid_out_crps(part: Distribution, y: np.ndarray) -> np.ndarray:
    """Integral of F^2 up to y and of (1 - F)^2 from there, along straight lines."""
    x, reached = part.lay_out(N_POINTS)
    extra = (1,) * (y.ndim - len(part.shape))
    x = x.reshape(len(x), *extra, *part.shape)
    reached = reached.reshape(len(reached), *extra, *reached.shape[1:])
    improper = np.isposinf(x[-1])
    x = np.where(improper, 0.0, x)
    first, rise, width = reached[:-1], np.diff(reached, axis=0), np.diff(x, axis=0)
    cut = np.clip(y, x[:-1], x[1:])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = first + rise * np.where(width > 0, (cut - x[:-1]) / width, 0.0)
    inside = (cut - x[:-1]) * mean_square(first, at)
    inside += (x[1:] - cut) * mean_square(1 - at, 1 - reached[1:])
    outside = np.maximum(x[0] - y, 0.0) + np.maximum(y - x[-1], 0.0)
    return np.where(improper, np.inf, inside.sum(axis=0) + outside)
