"""A distribution of gaps that is the same for every origin, or chosen from a few rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.base import FittedBaseline
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution


@dataclass(frozen=True)
class FittedShared(FittedBaseline):
    """One distribution for all origins.

    Attributes:
        forecast: Shape (1, horizon).
    """

    forecast: Distribution

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """The same forecast for every step and every origin."""
        del panel
        return self.forecast.take(np.zeros(len(origins), dtype=np.int64))
