"""PiecewiseLinear: a cdf that is straight between knots, with exponential tails."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Self

import numpy as np

from forecaster.distributions.arrays import Index, mean_square
from forecaster.distributions.base import Distribution

# Width at which an atom counts in a log density, relative to the spread and the size of the values.
ATOM_WIDTH = 1e-9


def count_below(table: np.ndarray, rows: np.ndarray, x: np.ndarray, *, strict: bool = False) -> np.ndarray:
    """How many entries of a sorted row are at most (``strict``: below) each value.

    Args:
        table: (n_rows, n_entries), every row rising.
        rows: Row of ``table`` for each value, broadcasts with ``x``.
        x: Values; the work and the memory grow with their number, not with ``n_entries``.
        strict: Count entries below a value, not those equal to it.

    Returns:
        int64, 0 .. n_entries, of the broadcast shape; of the shape of ``x`` where the table has one row.
    """
    if len(table) == 1:
        return np.asarray(np.searchsorted(table[0], x, side="left" if strict else "right"))
    n_entries = table.shape[1]
    count = np.zeros(np.broadcast_shapes(rows.shape, np.shape(x)), dtype=np.int64)
    step = 1 << (n_entries.bit_length() - 1)
    while step:
        tried = count + step
        entry = table[rows, np.minimum(tried, n_entries) - 1]
        passed = (entry < x if strict else entry <= x) & (tried <= n_entries)
        count += step * passed
        step >>= 1
    return count


def look_up(table: np.ndarray, rows: np.ndarray, entries: np.ndarray | int) -> np.ndarray:
    """``table[rows, entries]``, without spelling it out for each distribution where there is one row.

    Args:
        table: (n_rows, n_entries).
        rows: Rows, broadcast with ``entries``; not looked at where there is one row.
        entries: Columns.

    Returns:
        The broadcast shape, or that of ``entries`` where there is one row.
    """
    return np.asarray(table[0, entries] if len(table) == 1 else table[rows, entries])


class PiecewiseLinear(Distribution):
    """Cdf through (knot, level) pairs, straight in between, exponential beyond the outermost.

    Knots and levels are tables that distributions point into by row, so that thousands of windows of one
    series, or all windows of one baseline, share one row. Equal knots make an atom.

    Attributes:
        knots: (n_knot_rows, n_knots) float64, rising in each row.
        levels: (n_level_rows, n_knots) float64, P(X <= knot), rising in each row.
        upper: (n_level_rows,) P(X > last knot), kept by itself because 1 - level would lose digits.
        scales: (n_knot_rows, 2) scale of the lower and of the upper tail; 0 puts its mass on the knot.
    """

    def __init__(
        self,
        knots: tuple[np.ndarray, np.ndarray],
        levels: tuple[np.ndarray, np.ndarray],
        upper: np.ndarray,
        scales: np.ndarray,
    ) -> None:
        """Take the tables with the rows that each distribution reads.

        Args:
            knots: The table, and (shape) int64 rows of it.
            levels: The table, and (shape) int64 rows of it.
            upper: As the attribute.
            scales: As the attribute.
        """
        self.knots, self._knot_rows = knots
        self.levels, self._level_rows = levels
        self.upper, self.scales = upper, scales

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return np.broadcast_shapes(self._knot_rows.shape, self._level_rows.shape)

    def take(self, index: Index) -> Self:
        """Some of the distributions along the first axis; the tables are shared."""
        return self._of(lambda rows: np.asarray(rows[index]))

    def ravel(self) -> Self:
        """The same distributions along one axis; the tables are shared."""
        return self._of(lambda rows: np.broadcast_to(rows, self.shape).reshape(-1))

    def _of(self, choose: Callable[[np.ndarray], np.ndarray]) -> Self:
        """The same tables, read at other rows."""
        taken = copy.copy(self)
        same = self._knot_rows is self._level_rows
        taken._knot_rows = choose(self._knot_rows)
        taken._level_rows = taken._knot_rows if same else choose(self._level_rows)
        return taken

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``."""
        return self._probability(np.asarray(x, dtype=np.float64), above=False)

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``; exact in the upper tail."""
        return self._probability(np.asarray(x, dtype=np.float64), above=True)

    def _neighbours(self, count: np.ndarray) -> tuple[np.ndarray, ...]:
        """Knots and levels around a position: left knot, right knot, left level, right level."""
        last = self.knots.shape[1] - 1
        left, right = np.clip(count - 1, 0, last), np.clip(count, 0, last)
        return (
            look_up(self.knots, self._knot_rows, left),
            look_up(self.knots, self._knot_rows, right),
            look_up(self.levels, self._level_rows, left),
            look_up(self.levels, self._level_rows, right),
        )

    def _choose(
        self, count: np.ndarray, lower: np.ndarray, body: np.ndarray, upper: np.ndarray
    ) -> np.ndarray:
        """The value of the part that each position lies in, broadcast over ``shape``."""
        found = np.where(count == 0, lower, np.where(count == self.knots.shape[1], upper, body))
        if found.ndim >= len(self.shape) and np.broadcast_shapes(found.shape, self.shape) == found.shape:
            return found
        return np.array(np.broadcast_to(found, np.broadcast_shapes(found.shape, self.shape)))

    def _mass_above(self) -> np.ndarray:
        """P(X > last knot), broadcast with ``shape``."""
        return np.asarray(self.upper[0] if len(self.upper) == 1 else self.upper[self._level_rows])

    def _tail(self, distance: np.ndarray, side: int) -> np.ndarray:
        """Share of a tail's mass beyond ``distance`` >= 0 from the outermost knot."""
        scale = look_up(self.scales, self._knot_rows, side)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = np.exp(-np.maximum(distance, 0.0) / scale)
        return np.where(np.isnan(distance), np.nan, np.where(scale > 0, share, 0.0))

    def _probability(self, x: np.ndarray, *, above: bool) -> np.ndarray:
        """P(X > x) or P(X <= x)."""
        count = count_below(self.knots, self._knot_rows, x)
        x0, x1, p0, p1 = self._neighbours(count)
        with np.errstate(divide="ignore", invalid="ignore"):
            width = x1 - x0
            share = np.where((width > 0) & np.isfinite(width), (x - x0) / width, 0.0)
        body = p0 + (p1 - p0) * share
        lower = p0 * self._tail(x0 - x, 0)
        upper = self._mass_above() * self._tail(x - x0, 1)
        body, upper = (1.0 - body, upper) if above else (body, 1.0 - upper)
        lower = 1.0 - lower if above else lower
        return self._choose(count, lower, body, upper)

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability."""
        p = np.asarray(probability, dtype=np.float64)
        count = count_below(self.levels, self._level_rows, p, strict=True)
        x0, x1, p0, p1 = self._neighbours(count)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(p1 > p0, (p - p0) / (p1 - p0), 0.0)
            body = np.where((x1 == x0) | (share == 0), x0, x0 + (x1 - x0) * share)
            lower = x0 + self._depth(p / p0, 0)
            upper = x0 - self._depth((1.0 - p) / self._mass_above(), 1)
        return self._choose(count, lower, body, upper)

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability; exact in the upper tail."""
        s = np.asarray(probability, dtype=np.float64)
        mass = self._mass_above()
        with np.errstate(divide="ignore", invalid="ignore"):
            upper = look_up(self.knots, self._knot_rows, -1) - self._depth(s / mass, 1)
        return np.where((s < mass) & (mass > 0), upper, self.quantile_at(1.0 - s))

    def _depth(self, share: np.ndarray, side: int) -> np.ndarray:
        """Distance into a tail (<= 0) at which ``share`` of its mass lies beyond."""
        scale = look_up(self.scales, self._knot_rows, side)
        with np.errstate(divide="ignore", invalid="ignore"):
            depth = scale * np.log(np.clip(np.where(np.isnan(share), 1.0, share), 0.0, 1.0))
        return np.where(scale > 0, depth, 0.0)

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the density; an atom counts as a very narrow step, so that it stays finite."""
        x = np.asarray(x, dtype=np.float64)
        count = count_below(self.knots, self._knot_rows, x)
        x0, x1, p0, p1 = self._neighbours(count)
        first, last = (look_up(self.knots, self._knot_rows, k) for k in (0, -1))
        least = ATOM_WIDTH * (last - first) + ATOM_WIDTH**1.5 * np.maximum(np.abs(x0), 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            body = np.log((p1 - p0) / np.maximum(x1 - x0, least))
            below, above = (np.maximum(look_up(self.scales, self._knot_rows, side), least) for side in (0, 1))
            lower = np.log(p0 / below) - (x0 - x) / below
            upper = np.log(self._mass_above() / above) - (x - x0) / above
        return self._choose(count, lower, body, upper)

    def _joined(self) -> tuple[np.ndarray, ...]:
        """Tables brought to the same rows: knots, levels, upper, scales, and (shape) rows of them."""
        of_knots, of_levels = self._knot_rows, self._level_rows
        n_knots, n_levels = len(self.knots), len(self.levels)
        if max(n_knots, n_levels) <= of_knots.size and (of_knots is of_levels or 1 in (n_knots, n_levels)):
            size = max(n_knots, n_levels)
            rows = of_levels if n_knots == 1 else of_knots
            of_knots, of_levels = (np.arange(size) % n for n in (n_knots, n_levels))
        else:
            rows = np.arange(of_knots.size).reshape(self.shape)
            of_knots, of_levels = of_knots.reshape(-1), of_levels.reshape(-1)
        knots, levels = np.broadcast_arrays(self.knots[of_knots], self.levels[of_levels])
        size = len(knots)
        upper = np.broadcast_to(self.upper[of_levels], size)
        return knots, levels, upper, np.broadcast_to(self.scales[of_knots], (size, 2)), rows

    def mean(self) -> np.ndarray:
        """Expectation: the sum over segments and tails of mass times the mean inside."""

        def expectation(part: PiecewiseLinear) -> np.ndarray:
            knots, levels, upper, scales, rows = part._joined()
            inside = (np.diff(levels) * (knots[:, 1:] + knots[:, :-1]) / 2).sum(axis=1)
            lower = levels[:, 0] * (knots[:, 0] - scales[:, 0])
            above = upper * (knots[:, -1] + scales[:, 1])
            total: np.ndarray = (inside + lower + above)[rows]
            return total

        return self._by_rows(expectation, 2 * self.knots.shape[1])

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Continuous ranked probability score in closed form, in the unit of ``y``.

        Args:
            y: Observed values, broadcast with ``shape``.

        Returns:
            Integral of the squared difference between the cdf and the step at ``y``.
        """
        return self._by_rows(_crps, 4 * self.knots.shape[1], y)


