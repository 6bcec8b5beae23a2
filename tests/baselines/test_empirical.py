from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from forecaster.baselines.empirical import MOST_KNOTS, EmpiricalGaps, gap_curve
from forecaster.baselines.gaps import training_gaps


def curve_of(panel):
    return gap_curve(training_gaps(panel, panel.offsets[1:]))


def test_curve_of_cells_by_hand(event_panel):
    # Closed 1, 2, 4 and open 3.5, with half a gap longer than all: 1 - 1 / 4.5, 1 - 1 / 3.5, 1 - 1 / 1.5.
    panel = event_panel([0, 1], [0, 2], [0, 4], [1], as_of=4, whole=True)
    panel = replace(panel, as_of=np.array([1, 2, 4, 4]) - np.array([1, 1, 1, 0]))
    curve = curve_of(panel)
    assert curve.at(np.array([0.5, 1.5])) == pytest.approx([0.0, 1 / 4.5])
    # The hole from 2.5 to 3.5 takes a quarter of what 2 and 4 hold: half of it, as the cell is as wide.
    assert 1 - curve.at(np.array([2.5, 3.5])) == pytest.approx(
        [0.5555556 + 0.2222222 / 4, 0.5555556 - 0.3703704 / 4]
    )
    assert curve.at(np.array([1.0])) == pytest.approx([1 / 9])


def test_curve_is_near_the_truth_with_a_third_of_gaps_open(event_panel):
    rng = np.random.default_rng(0)
    gaps = rng.exponential(10.0, size=3000)
    seen = rng.uniform(0.0, 30.0, size=3000)
    panel = event_panel(*[[0.0, gap] if gap <= end else [0.0] for gap, end in zip(gaps, seen, strict=True)])
    # A gap that is closed at the end of observation has no open one after it.
    last = np.where(gaps <= seen, gaps, seen)
    fitted = EmpiricalGaps().fit(replace(panel, as_of=last), panel.offsets[1:], 3, 2)
    forecast = fitted.predict(panel, np.array([0, 5]))
    assert forecast.shape == (2, 2)
    for x in (2.0, 10.0, 25.0):
        assert forecast.survival(x) == pytest.approx(np.full((2, 2), np.exp(-x / 10)), abs=0.03)
    far = forecast.survival(60.0)[0, 0] / forecast.survival(40.0)[0, 0]
    assert far == pytest.approx(np.exp(-2.0), rel=0.4)
    assert forecast.log_density(5.0)[0, 0] == pytest.approx(stats.expon(scale=10).logpdf(5.0), abs=1.5)
    assert len(curve_of(panel).knots) <= MOST_KNOTS


def test_curve_of_real_numbers_goes_through_the_gaps(event_panel):
    panel = replace(event_panel([0.0, 1.0, 3.0, 7.0, 11.5]), as_of=np.array([11.5]))
    curve = curve_of(panel)
    # Gaps 1, 2, 4, 4.5: the share of each lies half below and half above it.
    assert curve.at(np.array([1.0, 2.0, 4.0, 4.5])) == pytest.approx([1 / 9, 3 / 9, 5 / 9, 7 / 9])
    assert curve.at(np.array([3.0])) == pytest.approx([4 / 9])


def test_equal_gaps_are_one_jump(event_panel):
    panel = replace(event_panel(np.arange(0.0, 50.0, 7.0)), as_of=np.array([49.0]))
    forecast = EmpiricalGaps().fit(panel, panel.offsets[1:], 3, 1).predict(panel, np.array([3]))
    assert forecast.quantile(np.array([0.01, 0.5, 0.99])).ravel().tolist() == [7.0] * 3


def test_without_closed_gaps_it_is_exponential(event_panel):
    panel = event_panel([0.0], [2.0], as_of=4.0)
    curve = curve_of(panel)
    assert curve.at(np.array([6.0])) == pytest.approx([1 - np.exp(-1)])  # 4 + 2 waited, as if one closed
