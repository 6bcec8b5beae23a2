"""Sums over rows of every series, without an array as long as all rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from forecaster.data.parts import in_parts

# Numbers of some rows, given the rows and the series of each.
Numbers = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, ...]]


def series_sums(numbers: Numbers, begins: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sums over the known ones of some rows of every series.

    Args:
        numbers: What is added up: one array (n,) or more, of (n,) int64 rows and the (n,) int64 series of
            each. A row whose first number is NaN is left out. It runs like the work of ``in_parts``.
        begins: (n_series,) int64 first row of each series.
        ends: (n_series,) int64 row after its last; a series may be empty.

    Returns:
        (n_series,) int64 rows that count, and (n_series,) float64 the sum of each of the numbers.

    Example:
        >>> y = np.array([1.0, 2.0, 3.0, np.nan, 5.0])
        >>> found = series_sums(lambda rows, series: (y[rows],), np.array([0, 3]), np.array([2, 5]))
        >>> [part.tolist() for part in found]
        [[2, 1], [3.0, 5.0]]
    """
    offsets = np.concatenate([[0], np.cumsum(np.maximum(ends - begins, 0))])

    def add(part: slice) -> tuple[slice, list[np.ndarray]]:
        """Counts and sums of a part, which may begin and end within a series."""
        first = int(np.searchsorted(offsets, part.start, side="right")) - 1
        edges = np.clip(offsets[first : np.searchsorted(offsets, part.stop) + 1], part.start, part.stop)
        run = np.repeat(np.arange(first, first + len(edges) - 1), np.diff(edges))
        found = numbers(np.arange(part.start, part.stop) + (begins - offsets[:-1])[run], run)
        known = ~np.isnan(found[0])
        run, n_series = run - first, len(edges) - 1
        sums: list[np.ndarray] = [np.bincount(run[known], minlength=n_series)]
        sums += [np.bincount(run[known], one[known], n_series) for one in found]
        return slice(first, first + n_series), sums

    none = np.zeros(0, dtype=np.int64)
    totals: list[np.ndarray] = [np.zeros(len(begins), dtype=np.int64)]
    totals += [np.zeros(len(begins)) for _ in numbers(none, none)]
    for series, sums in in_parts(add, int(offsets[-1])):
        for total, own in zip(totals, sums, strict=True):
            total[series] += own
    return tuple(totals)
