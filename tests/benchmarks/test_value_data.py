from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from value_data import COLUMNS, NAMES, files_of, load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("m4", "m3", "values/ett"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def test_hours_of_m4_go_on_after_the_last_training_hour(folder: Path) -> None:
    train = pd.DataFrame({"V1": ["H1", "H2"], "V2": [1.0, 5.0], "V3": [2.0, 6.0], "V4": [3.0, np.nan]})
    test = pd.DataFrame({"V1": ["H1", "H2"], "V2": [4.0, 7.0], "V3": [5.0, 8.0]})
    train.to_csv(folder / "m4/Hourly-train.csv.gz", index=False)
    test.to_csv(folder / "m4/Hourly-test.csv.gz", index=False)
    problem = load(folder, ["m4_hourly"])["m4_hourly"]
    assert problem.train[COLUMNS].to_numpy().tolist() == [
        ["H1", 1, 1.0], ["H1", 2, 2.0], ["H1", 3, 3.0], ["H2", 1, 5.0], ["H2", 2, 6.0],
    ]  # fmt: skip
    assert problem.test["ds"].tolist() == [4, 5, 3, 4]
    assert problem.test["y"].tolist() == [4.0, 5.0, 7.0, 8.0]
    assert (problem.horizon, problem.season, problem.is_single) == (48, 24, False)
    assert problem.first(1).test["unique_id"].unique().tolist() == ["H1"]


def test_a_period_of_m3_has_its_own_series_horizon_and_season(folder: Path) -> None:
    meta = pd.DataFrame({"series_id": ["N2", "N1"], "period": ["other", "quarterly"], "h": [3, 2]})
    rows = [("N1", 1, "train", 2.0), ("N1", 0, "train", 1.0), ("N1", 2, "test", 3.0), ("N2", 0, "train", 9.0)]
    values = pd.DataFrame(rows, columns=["series_id", "t", "split", "value"])
    meta.to_csv(folder / "m3/m3_meta.csv.gz", index=False)
    values.to_csv(folder / "m3/m3_values.csv.gz", index=False)
    problem = load(folder, ["m3_quarterly"])["m3_quarterly"]
    assert problem.train.to_numpy().tolist() == [["N1", 0, 1.0], ["N1", 1, 2.0]]
    assert problem.test.to_numpy().tolist() == [["N1", 2, 3.0]]
    assert (problem.horizon, problem.season) == (2, 4)


def test_ett_is_trained_on_16_months_of_720_hours_and_tested_on_4(folder: Path) -> None:
    dates = pd.date_range("2016-07-01", periods=15_000, freq="h")
    table = pd.DataFrame({"date": dates, "HUFL": np.arange(15_000.0), "OT": 1.0})
    table.to_csv(folder / "values/ett/ETTh1.csv.gz", index=False)
    problem = load(folder, ["etth1"])["etth1"]
    assert len(problem.train) == 2 * 11_520 and len(problem.test) == 2 * 2_880
    assert problem.train["y"].iloc[11_519] == 11_519 and problem.test["y"].iloc[0] == 11_520
    assert (problem.n_cutoffs, problem.n_valid, problem.horizon) == (2_785, 2_880, 96)


def test_a_single_series_keeps_its_last_season_or_last_fifth_for_the_test(folder: Path) -> None:
    months = pd.DataFrame({"date": pd.date_range("1949-01-01", periods=30, freq="MS"), "value": range(30)})
    months.to_csv(folder / "values/air_passengers.csv", index=False)
    sales = pd.DataFrame({"month": ["1-01"] * 36, "value": range(36)})
    sales.to_csv(folder / "values/shampoo.csv", index=False)
    found = load(folder, ["air_passengers", "shampoo"])
    passengers, shampoo = found["air_passengers"], found["shampoo"]
    assert (len(passengers.train), len(passengers.test), passengers.season) == (18, 12, 12)
    assert passengers.test["ds"].iloc[0] == pd.Timestamp("1950-07-01")
    assert (len(shampoo.train), shampoo.horizon, shampoo.season) == (29, 7, 1)
    assert shampoo.test["ds"].tolist() == [30, 31, 32, 33, 34, 35, 36]
    assert shampoo.as_given(shampoo.train).columns.tolist() == ["ds", "y"]


def test_every_problem_names_its_files() -> None:
    assert len(NAMES) == 12 and all(files_of(name) for name in NAMES)
