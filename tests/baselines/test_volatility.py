import numpy as np
import pytest

from forecaster.baselines.volatility import Ewma


def closes(returns):
    return 100 * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))


def forecast(panel, origins, horizon=2, train_ends=None):
    train_ends = panel.offsets[1:] if train_ends is None else np.asarray(train_ends)
    return Ewma().fit(panel, train_ends, 5, horizon).predict(panel, np.asarray(origins))


def test_variance_of_three_returns_has_weights_that_add_up_to_one(price_panel):
    # (0.03^2 + 0.94 0.02^2 + 0.8836 0.01^2) / (1 + 0.94 + 0.8836) = 0.00136436 / 2.8236
    found = forecast(price_panel(closes([0.01, -0.02, 0.03])), [1, 3])
    assert found.shape == (2, 2)
    assert found.scale == pytest.approx(np.array([[0.01, 0.01], [0.0219818, 0.0219818]]), rel=1e-5)
    assert found.point().tolist() == [[0, 0], [0, 0]]


def test_variance_of_a_close_adds_up_over_the_sessions(price_panel):
    panel = price_panel(closes([0.01, -0.02, 0.03]), predict="close")
    found = forecast(panel, [3], horizon=4)
    assert found.point().tolist() == [[panel.y[3]] * 4]
    # 1.2815516 standard deviations up, of one session and of four
    upper = np.log(found.interval(80)[1][0] / panel.y[3])
    assert upper[[0, 3]] == pytest.approx([0.0281708, 0.0563416], rel=1e-5)


def test_score_of_a_close_is_near_the_closed_form_of_the_lognormal(price_panel):
    panel = price_panel(closes([0.1, -0.1, 0.1]), predict="close")
    found = forecast(panel, [3], horizon=1)  # log-normal about the close, sigma 0.1
    # y (2 N(0) - 1) - 2 c exp(sigma^2 / 2) (N(-sigma) + N(sigma / sqrt 2) - 1) at y = c = 110.517
    assert found.crps(panel.y[3])[0, 0] == pytest.approx(110.517 * 0.0234004, rel=2e-3)


def test_before_the_first_return_the_variance_is_the_usual_one(price_panel):
    one = closes(np.tile([0.02, -0.02], 30))
    found = forecast(price_panel(one, [50.0, 51.0]), [61], train_ends=[61, 61])
    assert found.scale == pytest.approx(np.full((1, 2), 0.02))


def test_a_price_that_does_not_move_has_the_least_variance(price_panel):
    found = forecast(price_panel(np.full(30, 5.0)), [20])
    assert found.scale.tolist() == [[1e-6, 1e-6]]


@pytest.mark.parametrize("predict", ["return", "close"])
def test_later_rows_and_other_tickers_change_nothing(price_panel, predict):
    rng = np.random.default_rng(1)
    one, two = closes(rng.normal(size=600) / 100), closes(rng.normal(size=60) / 20)
    changed = np.append(one[:501], one[501:] * 3)
    before = forecast(price_panel(two, one, predict=predict), [100, 300, 561])
    after = forecast(price_panel(two[::-1], changed, predict=predict), [100, 300, 561])
    assert before.quantile(0.9).tolist() == after.quantile(0.9).tolist()
