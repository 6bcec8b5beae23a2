import csv
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecaster.baselines import choose, choose_baselines
from forecaster.baselines.naive import Last, SeasonalNaive
from forecaster.baselines.statistical import Statistical
from forecaster.data.panel import Clock, Panel
from forecaster.errors import ConfigError

AIR = Path(__file__).parents[2] / "datasets" / "air_passengers.csv"
METHODS = ("auto_ets", "mstl_auto_ets", "theta")


def make_panel(*series, season=1, kind="values", ids=None) -> Panel:
    y = np.concatenate([np.asarray(one, dtype=np.float64) for one in series])
    offsets = np.cumsum([0] + [len(one) for one in series]).astype(np.int64)
    times = np.concatenate([np.arange(len(one)) for one in series])
    names = np.array(ids if ids is not None else [f"s{k}" for k in range(len(series))])
    return Panel(
        kind, y[:, None], offsets, times, names, ("y",), 0, Clock("integer", 1), season_length=season
    )


def air() -> np.ndarray:
    with AIR.open() as file:
        return np.array([float(row["passengers"]) for row in csv.DictReader(file)])


def forecast(name, panel, origins, horizon=12, train_ends=None):
    train_ends = panel.offsets[1:] if train_ends is None else np.asarray(train_ends)
    return Statistical(name).fit(panel, train_ends, 12, horizon).predict(panel, np.asarray(origins))


def theirs(name):
    from statsforecast.models import MSTL, AutoETS, Theta

    rest = AutoETS(model="ZZN")
    models = {
        "auto_ets": AutoETS(12),
        "mstl_auto_ets": MSTL(12, trend_forecaster=rest),
        "theta": Theta(12),
    }
    return models[name]


@pytest.mark.parametrize("name", METHODS)
def test_forecasts_are_those_of_statsforecast(name):
    y = air()
    ours = forecast(name, make_panel(y, season=12), [119, 130], train_ends=[120])
    model = theirs(name).fit(y[:120])
    at_end = model.predict(12, level=[80, 95])
    later = theirs(name).fit(y[:120]).forward(y[:131], 12, level=[80, 95])
    for row, found in enumerate((at_end, later)):
        np.testing.assert_allclose(ours.point()[row], found["mean"], rtol=1e-6)
        for level in (80, 95):
            low, high = ours.interval(level)
            np.testing.assert_allclose(low[row], found[f"lo-{level}"], rtol=1e-6)
            np.testing.assert_allclose(high[row], found[f"hi-{level}"], rtol=1e-6)


