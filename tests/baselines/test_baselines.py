from dataclasses import replace

import numpy as np
import pytest

from forecaster.baselines import all_baselines
from forecaster.baselines.autoregression import Autoregression
from forecaster.baselines.levels import TrainingLevel
from forecaster.baselines.naive import Drift, Last, MovingAverage, SeasonalNaive
from forecaster.data.panel import Clock, Panel
from forecaster.distributions import Conditioned
from forecaster.evaluation.metrics import ScoringContext, negative_log_likelihood, score


def make_panel(*series, kind="values", season=1, ids=None) -> Panel:
    y = np.concatenate([np.asarray(one, dtype=np.float64) for one in series])
    offsets = np.cumsum([0] + [len(one) for one in series]).astype(np.int64)
    names = np.array(ids if ids is not None else [f"s{k}" for k in range(len(series))])
    clock = Clock("integer", 1)
    lowest = 0.0 if kind in ("events", "intervals") else None
    panel = Panel(kind, y[:, None], offsets, np.arange(len(y)), names, ("y",), 0, clock)
    return replace(panel, season_length=season, lowest=lowest)


def points(baseline, panel, origins, horizon=2, look_back=3):
    fitted = baseline.fit(panel, panel.offsets[1:], look_back, horizon)
    forecast = fitted.predict(panel, np.asarray(origins))
    assert forecast.shape == (len(origins), horizon)
    return forecast.point().tolist()


def test_last_value_skips_what_was_not_observed():
    panel = make_panel([1.0, 2.0, np.nan, 4.0], [7.0, 8.0])
    assert points(Last(), panel, [0, 2, 3, 5]) == [[1, 1], [2, 2], [4, 4], [8, 8]]


def test_last_value_of_nothing_is_the_level_of_the_series():
    panel = make_panel([np.nan, 2.0, 4.0], [np.nan, 10.0], kind="events")
    assert points(Last(), panel, [0, 3], horizon=1) == [[3.0], [10.0]]
    single = make_panel([np.nan], kind="events")
    assert points(Last(), single, [0], horizon=1) == [[0.0]]


def test_seasonal_naive_repeats_the_phase():
    panel = make_panel([1.0, 2, 3, 4, 5, 6, 7], season=3)
    assert points(SeasonalNaive(), panel, [6, 2], horizon=4) == [[5, 6, 7, 5], [1, 2, 3, 1]]
    short = make_panel([9.0, 1, 5], [4.0, 6.0], season=3)
    # Too little history: the phases that are there, else the last value.
    assert points(SeasonalNaive(), short, [1, 4], horizon=3) == [[1, 9, 1], [6, 4, 6]]
    gaps = make_panel([1.0, 2, 3, 4, np.nan, 6], season=3)
    assert points(SeasonalNaive(), gaps, [5], horizon=3) == [[4, 2, 6]]


def test_drift_follows_the_line_through_first_and_last():
    panel = make_panel([np.nan, 2.0, 9.0, 6.0, np.nan], [5.0])
    assert points(Drift(), panel, [3, 5]) == [[8, 10], [5, 5]]
    assert points(Drift(), panel, [4], horizon=1) == [[10.0]]


def test_moving_average_uses_what_is_there():
    panel = make_panel([1.0, 2, np.nan, 6, 7], [40.0])
    assert points(MovingAverage(), panel, [4, 1, 5], horizon=1) == [[6.5], [1.5], [40.0]]
    seasonal = make_panel([1.0, 2, 3, 4], season=2)
    assert points(MovingAverage(), seasonal, [3], horizon=1) == [[3.5]]


def test_levels_are_those_of_the_series():
    panel = make_panel(np.arange(20.0), np.append(np.arange(19.0), 1e6), [3.0, 5.0])
    assert points(TrainingLevel("mean"), panel, [5, 41], horizon=1) == [[9.5], [4.0]]
    found = points(TrainingLevel("median"), panel, [5, 25], horizon=1)
    assert found == [[9.5], [9.5]]
    forecast = TrainingLevel("median").fit(panel, panel.offsets[1:], 3, 1).predict(panel, np.array([5]))
    assert forecast.quantile(np.array([0.1, 0.9]))[0, 0] == pytest.approx([1.5, 17.5])


