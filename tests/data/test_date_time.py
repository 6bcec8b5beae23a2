from __future__ import annotations

import io

import numpy as np
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import DataError


def read(header: str, *stamps: str, settings: DataSettings | None = None) -> Panel:
    mark = ";" if ";" in header else ","
    prices = mark.join(["10", "12", "9", "11"])
    names = mark.join(["<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>"])
    lines = [f"{header}{mark}{names}", *(f"{stamp}{mark}{prices}" for stamp in stamps)]
    return read_panel(io.BytesIO("\n".join(lines).encode()), settings)


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("<DATE>,<TIME>", "20240102,093000", "20240102,100000"),
        ("<DATE>,<TIME>", "20240102,93000", "20240102,100000"),
        ("date,time", "2024.01.02,09:30", "2024.01.02,10:00"),
        ("Date,Time", "2024-01-02,9:30:00", "2024-01-02,10:00:00"),
        ("Datum;Zeit", "02.01.2024;930", "13.01.2024;1000"),
    ],
)
def test_dates_and_times_of_day_are_joined(header: str, first: str, second: str) -> None:
    panel = read(header, first, second)
    assert panel.times[0] == np.datetime64("2024-01-02T09:30")
    assert str(panel.times[1])[11:16] == "10:00"


def test_midnight_in_every_row_leaves_days() -> None:
    panel = read("<TICKER>,<PER>,<DATE>,<TIME>", "A,D,20240102,000000", "A,D,20240103,000000")
    assert panel.ids.tolist() == ["A"] and panel.clock.step == "B"


def test_a_time_that_is_named_or_complete_stays_alone() -> None:
    named = read("date,time", "2024-01-02,09:30", "2024-01-03,09:30", settings=DataSettings(time="date"))
    assert str(named.times[0])[:16] == "2024-01-02T00:00"
    whole = read("date,time", "2024-01-02 10:00,09:30", "2024-01-03 10:00,09:30")
    assert str(whole.times[0])[:16] == "2024-01-02T10:00"


def test_two_rows_of_one_moment_are_shown_with_it() -> None:
    with pytest.raises(DataError, match="line 3, column '<DATE>': '20240102 09:30:00' is there already"):
        read("<DATE>,<TIME>", "20240102,093000", "20240102,093000")


def test_numbers_that_are_no_times_of_day_are_not_joined() -> None:
    with pytest.raises(DataError, match="several columns could be the time"):
        read("<DATE>,<TIME>", "20240102,256000", "20240103,256000")
