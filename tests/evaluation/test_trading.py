from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.data.panel import Clock, Panel
from forecaster.errors import ConfigError
from forecaster.evaluation.market import Sessions
from forecaster.evaluation.trading import (
    earned,
    long_or_flat,
    parse_cost,
    position_changes,
    price_rows,
    sessions_per_year,
    signals_frame,
    trading_scores,
)


def sessions(*returns: float, ids: str = "", days: list[int] | None = None) -> Sessions:
    """Sessions with these simple returns, a day apart; a letter of ``ids`` each, all of one without."""
    n = len(returns)
    steps = np.array(range(n) if days is None else days) * np.timedelta64(1, "D")
    return Sessions(
        unique_id=np.array(list(ids or "a" * n), dtype=object),
        ds=np.datetime64("2024-01-01", "ns") + steps,
        close=np.full(n, 100.0),
        y=np.log1p(np.array(returns)),
        scale=np.ones(n),
    )


@pytest.fixture
def prices() -> Panel:
    """Three sessions of a, two of b, as logs over the close before."""
    table = np.array([[10, 10, 10, 10], [11, 12, 9, 10.5], [10.1, 11, 10, 11], [5, 5, 5, 5], [5, 7, 4, 6.0]])
    closes = table[:, 3]
    before = np.array([np.nan, 10, 10.5, np.nan, 5])
    days = np.datetime64("2024-01-01", "ns") + np.array([0, 1, 2, 0, 1]) * np.timedelta64(1, "D")
    return Panel(
        kind="ohlc",
        values=np.log(table[:, [3, 0, 1, 2]] / before[:, None]),
        offsets=np.array([0, 3, 5]),
        times=days,
        ids=np.array(["a", "b"], dtype=object),
        channels=("close", "open", "high", "low"),
        target=0,
        clock=Clock("date", step="B", weekmask="1111100"),
        closes=closes,
        predict="return",
    )


@pytest.mark.parametrize(
    ("text", "cost"),
    [("5bp", 0.0005), ("5 bps", 0.0005), ("0.05%", 0.0005), ("0.0005", 0.0005), ("5E-4", 0.0005), ("0", 0.0)],
)
def test_costs_are_read_in_basis_points_percent_or_shares(text: str, cost: float) -> None:
    assert parse_cost(text) == cost


@pytest.mark.parametrize("text", ["5", "5x", "", "-1bp", "1.2.3", "nan", "100%"])
def test_other_costs_are_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_cost(text)
    assert str(caught.value) == (
        f"--costs {text}: no share of the price from 0 to below 1. Write 5bp, 0.05% or 0.0005, say."
    )


def test_position_is_long_only_above_zero() -> None:
    assert long_or_flat(np.array([0.1, 0.0, -0.1, np.nan])).tolist() == [1, 0, 0, 0]


def test_first_position_of_a_ticker_is_entered_from_flat() -> None:
    position = np.array([1, 1, 0, 1, 1])
    ticker, times = np.array([1, 0, 1, 0, 0]), np.array([0, 0, 1, 2, 1])
    # a holds 1, 1, 1 by time, b 1 and then 0
    assert position_changes(position, ticker, times).tolist() == [1, 1, -1, 0, 0]
    assert position_changes(position[:0], ticker[:0], times[:0]).tolist() == []


def test_prices_come_back_from_the_logs(prices: Panel) -> None:
    found = price_rows(prices, np.array([4, 1, 2]))
    assert list(found.columns) == ["Date", "Ticker", "Open", "High", "Low", "Close"]
    assert found["Ticker"].tolist() == ["b", "a", "a"]
    assert found[["Open", "High", "Low", "Close"]].to_numpy().tolist() == [
        [5.0, 7.0, 4.0, 6.0],
        [11.0, 12.0, 9.0, 10.5],
        [10.1, 11.0, 10.0, 11.0],
    ]
    assert np.isnan(price_rows(prices, np.array([0]))["Open"][0])


def test_rows_without_prices_are_refused(tiny_panel: Panel) -> None:
    with pytest.raises(ValueError, match="no prices"):
        price_rows(tiny_panel, np.array([1]))


def test_signals_stand_at_the_close_that_they_are_known_at(prices: Panel) -> None:
    found = signals_frame(prices, np.array([4, 2, 1]), np.array([0.01, -0.02, 0.03]))
    text = found.to_csv(index=False)
    assert text.splitlines() == [
        "Date,Ticker,Open,High,Low,Close,forecast,position,entry,exit",
        "2024-01-02,a,11.0,12.0,9.0,10.5,0.03,1,True,False",
        "2024-01-03,a,10.1,11.0,10.0,11.0,-0.02,0,False,True",
        "2024-01-02,b,5.0,7.0,4.0,6.0,0.01,1,True,False",
    ]
    # as backtesting libraries read it
    read = pd.read_csv(io.StringIO(text), index_col="Date", parse_dates=True)
    assert isinstance(read.index, pd.DatetimeIndex)
    assert read["entry"].dtype == read["exit"].dtype == bool