def test_short_series_share_a_distribution_of_gaps():
    rng = np.random.default_rng(0)
    panel = make_panel(*[rng.exponential(size=4) for _ in range(100)], kind="intervals")
    forecast = TrainingLevel("mean").fit(panel, panel.offsets[1:], 3, 1).predict(panel, np.array([3, 7]))
    expected = np.quantile(panel.y, [0.1, 0.5, 0.9])
    assert forecast.quantile(np.array([0.1, 0.5, 0.9]))[1, 0] == pytest.approx(expected, rel=0.05)


def test_short_series_of_values_keep_their_size():
    panel = make_panel([1.0, 2, 3], [1000.0, 2000, 3000])
    forecast = TrainingLevel("mean").fit(panel, panel.offsets[1:], 3, 1).predict(panel, np.array([2, 5]))
    low, high = forecast.interval(80)
    assert 0 < high[0, 0] - low[0, 0] < 4
    assert 1000 < high[1, 0] - low[1, 0] < 4000


def test_unseen_series_is_known_by_its_own_rows():
    train = make_panel(np.arange(30.0), ids=["a"])
    new = make_panel(np.arange(30.0) + 1000, [500.0], ids=["b", "c"])
    for baseline in all_baselines(train):
        fitted = baseline.fit(train, train.offsets[1:], 3, 1)
        forecast = fitted.predict(new, np.array([20, 29]))
        assert (np.abs(forecast.point() - 1015) < 30).all(), baseline.name
        alone = fitted.predict(new, np.array([30])).quantile(np.array([0.1, 0.9]))
        assert np.isfinite(alone).all(), baseline.name
    level = TrainingLevel("median").fit(train, train.offsets[1:], 3, 1)
    assert level.predict(new, np.array([20])).point().tolist() == [[1010.0]]


def test_ids_are_matched_by_name_not_by_place():
    train = make_panel(np.arange(20.0), np.arange(20.0) + 100, ids=["a", "b"])
    swapped = make_panel(np.arange(5.0) + 100, np.arange(5.0), ids=["b", "a"])
    fitted = TrainingLevel("mean").fit(train, train.offsets[1:], 3, 1)
    assert fitted.predict(swapped, np.array([4, 9])).point().tolist() == [[109.5], [9.5]]


def test_autoregression_finds_a_linear_rule():
    rng = np.random.default_rng(4)
    y = np.zeros(2600)
    for k in range(2, 2600):
        y[k] = 1.2 * y[k - 1] - 0.5 * y[k - 2] + rng.normal()
    panel = make_panel(y + 50)
    fitted = Autoregression().fit(panel, np.array([2000]), 2, 2)
    assert fitted.coefficients[1:, 0] == pytest.approx([-0.5, 1.2], abs=0.05)
    origins = np.arange(2000, 2597)
    forecast = fitted.predict(panel, origins)
    targets = panel.y[origins[:, None] + [1, 2]]
    scores = score(forecast, targets, np.ones(targets.shape, bool), ScoringContext())
    assert scores.by_step["rmse"][0] == pytest.approx(1.0, abs=0.1)
    assert scores.overall["coverage_80"] == pytest.approx(0.8, abs=0.06)


def test_autoregression_lives_with_few_rows_and_long_look_backs():
    panel = make_panel(np.arange(6.0), [3.0])
    for look_back in (2, 50):
        forecast = (
            Autoregression().fit(panel, panel.offsets[1:], look_back, 3).predict(panel, np.array([5, 6]))
        )
        assert np.isfinite(forecast.quantile(np.array([0.1, 0.9]))).all()
        assert (np.abs(forecast.point()) < 30).all()


def test_differently_sized_series_have_their_own_width():
    rng = np.random.default_rng(2)
    panel = make_panel(rng.normal(size=200), 1000 * rng.normal(size=200))
    for baseline in all_baselines(panel):
        forecast = baseline.fit(panel, panel.offsets[1:], 3, 1).predict(panel, np.array([199, 399]))
        low, high = forecast.interval(80)
        width = (high - low)[:, 0]
        assert 1.0 < width[0] < 10.0, baseline.name
        assert 1000.0 < width[1] < 10_000.0, baseline.name


