from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.read import read_table
from forecaster.data.stamps import looks_time, read_stamps
from forecaster.data.zones import Stamps
from forecaster.errors import ConfigError, DataError


def read(*fields: str, column: str = "time", **settings: Any) -> Stamps:
    lines = [f"{column},value", *(f'"{field}",1' for field in fields)]
    table = read_table(io.BytesIO("\n".join(lines).encode()), DataSettings())
    return read_stamps(table, column, DataSettings(**settings))


def shown(stamps: Stamps) -> list[str]:
    return [str(time)[:19] for time in stamps.values]


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        (("2020-01-05", "2020-02-06"), "2020-01-05T00:00:00"),
        (("2020-01-05 14:03", "2020-02-06"), "2020-01-05T14:03:00"),
        (("2020-01-05T14:03:07.25", "2020-02-06T00:00:00"), "2020-01-05T14:03:07"),
        (("2020/1/5", "2020/02/06 10:00"), "2020-01-05T00:00:00"),
        (("5.1.2020", "13.1.2020"), "2020-01-05T00:00:00"),
        (("01/05/2020 2:03 PM", "01/13/2020 1:00 AM"), "2020-01-05T14:03:00"),
        (("2020年1月5日", "2020年11月5日"), "2020-01-05T00:00:00"),
        (("20200105 14:03:00", "20200106 14:03:00"), "2020-01-05T14:03:00"),
        (("20200105", "20200106"), "2020-01-05T00:00:00"),
        (("20200105140300", "20200105140301"), "2020-01-05T14:03:00"),
        (("5 Jan 2020", "6 Feb 2020"), "2020-01-05T00:00:00"),
        (("Jan 5, 2020", "Feb 6, 2020"), "2020-01-05T00:00:00"),
        (("2020Q2", "2020-Q3"), "2020-04-01T00:00:00"),
        (("1578232980", "1578232981"), "2020-01-05T14:03:00"),
        (("1578232980000", "1578232980001"), "2020-01-05T14:03:00"),
        (("1578232980.25", "1578232980.5"), "2020-01-05T14:03:00"),
    ],
)
def test_dates_are_read_in_usual_layouts(fields: tuple[str, ...], first: str) -> None:
    stamps = read(*fields)
    assert stamps.kind == "date"
    assert shown(stamps)[0] == first


def test_month_is_read_as_its_first_day() -> None:
    assert shown(read("2020-02", "2020-03"))[0] == "2020-02-01T00:00:00"
    assert shown(read("202002", "202003", column="month"))[1] == "2020-03-01T00:00:00"
    assert shown(read("Feb 2020", "Mar 2020"))[0] == "2020-02-01T00:00:00"


def test_choices_are_noted() -> None:
    assert [note.text for note in read("13/01/2020", "01/02/2020").notes] == [
        "column 'time' has the day first, as '13/01/2020' shows"
    ]
    assert [note.text for note in read("20200105", "20200106").notes] == [
        "column 'time' was read as dates written YYYYMMDD"
    ]
    epoch = read("1578232980", "1578232981")
    assert [note.text for note in epoch.notes] == ["column 'time' was read as seconds since 1970-01-01 UTC"]
    assert epoch.zone == "UTC"


