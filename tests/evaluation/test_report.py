from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from forecaster.evaluation.report import finite, plain, versions
from forecaster.forecaster import Forecaster
from tests.conftest import TINY, SavedRun
from tests.test_prices import simulated_prices


@pytest.fixture(scope="module")
def report(values_run: SavedRun) -> dict:
    return Forecaster.load(values_run.folder).report


def test_keys_that_others_rely_on(report: dict) -> None:
    assert report["report_version"] == 1
    for part in ("valid", "test"):
        scores = report["scores"][part]
        assert {"mae", "rmse", "mase", "smape", "crps", "coverage_80", "coverage_95", "nll"} <= scores[
            "model"
        ].keys()
        for name, values in scores["baselines"].items():
            assert {"mae", "crps"} <= values.keys(), name
        assert len(scores["model_by_step"]["mae"]) == 3
    assert report["best_baseline"] in report["scores"]["test"]["baselines"]
    assert set(report["beaten_by"]) <= report["scores"]["test"]["baselines"].keys()
    assert {"read", "fit", "final_fit", "score"} <= report["seconds"].keys()
    assert all({"name", "value", "reason"} == one.keys() for one in report["defaults"])
    assert {"forecaster", "python", "keras", "torch", "numpy"} <= report["versions"].keys()
    assert {"seed", "device", "threads", "settings", "warnings", "repairs", "state"} <= report.keys()


def test_split_dates_and_rows(report: dict) -> None:
    split = report["split"]
    assert split["kind"] == "time"
    # sixty days each: 10 % are six rows for test, six for validation
    assert [split[part]["n_rows"] for part in ("train", "valid", "test")] == [96, 12, 12]
    assert split["train"]["last"] == "2024-02-17" < split["valid"]["first"]
    assert split["test"]["first"] == "2024-02-24"
    assert split["test"]["last"] == report["data"]["last"] == "2024-02-29"


def test_scores_by_step_average_to_the_whole(report: dict) -> None:
    scores = report["scores"]["test"]
    assert scores["n_windows"] == 8
    assert np.mean(scores["model_by_step"]["mae"]) == pytest.approx(scores["model"]["mae"])


def test_both_fits_are_told_apart(report: dict) -> None:
    assert [one["stage"] for one in report["training"]] == ["first", "final"]
    assert (report["test_fit"], report["shipped"]) == ("first", "final fit on all rows")
    first, final = (one["members"][0] for one in report["training"])
    assert len(final["history"]) == len(first["history"])  # a one-cycle runs to its end


def test_few_waiting_times_are_fitted_on_validation_rows_too_before_the_test_part() -> None:
    waits = pd.DataFrame({"wait": np.random.default_rng(0).gamma(3.0, 2.0, 80)})
    settings = {"units": 4, "layers": 1, "epochs": 2, "ensemble": 1, "threads": 1}
    report = Forecaster(kind="intervals", **settings).fit(waits).report
    assert [one["stage"] for one in report["training"]] == ["first", "refit", "final"]
    assert (report["test_fit"], report["shipped"]) == ("refit", "final fit on all rows")
    first, refit, final = (one["members"][0] for one in report["training"])
    assert refit["n_steps"] == final["n_steps"] == first["best_step"]
    assert len(first["history"]) == 2 and first["history"][0]["epoch"] == 1
    assert report["training"][0]["n_parameters"] > 0


@pytest.fixture(scope="module")
def price_report() -> dict:
    """Of 100 sessions of two tickers: the last 30 are tested, the 20 before them choose the weights."""
    table = pd.concat(simulated_prices(100, seed=k, ticker="AB"[k]) for k in range(2))
    settings = {**TINY, "look_back": 5, "horizon": 2, "test_size": 30, "valid_size": 20}
    return Forecaster(**settings, baselines="fast").fit(table).report


def test_parts_of_prices_lie_an_embargo_apart(price_report: dict) -> None:
    split = price_report["split"]
    # weekdays from Monday, 1 January 1996 on: the 50th, two later the 53rd; the 70th, two later the 73rd
    assert split["train"]["last"] == "1996-03-08" and split["valid"]["first"] == "1996-03-13"
    assert split["valid"]["last"] == "1996-04-05" and split["test"]["first"] == "1996-04-10"
    assert [split[part]["n_rows"] for part in ("train", "valid", "test")] == [100, 36, 56]


def test_prices_are_reported_beside_the_random_walk(price_report: dict) -> None:
    market = price_report["scores"]["test"]["market"]
    # the parts of 28 rows have 27 windows of two steps
    assert market["n"] == 54 and market["n_sessions"] == 27 and market["n_series"] == 2
    assert list(market["rows"])[:2] == ["model", "random_walk"]
    assert set(market["rows"]) == {"model", *price_report["scores"]["test"]["baselines"]}
    assert market["rows"]["random_walk"]["mae_ratio"] == 1
    assert [one["year"] for one in market["by_year"]] == [1996]
    assert json.loads(json.dumps(finite(price_report)))["scores"]["test"]["market"]["n"] == 54


def test_report_is_json_without_nan(report: dict) -> None:
    def refuse(text: str) -> None:
        raise AssertionError(text)

    assert json.loads(json.dumps(finite(report)), parse_constant=refuse) == finite(report)


def test_finite_and_plain_values() -> None:
    assert finite({"a": [1.0, math.nan, (math.inf, "x")]}) == {"a": [1.0, None, [None, "x"]]}
    assert plain({1: (np.float64(0.5), np.int64(3))}) == {"1": [0.5, 3]}
    assert type(plain(np.int64(3))) is int
    assert versions()["numpy"] == np.__version__


@pytest.mark.parametrize(("preset", "codes"), [("fast", ["preset_unused"]), ("balanced", [])])
def test_a_preset_that_changes_nothing_is_in_the_warnings(preset: str, codes: list[str]) -> None:
    waits = pd.DataFrame({"wait": [3.0, 5, 2, 8, 4, 6, 3, 5, 7, 2] * 3})
    trained = Forecaster(**TINY, kind="intervals", look_back=2, preset=preset).fit(waits)
    found = [one["code"] for one in trained.report["warnings"]]
    assert [code for code in found if code.startswith("preset")] == codes
