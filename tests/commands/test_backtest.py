from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli
from tests.test_prices import simulated_prices


def call(*options: object) -> Result:
    small = ["--epochs", 1, "--ensemble", 1, "--units", 8, "--threads", 1, "--baselines", "fast"]
    result = CliRunner().invoke(cli, ["backtest", *map(str, (*options, *small))])
    assert result.exit_code == 0, result.stderr
    return result


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty rows of a line that rises by 2, and three of one that rises by 3."""
    path = tmp_path_factory.mktemp("backtest") / "lines.csv"
    long = pd.DataFrame({"id": "long", "step": np.arange(40), "y": 2.0 * np.arange(40)})
    short = pd.DataFrame({"id": "short", "step": np.arange(3), "y": 3.0 * np.arange(3)})
    pd.concat([long, short]).to_csv(path, index=False)
    return path


def test_baselines_stand_beside_the_model_best_first(lines: Path) -> None:
    result = call(lines, "--windows", 3, "--look-back", 4, "--season", 1, "--level", "80,95")
    title, header, *rows = result.stdout[result.stdout.index("5 forecasts") :].splitlines()
    assert title == "5 forecasts, best MASE first"
    assert header.split() == ["mae", "rmse", "mase", "smape", "wql", "coverage_80", "coverage_95"]
    scores = {row.split()[0]: row.split()[1:] for row in rows}
    assert {"model", "last", "drift", "mean", "median", "moving_average", "autoregression"} == set(scores)
    # three rows of the long line are missed by 2, two of the short one by 3
    assert scores["last"][0] == "2.4"
    mase = [float(numbers[2]) for numbers in scores.values()]
    assert mase == sorted(mase)
    assert "Note: 1 of 2 series too short for the first of 3 cutoffs" in result.stderr


def test_scores_as_json_beside_a_file(lines: Path, tmp_path: Path) -> None:
    out = tmp_path / "back.parquet"
    result = call(lines, "--windows", 2, "--look-back", 4, "--season", 1, "--out", out, "--json")
    scores = json.loads(result.stdout)
    assert set(scores) == {"n_forecasts", "season_length", "model", "baselines", "series"}
    assert scores["n_forecasts"] == len(pd.read_parquet(out)) == 4
    assert scores["baselines"]["last"]["mae"] == pytest.approx(2.5)
    assert [one["unique_id"] for one in scores["series"]] == ["long", "short"]
    assert np.mean([one["mae"] for one in scores["series"]]) == pytest.approx(scores["model"]["mae"])


# Prices: beside the random walk.

ADVICE = "These are scores of past forecasts, no investment advice."


@pytest.fixture(scope="module")
def tickers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tickers of 80 sessions each."""
    path = tmp_path_factory.mktemp("prices") / "tickers.csv"
    tables = [simulated_prices(80, seed=number, ticker="AB"[number]) for number in range(2)]
    pd.concat(tables).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def ticker(tickers: Path) -> Path:
    """The first of them."""
    path = tickers.with_name("ticker.csv")
    table = pd.read_csv(tickers)
    table[table["ticker"] == "A"].drop(columns="ticker").to_csv(path, index=False)
    return path


def scored(out: str) -> set[str]:
    """Names in the table of scores, which the one of directions follows."""
    lines = out[out.index("best CRPS first") :].splitlines()
    end = next(number for number, line in enumerate(lines) if line.startswith("mae, mase:"))
    return {line.split()[0] for line in lines[2:end]}


@pytest.mark.parametrize("predict", ["return", "direction", "close"])
def test_prices_stand_beside_the_random_walk(ticker: Path, predict: str) -> None:
    result = call(ticker, "--windows", 6, "--look-back", 5, "--predict", predict)
    out = result.stdout
    assert "6 sessions of 1 ticker, each one ahead, best CRPS first" in out
    rivals = {"random_walk", "drift", "majority", "ewma"}
    assert scored(out) == {"model", *rivals, *(["autoregression"] if predict != "close" else [])}
    for words in ("Direction, with a 95 % interval", "The model by year", "\nBest CRPS: ", "\nPrice: "):
        assert words in out
    assert out.count(ADVICE) == 1 and out.rstrip().endswith(ADVICE)
    assert "Note: " not in result.stderr


def test_garch_is_among_the_baselines_where_it_is_installed(ticker: Path) -> None:
    pytest.importorskip("arch")
    small = ["--epochs", 1, "--ensemble", 1, "--units", 8, "--threads", 1, "--look-back", 5]
    result = CliRunner().invoke(cli, ["backtest", str(ticker), "--windows", "4", *map(str, small)])
    assert result.exit_code == 0, result.stderr
    assert "garch" in scored(result.stdout)


def test_several_tickers_are_said_to_move_together(tickers: Path) -> None:
    result = call(tickers, "--windows", 6, "--look-back", 5)
    assert "6 sessions of 2 tickers, each one ahead" in result.stdout
    assert "Note: The 2 tickers move together." in result.stderr


def test_ranges_are_scored_like_values_without_advice(ticker: Path) -> None:
    out = call(ticker, "--windows", 6, "--look-back", 5, "--predict", "range").stdout
    assert "6 forecasts, best" in out and ADVICE not in out


def test_the_origin_rolls_as_far_as_asked(ticker: Path, tmp_path: Path) -> None:
    forecasts = []
    for size in ([], ["--train-size", 40], ["--train-size", 1000]):
        out = tmp_path / "back.csv"
        call(ticker, "--windows", 3, "--look-back", 5, *size, "--out", out)
        forecasts.append(pd.read_csv(out)["forecast"].tolist())
    assert forecasts[0] == forecasts[2] != forecasts[1]


def test_a_training_size_of_nothing_is_refused(ticker: Path) -> None:
    result = CliRunner().invoke(cli, ["backtest", str(ticker), "--train-size", "0"])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "Error: --train-size 0: below 1. Raise it."