def test_numbers_that_are_no_dates_stay_numbers() -> None:
    years = read("1700", "1701", column="year")
    assert years.kind == "integer" and years.values.dtype == np.int64
    assert read("0.5", "1.25").kind == "float"
    assert read("20201399", "20201400").kind == "integer"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            ("2021-12-03", "2021-13-04"),
            "line 3, column 'time': '2021-13-04' is not a timestamp. Write it as 2021-",
        ),
        (
            ("2021-12-03T10:00", "foo"),
            "line 3, column 'time': 'foo' is not a timestamp. Write it as 2021-12-04T",
        ),
        (
            ("1-01", "1-02"),
            "line 2, column 'time': '1-01' is not a timestamp. Write it as 2021-12-04T09:30, or",
        ),
        (("2021-12-03", ""), "line 3, column 'time': no timestamp. Complete the row or remove it."),
        (("", "", "5"), "line 2, column 'time': no timestamp (2 rows have none)."),
        (
            ("01/02/2020", "03/04/2020"),
            "'01/02/2020' may have its day or its month first. Say which with --time",
        ),
        (
            ("13/01/2020", "01/13/2020"),
            "line 3, column 'time': '01/13/2020' has day and month in another order",
        ),
        (
            ("1600-01-01", "2000-01-01"),
            "line 2, column 'time': '1600-01-01' is outside the years 1678 to 2261",
        ),
        (
            ("2020-01-01T00:00Z", "2020-01-01T00:00"),
            "line 3, column 'time': '2020-01-01T00:00' has no offset, oth",
        ),
        (("14:03", "14:04"), "line 2, column 'time': '14:03' is not a timestamp"),
    ],
)
def test_what_is_no_time_is_an_error_with_its_line(fields: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(*fields)
    assert message in str(caught.value)


def test_format_of_the_settings_is_used() -> None:
    assert shown(read("01/02/2020", time_format="%d/%m/%Y")) == ["2020-02-01T00:00:00"]
    with pytest.raises(DataError, match=r"line 3, column 'time': 'x' is not of the format %d/%m/%Y\."):
        read("01/02/2020", "x", time_format="%d/%m/%Y")
    with pytest.raises(ConfigError, match="--time-format %Q: "):
        read("01/02/2020", time_format="%Q")


def test_offsets_become_utc_and_a_zone() -> None:
    one = read("2020-01-01T00:00+01:00", "2020-01-01T01:00+01:00")
    assert (shown(one)[0], one.zone) == ("2019-12-31T23:00:00", "+01:00")
    assert read("2020-01-01T00:00Z", "2020-01-01T00:00+00:00").zone == "UTC"
    assert read("2020-07-01 00:00:00+0200", tz="Europe/Paris").zone == "Europe/Paris"
    two = read("2020-01-01T00:00+01:00", "2020-07-01T01:00+02:00")
    assert (two.zone, two.notes[0].code, two.notes[0].count) == ("UTC", "offsets", 2)


def test_zone_of_the_settings_places_naive_stamps() -> None:
    stamps = read("2020-01-01 00:00", "2020-07-01 00:00", tz="Europe/Paris")
    assert shown(stamps) == ["2019-12-31T23:00:00", "2020-06-30T22:00:00"]
    with pytest.raises(ConfigError, match="--tz Mars is not a time zone"):
        read("2020-01-01", tz="Mars")


def test_hours_at_which_clocks_change_are_errors() -> None:
    with pytest.raises(
        DataError, match="line 3, column 'time': '2020-10-25 02:30' occurs twice in Europe/Par"
    ):
        read("2020-10-25 01:30", "2020-10-25 02:30", tz="Europe/Paris")
    with pytest.raises(DataError, match="'2020-03-29 02:30' does not exist in Europe/Paris"):
        read("2020-03-29 02:30", tz="Europe/Paris")


def test_aware_column_of_a_frame_keeps_its_zone() -> None:
    frame = pd.DataFrame({"time": pd.date_range("2020-01-01", periods=2, tz="Asia/Tokyo")})
    stamps = read_stamps(read_table(frame, DataSettings()), "time", DataSettings())
    assert (stamps.zone, shown(stamps)[0]) == ("Asia/Tokyo", "2019-12-31T15:00:00")


def test_columns_that_look_like_time() -> None:
    table = read_table(
        io.BytesIO(b"date,a,b,month,t,x\n2020-01-01,2020-01-01,1/13/2020,1,5,7\n2020-01-02,y,z,1,6,8\n"),
        DataSettings(),
    )
    looks = {name: looks_time(name, column) for name, column in table.columns.items()}
    assert looks == {"date": True, "a": False, "b": False, "month": False, "t": True, "x": False}
