from dataclasses import replace

import numpy as np
import pytest

from forecaster.baselines.empirical import EmpiricalGaps
from forecaster.baselines.markov import MarkovGaps


def test_short_follows_long(event_panel):
    rng = np.random.default_rng(0)
    gaps = np.where(np.arange(200) % 2 == 0, rng.uniform(1, 2, 200), rng.uniform(8, 9, 200))
    panel = event_panel(np.concatenate([[0.0], np.cumsum(gaps)]))
    forecast = MarkovGaps().fit(panel, panel.offsets[1:], 3, 2).predict(panel, np.array([99, 100, 0]))
    assert forecast.shape == (3, 2)
    assert forecast.cdf(5.0)[0, 0] < 0.1  # the gap up to row 99 is short
    assert forecast.cdf(5.0)[1, 0] > 0.9
    assert (np.diff(forecast.quantile(np.linspace(0.01, 0.99, 99)), axis=-1) >= 0).all()
    assert forecast.mass(-np.inf, np.inf) == pytest.approx(np.ones((3, 2)))


def test_table_without_memory_is_the_empirical_distribution(event_panel):
    panel = event_panel([0.0, 3.0, 4.0, 9.0], [1.0, 2.0])
    origins = np.array([0, 3, 5])
    markov = MarkovGaps().fit(panel, panel.offsets[1:], 3, 1).predict(panel, origins)  # one bin
    plain = EmpiricalGaps().fit(panel, panel.offsets[1:], 3, 1).predict(panel, origins)
    for x in (0.5, 3.0, 5.0, 20.0):
        assert markov.cdf(x) == pytest.approx(plain.cdf(x))
        assert markov.survival(x) == pytest.approx(plain.survival(x))


def test_row_after_no_gap_is_counted_by_hand(event_panel):
    # 40 first gaps: 30 of 1 and 10 that are open for 5; then gaps of 9 from 10 long series.
    panel = event_panel(*[[0, 1]] * 30, *[[0]] * 10, *[[0, 9]] * 10, whole=True)
    seen = np.array([0] * 30 + [5] * 10 + [8] * 10)  # closed gaps have no open one after them
    forecast = MarkovGaps().fit(replace(panel, as_of=seen), panel.offsets[1:], 3, 1)
    found = forecast.predict(panel, np.array([0])).cdf(5.0).item()
    # All gaps: 1 - 30 / 50.5 is left above the edge at 5; the 10 open ones lie there. With half a gap
    # a bin of smoothing by all, (30 + 2 x 0.5 x 0.594) / 51.
    assert forecast.inner.tolist() == [5.0]
    assert found == pytest.approx((30 + 0.594) / 51, abs=0.01)