def test_costs_are_paid_at_every_change_of_position() -> None:
    of = sessions(0.10, -0.50, 0.20, 0.10)
    found = earned(of, np.array([1, 0, 1, 1]), cost=0.01)
    # entered: 0.99 * 1.1; left: 0.99; entered again: 0.99 * 1.2; held: 1.1
    assert found.total_return == pytest.approx(0.99**3 * 1.1 * 1.2 * 1.1 - 1)
    assert found.n_trades == 2
    assert found.invested == pytest.approx(0.75)
    # three changes in four sessions, 365.25 sessions a year
    assert found.turnover == pytest.approx(0.75 * 365.25)


def test_holding_throughout_pays_for_its_entry_once() -> None:
    of = sessions(0.10, -0.50, 0.20)
    found = trading_scores(of, np.array([0.01, -0.01, 0.0]), cost=0.01)
    assert found.hold.total_return == pytest.approx(0.99 * 1.1 * 0.5 * 1.2 - 1)
    assert found.model.total_return == pytest.approx(0.99 * 1.1 * 0.99 - 1)
    assert (found.hold.n_trades, found.hold.invested, found.model.invested) == pytest.approx((1, 1.0, 1 / 3))
    assert (found.first, found.last, found.n_sessions) == ("2024-01-01", "2024-01-03", 3)
    assert found.to_json()["model"]["n_trades"] == 1


def test_drawdown_is_from_the_highest_capital_before() -> None:
    of = sessions(0.25, -0.20, -0.25, 0.60)
    # capital 1, 1.25, 1, 0.75, 1.2: from 1.25 to 0.75
    assert earned(of, np.ones(4), 0.0).max_drawdown == pytest.approx(0.4)
    # the capital before the first session counts too
    assert earned(sessions(-0.1, 0.05), np.ones(2), 0.0).max_drawdown == pytest.approx(0.1)
    assert earned(sessions(0.1, 0.05), np.ones(2), 0.0).max_drawdown == 0.0


def test_sharpe_is_the_annualised_mean_over_the_volatility() -> None:
    found = earned(sessions(0.01, 0.03), np.ones(2), 0.0)
    # mean 0.02, standard deviation 0.01 * sqrt(2); 365.25 sessions a year
    assert found.volatility == pytest.approx(0.01 * math.sqrt(2 * 365.25))
    assert found.sharpe == pytest.approx(math.sqrt(2 * 365.25))
    assert found.annual_return == pytest.approx((1.01 * 1.03) ** (365.25 / 2) - 1)


def test_returns_that_do_not_vary_have_no_sharpe() -> None:
    found = earned(sessions(0.01, 0.03), np.zeros(2), 0.05)
    assert (found.total_return, found.volatility, found.turnover, found.n_trades) == (0.0, 0.0, 0.0, 0)
    assert math.isnan(found.sharpe)


def test_one_session_has_no_figures_a_year() -> None:
    found = earned(sessions(0.5), np.ones(1), 0.0)
    assert found.total_return == pytest.approx(0.5)
    assert all(math.isnan(one) for one in (found.annual_return, found.volatility, found.sharpe))
    assert math.isnan(earned(sessions(0.5), np.zeros(1), 0.0).annual_return)


def test_tickers_have_equal_shares_of_the_capital() -> None:
    of = sessions(0.10, 0.20, 0.30, 0.40, ids="abba", days=[0, 0, 1, 1])
    found = earned(of, np.array([1, 0, 1, 1]), cost=0.01)
    # 0.99 * 1.1 and flat; then a held at 1.4, b entered at 0.99 * 1.3
    first, second = (1.089 + 1) / 2, (1.4 + 1.287) / 2
    assert found.total_return == pytest.approx(first * second - 1)
    assert (found.invested, found.n_trades) == (0.75, 2)
    assert found.turnover == pytest.approx(0.5 * 365.25)


def test_a_ticker_that_comes_later_shares_from_then_on() -> None:
    of = sessions(0.10, 0.20, 0.40, ids="aba", days=[0, 1, 1])
    assert earned(of, np.ones(3), 0.0).total_return == pytest.approx(1.1 * 1.3 - 1)


def test_sessions_of_a_year_are_read_from_the_stamps() -> None:
    days = np.arange("2020-01-01", "2024-01-02", dtype="datetime64[D]")
    weekdays = days[np.is_busday(days)].astype("datetime64[ns]")
    # 1,044 weekdays in four years of 1,461 days, the first one not counted
    assert sessions_per_year(weekdays) == pytest.approx((len(weekdays) - 1) / 4)
    assert math.isnan(sessions_per_year(weekdays[:1]))


def test_minutes_compounded_over_a_year_are_no_error() -> None:
    of = sessions(0.5, 0.5)
    minutes = replace(of, ds=np.datetime64("2024-01-01", "ns") + np.arange(2) * np.timedelta64(1, "m"))
    assert earned(minutes, np.ones(2), 0.0).annual_return == math.inf
