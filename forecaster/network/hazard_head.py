"""HazardHead: a hazard for each bin of the (log) waiting time, and a tail that goes on at the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from keras import ops

from forecaster.distributions.base import Distribution
from forecaster.distributions.hazard import PiecewiseHazard
from forecaster.network.head import Head
from forecaster.network.output import masked_mean
from forecaster.windows.cells import point_cells

# Smallest hazard: what may never come in a bin is not impossible.
LEAST_RATE = 1e-4


@dataclass(frozen=True, eq=False)
class HazardHead(Head):
    """Cross-entropy of bins, written as the chance to end in each when the ones before were survived.

    In normalised space the hazard is constant in each bin and beyond the last edge: behind a logarithm that
    is a Pareto tail. A network that puts out zeros forecasts the hazards of the training targets.

    Attributes:
        edges: (n_bins + 1,) float64, rising, in normalised space; nothing ends before the first.
        rates: (n_bins + 1,) hazards of the training targets, the last one of the tail.
    """

    name: ClassVar[str] = "hazard"
    takes_open: ClassVar[bool] = True

    edges: np.ndarray
    rates: np.ndarray

    def __post_init__(self) -> None:
        """Refuse edges that do not rise and rates that are none."""
        edges = np.asarray(self.edges, dtype=np.float64)
        rates = np.asarray(self.rates, dtype=np.float64)
        if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
            raise ValueError("edges of hazards must rise, two at least")
        if rates.shape != edges.shape or not (np.isfinite(rates) & (rates > LEAST_RATE)).all():
            raise ValueError(f"rates of shape {rates.shape} must be above {LEAST_RATE:g}, one for each edge")
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "rates", rates)

    @classmethod
    def fit(cls, edges: np.ndarray, cell: np.ndarray) -> HazardHead:
        """The head with the hazards of some targets: those that end in a bin over all time spent in it.

        Args:
            edges: (n_bins + 1,) rising, normalised.
            cell: (n, 3) limits of known waiting times; see ``Batch``.

        Returns:
            A head; half a target is added to every bin, so that no hazard is 0.
        """
        low, high = cell[:, 0], np.where(np.isposinf(cell[:, 1]), cell[:, 0], cell[:, 1])
        middle = (np.maximum(low, edges[0]) + high) / 2
        spent = _overlaps(edges, np.full(len(cell), -np.inf), middle).sum(axis=0)
        ended = np.clip(np.searchsorted(edges, middle, side="right") - 1, 0, len(edges) - 1)
        counts = np.bincount(ended[np.isfinite(cell[:, 1])], minlength=len(edges))
        typical = (counts.sum() + 1.0) / max(float(spent.sum()), 1e-6)
        rates = (counts + 0.5) / (spent + 0.5 / typical)
        return cls(edges, np.maximum(rates, 10 * LEAST_RATE))

    @property
    def n_outputs(self) -> int:
        """One hazard for each bin, and that of the tail."""
        return len(self.edges)

    @property
    def _offsets(self) -> np.ndarray:
        """(n_bins + 1,) what softplus takes to ``rates``."""
        rates = self.rates - LEAST_RATE
        return rates + np.log(-np.expm1(-rates))

    def encode(self, target: np.ndarray, mask: np.ndarray, cell: np.ndarray | None = None) -> np.ndarray:
        """How long each bin was lived through; see ``Head.encode``.

        Args:
            target: (batch, horizon) float64, normalised.
            mask: (batch, horizon) bool, where it is known.
            cell: (batch, horizon, 3) limits of waiting times, None for other targets.

        Returns:
            (batch, horizon, 3 (n_bins + 1)) float32: the length of each bin survived for sure, that in which
            a closed one ended (0 for open ones), and that known from the start.
        """
        if cell is None:
            cell = point_cells(target, mask)
        low, high, waited = np.moveaxis(np.where(np.isnan(cell), 0.0, cell), -1, 0)
        nothing = np.full(low.shape, -np.inf)
        survived = _overlaps(self.edges, nothing, low)
        ended = _overlaps(self.edges, low, np.where(np.isposinf(high), low, high))
        outside = np.isfinite(high) & (ended.sum(axis=-1) == 0)  # below the first edge: as good as impossible
        ended[..., 0] = np.where(outside, LEAST_RATE, ended[..., 0])
        before = _overlaps(self.edges, nothing, waited)
        return np.concatenate([survived, ended, before], axis=-1).astype(np.float32)

    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Minus the log of the mass of the cell, or beyond an open one's limit; see ``Head.loss``."""
        n = self.n_outputs
        offsets = ops.convert_to_tensor(self._offsets, dtype=outputs.dtype)
        rates = ops.softplus(outputs + offsets) + LEAST_RATE
        survived, ended, before = (ops.sum(rates * y[:, :, k * n : (k + 1) * n], axis=2) for k in range(3))
        is_open = ops.sum(y[:, :, n : 2 * n], axis=2) <= 0
        inside = ops.where(is_open, 1.0, ended)  # of open ones it is not looked at
        log_ended = ops.where(is_open, 0.0, ops.log(-ops.expm1(-inside)))
        return masked_mean(survived - before - log_ended, mask)

    def distribution(self, outputs: np.ndarray) -> Distribution:
        """The hazards; see ``Head.distribution``."""
        rates = np.logaddexp(0.0, np.asarray(outputs, dtype=np.float64) + self._offsets) + LEAST_RATE
        return PiecewiseHazard(self.edges, rates)

    def to_json(self) -> dict[str, Any]:
        """Name, edges and rates."""
        return {"name": self.name, "edges": self.edges.tolist(), "rates": self.rates.tolist()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The head of ``to_json``.

        Args:
            stored: What ``to_json`` returned.

        Returns:
            The head.
        """
        return cls(np.asarray(stored["edges"], float), np.asarray(stored["rates"], float))


def _overlaps(edges: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Length of each bin, and of the tail beyond the last edge, between two limits: shape + (n_bins + 1,)."""
    ends = np.append(edges[1:], np.inf)
    inside = np.minimum(end[..., None], ends) - np.maximum(begin[..., None], edges)
    return np.asarray(np.maximum(inside, 0.0))
