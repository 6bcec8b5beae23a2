from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from accuracy_rivals import rival_scores, standing
from accuracy_scores import matched, owa, point_scores, published_m3, published_owa, rolling_scores
from value_data import Problem


def frame(ids: list[str], ds: list[int], y: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"unique_id": ids, "ds": ds, "y": y})


def forecasts_of(ids: list[str], ds: list[int], values: list[float]) -> pd.DataFrame:
    table = frame(ids, ds, values).rename(columns={"y": "forecast"})
    return table.assign(**{"forecast-lo-80": table["forecast"] - 1, "forecast-hi-80": table["forecast"] + 1})


@pytest.fixture
def two_series() -> Problem:
    train = frame(["a"] * 4 + ["b"] * 4, [1, 2, 3, 4] * 2, [1, 2, 3, 4, 10, 10, 14, 10])
    test = frame(["a", "a", "b", "b"], [5, 6, 5, 6], [5, 6, 10, 30])
    return Problem("own", train, test, horizon=2, season=2)


def test_scores_are_means_over_series(two_series: Problem) -> None:
    given = forecasts_of(["b", "b", "a", "a"], [6, 5, 6, 5], [10, 10, 6, 3])
    found = point_scores(two_series, matched(two_series, given))
    # a: 200 * 2/8 = 50 and 0; b: 0 and 200 * 20/40 = 100.
    assert found["smape"] == pytest.approx((25 + 50) / 2)
    # a is off by 2 and 0, and changes by 2 over a season; b is off by 0 and 20, and changes by 4 and 0.
    assert found["mase"] == pytest.approx((1 / 2 + 10 / 2) / 2)
    assert found["coverage_80"] == 0.5


def test_a_series_that_repeats_itself_has_no_mase(two_series: Problem) -> None:
    train = two_series.train.assign(y=[1, 2, 3, 4, 7, 8, 7, 8])
    problem = Problem("own", train, two_series.test, horizon=2, season=2)
    given = forecasts_of(["a", "a", "b", "b"], [5, 6, 5, 6], [4, 5, 0, 0])
    assert point_scores(problem, matched(problem, given))["mase"] == pytest.approx(0.5)


@pytest.mark.parametrize(("ds", "last"), [([5, 6, 5, 7], 1.0), ([5, 6, 5, 6], np.nan)])
def test_a_forecast_that_is_missing_is_an_error(two_series: Problem, ds: list[int], last: float) -> None:
    with pytest.raises(ValueError, match="own: 3 of 4 test rows have a finite forecast, from 4 forecasts"):
        matched(two_series, forecasts_of(["a", "a", "b", "b"], ds, [1, 1, 1, last]))


def test_a_single_series_is_matched_by_any_name() -> None:
    train, test = frame(["s"] * 3, [1, 2, 3], [1, 2, 4]), frame(["s"], [4], [5])
    problem = Problem("s", train, test, horizon=1, season=1)
    found = point_scores(problem, matched(problem, forecasts_of(["series"], [4], [8])))
    assert found["mase"] == pytest.approx(3 / 1.5)


def test_published_results_come_from_the_data_folder(tmp_path: Path) -> None:
    rows = [
        ("Naive2", "sMAPE", "Hourly", 20.0), ("Naive2", "MASE", "Hourly", 2.0),
        ("sNaive", "sMAPE", "Hourly", 10.0), ("sNaive", "MASE", "Hourly", 3.0),
        ("THETA", "MASE", "monthly", 0.9), ("BEST", "MASE", "monthly", 0.8),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["method", "metric", "frequency", "value"])
    for name in ("m3", "m4"):
        (tmp_path / name).mkdir()
        table.to_csv(tmp_path / name / "published.csv", index=False)
    assert owa({"smape": 5.0, "mase": 1.0}, table) == pytest.approx((0.25 + 0.5) / 2)
    assert published_owa(tmp_path) == {"Naive2": 1.0, "sNaive": 1.0}
    assert list(published_m3(tmp_path, "monthly", "MASE")) == ["BEST", "THETA"]


def test_rolling_errors_are_in_units_of_the_first_twelve_months() -> None:
    hours = pd.date_range("2016-07-01", periods=8_644, freq="h")
    # 12 months of -2 and 2 have a deviation of 2; what is validated on after them has none of it.
    y = np.concatenate([np.tile([-2.0, 2.0], 4_320), [100.0, 100.0, 0.0, 4.0]])
    rows = pd.DataFrame({"unique_id": "OT", "ds": hours, "y": y})
    problem = Problem("etth1", rows.iloc[:8_642], rows.iloc[8_642:], horizon=1, season=24, n_cutoffs=2)
    table = pd.DataFrame(
        {"unique_id": "OT", "ds": hours[-2:], "cutoff": hours[-3:-1], "forecast": [2.0, -2.0]}
    )
    table = table.assign(**{"forecast-lo-80": [0.0, -9.0], "forecast-hi-80": [3.0, 3.0]})
    found = rolling_scores(problem, table)
    assert found == {"mse": pytest.approx((1 + 9) / 2), "mae": pytest.approx(2.0), "coverage_80": 0.5}
    for wrong in (table.iloc[:1], table.assign(cutoff=hours[-3]), table.assign(forecast=np.nan)):
        with pytest.raises(ValueError, match="are not 2 finite forecasts"):
            rolling_scores(problem, wrong)


def test_the_naive_rival_repeats_the_last_season() -> None:
    pytest.importorskip("statsforecast")
    y = [float(value) for value in np.arange(40) + 10 * (np.arange(40) % 4)]
    train, test = frame(["s"] * 36, [*range(36)], y[:36]), frame(["s"] * 4, [*range(36, 40)], y[36:])
    found = rival_scores(Problem("s", train, test, horizon=4, season=4))
    assert found["naive"] == pytest.approx(1.0)
    assert set(found) == {"naive", "auto_ets", "theta"} and found["auto_ets"] < 1


def test_who_is_not_behind_is_named_and_some_do_not_count() -> None:
    rivals = {"naive": 1.0, "auto_ets": 0.9, "theta": 0.8, "mstl_week": 0.5}
    assert standing(0.7, rivals) == (True, ["mstl_week"])
    assert standing(0.8, rivals) == (False, ["mstl_week", "theta"])
