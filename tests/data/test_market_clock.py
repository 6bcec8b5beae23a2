from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.clock import advance, future_times
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError


def read(index: pd.DatetimeIndex, calendar: str | None = None, tz: str | None = None) -> Panel:
    close = 100 + np.sin(np.arange(len(index)))
    frame = pd.DataFrame({"date": index.astype(str), "open": close, "high": close + 1, "low": close - 1})
    return read_panel(frame.assign(close=close), DataSettings(calendar=calendar, tz=tz))


def following(panel: Panel, n_steps: int) -> list[str]:
    return [str(time)[:16] for time in future_times(panel.clock, panel.times[-1:], n_steps)[0]]


def bars(days: pd.DatetimeIndex, first: str, n_bars: int, minutes: int) -> pd.DatetimeIndex:
    starts = days + pd.Timedelta(first)
    steps = pd.to_timedelta(np.arange(n_bars) * minutes, unit="min")
    return pd.DatetimeIndex([start + step for start in starts for step in steps])


def test_bars_within_the_day_go_on_the_next_morning() -> None:
    panel = read(bars(pd.bdate_range("2024-01-02", "2024-01-19"), "9h30min", 3, 30))
    assert panel.clock.step == "30min" and panel.clock.weekmask == "1111100"
    assert [slot // 60_000_000_000 for slot in panel.clock.slots] == [570, 600, 630]
    assert following(panel, 4) == [
        *("2024-01-22T09:30", "2024-01-22T10:00", "2024-01-22T10:30", "2024-01-23T09:30")
    ]


def test_a_time_of_day_that_is_rare_is_no_slot() -> None:
    index = bars(pd.bdate_range("2024-01-02", "2024-01-19"), "9h30min", 3, 30)
    panel = read(index.append(pd.DatetimeIndex(["2024-01-19 18:00"])))
    assert len(panel.clock.slots) == 3
    assert following(panel, 1) == ["2024-01-22T09:30"]


def test_bars_of_few_days_never_come_on_a_weekend() -> None:
    panel = read(bars(pd.bdate_range("2024-01-04", "2024-01-05"), "9h30min", 3, 30))
    assert following(panel, 1) == ["2024-01-08T09:30"]


def test_slots_stand_still_where_clocks_change() -> None:
    index = bars(pd.bdate_range("2024-02-19", "2024-03-08"), "9h30min", 3, 30)
    panel = read(index, tz="America/New_York")
    assert following(panel, 1) == ["2024-03-11T13:30"]  # UTC; on 8 March it was 14:30


def test_a_market_without_a_night_goes_on_at_its_step() -> None:
    index = pd.date_range("2024-01-01", periods=24 * 40, freq="h").delete([7, 100])
    panel = read(index)
    assert (panel.clock.step, panel.clock.slots, panel.clock.weekmask) == ("h", (), None)
    assert following(panel, 1) == ["2024-02-10T00:00"]
    daily = read(pd.date_range("2024-01-01", periods=40, freq="D"))
    assert (daily.clock.step, daily.clock.weekmask) == ("D", None)


def test_a_market_that_closes_at_weekends_only_has_slots() -> None:
    index = pd.date_range("2024-01-01", "2024-01-26 23:00", freq="h")
    panel = read(index[index.day_of_week < 5])
    assert len(panel.clock.slots) == 24
    assert following(panel, 1) == ["2024-01-29T00:00"]


def test_a_special_session_on_a_sunday_makes_sundays_no_sessions() -> None:
    days = pd.bdate_range("2024-01-01", "2024-11-01").append(pd.DatetimeIndex(["2024-11-03"]))
    panel = read(days)
    assert (panel.clock.step, panel.clock.weekmask) == ("B", "1111100")
    assert following(panel, 5)[-1] == "2024-11-08T00:00"
    weekly = read(pd.date_range("2024-01-07", periods=60, freq="D"))
    assert weekly.clock.weekmask is None


def test_daily_rows_go_on_by_the_calendar() -> None:
    pytest.importorskip("exchange_calendars")
    panel = read(pd.bdate_range("2024-03-18", "2024-03-28"), "XNYS")
    assert (panel.clock.step, panel.clock.calendar, panel.warnings) == ("B", "XNYS", ())
    assert following(panel, 2) == ["2024-04-01T00:00", "2024-04-02T00:00"]
    # two sessions with a weekend and a holiday between them are neighbours
    assert read(pd.DatetimeIndex(["2024-01-12", "2024-01-16"]), "XNYS").clock.step == "B"
    back = advance(panel.clock, panel.times[-1:], np.array([-2]))
    assert str(back[0])[:10] == "2024-03-26"


def test_missing_and_odd_days_are_named() -> None:
    pytest.importorskip("exchange_calendars")
    index = pd.bdate_range("2024-03-25", "2024-04-05")  # with Good Friday
    panel = read(index.delete([1, 2, 7]), "XNYS")
    assert [note.line for note in panel.warnings] == [
        "days with rows have no session of XNYS: 2024-03-29; the first is data, row 2 (from 0) (1)",
        "sessions of XNYS have no row: 2024-03-26, 2024-03-27, 2024-04-03 (3)",
    ]
    assert [note.code for note in panel.warnings] == ["no_session", "missing_sessions"]


def test_bars_within_the_day_miss_whole_sessions_only() -> None:
    pytest.importorskip("exchange_calendars")
    index = bars(pd.bdate_range("2024-04-01", "2024-04-12"), "9h30min", 3, 30)
    panel = read(index[index.day != 3].delete([4]), "XNYS")
    assert [note.line for note in panel.warnings] == ["sessions of XNYS have no row: 2024-04-03 (1)"]
    assert panel.clock.calendar == "XNYS" and len(panel.clock.slots) == 3


def test_rows_that_the_calendar_does_not_reach_are_counted() -> None:
    pytest.importorskip("exchange_calendars")
    panel = read(pd.bdate_range("1996-12-30", "1997-01-10"), "XTKS")
    assert [note.line for note in panel.warnings] == [
        "rows are outside of what is known of XTKS, 1997-01-06 to 2060-12-30; no holiday is known there (5)"
    ]


@pytest.mark.parametrize("step", ["W-FRI", "MS"])
def test_a_calendar_needs_days(step: str) -> None:
    pytest.importorskip("exchange_calendars")
    with pytest.raises(ConfigError, match=f"--calendar XNYS: rows come at a step of {step}, not daily"):
        read(pd.date_range("2024-01-01", periods=5, freq=step), "XNYS")


def test_a_calendar_needs_more_than_a_day_and_dates() -> None:
    pytest.importorskip("exchange_calendars")
    with pytest.raises(ConfigError, match="do not show at which times of day a session begins and ends"):
        read(pd.date_range("2024-01-02 09:30", periods=6, freq="5min"), "XNYS")
    frame = pd.DataFrame({"step": range(5), "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0})
    with pytest.raises(ConfigError, match="the times of these rows are numbers"):
        read_panel(frame, DataSettings(time="step", calendar="XNYS"))
