"""Baseline: a forecast without training, as a distribution like any other."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution


class FittedBaseline(ABC):
    """What a baseline learnt from training rows, ready to forecast from any origin."""

    @abstractmethod
    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """Forecast what follows each origin.

        Args:
            panel: The rows; series are known by their ids. Those not fitted on are forecast from their own
                rows up to the origin.
            origins: (n_windows,) int64 flat row number of the last row that may be read.

        Returns:
            Shape (n_windows, horizon), in the unit of the target. Rows after an origin, and of other series,
            change nothing.
        """


class Baseline(ABC):
    """A forecast without training.

    Attributes:
        name: What reports call it.
    """

    name: str

    @abstractmethod
    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedBaseline:
        """Learn levels and the spread of errors from training rows.

        Args:
            panel: The rows.
            train_ends: (n_series,) int64 flat row number after the last training row of each series; later
                rows are not read.
            look_back: Rows up to the origin that moving averages and regressions may use.
            horizon: Steps to forecast.

        Returns:
            The fitted baseline.
        """
