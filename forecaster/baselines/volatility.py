"""Returns that are normal with the exponentially weighted variance of those before, as RiskMetrics has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.baselines.history import CHUNK, SeriesFacts, fit_facts, gather_lags
from forecaster.baselines.returns import as_returns, over_steps, to_target
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.distributions.normal import Normal

# Weight of a squared return against that of the session after it.
DECAY = 0.94
# Latest rows that are weighted; those before would have 2e-11 of the weight of the last.
N_ROWS = 400
# Least variance of a return: a price that does not move has none.
LEAST_VARIANCE = 1e-12


class Ewma(Baseline):
    """No change on average, with the variance of RiskMetrics, the same for every session ahead.

    Weights add up to 1 however few rows there are. Where no return is known up to an origin, the variance is
    the usual one of the training rows of all tickers.

    Source:
        J.P. Morgan/Reuters, "RiskMetrics Technical Document", 4th ed., 1996, section 5.2.
    """

    name = "ewma"

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedEwma:
        """Keep the usual spread; all else comes from the rows up to an origin."""
        del look_back
        return FittedEwma(fit_facts(as_returns(panel), train_ends), horizon)


@dataclass(frozen=True)
class FittedEwma(FittedBaseline):
    """What is known of the tickers without a return yet.

    Attributes:
        facts: Spread of the returns of the tickers.
        horizon: Steps to forecast.
    """

    facts: SeriesFacts
    horizon: int

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """Normal returns with the variance at each origin."""
        sessions = np.repeat(self.variances(as_returns(panel), origins)[:, None], self.horizon, axis=1)
        scale = np.sqrt(over_steps(panel, sessions))
        return to_target(Normal(np.zeros(scale.shape), scale), panel, origins)

    def variances(self, returns: Panel, origins: np.ndarray) -> np.ndarray:
        """Exponentially weighted mean of the squared returns up to each origin.

        Args:
            returns: The rows, their target a log return; none after an origin is read.
            origins: (n_windows,) int64 flat row numbers.

        Returns:
            (n_windows,) variance of the return of one session, 1e-12 at the least.
        """
        weights = DECAY ** np.arange(N_ROWS - 1, -1, -1)
        found = np.empty(len(origins))
        for first in range(0, len(origins), CHUNK):
            run = slice(first, first + CHUNK)
            squares = gather_lags(returns, origins[run], N_ROWS) ** 2
            known = ~np.isnan(squares)
            total = known @ weights
            mean = (np.where(known, squares, 0.0) @ weights) / np.where(total > 0, total, 1.0)
            found[run] = np.where(total > 0, mean, self.facts.pooled[2] ** 2)
        return np.maximum(found, LEAST_VARIANCE)
