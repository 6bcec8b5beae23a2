"""BG/NBD: customers who buy at a rate of their own until, after a purchase, they have had enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.base import Baseline, FittedBaseline
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.distributions.defective import Defective
from forecaster.distributions.parametric import Parametric
from forecaster.windows.waits import floor_to_unit, waits_since

# Fewest series that the four numbers are estimated from.
LEAST_SERIES = 50
# Series that they are estimated from, evenly over all where there are more.
MOST_SERIES = 50_000
# Limits of the logarithms of the four numbers, alpha in mean times of observation.
LIMITS = (-7.0, 9.0)


@dataclass(frozen=True)
class History:
    """What the model knows of series.

    Attributes:
        n_repeats: (n,) gaps that have ended, x.
        last: (n,) time from the first event to the last, t_x, in units.
        observed: (n,) time from the first event to the end of observation, T, in units.
    """

    n_repeats: np.ndarray
    last: np.ndarray
    observed: np.ndarray


@dataclass(frozen=True)
class Rates:
    """The four numbers of the model: rates are gamma(r, alpha), the shares that give up beta(a, b).

    Attributes:
        r: Shape of the rates of the series.
        alpha: Their scale, a time in units.
        a: First number of the shares that give up after an event.
        b: The second.
    """

    r: float
    alpha: float
    a: float
    b: float


class BgNbd(Baseline):
    """The beta-geometric / NBD model of repeat purchases, by maximum likelihood over all series.

    The gap after x repeats, the last of them at t_x, is never with probability a / (a + b + x - 1) (0 after
    the first event), else a Lomax one with shape r + x and scale alpha + t_x.
    """

    name = "bg_nbd"

    def fit(self, panel: Panel, train_ends: np.ndarray, look_back: int, horizon: int) -> FittedBgNbd:
        """Find the four numbers."""
        del look_back
        held = np.flatnonzero(train_ends > panel.offsets[:-1])
        if len(held) > MOST_SERIES:
            held = held[np.linspace(0, len(held) - 1, MOST_SERIES).astype(np.int64)]
        origins = train_ends[held] - 1
        n_repeats, last = _up_to(panel, origins)
        open_for = np.zeros(len(held))
        if panel.as_of is not None and len(held):
            open_for = np.maximum(waits_since(panel, origins, panel.as_of[held]).elapsed, 0.0)
        return FittedBgNbd(fit_rates(History(n_repeats, last, last + open_for)), horizon)


@dataclass(frozen=True)
class FittedBgNbd(FittedBaseline):
    """The model with its numbers.

    Attributes:
        rates: The four numbers.
        horizon: Steps to forecast.
    """

    rates: Rates
    horizon: int

    def predict(self, panel: Panel, origins: np.ndarray) -> Distribution:
        """The gap that follows each origin, the same at every step."""
        n_repeats, last = (np.repeat(part[:, None], self.horizon, axis=1) for part in _up_to(panel, origins))
        rates = self.rates
        never = rates.a / (rates.a + rates.b + np.maximum(n_repeats, 1.0) - 1.0)
        gap = Parametric("lomax", rates.alpha + last, rates.r + n_repeats)
        return Defective(gap, np.where(n_repeats > 0, never, 0.0))


def _up_to(panel: Panel, origins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gaps that had ended by each origin, and the time from the first event to it, in units."""
    series = panel.series_of(origins)
    begins = panel.offsets[:-1]
    earlier = panel.n_before(begins)[series]
    first = floor_to_unit(panel, panel.first_times[series])
    passed = (floor_to_unit(panel, panel.times[origins]) - first).astype(np.float64)
    return (origins - begins[series] + earlier).astype(np.float64), passed / (panel.unit_length or 1.0)


def log_likelihood(history: History, rates: Rates) -> np.ndarray:
    """Log-likelihood of each series.

    Args:
        history: What is known of them.
        rates: The four numbers.

    Returns:
        (n,), in nats.

    Source:
        Fader, Hardie and Lee, "Counting Your Customers the Easy Way: An Alternative to the Pareto/NBD
        Model", Marketing Science 24(2), 2005, equation 6.
    """
    from scipy.special import betaln, gammaln

    x, last, observed = history.n_repeats, history.last, history.observed
    r, alpha, a, b = rates.r, rates.alpha, rates.a, rates.b
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + observed)
    repeats = np.maximum(x, 1.0)
    gone = betaln(a + 1, b + repeats - 1) - betaln(a, b) - (r + x) * np.log(alpha + last)
    return np.asarray(common + np.logaddexp(alive, np.where(x > 0, gone, -np.inf)))


def fit_rates(history: History) -> Rates:
    """The likeliest numbers.

    Args:
        history: What is known of the series.

    Returns:
        The four numbers, each within wide limits.
    """
    from scipy.optimize import minimize

    stacked = np.stack([history.n_repeats, history.last, history.observed])
    unit = float(history.observed.mean()) if stacked.shape[1] else 0.0
    unit = unit if unit > 0 else 1.0
    if stacked.shape[1] == 0:
        return Rates(1.0, unit, 1.0, 1.0)
    (n_repeats, last, observed), counts = np.unique(stacked, axis=1, return_counts=True)
    some, weights = History(n_repeats, last / unit, observed / unit), counts / counts.sum()

    def loss(logs: np.ndarray) -> float:
        return -float(log_likelihood(some, Rates(*np.exp(logs).tolist())) @ weights)

    start = np.array([-0.7, -1.0, -0.3, 0.7])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[LIMITS] * 4)
    r, alpha, a, b = np.exp(np.clip(found.x, *LIMITS)).tolist()
    return Rates(r, alpha * unit, a, b)
