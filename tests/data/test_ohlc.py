from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
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
    assert panel.channels == ("close", "open", "high", "low", "range", "ma_5", "ma_10", "volatility")
    assert np.isnan(panel.values[0, :4]).all() and not np.isnan(panel.values[0, 4:]).any()
    np.testing.assert_allclose(
        panel.values[1, :5], np.log([1.01, 1.01 * 0.99, 1.01 * 1.02, 1.01 * 0.98, 1.02 / 0.98])
    )
    np.testing.assert_allclose(panel.values[1, 5:7], np.log(1.01 / 1.005))
    # the first true range is high over low, the second reaches from the low to the high as well
    np.testing.assert_allclose(panel.values[:2, 7], np.log(np.log(1.02 / 0.98)))
    assert panel.closes is not None
    np.testing.assert_allclose(panel.closes[:2], [100, 101])
    assert panel.returns == (0, 1, 2, 3, 4, 5, 6) and panel.volatility == 7


@pytest.mark.parametrize(
    ("predict", "target", "unit", "lowest", "first"),
    [
        (None, "close", "log return", None, np.log(1.01)),
        ("return", "close", "log return", None, np.log(1.01)),
        ("direction", "close", "log return", None, np.log(1.01)),
        ("range", "range", "log range", 0.0, np.log(1.02 / 0.98)),
        ("close", "price", "", None, 101.0),
    ],
)
def test_what_is_forecast_is_the_target(
    predict: Any, target: str, unit: str, lowest: float | None, first: float
) -> None:
    panel = read_panel(prices(rate=1.0), DataSettings(predict=predict, past=("rate",)))
    assert panel.channels[panel.target] == target
    assert (panel.predict, panel.unit, panel.lowest) == (predict or "return", unit, lowest)
    assert panel.y[1] == pytest.approx(first)
    assert panel.channels[8:] == (("rate", "price") if predict == "close" else ("rate",))
    assert [panel.channels[place] for place in panel.returns] == list(panel.channels[:7])


def test_price_is_the_adjusted_close() -> None:
    panel = read_panel(prices(Volume=1.0, **{"Adj Close": 7.0}), DataSettings(predict="close"))
    assert panel.channels[-2:] == ("volume", "price")
    np.testing.assert_allclose(panel.y, 7.0)


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
    assert codes(panel) == [("adjusted", None), ("split", 1)]
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
    assert [note.line for note in panel.repairs][1] == "rows were not in time order and were sorted (38)"
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


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("High", 90.0, "line 9, B: high 90.0 is below low 99.9698."),
        ("Close", -1.0, "line 9, column 'Close', B: close -1.0 is not positive."),
        ("Date", "2024-01-02", "line 9, column 'Date': '2024-01-02' is there already in series B. Remove the "
         "row, use --duplicates first or last, or name the series with --id."),
    ],
)  # fmt: skip
def test_errors_name_the_ticker(tmp_path: Any, column: str, value: Any, message: str) -> None:
    frame = pd.concat([prices(5).assign(ticker=ticker) for ticker in "AB"], ignore_index=True).round(4)
    frame.loc[7, column] = value
    path = tmp_path / "prices.csv"
    frame.to_csv(path, index=False)
    with pytest.raises(DataError) as caught:
        read_panel(path)
    assert str(caught.value).startswith(f"{path}, {message}")


def test_sessions_without_volume_are_named_with_their_line(tmp_path: Any) -> None:
    frame = pd.concat([prices(5, Volume=[1, 0, 1, 1, 0]).assign(ticker=ticker) for ticker in "AB"])
    path = tmp_path / "prices.csv"
    frame[::-1].to_csv(path, index=False)
    panel = read_panel(path)
    assert [note.line for note in panel.warnings] == [
        "sessions have a volume of zero: B 2024-01-02, B 2024-01-05, A 2024-01-02, A 2024-01-05; "
        f"the first is {path}, line 5 (4)"
    ]


def test_missing_price_column_is_named() -> None:
    with pytest.raises(
        DataError, match=r"data: column 'close' is missing; found Date, High, Low, Open\. Add it"
    ):
        read_panel(prices().drop(columns="Close"), DataSettings(kind="ohlc"))


def test_prices_are_not_added_up() -> None:
    with pytest.raises(ConfigError, match="--duplicates sum does not fit prices"):
        read_panel(prices(), DataSettings(duplicates="sum"))


def test_a_target_is_not_named_beside_prices() -> None:
    with pytest.raises(ConfigError, match=r"--target Close: of prices .* --predict says what is forecast"):
        read_panel(prices(), DataSettings(kind="ohlc", target=("Close",)))


@pytest.mark.parametrize(("option", "value"), [("predict", "range"), ("calendar", "XNYS")])
@pytest.mark.parametrize("kind", ["values", "events", "intervals"])
def test_what_is_said_of_prices_needs_some(option: str, value: str, kind: Any) -> None:
    frame = pd.DataFrame({"ds": ["2024-01-01", "2024-01-02", "2024-01-03"], "y": [1.0, 2.0, 3.0]})
    frame = frame[["ds"]] if kind == "events" else frame
    message = rf"--{option} {value}: only for prices \(ohlc\); these are {kind}\. Leave it out\."
    with pytest.raises(ConfigError, match=message):
        read_panel(frame, DataSettings(**{"kind": kind, option: value}))


def test_later_rows_change_nothing_before() -> None:
    frame = prices(60, Volume=np.arange(1.0, 61))
    later = frame.copy()
    later.loc[40:, ["Open", "High", "Low", "Close", "Volume"]] *= 3
    before, after = read_panel(frame), read_panel(later)
    np.testing.assert_array_equal(before.values[:40], after.values[:40])
    np.testing.assert_array_equal(before.values[:40], read_panel(frame[:40]).values)


def test_intraday_rows_go_on_at_their_step() -> None:
    frame = prices(6)
    frame["Date"] = pd.date_range("2024-01-02 09:30", periods=6, freq="5min")
    assert read_panel(frame).clock.step == "5min"
