"""The whole path of prices, by what of them is forecast."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from forecaster.commands import cli
from forecaster.errors import ConfigError
from forecaster.forecaster import Forecaster
from forecaster.network.heads import BinsHead
from tests.conftest import TINY
from tests.test_flow import DATASETS, assert_same_forecasts

ADVICE = "These are scores of past forecasts, no investment advice."
CASES: dict[str, dict[str, Any]] = {
    "return": {"predict": "return"},
    "direction": {"predict": "direction"},
    "range": {"predict": "range"},
    "close": {"predict": "close"},
    "classes": {"predict": "return", "task": "classify"},
    "class of range": {"predict": "range", "task": "classify"},
    "class of close": {"predict": "close", "task": "classify"},
}
EVERY = pytest.mark.parametrize("case", CASES)


def stocks(n_rows: int = 161) -> pd.DataFrame:
    """The first sessions of both tickers."""
    return pd.read_csv(DATASETS / "stocks.csv").groupby("ticker").head(n_rows)


@dataclass(frozen=True)
class Flow:
    """A trained and saved run, and its forecast of three sessions."""

    forecaster: Forecaster
    folder: Path
    forecast: pd.DataFrame


@pytest.fixture(scope="module")
def flow_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Flow]:
    """Trains a tiny network of each case, once."""
    root = tmp_path_factory.mktemp("prices")

    @functools.cache
    def flow(case: str) -> Flow:
        forecaster = Forecaster(**TINY, look_back=10, horizon=3, **CASES[case]).fit(stocks())
        folder = root / case.replace(" ", "-") / "run"
        forecaster.save(folder)
        return Flow(forecaster, folder, forecaster.predict(level=[80], quantile=[0.1]))

    return flow


NUMBERS = ["unique_id", "ds", "forecast", "forecast-lo-80", "forecast-hi-80", "q-0.10"]
DIRECTION = ["direction", "p-down", "p-flat", "p-up"]


@pytest.mark.parametrize(
    ("case", "more"),
    [("return", ["close"]), ("direction", ["close", *DIRECTION]), ("range", []), ("close", [])],
)
def test_columns_say_what_is_forecast(flow_of, case: str, more: list[str]) -> None:
    assert list(flow_of(case).forecast.columns) == [*NUMBERS, *more]


@EVERY
def test_forecasts_are_of_the_next_weekdays(flow_of, case: str) -> None:
    table = flow_of(case).forecast
    assert table["unique_id"].tolist() == ["AAPL"] * 3 + ["MSFT"] * 3
    # the 161st session is Friday, 2 November 2007
    days = ["2007-11-05", "2007-11-06", "2007-11-07"]
    assert table["ds"].dt.strftime("%Y-%m-%d").tolist() == days * 2
    assert np.isfinite(table.select_dtypes("number").to_numpy()).all()
    assert (table["forecast-lo-80"] <= table["forecast-hi-80"]).all()


def test_no_forecast_is_of_a_weekend() -> None:
    run = Forecaster(**TINY, look_back=5, horizon=12).fit(stocks(100))
    assert run.predict()["ds"].dt.day_of_week.tolist() == [3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4] * 2


def test_directions_are_probabilities_and_the_most_probable(flow_of) -> None:
    table = flow_of("direction").forecast
    probs = table[["p-down", "p-flat", "p-up"]]
    np.testing.assert_allclose(probs.sum(axis=1), 1.0, atol=1e-6)
    assert ("p-" + table["direction"]).tolist() == probs.idxmax(axis=1).tolist()


def test_closes_are_near_the_last_one_and_ranges_positive(flow_of) -> None:
    last = stocks().groupby("ticker")["close"].last().repeat(3).to_numpy()
    np.testing.assert_allclose(flow_of("close").forecast["forecast"], last, rtol=0.2)
    np.testing.assert_allclose(flow_of("return").forecast["close"], last, rtol=0.2)
    assert (flow_of("range").forecast[["forecast", "forecast-lo-80"]] >= 0).all(axis=None)


def test_returns_lead_to_their_closes(flow_of) -> None:
    table = flow_of("return").forecast
    last = stocks().groupby("ticker")["close"].last().repeat(3).to_numpy()
    summed = table.groupby("unique_id")["forecast"].cumsum()
    np.testing.assert_allclose(table["close"], last * np.exp(summed), rtol=1e-6)


@EVERY
def test_loaded_run_predicts_what_the_saved_one_did(flow_of, case: str) -> None:
    flow = flow_of(case)
    loaded = Forecaster.load(flow.folder)
    assert_same_forecasts(loaded.predict(level=[80], quantile=[0.1]), flow.forecast)
    assert_same_forecasts(loaded.predict(stocks(), level=[80], quantile=[0.1]), flow.forecast)
    new = stocks(166)
    assert_same_forecasts(loaded.predict(new), flow.forecaster.predict(new))


# Loads every run and writes its forecast beside it.
AGAIN = """
import sys
from pathlib import Path
from forecaster import Forecaster
for folder in map(Path, sys.argv[1:]):
    Forecaster.load(folder).predict(level=[80], quantile=[0.1]).to_parquet(folder.parent / "again.parquet")
