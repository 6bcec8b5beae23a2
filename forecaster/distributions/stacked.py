"""Stacked: distributions of any types, one after the other along the first axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from forecaster.distributions.arrays import Index, row_key
from forecaster.distributions.base import Distribution


class Stacked(Distribution):
    """Rows of several distributions; each row says which one it is of, and which row there."""

    def __init__(self, parts: Sequence[Distribution], part_of: np.ndarray, positions: np.ndarray) -> None:
        """Take the parts; ``concatenate`` is the usual way to make one.

        Args:
            parts: Distributions whose shapes agree but for the first axis.
            part_of: (n,) int64 index in ``parts`` of every row.
            positions: (n,) int64 row within that part.
        """
        self.parts, self._part_of, self._positions = tuple(parts), part_of, positions
        self._selected: list[tuple[Distribution, np.ndarray]] = []
        for k, part in enumerate(self.parts):
            where = np.flatnonzero(part_of == k)
            if len(where):
                rows = positions[where]
                whole = len(rows) == part.shape[0] and (np.diff(rows) == 1).all()
                self._selected.append((part if whole else part.take(rows), where))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return (len(self._part_of), *self.parts[0].shape[1:])

    def take(self, index: Index) -> Stacked:
        """Some of the distributions along the first axis."""
        return Stacked(self.parts, self._part_of[index], self._positions[index])

    def ravel(self) -> Stacked:
        """The same distributions along one axis."""
        after = math.prod(self.shape[1:])
        positions = (self._positions[:, None] * after + np.arange(after)).reshape(-1)
        parts = [part.ravel() for part in self.parts]
        return Stacked(parts, np.repeat(self._part_of, after), positions)

    def _each(self, function: Callable[..., np.ndarray], *values: np.ndarray | float) -> np.ndarray:
        """``function(part, *values of its rows)`` for every part, put in place."""
        arrays = [np.asarray(value, dtype=np.float64) for value in values]
        shape = np.broadcast_shapes(self.shape, *(a.shape for a in arrays))
        arrays = [np.broadcast_to(a, np.broadcast_shapes(a.shape, self.shape)) for a in arrays]
        out = np.empty(shape)
        for part, where in self._selected:
            key = row_key(where, len(self.shape))
            out[key] = function(part, *(a[key] for a in arrays))
        return out

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``."""
        return self._each(lambda part, value: part.cdf(value), x)

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``."""
        return self._each(lambda part, value: part.survival(value), x)

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability."""
        return self._each(lambda part, value: part.quantile_at(value), probability)

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability."""
        return self._each(lambda part, value: part.inverse_survival(value), probability)

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the density."""
        return self._each(lambda part, value: part.log_density(value), x)

    def mean(self) -> np.ndarray:
        """Expectation."""
        return self._each(lambda part: part.mean())

    def point(self, *, squared: bool = False) -> np.ndarray:
        """The one number that is forecast, by each part."""
        return self._each(lambda part: part.point(squared=squared))

    def mode(self) -> np.ndarray:
        """Where the density is highest."""
        return self._each(lambda part: part.mode())

    def crps(self, y: np.ndarray | float) -> np.ndarray:
        """Continuous ranked probability score, in the unit of ``y``."""
        return self._each(lambda part, value: part.crps(value), y)

    def binned_view(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Edges and probs of all rows; None when a part has no bins or they differ in number."""
        views = [part.binned_view() for part, _ in self._selected]
        known = [view for view in views if view is not None]
        if not known or len(known) < len(views) or len({view[1].shape[-1] for view in known}) > 1:
            return None
        edges = np.empty((*self.shape, known[0][0].shape[-1]))
        probs = np.empty((*self.shape, known[0][1].shape[-1]))
        for (_, where), view in zip(self._selected, known, strict=True):
            edges[where], probs[where] = view
        return edges, probs


def concatenate(parts: Sequence[Distribution]) -> Distribution:
    """Distributions one after the other along the first axis, as predictions come in batches.

    Args:
        parts: One at least; shapes agree but for the first axis.

    Returns:
        The only part, or all of them stacked.

    Raises:
        ValueError: No parts, or shapes that do not agree.
    """
    if not parts or len({part.shape[1:] for part in parts}) > 1:
        raise ValueError(f"cannot stack shapes {[part.shape for part in parts]}")
    if len(parts) == 1:
        return parts[0]
    lengths = [part.shape[0] for part in parts]
    part_of = np.repeat(np.arange(len(parts)), lengths)
    positions = np.concatenate([np.arange(length) for length in lengths])
    return Stacked(parts, part_of, positions)
