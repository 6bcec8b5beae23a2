"""Awkward value series through the public interface: forecasts stay finite, ordered and near their series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster import Forecaster
from forecaster.errors import DataError
from tests.conftest import TINY

STEP = np.arange(100)
WAVE = np.sin(STEP * 2 * np.pi / 7)
NAN = np.nan

Series = dict[str, Any]


def frame_of(series: Series) -> pd.DataFrame:
    """Daily series that begin on the same day."""
    return pd.concat(
        pd.DataFrame(
            {
                "unique_id": name,
                "ds": pd.date_range("2024-01-01", periods=len(y), freq="D"),
                "y": np.asarray(y, dtype=np.float64),
            }
        )
        for name, y in series.items()
    )


def trained(series: Series, **settings: Any) -> Forecaster:
    """A forecaster of a week that has hardly learnt: nothing sane may rest on long training."""
    given = {"kind": "values", "horizon": 7, "baselines": "fast", **TINY, **settings}
    return Forecaster(**given).fit(frame_of(series))


def forecasts_of(model: Forecaster, series: Series, horizon: int = 7) -> dict[str, np.ndarray]:
    """(horizon, 5) forecasts by id, lowest to highest; each id once, all steps, finite and in order."""
    table = model.predict(level=[80, 95])
    assert table["unique_id"].drop_duplicates().tolist() == list(series)
    columns = [f"forecast{one}" for one in ("-lo-95", "-lo-80", "", "-hi-80", "-hi-95")]
    made = {name: rows[columns].to_numpy() for name, rows in table.groupby("unique_id")}
    for name, rows in made.items():
        assert rows.shape == (horizon, 5)
        assert np.isfinite(rows).all(), name
        assert (np.diff(rows, axis=1) >= 0).all(), name
    for name, rows in table.groupby("unique_id"):
        last = pd.Timestamp("2024-01-01") + pd.Timedelta(days=len(series[name]) - 1)
        assert rows["ds"].tolist() == list(pd.date_range(last, periods=horizon + 1, freq="D")[1:])
    return made


def assert_near(made: dict[str, np.ndarray], series: Series, room: float = 1.0) -> None:
    """Forecasts within the range of their series, and ``room`` times its width on both sides."""
    for name, rows in made.items():
        low, high = np.nanmin(series[name]), np.nanmax(series[name])
        width = max(high - low, 0.1 * abs(high))
        assert rows[:, 2].min() >= low - room * width, name
        assert rows[:, 2].max() <= high + room * width, name


RANDOM = np.random.default_rng(5)

AWKWARD: dict[str, Series] = {
    "missing values": {
        "inside": np.where((STEP > 30) & (STEP < 37), NAN, 20 + WAVE),
        "end": np.where(STEP > 90, NAN, 40 + WAVE),
        "begin": np.where(STEP < 20, NAN, 30 + WAVE),
        "most": np.where(STEP % 5, NAN, 20 + WAVE),
    },
    "missing values of both signs": {
        "inside": np.where((STEP > 30) & (STEP < 37), NAN, WAVE),
        "end": np.where(STEP > 90, NAN, -200 + WAVE),
        "begin": np.where(STEP < 20, NAN, 30 + WAVE),
    },
    "trends": {"up": 100 + 3.0 * STEP, "down": 1000 - 5.0 * STEP, "growth": np.exp(STEP / 20)},
    "trends of both signs": {"up": -100 + 3.0 * STEP, "down": 300 - 5.0 * STEP},
    "mostly zeros": {
        name: np.where(RANDOM.random(100) < 0.15, RANDOM.integers(1, 10, 100), 0) for name in "abc"
    },
    "negative": {"a": -100 + 10 * WAVE, "b": -5 + WAVE},
    "scales": {"tiny": 1e-9 * (2 + WAVE), "one": 2 + WAVE, "huge": 1e12 * (2 + WAVE)},
    "scales of both signs": {"tiny": 1e-9 * WAVE, "one": WAVE, "huge": 1e12 * WAVE},
    "level shifts": {"half": np.where(STEP < 50, 10, 1000) + WAVE, "late": np.where(STEP < 92, 10, 1000)},
    "counts": {name: RANDOM.poisson(mean, 100) for name, mean in (("few", 0.5), ("more", 4), ("many", 200))},
    "begins to move": {"a": np.where(STEP < 90, 0, 5 + WAVE), "b": np.where(STEP < 90, 3, WAVE), "c": WAVE},
}


@pytest.mark.parametrize("name", AWKWARD)
def test_forecasts_of_awkward_series_are_finite_and_near_them(name: str) -> None:
    series = AWKWARD[name]
    assert_near(forecasts_of(trained(series), series), series)


@pytest.mark.parametrize("centre", [10.0, 0.0])
def test_series_of_very_different_lengths_are_all_forecast(centre: float) -> None:
    series = {f"rows{n}": centre + WAVE[:n] + 0.5 for n in (1, 2, 3, 5, 50, 100)}
    made = forecasts_of(trained(series, horizon=9), series, horizon=9)
    assert_near(made, series, room=3.0)


def test_series_shorter_than_the_horizon_alone_are_forecast() -> None:
    series = {f"rows{n}": 10.0 + np.arange(n) for n in (1, 2, 3, 5)}
    made = forecasts_of(trained(series, horizon=6), series, horizon=6)
    assert_near(made, series, room=3.0)


@pytest.mark.parametrize("settings", [{}, {"decoder": "parallel", "series_units": 4}])
def test_horizon_that_is_no_multiple_of_the_season_is_forecast(settings: dict[str, Any]) -> None:
    series = {"a": 10 + WAVE, "b": 50 + 5 * WAVE}
    model = trained(series, horizon=17, season=7, look_back=21, **settings)
    assert_near(forecasts_of(model, series, horizon=17), series)


@pytest.mark.parametrize(
    "series",
    [
        {"a": np.full(100, 42.0)},
        {"a": np.full(100, 42.0), "b": np.full(100, 1e6), "c": np.full(100, 1e-7)},
        {"a": np.full(100, -3.0), "b": np.full(100, 1e6), "zero": np.zeros(100)},
        {"a": np.zeros(100)},
        {"a": np.zeros(100), "b": np.zeros(100)},
        {"a": np.full(100, 42.0), "b": np.full(100, 3.0), "varies": 20 + 5 * WAVE},
        {"a": np.full(100, 42.0), "zero": np.zeros(100), "varies": 5 * WAVE},
        {"short": np.full(8, 42.0), "a": np.full(100, -1.0), "b": np.zeros(60)},
    ],
    ids=["one", "positive", "signs", "zero", "zeros", "beside another", "zero beside", "lengths"],
)
def test_constant_forecasts_the_constant(series: Series) -> None:
    made = forecasts_of(trained(series), series)
    usual = max(float(np.abs(y).max()) for y in series.values()) if len(series) > 1 else 0.0
    for name, rows in made.items():
        if name == "varies":
            continue
        constant = float(series[name][0])
        # What was only ever 0 is forecast as 0 beside the series that move, of order 1 where none does.
        room = 0.01 * (abs(constant) or min(usual, 1.0) or 1.0)
        assert np.abs(rows[:, 2] - constant).max() <= room, name
        assert np.abs(rows - constant).max() <= 20 * room, name  # 95 % of a network that has hardly learnt


def test_zero_beside_tiny_values_is_forecast_far_below_them() -> None:
    series = {"zero": np.zeros(100), "tiny": 1e-9 * WAVE}
    assert np.abs(forecasts_of(trained(series), series)["zero"]).max() < 1e-11


@pytest.mark.parametrize("level", [300.0, -300.0])
def test_series_whose_look_back_is_missing_is_forecast_at_its_own_level(level: float) -> None:
    series = {"gone": np.where(STEP > 40, NAN, level + WAVE), "a": 5 + WAVE, "b": 6 + WAVE}
    made = forecasts_of(trained(series, season=7, look_back=21), series)
    assert np.abs(made["gone"][:, 2] - level).max() < 30


def test_series_without_a_value_is_named_and_forecast_as_a_usual_one() -> None:
    series = {"none": np.full(100, NAN), "a": 300 + WAVE, "b": 310 + WAVE}
    model = trained(series)
    made = forecasts_of(model, series)
    assert (np.abs(made["none"][:, 2] - 305) < 30).all()
    texts = [one["text"] for one in model.report["warnings"] if one["code"] == "no_values"]
    assert texts == ["series have no value at all (none); their forecasts rest on other rows"]


def test_panel_without_any_value_is_refused() -> None:
    with pytest.raises(DataError, match="column 'y' holds no value"):
        trained({"a": np.full(30, NAN), "b": np.full(30, NAN)})


def test_unknown_ids_are_forecast_near_their_own_rows() -> None:
    model = trained({"a": 10 + WAVE, "b": -50 + 5 * WAVE})
    new = {"wave": 1e6 * (2 + WAVE), "one": [7.0], "still": np.full(30, -4.0), "none": np.full(30, NAN)}
    made = model.predict(frame_of(new))
    assert np.isfinite(made.select_dtypes("number")).all().all()
    forecasts = {name: rows["forecast"].to_numpy() for name, rows in made.groupby("unique_id")}
    assert_near({name: forecasts[name][:, None].repeat(3, axis=1) for name in ("wave", "one", "still")}, new)
    assert np.abs(forecasts["still"] + 4).max() < 0.04


@pytest.mark.parametrize("fill", ["previous", "linear", "zero"])
def test_filled_series_are_forecast(fill: str) -> None:
    series = AWKWARD["missing values"]
    low = {name: np.append(y, 0.0) if fill == "zero" else y for name, y in series.items()}
    model = trained(series, fill=fill)
    assert_near(forecasts_of(model, series), low)


@pytest.mark.parametrize("name", ["missing values", "mostly zeros", "scales of both signs", "level shifts"])
def test_cross_validation_of_awkward_series_is_finite(name: str) -> None:
    series = AWKWARD[name]
    model = Forecaster(kind="values", horizon=5, baselines="fast", **TINY)
    made = model.cross_validation(frame_of(series), n_windows=3, step_size=2)
    assert np.isfinite(made[["forecast", "forecast-lo-80", "forecast-hi-80", "y"]]).all().all()
    assert set(made["unique_id"]) == set(series) - {"end"}  # the end of that one is not known
    assert not made.duplicated(["unique_id", "cutoff", "ds"]).any()


@pytest.mark.parametrize("name", ["missing values", "mostly zeros", "negative", "begins to move"])
def test_scores_on_more_rows_of_awkward_series_are_finite(name: str) -> None:
    series = AWKWARD[name]
    model = trained(series)
    longer = {one: np.concatenate([y, y[-10:]]) for one, y in series.items()}
    scores = model.evaluate(frame_of(longer))
    assert scores["n_windows"] > 0
    for metric in ("mae", "rmse", "crps", "coverage_80", "width_80"):
        assert np.isfinite(scores["model"][metric]), metric
        assert all(np.isfinite(one[metric]) for one in scores["baselines"].values()), metric