@pytest.mark.parametrize("kind", ["events", "intervals"])
def test_gaps_are_never_negative(kind):
    gaps = np.random.default_rng(3).exponential(size=100)
    gaps[0] = np.nan
    panel = make_panel(gaps, kind=kind)
    for baseline in all_baselines(panel):
        forecast = baseline.fit(panel, panel.offsets[1:], 3, 2).predict(panel, np.arange(0, 100, 9))
        assert (forecast.quantile(np.array([0.01, 0.5, 0.99])) >= 0).all(), baseline.name
        assert (forecast.point() >= 0).all(), baseline.name


def test_constant_series_is_forecast_as_the_constant():
    panel = make_panel(np.ones(40), kind="intervals")
    for baseline in all_baselines(panel):
        forecast = baseline.fit(panel, np.array([30]), 3, 2).predict(panel, np.array([35]))
        found = forecast.quantile(np.array([0.1, 0.5, 0.9]))
        if baseline.name == "exponential":  # which cannot be constant, whatever its mean
            assert found[0, 0, 1] == pytest.approx(np.log(2), rel=1e-3)
        else:
            assert found == pytest.approx(np.ones((1, 2, 3)), abs=2e-3), baseline.name


def test_kinds_have_their_baselines():
    rows = np.arange(30.0)
    usual = ["last", "mean", "median", "moving_average", "drift", "autoregression"]
    assert [one.name for one in all_baselines(make_panel(rows))] == usual
    seasonal = [one.name for one in all_baselines(make_panel(rows, season=7))]
    assert seasonal == ["last", "seasonal_naive", *usual[1:]]
    gaps = ["last", "mean", "median", "empirical", "exponential", "weibull", "gamma", "lognormal"]
    gaps += ["autoregression", "log_autoregression", "markov"]
    assert [one.name for one in all_baselines(make_panel(rows, kind="intervals"))] == gaps
    weekly = [one.name for one in all_baselines(make_panel(rows, kind="intervals", season=7))]
    assert weekly == ["last", "seasonal_naive", *gaps[1:]]


@pytest.mark.parametrize(
    ("predict", "names"),
    [
        ("", ["random_walk", "drift", "majority", "ewma", "autoregression"]),
        ("return", ["random_walk", "drift", "majority", "ewma", "autoregression"]),
        ("direction", ["random_walk", "drift", "majority", "ewma", "autoregression"]),
        ("close", ["random_walk", "drift", "majority", "ewma"]),
        ("range", ["last", "mean", "median", "moving_average", "autoregression"]),
    ],
)
def test_prices_have_the_baselines_of_what_is_forecast(predict, names):
    panel = replace(make_panel(np.arange(30.0), kind="ohlc"), predict=predict)
    assert [one.name for one in all_baselines(panel)] == names


def test_ranges_are_never_negative():
    ranges = np.random.default_rng(3).exponential(size=100) / 100
    panel = replace(make_panel(ranges, kind="ohlc"), predict="range", lowest=0.0)
    for baseline in all_baselines(panel):
        forecast = baseline.fit(panel, panel.offsets[1:], 3, 2).predict(panel, np.arange(0, 100, 9))
        assert (forecast.quantile(np.array([0.01, 0.5, 0.99])) >= 0).all(), baseline.name
        assert (forecast.point() >= 0).all(), baseline.name


