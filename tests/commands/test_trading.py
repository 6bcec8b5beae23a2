from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli
from tests.test_prices import simulated_prices

SMALL = [
    "--epochs",
    1,
    "--ensemble",
    1,
    "--units",
    8,
    "--threads",
    1,
    "--baselines",
    "fast",
    "--look-back",
    5,
]
ADVICE = "These are scores of past forecasts, no investment advice."


def run(*options: object) -> Result:
    return CliRunner().invoke(cli, ["backtest", *map(str, (*options, *SMALL))])


def call(*options: object) -> Result:
    result = run(*options)
    assert result.exit_code == 0, result.stderr
    return result


def message_of(*options: object) -> str:
    result = run(*options)
    assert result.exit_code == 1 and result.stdout == ""
    return result.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of one ticker, of two, and of a line."""
    folder = tmp_path_factory.mktemp("trading")
    tables = [simulated_prices(80, seed=number, ticker="AB"[number]) for number in range(2)]
    tables[0].drop(columns="ticker").to_csv(folder / "one.csv", index=False)
    pd.concat(tables).to_csv(folder / "two.csv", index=False)
    pd.DataFrame({"step": range(40), "y": np.arange(40) * 2.0}).to_csv(folder / "line.csv", index=False)
    return folder


def test_costs_add_the_trading_view(folder: Path) -> None:
    out = call(folder / "one.csv", "--windows", 8, "--costs", "0.1%").stdout
    title, rule, header, *rows = out[out.index("Trading view") :].splitlines()
    # of 80 weekdays from 1996-01-01 on the last eight begin on 10 April
    assert title == "Trading view, 8 sessions from 1996-04-10 to 1996-04-19;"
    assert rule == "long where the forecast is above 0, else flat; 10 bp a change"
    assert header.split() == ["model", "buy", "and", "hold"]
    invested = next(row for row in rows if row.startswith("invested")).split()
    assert invested[-2:] == ["100.0", "%"]
    assert out.count(ADVICE) == 1 and out.rstrip().endswith(ADVICE)


def test_without_costs_and_signals_there_is_no_trading_view(folder: Path) -> None:
    out = call(folder / "one.csv", "--windows", 4).stdout
    assert "Trading view" not in out
    assert out.count(ADVICE) == 1


def test_signals_are_a_row_a_cutoff(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "signals.csv"
    out = call(folder / "two.csv", "--windows", 6, "--refit-every", 3, "--signals", path).stdout
    assert "else flat; 5 bp a change" in out  # the usual costs
    signals = pd.read_csv(path, parse_dates=["Date"])
    assert list(signals.columns) == [
        "Date", "Ticker", "Open", "High", "Low", "Close", "forecast", "position", "entry", "exit",
    ]  # fmt: skip
    assert signals["Ticker"].tolist() == ["A"] * 6 + ["B"] * 6
    prices = pd.read_csv(folder / "two.csv", parse_dates=["date"]).groupby("ticker").nth(range(73, 79))
    assert signals["Date"].tolist() == prices["date"].tolist()
    for name in ("Open", "High", "Low", "Close"):
        np.testing.assert_allclose(signals[name], prices[name.lower()], rtol=1e-9)
    long = signals["forecast"] > 0
    assert (signals["position"] == long).all()
    was_long = long.groupby(signals["Ticker"]).shift(fill_value=False)
    assert (signals["entry"] == (long & ~was_long)).all()
    assert (signals["exit"] == (~long & was_long)).all()


def test_signals_are_written_beside_json_alone(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "signals.csv"
    result = call(folder / "one.csv", "--windows", 3, "--signals", path, "--json")
    assert len(json.loads(result.stdout)) == 3  # the table of forecasts
    assert len(pd.read_csv(path)) == 3


def test_scores_of_market_and_trading_as_json(folder: Path, tmp_path: Path) -> None:
    given = ["--windows", 5, "--costs", "5bp", "--out", tmp_path / "back.csv", "--json"]
    scores = json.loads(call(folder / "two.csv", *given).stdout)
    assert set(scores) == {
        "n_forecasts", "season_length", "model", "baselines", "series", "market", "trading",
    }  # fmt: skip
    market, trading = scores["market"], scores["trading"]
    assert {"model", "random_walk", "drift", "majority", "ewma"} <= set(market["rows"])
    assert market["rows"]["random_walk"]["mae_ratio"] == 1
    assert market["rows"]["random_walk"]["accuracy"] is None  # it says no direction
    assert market["direction"]["statement"] == market["conclusion"][-1]
    assert trading["cost"] == 0.0005 and trading["n_sessions"] == 5
    assert (trading["first"], trading["last"]) == ("1996-04-15", "1996-04-19")
    assert trading["hold"]["invested"] == 1 and trading["hold"]["n_trades"] == 2
    without = json.loads(call(folder / "one.csv", *given[:2], *given[4:]).stdout)
    assert "trading" not in without and without["market"]["n_sessions"] == 5


def test_directions_and_closes_lead_to_positions_too(folder: Path, tmp_path: Path) -> None:
    for predict in ("direction", "close"):
        path = tmp_path / f"{predict}.csv"
        call(folder / "one.csv", "--predict", predict, "--windows", 3, "--signals", path)
        signals = pd.read_csv(path)
        assert signals["forecast"].abs().max() < 0.1  # a log return
        assert (signals["position"] == (signals["forecast"] > 0)).all()


def test_positions_of_values_are_refused(folder: Path, tmp_path: Path) -> None:
    assert message_of(folder / "line.csv", "--costs", "5bp") == (
        "Error: --costs 5bp: only for the return, the direction or the close of prices (ohlc); this "
        "forecasts values. Leave it out."
    )
    signals = tmp_path / "signals.csv"
    assert message_of(folder / "line.csv", "--signals", signals).startswith(
        f"Error: --signals {signals}: only"
    )
    assert not signals.exists()


def test_positions_of_ranges_are_refused(folder: Path) -> None:
    assert message_of(folder / "one.csv", "--predict", "range", "--costs", "5bp") == (
        "Error: --costs 5bp: only for the return, the direction or the close of prices (ohlc); this "
        "forecasts the range of prices. Leave it out."
    )


def test_positions_with_sessions_left_out_are_refused(folder: Path) -> None:
    assert message_of(folder / "one.csv", "--step-size", 2, "--costs", "5bp") == (
        "Error: --costs 5bp: positions are held from session to session, --step-size 2 leaves some out. Take "
        "--step-size 1."
    )


@pytest.mark.parametrize("costs", ["five", "5 bananas", "-1%", "100%", "nan", ""])
def test_costs_that_are_no_share_are_refused_before_the_file_is_read(costs: str) -> None:
    assert message_of("no_such_file.csv", "--costs", costs) == (
        f"Error: --costs {costs}: no share of the price from 0 to below 1. Write 5bp, 0.05% or 0.0005, say."
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path / "signals.parquet", "does not end in .csv. Name it so."),
        (lambda path: path / "none" / "s.csv", "the folder {}/none does not exist. Make it first."),
    ],
)
def test_signals_that_cannot_be_written_are_refused(
    folder: Path, tmp_path: Path, make: Callable[[Path], Path], said: str
) -> None:
    path = make(tmp_path)
    assert message_of(folder / "one.csv", "--signals", path) == (
        f"Error: --signals {path}: {said.format(tmp_path)}"
    )
