import numpy as np
import pytest

from forecaster.baselines.bg_nbd import BgNbd, FittedBgNbd, History, Rates, fit_rates, log_likelihood
from forecaster.distributions import Conditioned


def test_likelihood_of_three_customers_by_hand():
    history = History(np.array([1.0, 0.0, 2.0]), np.array([1.0, 0.0, 2.0]), np.array([3.0, 3.0, 3.0]))
    # One repeat: 1/2 4^-2 + 1/2 2^-2 = 5/32. None: 1/4. Two, gamma(3) = 2: 2 (1/3 4^-3 + 1/6 3^-3).
    found = np.exp(log_likelihood(history, Rates(1.0, 1.0, 1.0, 1.0)))
    assert found == pytest.approx([5 / 32, 1 / 4, 2 * (1 / 192 + 1 / 162)])


def simulate(n, rates, seed=0):
    rng = np.random.default_rng(seed)
    speed = rng.gamma(rates.r, 1 / rates.alpha, size=n)
    gives_up = rng.beta(rates.a, rates.b, size=n)
    times = np.cumsum(rng.exponential(size=(n, 120)) / speed[:, None], axis=1)
    alive = np.cumsum(rng.random((n, 120)) < gives_up[:, None], axis=1)
    alive = np.concatenate([np.zeros((n, 1)), alive[:, :-1]], axis=1) == 0
    return times, alive


def test_numbers_are_found_again_from_simulated_customers():
    true = Rates(0.8, 5.0, 0.8, 2.5)
    times, alive = simulate(6000, true)
    seen = alive & (times <= 40.0)
    last = np.where(seen, times, 0.0).max(axis=1)
    history = History(seen.sum(axis=1).astype(float), last, np.full(6000, 40.0))
    found = fit_rates(history)
    assert (found.r, found.alpha) == pytest.approx((0.8, 5.0), rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(0.8 / 3.3, rel=0.15)
    best = log_likelihood(history, found).sum()
    assert best >= log_likelihood(history, true).sum()


def test_conditioned_gap_is_the_published_formula(event_panel):
    rates = Rates(0.243, 4.414, 0.793, 2.426)
    panel = event_panel([0.0], [0.0, 2.0], [0.0, 3.0, 4.0, 10.0], as_of=30.0)
    origins = panel.offsets[1:] - 1
    x, last, t = np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, 10.0]), 12.0
    forecast = Conditioned(FittedBgNbd(rates, 1).predict(panel, origins), (30.0 - last)[:, None])
    gone = np.where(x > 0, rates.a / (rates.b + np.maximum(x, 1) - 1), 0.0)
    alive = 1 / (1 + gone * ((rates.alpha + 30.0) / (rates.alpha + last)) ** (rates.r + x))
    within = alive * (1 - ((rates.alpha + 30.0) / (rates.alpha + 30.0 + t)) ** (rates.r + x))
    assert forecast.cdf((30.0 - last + t)[:, None])[:, 0] == pytest.approx(within)
    assert forecast.survival(1e300)[:, 0] == pytest.approx(1 - alive, abs=1e-6)


def test_rows_that_were_cut_off_are_counted(event_panel):
    panel = event_panel([0.0, 3.0, 4.0, 10.0], [1.0, 2.0], as_of=30.0)
    kept = panel.take(panel.offsets[1:] - 1, panel.offsets[1:])
    fitted = FittedBgNbd(Rates(0.5, 4.0, 0.8, 2.4), 2)
    whole, cut = fitted.predict(panel, np.array([3, 5])), fitted.predict(kept, np.array([0, 1]))
    assert whole.shape == cut.shape == (2, 2)
    assert cut.cdf(5.0) == pytest.approx(whole.cdf(5.0))


def test_fit_reads_training_rows_and_their_end(event_panel):
    times, alive = simulate(80, Rates(0.8, 5.0, 0.8, 2.5))
    rows = [np.concatenate([[0.0], one[ok & (one < 40)]]) for one, ok in zip(times, alive, strict=True)]
    panel = event_panel(*rows, as_of=40.0)
    found = BgNbd().fit(panel, panel.offsets[1:], 3, 1).rates
    x, last = panel.lengths - 1.0, np.array([one[-1] for one in rows])
    again = fit_rates(History(x, last, np.full(80, 40.0)))
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx(
        (again.r, again.alpha, again.a, again.b), rel=1e-6
    )


def test_customers_who_all_came_once_are_no_error(event_panel):
    panel = event_panel(*[[0.0]] * 60, as_of=9.0)
    forecast = BgNbd().fit(panel, panel.offsets[1:], 3, 1).predict(panel, np.arange(60))
    assert (forecast.survival(9.0) > 0.5).all()
    empty = BgNbd().fit(panel, panel.offsets[:-1], 3, 1)
    assert empty.predict(panel, np.array([0])).cdf(1.0) > 0
