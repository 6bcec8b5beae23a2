from dataclasses import replace

import numpy as np
import pytest

from forecaster.baselines.returns import EmpiricalReturns

NAMES = ("random_walk", "drift", "majority")
# 60 returns, 20 of -1 % and 40 of 2 %: their mean is 1 %, their median 2 %.
RETURNS = np.tile([-0.01, 0.02, 0.02], 20)


def closes(returns):
    return 100 * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))


def forecast(name, panel, origins, horizon=2, train_ends=None):
    train_ends = panel.offsets[1:] if train_ends is None else np.asarray(train_ends)
    found = EmpiricalReturns(name).fit(panel, train_ends, 5, horizon).predict(panel, np.asarray(origins))
    assert found.shape == (len(origins), horizon)
    return found


@pytest.mark.parametrize(("name", "point"), [("random_walk", 0.0), ("drift", 0.01), ("majority", 0.02)])
def test_returns_are_forecast_by_none_their_mean_or_their_median(price_panel, name, point):
    found = forecast(name, price_panel(closes(RETURNS)), [5, 60])
    assert found.point() == pytest.approx(np.full((2, 2), point), abs=1e-12)
    below = 0.01 if name == "random_walk" else 0.0  # whose returns have a mean of 0
    levels = found.quantile(np.array([0.1, 0.5, 0.9]))
    assert levels[0, 1] == pytest.approx([-0.01 - below, 0.02 - below, 0.02 - below])


def test_direction_is_forecast_like_the_return(price_panel):
    panel = price_panel(closes(RETURNS), predict="direction")
    assert forecast("majority", panel, [60]).point() == pytest.approx(np.full((1, 2), 0.02))


def test_closes_follow_the_returns_of_as_many_sessions(price_panel):
    # Up by a tenth in every other session: of one session half are 0, of two all are a tenth.
    panel = price_panel(closes(np.tile([np.log(1.1), 0.0], 40)), predict="close")
    last = panel.y[[30, 80]]
    assert forecast("random_walk", panel, [30, 80]).point().T.tolist() == [last.tolist()] * 2
    for name in ("drift", "majority"):
        found = forecast(name, panel, [30, 80])
        expected = last[:, None] * np.array([np.sqrt(1.1), 1.1])
        assert found.point() == pytest.approx(expected)
        low, high = found.interval(80)
        assert low[0] / last[0] == pytest.approx([1.0, 1.1])
        assert high[0] / last[0] == pytest.approx([1.1, 1.1])


def test_score_of_a_close_is_that_of_its_quantiles(price_panel):
    rng = np.random.default_rng(0)
    panel = price_panel(closes(rng.normal(size=500) / 100), predict="close")
    found = forecast("drift", panel, [400], horizon=1)
    levels = (np.arange(2000) + 0.5) / 2000
    quantiles = found.quantile(levels)[0, 0]
    y = 1.02 * panel.y[400]
    pinball = np.where(y >= quantiles, levels * (y - quantiles), (1 - levels) * (quantiles - y))
    assert found.crps(y)[0, 0] == pytest.approx(2 * pinball.mean(), rel=2e-3)


@pytest.mark.parametrize("predict", ["return", "close"])
@pytest.mark.parametrize("name", NAMES)
def test_later_rows_and_other_tickers_change_nothing(price_panel, name, predict):
    rng = np.random.default_rng(1)
    one, two = closes(rng.normal(size=150) / 100), closes(rng.normal(size=150) / 20)
    changed = np.append(one[:121], one[121:] * 3)
    ends = np.array([100, 251])
    before = forecast(name, price_panel(one, two, predict=predict), [90, 120], train_ends=ends)
    after = forecast(name, price_panel(changed, two[::-1], predict=predict), [90, 120], train_ends=ends)
    levels = np.array([0.05, 0.5, 0.95])
    assert before.quantile(levels).tolist() == after.quantile(levels).tolist()
    assert before.point().tolist() == after.point().tolist()


@pytest.mark.parametrize("name", NAMES)
def test_new_and_short_tickers_take_the_returns_of_all_in_their_own_size(price_panel, name):
    rng = np.random.default_rng(2)
    panel = price_panel(closes(rng.normal(size=400) / 100), closes(rng.normal(size=40) / 10))
    fitted = EmpiricalReturns(name).fit(panel, panel.offsets[1:], 5, 1)
    new = price_panel(closes(rng.normal(size=300) / 20), ids=["new"])
    for other, origin, size in ((panel, 440, 0.1), (new, 250, 0.05)):
        low, high = fitted.predict(other, np.array([origin])).interval(80)
        assert (high - low)[0, 0] == pytest.approx(2 * 1.2816 * size, rel=0.25)


def test_steps_beyond_training_are_wider_by_the_root_of_time(price_panel):
    # 12 returns, of which 10 sums of three; four sessions and more are stretched.
    panel = price_panel(closes(np.tile([0.01, -0.01], 6)), predict="close")
    found = forecast("random_walk", panel, [12], horizon=12)
    width = np.diff(np.log(np.stack(found.interval(80))), axis=0)[0, 0]
    assert width[11] / width[2] == pytest.approx(2.0)  # the root of 12 / 3


@pytest.mark.parametrize("predict", ["return", "close"])
@pytest.mark.parametrize("name", NAMES)
def test_any_prices_have_a_finite_forecast(price_panel, name, predict):
    panel = price_panel([5.0], [5.0, 6.0], np.full(80, 7.0), closes(RETURNS), predict=predict)
    for ends in (panel.offsets[1:], panel.offsets[:-1]):
        found = forecast(name, panel, [0, 2, 50, 82, 83, 143], horizon=3, train_ends=ends)
        for numbers in (found.point(), found.quantile(0.9), found.crps(0.01), found.log_density(0.01)):
            assert not np.isnan(numbers).any()
        assert np.isfinite(found.quantile(np.array([0.1, 0.9]))).all()


def test_panels_older_than_the_field_are_of_returns(price_panel):
    panel = replace(price_panel(closes(RETURNS)), predict="")
    assert forecast("drift", panel, [60]).point() == pytest.approx(np.full((1, 2), 0.01))