"""


def test_new_process_predicts_what_the_saved_runs_did(flow_of) -> None:
    flows = [flow_of(case) for case in CASES]
    command = [sys.executable, "-c", AGAIN, *(str(flow.folder) for flow in flows)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    for flow in flows:
        assert_same_forecasts(pd.read_parquet(flow.folder.parent / "again.parquet"), flow.forecast)


@EVERY
def test_new_sessions_are_scored(flow_of, case: str) -> None:
    new = flow_of(case).forecaster.evaluate(stocks(171))
    assert new["n_new_rows"] == 20 and np.isfinite(new["model"]["crps"])
    assert new["best_baseline"] in new["baselines"]


@EVERY
def test_the_report_has_scores_of_the_market_where_a_price_is_said(flow_of, case: str) -> None:
    report = flow_of(case).forecaster.report
    is_range = CASES[case]["predict"] == "range"
    for part in ("valid", "test"):
        scores = report["scores"][part]
        assert ("market" in scores) is not is_range
        if is_range:
            continue
        walk = {"model", "random_walk", "drift", "majority", "ewma"}
        assert walk <= scores["market"]["rows"].keys()
        assert scores["market"]["direction"]["statement"].startswith("Direction: ")
    assert report["scores"]["test"]["deciding"] == {
        "direction": "log_score", "close": "scaled_crps", "class of close": "scaled_crps",
    }.get(case, "crps")  # fmt: skip


@pytest.mark.parametrize(("head", "is_warned"), [("quantile", False), ("point", True)])
def test_returns_of_which_nothing_is_learnt_are_no_warning_where_the_start_is_fitted(
    head: str, is_warned: bool
) -> None:
    run = Forecaster(**TINY, look_back=5, head=head, learning_rate=1e-12).fit(stocks(60))
    codes = [one["code"] for one in run.report["warnings"]]
    assert ("loss_not_moved" in codes) is is_warned


@pytest.mark.parametrize("head", ["point", "quantile", "mixture", "hazard"])
def test_heads_that_are_no_classes_are_refused_for_directions(head: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Forecaster(**TINY, predict="direction", head=head).fit(stocks(60))
    assert str(caught.value) == (
        f"--head {head}: a direction is one of three classes. Leave it out, or take --predict return."
    )


def test_the_dead_band_is_in_deviations_of_the_training_returns() -> None:
    table = stocks().query("ticker == 'AAPL'")
    settings = {**TINY, "look_back": 10, "predict": "direction", "test_size": 20, "valid_size": 20}
    run = Forecaster(**settings, dead_band=0.5, final_fit=False).fit(table)
    close = np.log(table["close"].to_numpy()[:121])
    half = 0.5 * np.diff(close).std()
    edges = run.report["scores"]["test"]["bin_edges"]
    assert edges[1:3] == pytest.approx([-half, half])


@pytest.mark.parametrize("transforms", ["standard", "volatility", "level"])
def test_flat_lies_about_no_change(transforms: str) -> None:
    table = stocks().query("ticker == 'AAPL'")
    run = Forecaster(**TINY, look_back=10, predict="direction", transforms=transforms).fit(table)
    head, normaliser = run._run.models[0].head, run._run.models[0].normaliser
    assert isinstance(head, BinsHead)
    shift, scale = normaliser.target_scale
    assert head.edges[1:3] * scale + shift == pytest.approx([-0.25, 0.25])


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("--transforms minmax", {"transforms": "minmax"}),
        ("--transforms log", {"transforms": "log"}),
        ("--transforms last", {"transforms": "last"}),
        ("--residual last", {"residual": "last"}),
    ],
)
def test_transforms_that_move_no_change_are_refused_for_directions(
    option: str, given: dict[str, str]
) -> None:
    table = stocks(60).query("ticker == 'AAPL'")
    with pytest.raises(ConfigError, match=option):
        Forecaster(**TINY, look_back=5, predict="direction", **given).fit(table)


@pytest.mark.parametrize("predict", ["return", "direction", "close"])
def test_training_ends_with_what_it_comes_to_and_no_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, predict: str
) -> None:
    monkeypatch.chdir(tmp_path)
    stocks(100).to_csv("stocks.csv", index=False)
    small = ["--epochs", "2", "--ensemble", "1", "--units", "8", "--threads", "1", "--look-back", "5"]
    done = CliRunner().invoke(cli, ["train", "stocks.csv", "--predict", predict, *small])
    assert done.exit_code == 0, done.stderr
    assert done.stdout.count(ADVICE) == 1
    assert "\nPrice: " in done.stdout and "\nDirection: " in done.stdout
    predicted = json.loads(CliRunner().invoke(cli, ["predict", "--json"]).stdout)
    assert [row["unique_id"] for row in predicted] == ["AAPL", "MSFT"]
    assert ("close" in predicted[0], "direction" in predicted[0]) == (
        predict != "close",
        predict == "direction",
    )
