from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, DataError


def read(columns: dict[str, list[Any]], **settings: Any) -> Panel:
    return read_panel(pd.DataFrame(columns), DataSettings(**settings))


def test_intervals_are_counted_in_the_order_of_rows() -> None:
    panel = read({"id": ["a", "b", "a"], "waiting": [5, 7, 0]}, unit="minutes")
    assert (panel.kind, panel.channels, panel.unit) == ("intervals", ("waiting",), "minutes")
    assert panel.y.tolist() == [5, 0, 7]
    assert panel.times.tolist() == [0, 1, 0] and panel.times.dtype == np.int64
    assert (panel.clock.kind, panel.clock.step, panel.unit_length) == ("integer", 1, None)


def test_start_gives_intervals_the_dates_of_their_ends() -> None:
    panel = read({"id": ["a", "a", "b"], "waiting": [30, 1.5, 60]}, unit="min", start="2020-01-01 10:00")
    assert [str(time)[:19] for time in panel.times] == [
        "2020-01-01T10:30:00",
        "2020-01-01T10:31:30",
        "2020-01-01T11:00:00",
    ]
    assert (panel.unit, panel.unit_length, panel.clock.step) == ("minute", 6e10, None)


def test_time_column_orders_the_rows() -> None:
    panel = read(
        {"date": ["2020-03-01", "2020-01-01"], "interval_days": [60, np.nan]}, kind="intervals", unit="day"
    )
    np.testing.assert_array_equal(panel.y, [np.nan, 60])
    assert (panel.clock.kind, panel.unit_length) == ("date", 86_400e9)
    assert [(note.code, note.count) for note in panel.warnings] == [("missing_values", 1)]


def test_negative_interval_is_an_error_with_its_place() -> None:
    with pytest.raises(
        DataError, match=r"row 1 \(from 0\), column 'waiting': interval -3 is negative\. Corr"
    ):
        read({"waiting": [5, -3]})


def test_several_intervals_need_a_target() -> None:
    columns = {"waiting": [80, 71], "duration": [4, 2]}
    with pytest.raises(
        DataError, match=r"several columns could be the target: duration, waiting\. Name one with"
    ):
        read(columns)
    assert read(columns, target="waiting").y.tolist() == [80, 71]
    with pytest.raises(ConfigError, match="--target waiting,duration: intervals have one target"):
        read(columns, target="waiting,duration")


def test_start_needs_a_unit_and_every_interval() -> None:
    with pytest.raises(ConfigError, match="--start 2020-01-01 with no --unit: dates need a unit of time"):
        read({"waiting": [5]}, start="2020-01-01")
    with pytest.raises(ConfigError, match="--start soon is not a date"):
        read({"waiting": [5]}, start="soon", unit="day")
    with pytest.raises(DataError, match=r"row 1 \(from 0\), column 'waiting': no interval, so the dates"):
        read({"waiting": [5, None]}, start="2020-01-01", unit="day")
    with pytest.raises(DataError, match=r"the intervals add up to 1e\+09 weeks, past every date"):
        read({"waiting": [1e9]}, start="2020-01-01", unit="week")
