"""Linear autoregression on the same look-back: one least-squares fit for each step ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.baselines.history import CHUNK, SeriesFacts, fit_facts, gather_lags, training_windows
from forecaster.baselines.residuals import Residuals, fit_residuals
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution

# Most rows that a regression looks back on, however long the look-back.
MOST_LAGS = 1000
# Weight of the ridge for each coefficient, in windows: keeps the fit finite, changes nothing else.
RIDGE = 1e-3


class Autoregression(Baseline):
    """Each step is a linear function of the look-back, the same for all series.

    Series are centred and divided by their spread over training rows; what is missing counts as the
    series' mean. Errors are those of the fit, widened for the coefficients that it spent.
    """

    name = "autoregression"

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedAutoregression:
        """Fit the coefficients by least squares on training windows."""
        facts = fit_facts(panel, train_ends)
        n_lags = min(look_back, MOST_LAGS)
        origins, targets = training_windows(panel, train_ends, horizon)
        origins, targets = prefer_whole(panel, origins, targets, n_lags)
        center, _, std = facts.at(panel, origins)
        wanted = (targets - center[:, None]) / std[:, None]
        inputs = _inputs(panel, origins, n_lags, center, std)
        known = ~np.isnan(wanted)
        if known.all():
            coefficients = _solve(inputs, wanted)
        else:
            columns = [
                _solve(inputs[known[:, step]], wanted[known[:, step], step : step + 1])
                for step in range(horizon)
            ]
            coefficients = np.concatenate(columns, axis=1)
        counts = known.sum(axis=0)
        left = np.maximum(counts - inputs.shape[1], 0.1 * counts + 1e-9)
        errors = (wanted - inputs @ coefficients) * np.sqrt(np.maximum(counts, 1) / left)
        residuals = fit_residuals(errors, panel.series_of(origins), panel.n_series)
        return FittedAutoregression(facts, coefficients, residuals)


@dataclass(frozen=True)
class FittedAutoregression(FittedBaseline):
    """Coefficients and errors of the fit.

    Attributes:
        facts: Level and spread of the series.
        coefficients: (1 + n_lags, horizon), the constant first, then lags with the origin last.
        residuals: Errors of the fit.
    """

    facts: SeriesFacts
    coefficients: np.ndarray
    residuals: Residuals

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """The linear forecast from each origin, with the errors of the fit about it."""
        std = self.facts.at(panel, origins)[2]
        points = self.points(panel, origins)
        return self.residuals.around(points, std, self.facts.series_at(panel, origins), panel)

    def points(self, panel: Panel, origins: np.ndarray) -> np.ndarray:
        """The linear forecast alone.

        Args:
            panel: The rows; none after an origin is read.
            origins: (n_windows,) int64 flat row numbers.

        Returns:
            (n_windows, horizon).
        """
        center, _, std = self.facts.at(panel, origins)
        points = np.empty((len(origins), self.coefficients.shape[1]))
        for first in range(0, len(origins), CHUNK):
            run = slice(first, first + CHUNK)
            n_lags = len(self.coefficients) - 1
            inputs = _inputs(panel, origins[run], n_lags, center[run], std[run])
            points[run] = inputs @ self.coefficients * std[run, None] + center[run, None]
        return points


def _inputs(
    panel: Panel, origins: np.ndarray, n_lags: int, center: np.ndarray, std: np.ndarray
) -> np.ndarray:
    """(n_windows, 1 + n_lags): a one, and the lags in the spread of their series, 0 where missing."""
    lags = (gather_lags(panel, origins, n_lags) - center[:, None]) / std[:, None]
    return np.concatenate([np.ones((len(origins), 1)), np.nan_to_num(lags)], axis=1)


def prefer_whole(
    panel: Panel, origins: np.ndarray, targets: np.ndarray, n_lags: int
) -> tuple[np.ndarray, np.ndarray]:
    """Only the windows with all rows and all targets, if they are enough for the coefficients.

    Args:
        panel: The rows.
        origins: (n_windows,) int64 flat row numbers.
        targets: (n_windows, horizon), NaN where not known.
        n_lags: Rows that a regression looks back on.

    Returns:
        Origins and targets of those windows, or all.
    """
    begins = panel.offsets[:-1][panel.series_of(origins)]
    whole = (origins - begins >= n_lags - 1) & ~np.isnan(targets).any(axis=1)
    whole &= ~np.isnan(panel.y[np.maximum(origins - n_lags + 1, 0)])
    if whole.sum() >= 3 * (n_lags + 1):
        return origins[whole], targets[whole]
    return origins, targets


def _solve(inputs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(n_inputs, n_outputs) least-squares coefficients with a slight ridge on all but the constant."""
    size = inputs.shape[1]
    ridge = np.full(size, RIDGE * size)
    ridge[0] = RIDGE
    gram = inputs.T @ inputs + np.diag(ridge)
    return np.asarray(np.linalg.solve(gram, inputs.T @ wanted))
