"""Binned: probabilities of bins, spread evenly inside them, with tails beyond the outermost edges."""

from __future__ import annotations

import numpy as np

from forecaster.distributions.piecewise import PiecewiseLinear

# Share of an outer bin's probability that lies beyond its outer edge, where nothing better is known.
TAIL_SHARE = 0.05


class Binned(PiecewiseLinear):
    """Evenly spread within inner bins; the two outer ones take everything beyond them.

    Without ``tails``, 95 % of an outer bin's probability are spread evenly over it, and 5 % (``TAIL_SHARE``)
    lie beyond its outer edge, in an exponential tail that goes on at the same density. With ``tails``, all of
    it is exponential from the bin's inner edge on, with that scale (mean distance from the inner edge).

    Attributes:
        edges: (n_edge_rows, n_bins + 1) table of edges, one row where all distributions share them.
    """

    def __init__(
        self,
        edges: np.ndarray,
        probs: np.ndarray,
        *,
        tails: np.ndarray | None = None,
        rows: np.ndarray | None = None,
    ) -> None:
        """Make the cdf.

        Args:
            edges: (n_bins + 1,) or shape + (n_bins + 1,) rising, finite.
            probs: shape + (n_bins,), not negative; divided by their sum.
            tails: (2,) or shape + (2,) scales of the lower and the upper outer bin, > 0; see above.
            rows: Several distributions may share probabilities: (shape) int64 row of ``probs``, which is
                then (n_rows, n_bins), and of ``edges`` and ``tails`` where these are per row.

        Raises:
            ValueError: Fewer than two bins, numbers that do not match, or edges that do not rise.
        """
        edges, probs = np.asarray(edges, dtype=np.float64), np.asarray(probs, dtype=np.float64)
        n_bins = probs.shape[-1]
        if n_bins < 2 or edges.shape[-1] != n_bins + 1:
            raise ValueError(f"{edges.shape[-1]} edges for {n_bins} bins; give two bins at least")
        if not (np.diff(edges) > 0).all():
            raise ValueError("edges must rise")
        if rows is None:
            rows = np.arange(probs[..., 0].size).reshape(probs.shape[:-1])
        probs = probs.reshape(-1, n_bins)
        self._probs = probs / probs.sum(axis=-1, keepdims=True)
        self.edges = edges.reshape(-1, n_bins + 1)
        self._tails = None if tails is None else np.asarray(tails, dtype=np.float64).reshape(-1, 2)
        if self._tails is not None and len(self._tails) > len(self.edges):
            self.edges = np.broadcast_to(self.edges, (len(self._tails), n_bins + 1))
        shared = np.broadcast_to(np.int64(0), rows.shape)
        edge_rows = shared if len(self.edges) == 1 else rows
        knots, levels, upper, scales = self._cdf()
        super().__init__((knots, edge_rows), (np.minimum(levels, 1.0), rows), upper, scales)

    def _cdf(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Knots, levels, mass above and tail scales."""
        cumulative = np.cumsum(self._probs, axis=1)[:, :-1]
        first, last = self._probs[:, 0], self._probs[:, -1]
        if self._tails is not None:
            knots, levels, upper = self.edges[:, 1:-1], cumulative, last
            return knots, levels, upper, np.broadcast_to(self._tails, (len(knots), 2))
        knots, upper = self.edges, TAIL_SHARE * last
        ends = (TAIL_SHARE * first)[:, None], (1.0 - upper)[:, None]
        levels = np.concatenate([ends[0], cumulative, ends[1]], axis=1)
        outer = np.stack([knots[:, 1] - knots[:, 0], knots[:, -1] - knots[:, -2]], axis=1)
        return knots, levels, upper, outer * (TAIL_SHARE / (1.0 - TAIL_SHARE))

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self._probs.shape[1])

    @property
    def probs(self) -> np.ndarray:
        """``shape + (n_bins,)`` probability of each bin."""
        return np.asarray(self._probs[self._level_rows])

    @property
    def centers(self) -> np.ndarray:
        """``shape + (n_bins,)`` middle of each bin."""
        middle = (self.edges[:, 1:] + self.edges[:, :-1]) / 2
        return np.asarray(np.broadcast_to(middle[self._knot_rows], (*self.shape, self.n_bins)))

    def mode(self) -> np.ndarray:
        """Center of the bin with the highest density."""

        def densest(part: Binned) -> np.ndarray:
            width = np.diff(part.edges)[part._knot_rows]  # shape + (n_bins,)
            best = np.argmax(part.probs / width, axis=-1)[..., None]
            return np.take_along_axis(part.centers, best, axis=-1)[..., 0]

        return self._by_rows(densest, 3 * self.n_bins)

    def binned_view(self) -> tuple[np.ndarray, np.ndarray]:
        """Edges ``shape + (n_bins + 1,)`` and probs ``shape + (n_bins,)``."""
        edges = np.broadcast_to(self.edges[self._knot_rows], (*self.shape, self.n_bins + 1))
        return edges, self.probs

    def has_bins_of(self, other: Binned) -> bool:
        """Whether edges and tails are those of ``other``, so that only probabilities differ."""
        if self.n_bins != other.n_bins or (self._tails is None) != (other._tails is None):
            return False
        if self._tails is not None and other._tails is not None:
            if not np.array_equal(self._tails, other._tails):
                return False
        shared = len(self.edges) == 1 == len(other.edges)
        return shared and np.array_equal(self.edges, other.edges)

    def with_probs(self, probs: np.ndarray) -> Binned:
        """The same bins, which all distributions share, with other probabilities.

        Args:
            probs: shape + (n_bins,).

        Returns:
            A new distribution with the shape of ``probs``.
        """
        return Binned(self.edges[0], probs, tails=self._tails)


def tail_scales(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Scales of exponential outer bins: mean distance of training values from the inner edges.

    Args:
        values: Training values, any shape; NaN is left out.
        edges: (n_bins + 1,) rising.

    Returns:
        (2,) scale of the lowest and of the highest bin; the bin's width where it holds no value.

    Source:
        The maximum likelihood of an exponential tail is the mean excess over its threshold.

    Example:
        >>> tail_scales(np.array([1.0, 5.0, 12.0, 16.0]), np.array([0.0, 4.0, 10.0, 20.0])).tolist()
        [3.0, 4.0]
    """
    known = values[np.isfinite(values)]
    low, high = edges[1] - known[known < edges[1]], known[known >= edges[-2]] - edges[-2]
    widths = (edges[1] - edges[0], edges[-1] - edges[-2])
    found = [float(excess.mean()) if excess.size else 0.0 for excess in (low, high)]
    return np.array([mean if mean > 0 else width for mean, width in zip(found, widths, strict=True)])
