from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from forecaster.commands._market import market_tables
from forecaster.evaluation.market import Calls, Sessions, market_scores
from forecaster.evaluation.skill import direction_hits
from forecaster.evaluation.trading import trading_scores

ADVICE = "These are scores of past forecasts, no investment advice."


def made(n: int, close: float = 100.0, ids: str = "a") -> tuple[Sessions, dict[str, Calls]]:
    """Sessions of returns of 1.25 % up and down by turns, and forecasts of them."""
    y = np.where(np.arange(n) % 2, -0.0125, 0.0125)
    days = np.datetime64("2023-06-01", "ns") + np.arange(n) * np.timedelta64(1, "D")
    tickers = np.resize(np.array(list(ids), dtype=object), n)
    of = Sessions(tickers, days, np.full(n, close), y, np.full(n, close / 90))

    def calls(point: np.ndarray, crps: float) -> Calls:
        spread = crps * (1 + np.arange(n) % 3 / 8)
        return Calls(point, spread, np.full(n, -123.4567), direction_hits(point, y))

    return of, {
        "model": calls(0.00123 * np.cos(np.arange(n)), 0.0081234),
        "random_walk": calls(np.zeros(n), 0.0083333),
        "majority": calls(np.full(n, 0.0001), 0.0082222),
        "autoregression": calls(-y / 10, 0.0084444),
    }


@pytest.mark.parametrize("close", [0.00001234, 100.0, 123_456.0])
def test_tables_fit_eighty_columns(close: float, capsys: pytest.CaptureFixture[str]) -> None:
    of, calls = made(400, close)
    scores = market_scores(of, calls)
    market_tables(scores, trading_scores(of, calls["model"].point, 0.0005))
    out = capsys.readouterr().out
    lines = out[: out.index("Best CRPS")].splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert lines[0] == "400 sessions of 1 ticker, each one ahead, best CRPS first"
    assert lines[1].split() == ["mae", "ratio", "mase", "crps", "log_score", "p(mae)", "p(crps)"]
    assert [line.split()[0] for line in lines[2:6]] == ["model", "majority", "random_walk", "autoregression"]
    years = [line.split() for line in lines if re.match(r"20\d\d ", line)]
    assert [(year[0], year[1]) for year in years] == [("2023", "214"), ("2024", "186")]


def test_model_stands_beside_holding_throughout(capsys: pytest.CaptureFixture[str]) -> None:
    of, calls = made(2)
    market_tables(market_scores(of, calls), trading_scores(of, np.array([0.01, -0.01]), 0.0005))
    out = capsys.readouterr().out
    table = out[out.index("Trading view") :].splitlines()
    assert table[0] == "Trading view, 2 sessions from 2023-06-01 to 2023-06-02;"
    assert table[1] == "long where the forecast is above 0, else flat; 5 bp a change"
    # 0.9995 ** 2 * exp(0.0125) is 1.0116; holding ends where it began, but for its entry: 0.9995
    assert table[3].split() == ["total", "return", "1.2", "%", "0.0", "%"]
    assert table[9].split() == ["invested", "50.0", "%", "100.0", "%"]
    assert table[10].split() == ["positions", "entered", "1", "1"]


@pytest.mark.parametrize("with_trading", [False, True])
def test_that_it_is_no_advice_is_said_once_at_the_end(
    with_trading: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    of, calls = made(30)
    trading = trading_scores(of, calls["model"].point, 0.0) if with_trading else None
    market_tables(market_scores(of, calls), trading)
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == ADVICE and out.count("advice") == 1
    assert ("Trading view" in out) == with_trading
    words = out.lower().replace("buy and hold", "")
    assert not re.search(r"\b(buy|sell|recommend\w*|should|profit\w*)\b", words)


def test_tickers_that_move_together_are_noted_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    of, calls = made(30, ids="ab")
    market_tables(market_scores(of, calls))
    captured = capsys.readouterr()
    assert captured.err.startswith("Note: The 2 tickers move together.")
    assert captured.out.startswith("30 sessions of 2 tickers, ")


def test_forecasters_without_a_direction_or_a_crps_are_shown_as_far_as_they_go(
    capsys: pytest.CaptureFixture[str],
) -> None:
    of, calls = made(30)
    calls["flat"] = replace(calls["random_walk"], crps=np.full(30, np.nan))
    market_tables(market_scores(of, calls))
    out = capsys.readouterr().out
    scores, rest = out.split("Direction, with a 95 % interval")
    assert re.search(r"^flat .* -123.5 +- +-$", scores, re.MULTILINE)
    assert "flat" not in rest[: rest.index("The model by year")]
