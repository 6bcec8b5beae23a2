"""PiecewiseHazard: a rate of the event that is constant between edges, and for ever from the last on."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import numpy as np

from forecaster.distributions.arrays import Index
from forecaster.distributions.base import Distribution
from forecaster.distributions.piecewise import count_below


class PiecewiseHazard(Distribution):
    """The survival function is exp(-H), and H consists of straight lines, one from each edge.

    Below the first edge nothing happens. In the logarithm of a waiting time the part from the last edge on
    is a Pareto tail. Edges and rates are tables that distributions point into by row.

    Attributes:
        edges: (n_bins + 1,) rising.
    """

    def __init__(self, edges: np.ndarray, rates: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Take the rates.

        Args:
            edges: (n_bins + 1,) rising, finite, the same for all distributions.
            rates: shape + (n_bins + 1,) > 0: of bin k between edges k and k + 1, the last one from the last
                edge on.
            rows: Several distributions may share rates: (shape) int64 row of ``rates``, which is then
                (n_rows, n_bins + 1).

        Raises:
            ValueError: Numbers that do not match, edges that do not rise, or a rate that is not above 0.
        """
        self.edges, rates = np.asarray(edges, dtype=np.float64), np.asarray(rates, dtype=np.float64)
        if self.edges.ndim != 1 or rates.shape[-1] != len(self.edges):
            raise ValueError(f"{rates.shape[-1]} rates for {self.edges.shape} edges; give one for each edge")
        if not (np.diff(self.edges) > 0).all():
            raise ValueError("edges must rise")
        if not (rates > 0).all():
            raise ValueError(f"rate {rates.min():g} must be above 0")
        self._rows = (
            np.arange(math.prod(rates.shape[:-1])).reshape(rates.shape[:-1]) if rows is None else rows
        )
        self._rates = rates.reshape(-1, rates.shape[-1])
        self._sums = np.zeros_like(self._rates)  # H at each edge
        np.cumsum(self._rates[:, :-1] * np.diff(self.edges), axis=1, out=self._sums[:, 1:])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self._rows.shape

    @property
    def rates(self) -> np.ndarray:
        """``shape + (n_bins + 1,)`` rates."""
        return np.asarray(self._rates[self._rows])

    def take(self, index: Index) -> PiecewiseHazard:
        """Some of the distributions along the first axis; the tables are shared."""
        return self._of(lambda rows: rows[index])

    def ravel(self) -> PiecewiseHazard:
        """The same distributions along one axis; the tables are shared."""
        return self._of(lambda rows: rows.reshape(-1))

    def _of(self, choose: Callable[[np.ndarray], np.ndarray]) -> PiecewiseHazard:
        """The same tables, read at other rows."""
        taken = copy.copy(self)
        taken._rows = choose(self._rows)
        return taken

    def _at(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cumulative hazard and rate at x; 0 and 0 below the first edge."""
        after = np.searchsorted(self.edges, x, side="right") - 1  # -1 below all edges
        bin_of = np.maximum(after, 0)
        rate = self._rates[self._rows, bin_of]
        beyond = np.maximum(x - self.edges[bin_of], 0.0)
        return self._sums[self._rows, bin_of] + rate * beyond, np.where(after >= 0, rate, 0.0)

    def cumulative_hazard(self, x: np.ndarray | float) -> np.ndarray:
        """H(x) = -log P(X > x), broadcast over ``shape``."""
        return self._at(np.asarray(x, dtype=np.float64))[0]

    def cdf(self, x: np.ndarray | float) -> np.ndarray:
        """P(X <= x), broadcast over ``shape``; exact in the lower tail."""
        return np.asarray(-np.expm1(-self.cumulative_hazard(x)))

    def survival(self, x: np.ndarray | float) -> np.ndarray:
        """P(X > x), broadcast over ``shape``; exact in the upper tail."""
        return np.asarray(np.exp(-self.cumulative_hazard(x)))

    def mass(self, lower: np.ndarray | float, upper: np.ndarray | float) -> np.ndarray:
        """P(lower < X <= upper), to the last digits."""
        first, last = self.cumulative_hazard(lower), self.cumulative_hazard(upper)
        with np.errstate(invalid="ignore"):  # inf - inf: nothing is left there
            between = -np.expm1(np.minimum(first - last, 0.0))
        return np.where(np.isposinf(first), 0.0, np.exp(-first) * between)

    def log_density(self, x: np.ndarray | float) -> np.ndarray:
        """Logarithm of the density: of the rate, minus H; -inf below the first edge."""
        hazard, rate = self._at(np.asarray(x, dtype=np.float64))
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(rate) - hazard)

    def quantile_at(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X <= x) >= probability; the first edge at least."""
        with np.errstate(divide="ignore"):
            return self._reach(-np.log1p(-np.asarray(probability, dtype=np.float64)))

    def inverse_survival(self, probability: np.ndarray | float) -> np.ndarray:
        """Smallest x with P(X > x) <= probability; exact in the upper tail."""
        with np.errstate(divide="ignore"):
            return self._reach(-np.log(np.asarray(probability, dtype=np.float64)))

    def _reach(self, hazard: np.ndarray) -> np.ndarray:
        """Where H comes to be ``hazard``."""
        bin_of = np.maximum(count_below(self._sums, self._rows, hazard) - 1, 0)
        left = np.maximum(hazard - self._sums[self._rows, bin_of], 0.0)
        return np.asarray(self.edges[bin_of] + left / self._rates[self._rows, bin_of])

    def mean(self) -> np.ndarray:
        """Expectation: the first edge and the integral of the survival function from there."""

        def expectation(part: PiecewiseHazard) -> np.ndarray:
            rates, sums = part.rates, part._sums[part._rows]
            inner = -np.expm1(-rates[..., :-1] * np.diff(part.edges)) / rates[..., :-1]
            whole = (np.exp(-sums[..., :-1]) * inner).sum(axis=-1) + np.exp(-sums[..., -1]) / rates[..., -1]
            return np.asarray(part.edges[0] + whole)

        return self._by_rows(expectation, 4 * len(self.edges))
