from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from forecaster.baselines.gaps import training_gaps
from forecaster.baselines.parametric import FAMILIES, ParametricGaps, fit_family


@pytest.fixture
def censored(event_panel):
    """400 Weibull gaps, those above 12 not seen to their end."""
    rng = np.random.default_rng(1)
    gaps = 10 * rng.weibull(1.6, size=400)
    panel = event_panel(*[[0.0, gap] if gap <= 12 else [0.0] for gap in gaps])
    return replace(panel, as_of=np.minimum(gaps, 12.0)), gaps


@pytest.mark.parametrize("name", ["weibull", "gamma", "lognormal"])
def test_open_gaps_count_as_in_scipy(name, censored):
    panel, gaps = censored
    found = fit_family(FAMILIES[name], training_gaps(panel, panel.offsets[1:]), (1,))
    data = stats.CensoredData(uncensored=gaps[gaps <= 12], right=np.full((gaps > 12).sum(), 12.0))
    form, _, scale = getattr(stats, FAMILIES[name]).fit(data, floc=0)
    assert found.form == pytest.approx([form], rel=2e-3)
    assert found.scale == pytest.approx([scale], rel=2e-3)


def test_exponential_is_time_waited_for_each_event(censored):
    panel, gaps = censored
    forecast = ParametricGaps("exponential").fit(panel, panel.offsets[1:], 3, 2).predict(panel, np.array([0]))
    assert forecast.mean() == pytest.approx(
        np.full((1, 2), np.minimum(gaps, 12).sum() / (gaps <= 12).sum()), rel=1e-4
    )


def test_cells_count_as_in_scipy(event_panel):
    days = np.floor(np.random.default_rng(2).gamma(2.0, 3.0, size=300)).astype(np.int64)
    panel = event_panel(np.concatenate([[0], np.cumsum(days)]), whole=True)
    gaps = training_gaps(panel, panel.offsets[1:])
    found = fit_family("weibull_min", gaps, (1,))
    closed = ~gaps.is_open
    data = stats.CensoredData(
        interval=np.stack([gaps.lower[closed], gaps.upper[closed]], axis=1), right=gaps.value[~closed]
    )
    form, _, scale = stats.weibull_min.fit(data, floc=0)
    assert found.form == pytest.approx([form], rel=2e-3)
    assert found.scale == pytest.approx([scale], rel=2e-3)


@pytest.mark.parametrize("name", ["weibull", "gamma", "lognormal"])
def test_equal_gaps_make_a_narrow_distribution(name, event_panel):
    panel = replace(event_panel(np.arange(0.0, 90.0, 7.0)), as_of=np.array([84.0]))
    forecast = ParametricGaps(name).fit(panel, panel.offsets[1:], 3, 1).predict(panel, np.array([3]))
    assert forecast.quantile(np.array([0.05, 0.5, 0.95])).ravel() == pytest.approx([7.0] * 3, rel=2e-2)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_two_gaps_have_the_usual_shape(name, event_panel):
    panel = event_panel([0.0, 2.0, 6.0], as_of=7.0)
    found = fit_family(FAMILIES[name], training_gaps(panel, panel.offsets[1:]), (1,))
    assert found.form.tolist() == [1.0]
    assert 1.0 < found.scale[0] < 8.0
