"""GARCH(1,1) of arch: fitted to the returns of each ticker once, filtered up to each origin."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.baselines.returns import as_returns, over_steps, to_target
from forecaster.baselines.volatility import LEAST_VARIANCE, Ewma, FittedEwma
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.distributions.normal import Normal

# Fewest training returns of a ticker that the model is fitted to.
LEAST_ROWS = 100
# Returns are in percent there: the optimiser is made for numbers near 1.
PERCENT = 100.0
# Least long-run variance, as a share of that of the training returns; below it the forecasts die out.
LEAST_SHARE = 0.01


class Garch(Baseline):
    """GARCH(1,1) with a constant mean and normal errors, by maximum likelihood.

    Parameters are fitted on the training rows of each ticker, and stay; the variance is filtered with them up
    to an origin, from the value that training began with. A close has the sum of the variances of the
    sessions up to it. Forecasts are those of ``ewma`` where a ticker was not trained on, or on fewer than 100
    returns, where its returns are all the same, the fit fails, does not converge or has a long-run variance
    below a hundredth of that of the training rows, and where no return is known up to an origin.

    Source:
        Bollerslev, "Generalized Autoregressive Conditional Heteroskedasticity", J. Econometrics 31(3), 1986.
    """

    name = "garch"

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedGarch:
        """Find the parameters of every ticker that has returns enough."""
        returns = as_returns(panel)
        parameters = np.full((panel.n_series, 5), np.nan)
        for series, (begin, end) in enumerate(zip(panel.offsets[:-1], train_ends, strict=True)):
            y = returns.y[begin:end]
            y = y[~np.isnan(y)]
            if len(y) >= LEAST_ROWS and (y != y[0]).any():
                parameters[series] = _fit(PERCENT * y)
        return FittedGarch(parameters, Ewma().fit(panel, train_ends, look_back, horizon), horizon)


@dataclass(frozen=True)
class FittedGarch(FittedBaseline):
    """Parameters of the tickers.

    Attributes:
        parameters: (n_series, 5) mean, constant, weight of the squared error and of the variance before, and
            the variance before the first row; of returns in percent. NaN for tickers without a fit.
        fallback: What forecasts those.
        horizon: Steps to forecast.
    """

    parameters: np.ndarray
    fallback: FittedEwma
    horizon: int

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """Normal returns with the mean of the ticker and the variance filtered up to each origin."""
        returns = as_returns(panel)
        variances = np.repeat(self.fallback.variances(returns, origins)[:, None], self.horizon, axis=1)
        known = self.fallback.facts.series_at(panel, origins)
        means = np.zeros(variances.shape)
        for series in np.unique(known[known >= 0]):
            if np.isfinite(self.parameters[series]).all():
                windows = np.flatnonzero(known == series)
                filtered = _filter(returns, origins[windows], self.parameters[series], self.horizon)
                found = np.isfinite(filtered).all(axis=1)
                windows = windows[found]
                variances[windows] = filtered[found] / PERCENT**2
                means[windows] = self.parameters[series, 0] / PERCENT
        scale = np.sqrt(over_steps(panel, np.maximum(variances, LEAST_VARIANCE)))
        return to_target(Normal(over_steps(panel, means), scale), panel, origins)


def is_installed() -> bool:
    """Whether arch is there; it is not imported."""
    return find_spec("arch") is not None


def _fit(y: np.ndarray) -> np.ndarray:
    """(5,) parameters of returns in percent; NaN where there are none."""
    from arch import arch_model

    nothing = np.full(5, np.nan)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            model = arch_model(y, mean="Constant", vol="GARCH", p=1, q=1, dist="normal", rescale=False)
            result = model.fit(disp="off", show_warning=False)
    except Exception:  # the optimiser raises plain exceptions where the likelihood is not a number
        return nothing
    mean, constant, error, before = (float(one) for one in np.asarray(result.params))
    long_run = constant / max(1.0 - error - before, 1e-9)
    if result.convergence_flag != 0 or not long_run >= LEAST_SHARE * y.var():
        return nothing
    return np.array([mean, constant, error, before, float(model.volatility.backcast(y - mean))])


def _filter(returns: Panel, origins: np.ndarray, parameters: np.ndarray, horizon: int) -> np.ndarray:
    """(n_windows, horizon) variances of the sessions after origins of one series; NaN without a return.

    No bounds on the variance and a fixed first one: those that arch would set depend on all rows.
    """
    from arch.univariate import GARCH

    begin = returns.offsets[returns.series_of(origins[:1])[0]]
    y = returns.y[begin : origins.max() + 1]
    known = ~np.isnan(y)
    last = np.cumsum(known)[origins - begin] - 1  # of the known returns up to each origin
    found = np.full((len(origins), horizon), np.nan)
    if last.max() >= 0:
        errors = PERCENT * y[known] - parameters[0]
        bounds = np.tile([0.0, np.inf], (len(errors), 1))
        start = max(int(last.min()), 0)
        forecast = GARCH(p=1, o=0, q=1).forecast(
            parameters[1:4], errors, parameters[4], bounds, start=start, horizon=horizon
        )
        found[last >= 0] = np.asarray(forecast.forecasts)[last[last >= 0] - start]
    return found
