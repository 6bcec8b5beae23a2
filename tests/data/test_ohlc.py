from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.settings import DataSettings
from forecaster.data.clock import future_times
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, DataError


def prices(n_rows: int = 20, **columns: Any) -> pd.DataFrame:
    close = 100 * 1.01 ** np.arange(n_rows)
    frame = pd.DataFrame(
        {
            "Date": pd.bdate_range("2024-01-01", periods=n_rows).strftime("%Y-%m-%d"),
            "Open": close * 0.99,
            "High": close * 1.02,
            "Low": close * 0.98,
            "Close": close,
        }
    )
    return frame.assign(**columns)


def codes(panel: Panel) -> list[tuple[str, int | None]]:
    return [(note.code, note.count) for note in (*panel.repairs, *panel.warnings)]


def test_channels_are_logs_over_the_close_before() -> None:
    panel = read_panel(prices())
    assert panel.channels == ("close", "open", "high", "low", "range")
    assert np.isnan(panel.values[0, :4]).all()
    np.testing.assert_allclose(
        panel.values[1], np.log([1.01, 1.01 * 0.99, 1.01 * 1.02, 1.01 * 0.98, 1.02 / 0.98])
    )
    assert panel.closes is not None
    np.testing.assert_allclose(panel.closes[:2], [100, 101])
    assert (panel.kind, panel.target, panel.unit) == ("ohlc", 0, "log return")


def test_sessions_go_on_after_the_weekend() -> None:
    panel = read_panel(prices())
    assert (panel.clock.step, panel.clock.weekmask) == ("B", "1111100")
    future = future_times(panel.clock, panel.times[-1:], 2)[0]
    assert [str(day)[:10] for day in future] == ["2024-01-29", "2024-01-30"]
    assert read_panel(prices(3)).clock.step == "B"


def test_adjusted_close_adjusts_all_prices() -> None:
    frame = prices()
    half = np.where(np.arange(20) < 10, 0.5, 1.0)
    split = frame.assign(**{name: frame[name] / half for name in ("Open", "High", "Low", "Close")})
    split["Adj Close"] = frame["Close"]
    panel = read_panel(split)
    np.testing.assert_allclose(panel.values, read_panel(frame).values, atol=1e-12)
    assert codes(panel) == [("adjusted", None)]
    assert codes(read_panel(split.drop(columns="Adj Close"))) == [("split_suspected", 1)]


def test_volume_is_relative_to_its_last_20_rows() -> None:
    volume = np.array([0.0, *range(1, 30)])
    panel = read_panel(prices(30, Volume=volume))
    relative = panel.values[:, panel.channels.index("volume")]
    assert np.isnan(relative[0])
    np.testing.assert_allclose(relative[[1, 2, 29]], [0, np.log(2 / 1.5), np.log(29 / 19.5)])
    assert codes(panel) == [("zero_volume", 1)]


def test_tushare_is_read_as_it_comes() -> None:
    frame = prices()
    frame = frame.rename(columns=str.lower).rename(columns={"date": "trade_date"})
    frame["trade_date"] = frame["trade_date"].str.replace("-", "").astype(int)
    frame.insert(0, "ts_code", "000001.SZ")
    frame = frame.assign(pre_close=1.0, change=0.1, pct_chg=0.1, vol=10.0, amount=5.0)[::-1]
    panel = read_panel(pd.concat([frame, frame.assign(ts_code="600000.SH")]))
    assert panel.ids.tolist() == ["000001.SZ", "600000.SH"]
    assert codes(panel) == [("digits", None), ("sorted", 38)]
    assert panel.channels[-1] == "volume"
    np.testing.assert_allclose(panel.y[1:20], np.log(1.01))
    assert np.isnan(panel.y[20])


def test_chinese_headers_are_known() -> None:
    names = {"Date": "日期", "Open": "开盘", "High": "最高", "Low": "最低", "Close": "收盘"}
    panel = read_panel(prices(Volume=1).rename(columns={**names, "Volume": "成交量"}))
    assert panel.columns["close"] == "收盘" and panel.columns["volume"] == "成交量"


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("High", 90.0, "line 4: high 90.0 is below low 99.9698. Correct the row or remove it."),
        ("Low", 105.0, "line 4: high 104.0502 is below low 105.0. Correct the row or remove it."),
        ("Close", 0.0, "line 4, column 'Close': close 0.0 is not positive. Correct the row or remove it."),
        ("Open", None, "line 4, column 'Open': no price. Correct the row or remove it."),
        ("Volume", -1.0, "line 4, column 'Volume': volume -1.0 is negative. Correct the row or remove it."),
        ("Date", "2024-01-02", "line 4, column 'Date': '2024-01-02' is there already in this series."),
    ],
)
def test_prices_that_cannot_be_are_errors_with_their_line(
    tmp_path: Any, column: str, value: Any, message: str
) -> None:
    frame = prices(5, Volume=1.0).round(4)
    frame.loc[2, column] = value
    path = tmp_path / "prices.csv"
    frame.to_csv(path, index=False)
    with pytest.raises(DataError) as caught:
        read_panel(path)
    assert str(caught.value).startswith(f"{path}, {message}")


def test_missing_price_column_is_named() -> None:
    with pytest.raises(
        DataError, match=r"data: column 'close' is missing; found Date, High, Low, Open\. Add it"
    ):
        read_panel(prices().drop(columns="Close"), DataSettings(kind="ohlc"))


def test_prices_are_not_added_up() -> None:
    with pytest.raises(ConfigError, match="--duplicates sum does not fit prices"):
        read_panel(prices(), DataSettings(duplicates="sum"))


def test_intraday_rows_go_on_at_their_step() -> None:
    frame = prices(6)
    frame["Date"] = pd.date_range("2024-01-02 09:30", periods=6, freq="5min")
    assert read_panel(frame).clock.step == "5min"
