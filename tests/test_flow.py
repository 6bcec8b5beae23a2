"""The whole path, from a file to a forecast that another process makes again."""

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
from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.forecaster import Forecaster
from forecaster.network.heads import BinsHead
from forecaster.windows.bins import fit_bins
from forecaster.windows.gather import gather_past, gather_targets
from forecaster.windows.windows import Span, make_windows
from tests.conftest import TINY

DATASETS = Path(__file__).resolve().parents[1] / "datasets"
HEADS: dict[str, dict[str, str]] = {
    "point": {"head": "point"},
    "quantile": {"task": "regress", "head": "quantile"},
    "bins": {"task": "classify"},
    "hazard": {"head": "hazard"},
    "mixture": {"head": "mixture"},
}


@dataclass(frozen=True)
class Case:
    """A file of datasets/: how it is trained on, and which of its rows.

    Attributes:
        settings: Beside those of a tiny network.
        n_rows: First rows of each series that are read at all.
        n_train: First rows of each series that are trained on; the others are new to ``evaluate``.
        id: Column of the ids.
        until: In place of ``n_train``: the last day that is trained on.
    """

    settings: dict[str, Any]
    n_rows: int
    n_train: int = 0
    id: str | None = None
    until: str | None = None

    def tables(self, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The first part and the whole."""
        table = pd.read_csv(DATASETS / f"{name}.csv", dtype=str, keep_default_na=False)
        if self.until is not None:
            table = table.head(self.n_rows)
            return table[table["date"] <= self.until], table
        if self.id is None:
            return table.head(self.n_train), table.head(self.n_rows)
        groups = table.groupby(self.id, sort=False)
        return groups.head(self.n_train), groups.head(self.n_rows)


DAYS = {"kind": "events", "id": "customer_id", "time": "date", "unit": "day", "look_back": 8}
CASES = {
    "air_passengers": Case({"look_back": 24, "horizon": 12}, 144, 120),
    "cdnow": Case(DAYS, 800, id="customer_id", until="1997-12-31"),
    "earthquakes": Case({"time": "time", "unit": "minute", "look_back": 8}, 400, 300),
    "electricity": Case({"look_back": 48, "horizon": 24, "season": 24}, 600, 500),
    "geyser": Case({"target": "waiting", "kind": "intervals", "unit": "minutes", "look_back": 3}, 299, 239),
    "m4_hourly": Case({"look_back": 48, "horizon": 24, "season": 24}, 300, 250, id="unique_id"),
    "stocks": Case({"look_back": 20}, 250, 220, id="ticker"),
}
BASELINES = {
    "values": {"last", "mean", "median", "autoregression"},
    "ohlc": {"random_walk", "drift", "majority", "ewma", "autoregression"},
    "intervals": {"last", "mean", "median", "exponential", "weibull"},
    "events": {"last", "mean", "median", "exponential", "weibull"},
}
EVERY = pytest.mark.parametrize(("name", "head"), [(name, head) for name in CASES for head in HEADS])


@dataclass(frozen=True)
class Flow:
    """A trained and saved run of one file and head."""

    forecaster: Forecaster
    folder: Path
    whole: Path
    first: pd.DataFrame
    forecast: pd.DataFrame


@pytest.fixture(scope="session")
def flow_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Flow]:
    """Trains a tiny network of a head on the first part of a file, once."""
    root = tmp_path_factory.mktemp("flow")

    @functools.cache
    def flow(name: str, head: str) -> Flow:
        case = CASES[name]
        folder = root / f"{name}-{head}"
        folder.mkdir()
        first, whole = case.tables(name)
        first.to_csv(folder / "first.csv", index=False)
        whole.to_csv(folder / "whole.csv", index=False)
        forecaster = Forecaster(**TINY, **case.settings, **HEADS[head]).fit(folder / "first.csv")
        forecaster.save(folder / "run")
        forecast = forecaster.predict(level=[80, 95], quantile=[0.1])
        return Flow(forecaster, folder / "run", folder / "whole.csv", first, forecast)

    return flow


def assert_same_forecasts(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Numbers within a relative 1e-6, dates within 1e-6 of a day, everything else equal."""
    assert list(found.columns) == list(expected.columns)
    for name in expected.columns:
        if pd.api.types.is_datetime64_any_dtype(expected[name]):
            near = (found[name] - expected[name]).abs() <= pd.Timedelta("86ms")
            assert (near | (found[name].isna() & expected[name].isna())).all(), name
        elif pd.api.types.is_float_dtype(expected[name]):
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-6, atol=1e-12, err_msg=name)
        else:
            assert found[name].tolist() == expected[name].tolist(), name


