import numpy as np
import pytest

from forecaster.baselines.log_autoregression import LogAutoregression


def test_rule_of_logarithms_is_found(event_panel):
    rng = np.random.default_rng(0)
    logs = np.zeros(3000)
    for k in range(1, 3000):
        logs[k] = 0.7 * logs[k - 1] + 0.5 * rng.normal()
    panel = event_panel(np.concatenate([[0.0], np.cumsum(np.exp(logs))]))
    fitted = LogAutoregression().fit(panel, panel.offsets[1:], 1, 1)
    forecast = fitted.predict(panel, np.array([10, 500]))
    expected = np.exp(0.7 * np.log(panel.y[[10, 500]]))
    assert forecast.median()[:, 0] == pytest.approx(expected, rel=0.05)
    width = np.log(forecast.quantile_at(0.8413447) / forecast.median())
    assert width[:, 0] == pytest.approx([0.5, 0.5], rel=0.05)


def test_zero_gaps_count_as_half_a_cell(event_panel):
    panel = event_panel(np.repeat(np.arange(40) * 5, 2), whole=True)
    fitted = LogAutoregression().fit(panel, panel.offsets[1:], 2, 1)
    assert fitted.floor == 0.5
    forecast = fitted.predict(panel, np.array([20, 21]))
    assert forecast.median()[:, 0] == pytest.approx([0.5, 5.0], rel=0.05)
    assert (forecast.quantile_at(0.001) > 0).all()
