"""Frequencies: how often each bin came in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.distributions.binned import Binned

# Added to the count of every bin, so that none is impossible.
PSEUDO_COUNT = 0.5


class Frequencies(Baseline):
    """Share of the training rows of all series in each bin, half a row added to every bin."""

    name = "frequencies"

    def __init__(self, bin_edges: np.ndarray, tails: np.ndarray | None = None) -> None:
        """Take the bins of the model that it is held against.

        Args:
            bin_edges: (n_bins + 1,) rising.
            tails: (2,) scales of the outer bins, as of ``Binned``.
        """
        self.bin_edges, self.tails = bin_edges, tails

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedFrequencies:
        """Count the training rows in each bin."""
        del look_back
        y = panel.take(panel.offsets[:-1], train_ends).y
        index = np.searchsorted(self.bin_edges[1:-1], y[np.isfinite(y)], side="right")
        counts = np.bincount(index, minlength=len(self.bin_edges) - 1) + PSEUDO_COUNT
        return FittedFrequencies(self.bin_edges, self.tails, counts / counts.sum(), horizon)


@dataclass(frozen=True)
class FittedFrequencies(FittedBaseline):
    """Frequencies of the bins.

    Attributes:
        bin_edges: (n_bins + 1,) rising.
        tails: (2,) scales of the outer bins, or None.
        probs: (n_bins,) frequencies.
        horizon: Steps to forecast.
    """

    bin_edges: np.ndarray
    tails: np.ndarray | None
    probs: np.ndarray
    horizon: int

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """The same frequencies for every window and step."""
        del panel
        rows = np.broadcast_to(np.int64(0), (len(origins), self.horizon))
        return Binned(self.bin_edges, self.probs[None], tails=self.tails, rows=rows)
