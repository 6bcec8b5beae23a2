from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.data.load import read_panel
from forecaster.data.panel import Note


def frame(
    factors: dict[int, float], dividends: dict[int, float] | None = None, **columns: Any
) -> pd.DataFrame:
    """Prices near 100, divided from each row on by its factor, and as they are adjusted for it.

    A dividend is a part of the price, which it lowers from its row on.
    """
    moves = 0.02 * np.sin(np.arange(60.0))
    price, adjusted = 100 * np.exp(moves), 100 * np.exp(moves)
    for row, factor in factors.items():
        price[row:] /= factor
    for row, part in (dividends or {}).items():
        price[row:] *= 1 - part
    bars = {"Open": price, "High": price * 1.02, "Low": price * 0.98, "Close": price, "Adj Close": adjusted}
    days = pd.bdate_range("2024-01-01", periods=60).strftime("%Y-%m-%d")
    return pd.DataFrame({"Date": days, **bars}).assign(**columns)


def notes(data: pd.DataFrame, code: str) -> list[Note]:
    panel = read_panel(data)
    return [note for note in (*panel.repairs, *panel.warnings) if note.code == code]


@pytest.mark.parametrize(
    ("factor", "ratio"),
    [(2.0, "2:1"), (3.0, "3:1"), (1.5, "3:2"), (7.0, "7:1"), (0.1, "1:10"), (1.25, "5:4")],
)
def test_adjusted_close_shows_the_split(factor: float, ratio: str) -> None:
    [note] = notes(frame({20: factor}), "split")
    assert note.line == f"splits, which the adjusted close accounts for: 2024-01-29 {ratio} (1)"


def test_dividends_are_no_splits() -> None:
    assert notes(frame({}, {10: 0.01, 20: 0.05, 30: 0.3}), "split") == []


def test_a_split_is_found_where_the_adjusted_close_is_rounded() -> None:
    data = frame({20: 2.0, 40: 2.0})
    data["Adj Close"] = (data["Adj Close"] / 500).round(2)  # 0.20, with steps of 5 %
    [note] = notes(data.round(2), "split")
    assert note.text.endswith("2024-01-29 2:1, 2024-02-26 2:1")


def test_rounding_alone_is_no_split() -> None:
    data = frame({})
    data["Adj Close"] = (data["Adj Close"] / 2000).round(2)  # 0.05, now and then 0.06
    assert notes(data, "split") == []


def test_a_crash_is_no_split_for_the_adjusted_close() -> None:
    data = frame({20: 2.0})
    data["Adj Close"] = data["Close"]
    assert notes(data, "split") == [] == notes(data, "split_suspected")


def test_splits_are_named_by_ticker_five_of_them() -> None:
    data = pd.concat([frame({20: 2.0}).assign(ticker=f"T{place}") for place in range(7)])
    [note] = notes(data, "split")
    assert note.text.endswith("T3 2024-01-29 2:1, T4 2024-01-29 2:1 and 2 more") and note.count == 7


@pytest.mark.parametrize(("factor", "ratio"), [(2.0, "2:1"), (1.5, "3:2"), (0.05, "1:20")])
def test_a_split_is_suspected_without_an_adjusted_close(factor: float, ratio: str) -> None:
    [note] = notes(frame({20: factor}, Volume=100.0).drop(columns="Adj Close"), "split_suspected")
    assert note.line == (
        f"openings look like a split that is not adjusted for: 2024-01-29 {ratio}; if it is, use adjusted "
        "prices (1)"
    )


def test_a_crash_is_not_suspected() -> None:
    rush = np.where(np.arange(60) == 20, 2000.0, 100.0)
    crash = frame({20: 2.0}, Volume=rush).drop(columns="Adj Close")
    assert notes(crash, "split_suspected") == []
    assert notes(frame({20: 2.1}).drop(columns="Adj Close"), "split_suspected") == []


def test_a_price_that_always_jumps_is_not_suspected() -> None:
    data = frame({row: 2.0 if row % 2 else 0.5 for row in range(1, 60)}).drop(columns="Adj Close")
    assert len(notes(data, "split_suspected")) == 1  # the first two, before this is usual
    assert notes(data, "split_suspected")[0].count == 1