def test_many_series_of_events_are_held_against_bg_nbd(event_panel):
    assert "bg_nbd" in [one.name for one in all_baselines(event_panel(*[[0.0]] * 50, as_of=2.0))]
    assert "bg_nbd" not in [one.name for one in all_baselines(event_panel(*[[0.0]] * 49, as_of=2.0))]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(
    "times",
    [
        [[0, 3, 4, 9, 11, 20]],
        [list(range(0, 70, 7))],
        [[5, 5, 5, 5, 5]],
        [[5]],
        [[5, 9]],
        [[5]] * 60,
        [[5, 5]] * 60,
        [[5], [5, 5, 5], list(range(0, 300, 3))],
    ],
    ids=["five", "equal", "zeros", "single", "pair", "single-each", "zero-each", "mixed"],
)
def test_poor_events_are_forecast_without_a_warning(event_panel, times, whole):
    for as_of in (None, 400):
        panel = event_panel(*times, as_of=as_of, whole=whole)
        origins = panel.offsets[1:] - 1
        for baseline in all_baselines(panel):
            forecast = baseline.fit(panel, panel.offsets[1:], 3, 2).predict(panel, origins)
            assert forecast.shape == (len(origins), 2), baseline.name
            found = forecast.quantile(np.array([0.1, 0.5, 0.9]))
            assert (found >= 0).all(), baseline.name
            finite = np.isfinite(forecast.median()).all()
            assert finite or baseline.name == "bg_nbd", baseline.name  # where most never come again
            assert not np.isnan(forecast.crps(3.0)).any(), baseline.name
            assert not np.isnan(forecast.mean()).any(), baseline.name
            assert (forecast.cdf(7.0) <= 1 + 1e-12).all(), baseline.name
            left = Conditioned(forecast, np.full((len(origins), 1), 30.0))
            assert (left.median() >= 30.0).all(), baseline.name
            assert np.isfinite(negative_log_likelihood(forecast, np.full(found.shape[:2], 2.0), 1.0)).all()


def test_events_without_training_rows_are_forecast(event_panel):
    panel = event_panel([0, 3, 4], [2], whole=True)
    for baseline in all_baselines(panel):
        forecast = baseline.fit(panel, panel.offsets[:-1], 3, 1).predict(panel, np.array([2, 3]))
        assert np.isfinite(forecast.median()).all(), baseline.name


def test_seven_thousand_events_are_quick(event_panel):
    rng = np.random.default_rng(0)
    panel = event_panel(np.cumsum(rng.gamma(0.7, 3.0, size=7000)))
    for baseline in all_baselines(panel):
        forecast = baseline.fit(panel, panel.offsets[1:] - 700, 8, 1).predict(panel, np.arange(6300, 7000))
        assert forecast.shape == (700, 1)


@pytest.mark.parametrize(
    ("kind", "predict"),
    [("values", ""), ("events", ""), ("ohlc", "return"), ("ohlc", "range"), ("ohlc", "close")],
)
def test_nothing_after_an_origin_or_a_cut_is_read(kind, predict):
    rng = np.random.default_rng(4)
    panel = make_panel(rng.exponential(size=60), rng.exponential(size=60), rng.exponential(size=5), kind=kind)
    panel = replace(panel, season_length=4, predict=predict)
    cuts, origins = np.array([40, 100, 120]), np.array([20, 39, 45, 60, 99, 105, 121])
    changed = panel.values.copy()
    later = np.ones(len(changed), dtype=bool)
    for begin, end in zip(panel.offsets[:-1], cuts, strict=True):
        later[begin:end] = False
    later[:46][40:] = False  # rows up to the origins after the cuts are known too
    later[100:106] = False
    later[120:122] = False
    changed[later] = 1e5
    levels = np.array([0.1, 0.5, 0.9])
    for before, after in zip(all_baselines(panel), all_baselines(panel), strict=True):
        other = replace(panel, values=changed)
        first = before.fit(panel, cuts, 5, 3).predict(panel, origins).quantile(levels)
        second = after.fit(other, cuts, 5, 3).predict(other, origins).quantile(levels)
        assert first.tolist() == second.tolist(), before.name


def test_many_series_and_origins_are_quick():
    rng = np.random.default_rng(5)
    panel = make_panel(*rng.normal(size=(3000, 40)), season=7)
    origins = panel.offsets[1:] - 5
    for baseline in all_baselines(panel):
        forecast = baseline.fit(panel, panel.offsets[1:] - 4, 14, 4).predict(panel, origins)
        assert forecast.shape == (3000, 4)
        assert np.isfinite(forecast.crps(0.0)).all()


def test_events_with_one_row_each_are_forecast():
    panel = make_panel([np.nan], [np.nan, 3.0], [np.nan], kind="events")
    for baseline in all_baselines(panel):
        forecast = baseline.fit(panel, panel.offsets[1:], 3, 1).predict(panel, np.array([0, 2, 3]))
        assert np.isfinite(forecast.quantile(np.array([0.1, 0.5, 0.9]))).all(), baseline.name
        assert np.isfinite(forecast.point()).all(), baseline.name