@EVERY
def test_forecast_goes_on_after_the_last_row(flow_of, name: str, head: str) -> None:
    flow = flow_of(name, head)
    table, case = flow.forecast, CASES[name]
    n_series = 1 if case.id is None else flow.first[case.id].nunique()
    assert flow.forecaster.report["training"][0]["head"] == head
    if "next_event" in table:
        assert len(table) == n_series
        assert (table["as_of"] >= table["last_event"]).all()
        for column in ("next_event", "next_event-lo-80", "next_event-hi-95", "q-0.10"):
            assert (table[column].isna() | (table[column] >= table["as_of"])).all()
        low, high = table["next_event-lo-80"], table["next_event-hi-80"]
        assert ((low <= high) | high.isna()).all()
        assert table["overdue"].between(0, 1).all()
        return
    assert len(table) == n_series * case.settings.get("horizon", 1)
    numbers = table.select_dtypes("number").drop(columns="ds", errors="ignore")
    assert np.isfinite(numbers.to_numpy()).all()
    assert (table["forecast-lo-95"] <= table["forecast-lo-80"]).all()
    assert (table["forecast-lo-80"] <= table["forecast-hi-80"]).all()
    np.testing.assert_allclose(table["q-0.10"], table["forecast-lo-80"])
    if head == "bins":
        probabilities = table.filter(regex=r"^p-\d+$")
        assert probabilities.shape[1] >= 3
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)


@EVERY
def test_scores_of_held_out_and_of_new_rows(flow_of, name: str, head: str) -> None:
    flow = flow_of(name, head)
    for part in ("valid", "test"):
        scores = flow.forecaster.report["scores"][part]
        assert scores["n_windows"] > 0
        for metric in ("mae", "rmse", "crps", "coverage_80"):
            assert np.isfinite(scores["model"][metric]), metric
        assert BASELINES[flow.forecaster.report["data"]["kind"]] <= scores["baselines"].keys()
    new = flow.forecaster.evaluate(flow.whole)
    whole = pd.read_csv(flow.whole, dtype=str, keep_default_na=False)
    assert new["n_new_rows"] == n_rows_of(name, whole) - n_rows_of(name, flow.first)
    assert new["n_new_ids"] == 0
    assert np.isfinite(new["model"]["crps"]) and new["best_baseline"] in new["baselines"]
    if head == "bins" and flow.forecaster._run.models[0].normaliser.is_common:
        assert 0 <= new["model"]["accuracy"] <= 1


@EVERY
def test_loaded_run_predicts_what_the_saved_one_did(flow_of, name: str, head: str) -> None:
    flow = flow_of(name, head)
    loaded = Forecaster.load(flow.folder)
    assert_same_forecasts(loaded.predict(level=[80, 95], quantile=[0.1]), flow.forecast)
    assert loaded.report["scores"].keys() == flow.forecaster.report["scores"].keys()


def n_rows_of(name: str, table: pd.DataFrame) -> int:
    """Rows that are read: one for the purchases of a customer on one day."""
    return len(table.drop_duplicates(["customer_id", "date"]) if name == "cdnow" else table)


# Loads every run and writes its forecast beside it.
AGAIN = """
import sys
from pathlib import Path
from forecaster import Forecaster
for folder in map(Path, sys.argv[1:]):
    table = Forecaster.load(folder).predict(level=[80, 95], quantile=[0.1])
    table.to_parquet(folder.parent / "again.parquet")
"""