def _crps(part: PiecewiseLinear, y: np.ndarray) -> np.ndarray:
    """The integral of F^2 up to y and of (1 - F)^2 from there, from their sums over whole segments."""
    knots, levels, upper, scales, rows = part._joined()
    last = knots.shape[1] - 1
    width, rest = np.diff(knots), 1.0 - levels
    below = np.empty(knots.shape)  # integral of F^2 up to each knot
    above = np.empty(knots.shape)  # integral of (1 - F)^2 from each knot on
    below[:, 0] = levels[:, 0] ** 2 * scales[:, 0] / 2
    above[:, -1] = upper**2 * scales[:, 1] / 2
    below[:, 1:] = width * mean_square(levels[:, :-1], levels[:, 1:])
    above[:, :-1] = width * mean_square(rest[:, :-1], rest[:, 1:])
    below = np.cumsum(below, axis=1)
    above = np.cumsum(above[:, ::-1], axis=1)[:, ::-1]
    count = count_below(knots, rows, y)
    left, right = np.clip(count - 1, 0, last), np.clip(count, 0, last)
    x0, x1 = knots[rows, left], knots[rows, right]
    p0, p1 = levels[rows, left], levels[rows, right]
    at = part.cdf(y)
    body = below[rows, left] + (y - x0) * mean_square(p0, at)
    body += above[rows, right] + (x1 - y) * mean_square(1 - at, 1 - p1)
    mass = np.where(count == 0, p0, upper[rows])
    scale = scales[rows, np.where(count == 0, 0, 1)]
    reached = np.where(count == 0, at, part.survival(y))  # mass * exp(-distance / scale)
    tail = np.abs(y - x0) - 2 * scale * (mass - reached) + mass**2 * scale / 2
    tail += np.where(count == 0, above[rows, 0], below[rows, -1])
    return np.asarray(np.where((count == 0) | (count == last + 1), tail, body))
