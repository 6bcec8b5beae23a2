"""Linear autoregression on the logarithm of gaps, with normal errors there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.baselines.autoregression import Autoregression, FittedAutoregression, prefer_whole
from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.baselines.gaps import training_gaps
from forecaster.baselines.history import training_windows
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.distributions.normal import Normal
from forecaster.distributions.steps import LogStep
from forecaster.distributions.transformed import Transformed

# Least standard deviation of the errors, about that of the logarithm of gaps: constant gaps have none.
LEAST_SPREAD = 1e-4


class LogAutoregression(Baseline):
    """Each gap is log-normal about a linear function of the logarithms of those of the look-back.

    Gaps below half a cell of the resolution (half the smallest gap above 0 where they are real numbers)
    count as that. Open gaps are left out of the fit.
    """

    name = "log_autoregression"

    def fit(
        self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int
    ) -> FittedLogAutoregression:
        """Fit the coefficients by least squares, and the spread of the errors."""
        floor = training_gaps(panel, train_ends).floor
        logs = _logarithms(panel, floor)
        regression = Autoregression().fit(logs, train_ends, look_back, horizon)
        origins, targets = training_windows(logs, train_ends, horizon)
        origins, targets = prefer_whole(logs, origins, targets, len(regression.coefficients) - 1)
        std = regression.facts.at(logs, origins)[2][:, None]
        errors = (targets - regression.points(logs, origins)) / std
        known = ~np.isnan(errors)
        counts = known.sum(axis=0)
        left = np.maximum(counts - len(regression.coefficients), 0.1 * counts + 1e-9)
        squares = np.where(known, errors, 0.0) ** 2
        spread = np.sqrt(squares.sum(axis=0) / left)
        spread = np.where(counts > 1, spread, 1.0)
        return FittedLogAutoregression(regression, floor, spread)


@dataclass(frozen=True)
class FittedLogAutoregression(FittedBaseline):
    """The regression and its errors.

    Attributes:
        regression: Of the logarithms.
        floor: Lowest gap that a logarithm is taken of.
        spread: (horizon,) standard deviation of the errors, in that of each series.
    """

    regression: FittedAutoregression
    floor: float
    spread: np.ndarray

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """Log-normal gaps about the linear forecast from each origin."""
        logs = _logarithms(panel, self.floor)
        std = self.regression.facts.at(logs, origins)[2][:, None]
        scale = np.maximum(self.spread * std, LEAST_SPREAD)
        return Transformed(Normal(self.regression.points(logs, origins), scale), [LogStep(self.floor)])


def _logarithms(panel: Panel, floor: float) -> Panel:
    """The panel with the logarithm of its gaps."""
    logs = np.log(np.maximum(panel.values, floor)) if panel.n_rows else panel.values
    return replace(panel, values=logs, lowest=None)