def test_new_process_predicts_what_the_saved_runs_did(flow_of) -> None:
    flows = [flow_of(name, head) for name in CASES for head in HEADS]
    command = [sys.executable, "-c", AGAIN, *(str(flow.folder) for flow in flows)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    for flow in flows:
        again = pd.read_parquet(flow.folder.parent / "again.parquet")
        assert_same_forecasts(again, flow.forecast)


def test_both_tasks_at_once_are_set_side_by_side(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    table, _ = CASES["geyser"].tables("geyser")
    run = Forecaster(**TINY, **CASES["geyser"].settings, task="both").fit(table.astype(float))
    assert list(run.report["scores"]["test"]["models"]) == ["mixture", "bins"]
    run.save("runs/both")
    forecast = run.predict()
    assert {"forecast", "p-1"} <= set(forecast.columns)
    assert_same_forecasts(Forecaster.load("runs/both").predict(), forecast)


# A wave whose period is no whole number of steps: no season copies it.
WAVE = pd.DataFrame({"time": np.arange(400), "value": np.sin(2 * np.pi * np.arange(400) / 17.3)})


@pytest.mark.parametrize("head", HEADS)
def test_sine_wave_is_forecast_better_than_by_any_naive_baseline(head: str) -> None:
    run = Forecaster(units=16, ensemble=1, threads=1, **HEADS[head]).fit(WAVE)
    scores = run.report["scores"]["test"]
    naive = {name for name in scores["baselines"] if name != "autoregression"}
    assert {"last", "seasonal_naive", "mean", "median", "moving_average", "drift"} <= naive
    for metric in ("crps", "mae"):
        best = min(scores["baselines"][name][metric] for name in naive)
        assert scores["model"][metric] < 0.9 * best, metric


@pytest.mark.parametrize("head", HEADS)
def test_constant_intervals_are_forecast_within_one_percent(head: str) -> None:
    ones = pd.DataFrame({"interval": np.ones(60)})
    run = Forecaster(kind="intervals", **{**TINY, "epochs": 10}, **HEADS[head]).fit(ones)
    assert run.predict()["forecast"][0] == pytest.approx(1.0, rel=0.01)
    assert run.report["scores"]["test"]["model"]["mae"] < 0.01


def test_constant_intervals_are_forecast_within_one_percent_by_default() -> None:
    run = Forecaster(kind="intervals", **{**TINY, "epochs": 10}).fit(
        pd.DataFrame({"interval": np.full(60, 7.5)})
    )
    assert run.report["training"][0]["head"] == "mixture"
    assert run.predict()["forecast"][0] == pytest.approx(7.5, rel=0.01)
    assert run.report["scores"]["test"]["model"]["mae"] < 0.075


@pytest.mark.parametrize("head", ["mixture", "hazard"])
def test_exponential_intervals_are_covered_as_often_as_their_level_says(head: str) -> None:
    waits = np.random.default_rng(12).exponential(10.0, size=1500)
    settings = {**TINY, "epochs": 3, "look_back": 3, "test_size": 600, "final_fit": False}
    run = Forecaster(kind="intervals", head=head, **settings).fit(pd.DataFrame({"interval": waits}))
    scores = run.report["scores"]["test"]["model"]
    assert scores["coverage_80"] == pytest.approx(0.8, abs=0.05)
    # the CRPS of an exponential distribution is half of its mean
    assert scores["crps"] == pytest.approx(waits[-600:].mean() / 2, rel=0.1)


@pytest.mark.parametrize("head", HEADS)
def test_same_seed_gives_the_same_bits(head: str) -> None:
    def forecast(seed: int) -> pd.DataFrame:
        run = Forecaster(**{**TINY, "epochs": 1}, season=1, look_back=6, seed=seed, **HEADS[head])
        return run.fit(WAVE.head(120)).predict(quantile=[0.3])

    first = forecast(5)
    pd.testing.assert_frame_equal(forecast(5), first, check_exact=True)
    assert forecast(6)["forecast"][0] != first["forecast"][0]


# The textbook: six visits, gaps in whole days, windows of three, five bins of 20 days.


@pytest.fixture
def visits(files: Path) -> Panel:
    return read_panel(files / "visits.csv", DataSettings(unit="day", gap="calendar"))


def test_textbook_gaps_and_windows(visits: Panel) -> None:
    assert (visits.kind, visits.unit) == ("events", "day")
    assert np.isnan(visits.y[0])
    assert visits.y[1:].tolist() == [0, 44, 18, 0, 54]
    windows = make_windows(visits, Span(visits.offsets[:-1], visits.offsets[1:]), 3, min_history=3)
    series = np.zeros(windows.n_windows, dtype=np.int64)
    past = gather_past(visits, windows.starts, series, 3)
    target = gather_targets(visits, windows.starts, series, windows)
    assert past[:, :, 0].tolist() == [[0, 44, 18], [44, 18, 0]]
    assert target.tolist() == [[0], [54]]


def test_textbook_bins_are_one_hot(visits: Panel) -> None:
    edges = fit_bins(visits.y[1:], "uniform", 5, limits=(0, 100))
    assert edges.tolist() == [0, 20, 40, 60, 80, 100]
    target = np.array([[0.0], [54.0]])
    encoded = BinsHead(edges).encode(target, np.ones_like(target, dtype=bool))
    assert encoded[:, 0].tolist() == [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0]]


@pytest.mark.parametrize("task", ["regress", "classify"])
def test_train_runs_on_the_textbook_file(files: Path, tmp_path: Path, monkeypatch, task: str) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--unit", "day", "--gap", "calendar", "--look-back", "3", "--task", task]
    small = ["--units", "8", "--epochs", "2", "--ensemble", "1", "--threads", "1"]
    done = CliRunner().invoke(cli, ["train", str(files / "visits.csv"), *options, *small])
    assert done.exit_code == 0, done.stderr
    assert "Too few rows for a validation part" in done.stderr
    predicted = CliRunner().invoke(cli, ["predict", "--json"])
    assert json.loads(predicted.stdout)[0]["next_event"] >= "2015-09-08T14:59"


def test_a_moment_may_be_a_timestamp_as_well_as_text() -> None:
    days = pd.to_datetime("2024-01-01") + pd.to_timedelta(np.arange(30) ** 1.3 // 1, unit="D")
    visits = pd.DataFrame({"customer": [f"c{k % 3}" for k in range(30)], "time": days})
    forecaster = Forecaster(**TINY, as_of=pd.Timestamp("2024-06-30")).fit(visits)
    later = pd.Timestamp("2024-08-01")
    table = forecaster.predict(as_of=later)
    assert (table["as_of"] == later).all()
    pd.testing.assert_frame_equal(table, forecaster.predict(as_of="2024-08-01"))
    forecaster.plot(as_of=later)