def test_a_fit_at_the_origin_is_the_plain_forecast_of_statsforecast():
    y = air()
    for name in METHODS:
        ours = forecast(name, make_panel(y, season=12), [143]).point()[0]
        np.testing.assert_allclose(ours, theirs(name).forecast(y, 12)["mean"], rtol=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_later_rows_and_other_series_change_nothing(name):
    y = air()
    changed = y.copy()
    changed[125:] = 1e4
    one = make_panel(y, y[:60], season=12)
    other = make_panel(changed, y[:60] + 9, season=12)
    ends = np.array([120, 190])
    for origins in ([119, 124], [100]):
        before = forecast(name, one, origins, train_ends=ends)
        after = forecast(name, other, origins, train_ends=ends)
        np.testing.assert_array_equal(before.point(), after.point())
        np.testing.assert_array_equal(before.quantile(0.9), after.quantile(0.9))


@pytest.mark.parametrize("name", METHODS)
def test_windows_come_back_in_their_order(name):
    y = air()
    panel = make_panel(y, y[::-1], season=12)
    mixed = forecast(name, panel, [250, 119, 130, 240]).point()
    one = forecast(name, panel, [119, 130]).point()
    two = forecast(name, panel, [240, 250]).point()
    np.testing.assert_array_equal(mixed, [two[1], one[0], one[1], two[0]])


@pytest.mark.parametrize("season", [1, 4, 12, 48])
@pytest.mark.parametrize("name", METHODS)
def test_any_series_has_a_finite_forecast(name, season):
    rng = np.random.default_rng(0)
    phase = np.arange(120) % season
    missing = 5 + phase + rng.normal(size=120)
    missing[[0, 1, 40, 41, 42, 119]] = np.nan
    series = [
        [3.0],
        [3.0, 4.0],
        [3.0, 4.0, 6.0],
        np.arange(9.0),
        np.full(60, 7.0),
        np.append(np.full(30, 7.0), [8.0, 9.0]),
        np.zeros(60),
        rng.poisson(0.2, 100),
        -50 + phase + rng.normal(size=120),
        1e9 * (10 + phase + rng.normal(size=120)),
        1e-9 * (10 + phase + rng.normal(size=120)),
        missing,
        np.full(5, np.nan),
        2.0 * np.arange(100),
    ]
    panel = make_panel(*series, season=season)
    origins = np.concatenate([panel.offsets[1:] - 1, panel.offsets[:-1], panel.offsets[1:][7:] - 1 - 3])
    found = forecast(name, panel, origins, horizon=5)
    assert found.shape == (len(origins), 5)
    for numbers in (found.point(), found.quantile(np.array([0.05, 0.5, 0.95])), found.crps(1.0)):
        assert np.isfinite(numbers).all()
    low, high = found.interval(90)
    assert (low <= high).all()
    assert found.point()[4] == pytest.approx(np.full(5, 7.0))  # the constant
    assert found.point()[6] == pytest.approx(np.zeros(5))


def test_missing_rows_are_straight_lines():
    y = air()
    holes = y.copy()
    holes[[50, 51, 131]] = np.nan
    lines = y.copy()
    lines[[50, 51]] = y[49] + (y[52] - y[49]) * np.array([1, 2]) / 3
    lines[131] = y[130]
    for name in METHODS:
        ours = forecast(name, make_panel(holes, season=12), [131], train_ends=[120])
        filled = forecast(name, make_panel(lines, season=12), [131], train_ends=[120])
        np.testing.assert_allclose(ours.point(), filled.point(), rtol=1e-9)


@pytest.mark.parametrize("name", METHODS)
def test_too_few_rows_are_forecast_naively(name):
    panel = make_panel([1.0, 2, 3, 4, 5, 7], season=3)
    naive = SeasonalNaive().fit(panel, panel.offsets[1:], 12, 4).predict(panel, np.array([5]))
    found = forecast(name, panel, [5], horizon=4)
    assert found.point().tolist() == naive.point().tolist() == [[4, 5, 7, 4]]
    assert found.interval(80)[0] == pytest.approx(naive.interval(80)[0])
    plain = replace(panel, season_length=1)
    if name != "mstl_auto_ets":
        last = Last().fit(plain, panel.offsets[1:], 12, 4).predict(plain, np.array([5]))
        assert forecast(name, plain, [5], horizon=4).point().tolist() == last.point().tolist()


def test_an_unseen_series_is_fitted_on_its_own_rows():
    y = air()
    train = make_panel(y[:50], ids=["a"], season=12)
    new = make_panel(y, ids=["b"], season=12)
    for name in METHODS:
        fitted = Statistical(name).fit(train, train.offsets[1:], 12, 12)
        found = fitted.predict(new, np.array([119])).point()[0]
        np.testing.assert_allclose(found, theirs(name).forecast(y[:120], 12)["mean"], rtol=1e-6)


def test_the_same_id_from_another_first_row_is_fitted_anew():
    y = air()
    train = make_panel(y, ids=["a"], season=12)
    later = train.take(np.array([7]), np.array([144]))  # another phase of the season
    for name in METHODS:
        found = Statistical(name).fit(train, np.array([120]), 12, 12).predict(later, np.array([136]))
        np.testing.assert_allclose(found.point()[0], theirs(name).forecast(y[7:], 12)["mean"], rtol=1e-6)


def test_intervals_of_theta_are_not_as_wide_as_the_season():
    rng = np.random.default_rng(3)
    y = 20 * np.sin(np.arange(240) * np.pi / 6) + rng.normal(size=240)  # below 0: an additive season
    low, high = forecast("theta", make_panel(y, season=12), [239], horizon=1).interval(80)
    assert 2 < (high - low)[0, 0] < 4  # 2.56 for noise of 1 about a known level


def test_counts_are_never_below_their_lowest_value():
    y = np.random.default_rng(0).poisson(0.5, 100)
    panel = replace(make_panel(y), lowest=0.0)
    for name in ("auto_ets", "theta"):
        found = forecast(name, panel, [99])
        assert (found.point() >= 0).all() and (found.quantile(0.01) >= 0).all()


def test_the_random_state_of_numpy_stays_as_it_was():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    forecast("theta", make_panel(air(), season=12), [143])
    assert (np.random.get_state()[1] == before).all()


def test_nothing_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in METHODS:
            forecast(name, make_panel(np.append(np.zeros(30), air()), season=12), [60, 150])


def names(panel, which, origins, horizon=12):
    return [one.name for one in choose_baselines(panel, which, np.asarray(origins), horizon).baselines]


def test_auto_takes_what_is_quick_and_names_the_rest():
    panel = make_panel(air(), season=12)
    assert names(panel, "auto", [119, 130])[-2:] == ["auto_ets", "theta"]
    assert names(panel, "fast", [119, 130])[-1] == "autoregression"
    # 100 series of 1,000 rows: AutoETS is fitted in about 120 s, Theta in 4 s
    many = make_panel(*np.ones((100, 1000)), season=12)
    found = choose_baselines(many, "auto", many.offsets[1:] - 1, 12)
    assert found.left_out == ("auto_ets",)
    assert [one.name for one in found.baselines][-2:] == ["autoregression", "theta"]
    assert found.note is not None and found.note.code == "baselines_left_out"
    assert found.note.text == (
        "Not scored for the time it takes: the baseline auto_ets (about 120 s); --baselines all has them all."
    )
    every = choose_baselines(many, "all", many.offsets[1:] - 1, 12)
    assert every.left_out == () and every.note is None
    assert [one.name for one in every.baselines][-2:] == ["auto_ets", "theta"]


def test_very_many_windows_leave_both_out():
    panel = make_panel(np.ones(100_100), season=12)
    found = choose_baselines(panel, "auto", np.arange(100, 100_100), 1)
    assert found.left_out == ("auto_ets", "theta")


def test_seasons_too_long_for_ets_are_taken_out_first():
    panel = make_panel(np.ones(400), season=48)
    assert names(panel, "auto", [399])[-2:] == ["mstl_auto_ets", "theta"]
    assert "auto_ets" in names(replace(panel, season_length=24), "auto", [399])


def test_only_values_have_statistical_baselines():
    for kind in ("ohlc", "intervals", "events"):
        panel = make_panel(np.ones(50), kind=kind)
        assert not {"auto_ets", "theta"} & set(names(panel, "all", [49]))


def test_without_the_package_auto_is_silent_and_all_says_what_to_install(monkeypatch):
    monkeypatch.setattr(choose, "is_installed", lambda: False)
    panel = make_panel(air(), season=12)
    found = choose_baselines(panel, "auto", np.array([119]), 12)
    assert found.note is None and "theta" not in [one.name for one in found.baselines]
    with pytest.raises(ConfigError) as error:
        choose_baselines(panel, "all", np.array([119]), 12)
    assert str(error.value) == (
        "--baselines all: statsforecast, which has AutoETS and Theta, is not installed. Install "
        "forecaster[baselines], or take --baselines fast."
    )


def test_the_package_is_imported_when_a_forecast_is_asked_for_only():
    code = (
        "import sys, forecaster.baselines, forecaster.commands; "
        "from forecaster.baselines.statistical import is_installed; is_installed(); "
        "sys.exit('statsforecast' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_was_left_out_stands_in_the_report(monkeypatch):
    from forecaster import Forecaster

    monkeypatch.setattr(choose, "MOST_SECONDS", 0.0)
    small = {"horizon": 12, "season": 12, "epochs": 1, "units": 2, "layers": 1, "ensemble": 1, "threads": 1}
    report = Forecaster(**small, final_fit=False).fit(AIR).report
    assert report["scores"]["test"]["baselines_left_out"] == ["auto_ets", "theta"]
    assert [one["text"] for one in report["warnings"] if one["code"] == "baselines_left_out"] != []
    fast = Forecaster(**small, final_fit=False, baselines="fast").fit(AIR).report
    assert fast["scores"]["test"]["baselines_left_out"] == []
    assert "baselines_left_out" not in [one["code"] for one in fast["warnings"]]


def test_a_run_without_the_package_is_refused_before_it_trains(monkeypatch):
    from forecaster import Forecaster

    monkeypatch.setattr(choose, "is_installed", lambda: False)
    with pytest.raises(ConfigError, match=r"--baselines all: statsforecast"):
        Forecaster(horizon=12, baselines="all", epochs=1_000_000).fit(AIR)
