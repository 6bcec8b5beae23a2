"""Empirical: the distribution of a set of samples, drawn paths or past values."""

from __future__ import annotations

import copy
import math

import numpy as np

from forecaster.distributions.arrays import Index
from forecaster.distributions.base import Distribution
from forecaster.distributions.piecewise import count_below, look_up


class Empirical(Distribution):
    """Steps of the cdf at the samples; quantiles are samples.

    Its density, which steps have not, is estimated from the nearest samples: with k = sqrt(n) of them, k / n
    divided by the distance between the outermost two, stretched to reach the value.
    """

    def __init__(
        self,
        samples: np.ndarray,
        weights: np.ndarray | None = None,
        rows: np.ndarray | None = None,
    ) -> None:
        """Sort the samples.

        Args:
            samples: shape + (n,), finite or inf (never).
            weights: Like ``samples``, or (n,); not negative, divided by their sum. Equal when None.
            rows: Several distributions may share samples: (shape) int64 row of ``samples``, which is then
                (n_rows, n).

        Raises:
            ValueError: There are no samples.
        """
        samples = np.asarray(samples, dtype=np.float64)
        n = samples.shape[-1]
        if n == 0:
            raise ValueError("samples are empty")
        self._rows = (
            np.arange(math.prod(samples.shape[:-1])).reshape(samples.shape[:-1]) if rows is None else rows
        )
        table = samples.reshape(-1, n)
        if weights is None:
            self.samples = np.sort(table, axis=1)
            self._levels = (np.arange(1, n + 1) / n)[None]  # P(X <= sample), one row for all
        else:
            share = np.broadcast_to(np.asarray(weights, dtype=np.float64), samples.shape).reshape(-1, n)
            order = np.argsort(table, axis=1, kind="stable")
            self.samples = np.take_along_axis(table, order, axis=1)
            total = np.cumsum(np.take_along_axis(share, order, axis=1), axis=1)
            self._levels = total / total[:, -1:]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self._rows.shape

    def take(self, index: Index) -> Empirical:
        """Some of the distributions along the first axis; the samples are shared."""
        taken = copy.copy(self)
        taken._rows = self._rows[index]
        return taken

    def ravel(self) -> Empirical:
        """The same distributions along one axis; the samples are shared."""
        taken = copy.copy(self)
        taken._rows = self._rows.reshape(-1)
        return taken

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x): share of the samples up to ``x``."""
        count = count_below(self.samples, self._rows, np.asarray(x, dtype=np.float64))
        reached = np.where(count == 0, 0.0, look_up(self._levels, self._rows, np.maximum(count - 1, 0)))
        return np.array(np.broadcast_to(reached, np.broadcast_shapes(reached.shape, self.shape)))

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest sample with P(X <= sample) >= probability."""
        p = np.asarray(probability, dtype=np.float64) - 1e-12  # 0.3 * 10 is 3 samples, not 4
        count = count_below(self._levels, self._rows, p, strict=True)
        return np.asarray(self.samples[self._rows, np.minimum(count, self.samples.shape[1] - 1)])

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the density as estimated from the nearest samples."""
        x = np.asarray(x, dtype=np.float64)
        n = self.samples.shape[1]
        near = min(max(math.isqrt(n), 1), n - 1)
        count = count_below(self.samples, self._rows, x)
        first = np.clip(count - (near + 1) // 2, 0, n - 1 - near)
        low, high = self.samples[self._rows, first], self.samples[self._rows, first + near]
        before = look_up(self._levels, self._rows, np.maximum(first - 1, 0))
        share = look_up(self._levels, self._rows, first + near) - np.where(first > 0, before, 0.0)
        width = np.maximum(high, x) - np.minimum(low, x) + 1e-9 * np.maximum(np.abs(x), 1.0)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(share / width))

    def mean(self) -> np.ndarray:
        """Weighted mean of the samples."""
        total = np.zeros(len(self.samples))
        previous: np.ndarray | float = 0.0
        for k in range(self.samples.shape[1]):
            total += (self._levels[:, k] - previous) * self.samples[:, k]
            previous = self._levels[:, k]
        return np.asarray(total[self._rows])

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Continuous ranked probability score in closed form, in the unit of ``y``.

        Args:
            y: Observed values, broadcast with ``shape``.

        Returns:
            E|X - y| - E|X - X'| / 2.

        Source:
            Gneiting and Raftery, JASA 102(477), 2007, equation 21.
        """
        return self._by_rows(_crps, 4 * self.samples.shape[1], y)


def _crps(part: Empirical, y: np.ndarray) -> np.ndarray:
    """E|X - y| - E|X - X'| / 2 from running sums over the sorted samples."""
    rows = part._rows
    samples, levels = part.samples, part._levels
    if len(samples) > rows.size:  # only the rows in use
        levels = levels if len(levels) == 1 else levels[rows.reshape(-1)]
        samples = samples[rows.reshape(-1)]
        rows = np.arange(rows.size).reshape(rows.shape)
    before = np.concatenate([np.zeros((len(levels), 1)), levels[:, :-1]], axis=1)
    weighted = (levels - before) * samples
    sums = np.cumsum(weighted, axis=1)
    spread = (weighted * (levels + before - 1)).sum(axis=1)  # E|X - X'| / 2
    count = count_below(samples, rows, y)
    last = np.maximum(count - 1, 0)
    reached = np.where(count == 0, 0.0, look_up(levels, rows, last))
    below = np.where(count == 0, 0.0, sums[rows, last])
    return np.asarray(y * (2 * reached - 1) + sums[rows, -1] - 2 * below - spread[rows])
