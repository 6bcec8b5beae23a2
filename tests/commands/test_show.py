from __future__ import annotations

import pandas as pd
import pytest

from forecaster.commands._show import cells, frame, number, table


def test_ids_with_brackets_and_colons_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    table("", ["id", "n"], [["[red]a", 1], ["b:smile:", 2]])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["id", "n"],
        ["[red]a", "1"],
        ["b:smile:", "2"],
    ]


def test_dates_have_no_time_where_none_of_the_column_has_one() -> None:
    days = pd.Series(pd.to_datetime(["2024-01-01", None]))
    hours = pd.Series(pd.date_range("2024-01-01", periods=2, freq="h"))
    assert cells("ds", days) == ["2024-01-01", "-"]
    assert cells("ds", hours) == ["2024-01-01 00:00:00", "2024-01-01 01:00:00"]
    assert cells("ds", hours.dt.tz_localize("Europe/Paris"))[0] == "2024-01-01 00:00:00+01:00"


def test_times_that_are_numbers_are_written_in_full() -> None:
    assert cells("ds", pd.Series([2009])) == ["2009"]
    assert cells("next_event-lo-80", pd.Series([1325476708.16, None])) == ["1325476708.16", "-"]
    assert cells("forecast", pd.Series([2009.0])) == [2009.0]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (float("nan"), "-"), (12345, "12,345"), (12345.6, "12,346"), (0.123456, "0.1235")],
)
def test_numbers_have_four_digits(value: object, text: str) -> None:
    assert number(value) == text


def test_rows_that_are_not_printed_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    frame(pd.DataFrame({"y": range(30), "p-1": 0.5, "p-2": 0.5}), most=5, writer="this")
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 6
    assert printed.err == "25 more rows and 2 columns p-1 .. p-2 not shown; this writes them all.\n"
