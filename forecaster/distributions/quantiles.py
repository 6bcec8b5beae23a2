"""Quantiles: a distribution known by its quantiles at fixed levels."""

from __future__ import annotations

import numpy as np

from forecaster.distributions.piecewise import PiecewiseLinear


class Quantiles(PiecewiseLinear):
    """Straight cdf between the quantiles; beyond the outermost, exponential tails.

    A tail is the exponential through the two outermost quantiles: with levels p1 < p2 at values v1 < v2 the
    lower one has the scale (v2 - v1) / log(p2 / p1), and likewise the upper one. Exponential data get the
    tail that they have. Equal values are an atom; the tail beyond two equal ones is part of theirs.
    """

    def __init__(self, levels: np.ndarray, values: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Sort the values, so that quantiles never cross.

        Args:
            levels: (n_levels,) rising, in (0, 1); two at least.
            values: shape + (n_levels,) quantiles; without order they are sorted. inf says that the level is
                never reached.
            rows: Several distributions may share quantiles: (shape) int64 row of ``values``, which is then
                (n_rows, n_levels).

        Raises:
            ValueError: Levels that do not rise within (0, 1), or another number of values.
        """
        levels = np.asarray(levels, dtype=np.float64)
        if levels.ndim != 1 or len(levels) < 2 or not (np.diff(levels) > 0).all():
            raise ValueError("levels must be two at least, and rise")
        if levels[0] <= 0 or levels[-1] >= 1:
            raise ValueError(f"levels {levels[0]:g} .. {levels[-1]:g} must lie between 0 and 1")
        values = np.asarray(values, dtype=np.float64)
        if values.shape[-1] != len(levels):
            raise ValueError(f"{values.shape[-1]} values for {len(levels)} levels")
        if rows is None:
            rows = np.arange(values[..., 0].size).reshape(values.shape[:-1])
        table = np.sort(values.reshape(-1, len(levels)), axis=1)
        upper = np.array([1.0 - levels[-1]])
        with np.errstate(invalid="ignore"):
            first, last = table[:, 1] - table[:, 0], table[:, -1] - table[:, -2]
        scales = np.stack(
            [
                first / np.log(levels[1] / levels[0]),
                last / np.log((1.0 - levels[-2]) / upper[0]),
            ],
            axis=1,
        )
        shared = np.broadcast_to(np.int64(0), rows.shape)
        super().__init__((table, rows), (levels[None], shared), upper, np.nan_to_num(scales, posinf=np.inf))

    @property
    def values(self) -> np.ndarray:
        """Quantiles at the levels, shape + (n_levels,), rising."""
        return np.asarray(self.knots[self._knot_rows])
