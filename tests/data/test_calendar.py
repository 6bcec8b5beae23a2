from __future__ import annotations

import numpy as np
import pytest

from forecaster.data.calendar import (
    add_months,
    from_wall,
    is_month_end,
    month_step_name,
    split_step,
    step_name,
    to_wall,
    weekdays,
)


def ns(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[ns]")


def test_steps_are_named_in_the_largest_unit() -> None:
    names = [step_name(length * 10**9) for length in (1, 60, 1800, 3600, 86_400, 2 * 86_400)]
    assert names == ["s", "min", "30min", "h", "D", "2D"]
    assert step_name(1500) == "1500ns"
    assert split_step("1500ns") == (1500, "ns")


def test_months_are_named_with_their_anchor() -> None:
    assert month_step_name(1, True, 3) == "ME"
    assert month_step_name(3, False, 4) == "QS-FEB"
    assert month_step_name(3, True, 2) == "QE-DEC"
    assert month_step_name(24, False, 0) == "2YS-JAN"
    assert split_step("2YS-JAN") == (24, "month")
    with pytest.raises(ValueError, match="not a step"):
        split_step("fortnight")


def test_months_are_added_on_the_same_or_the_last_day() -> None:
    start = ns("2020-01-31T06:00", "2019-02-28T00:00")
    one = np.array([1, 1])
    assert add_months(start, one, False).astype("datetime64[m]").astype(str).tolist() == [
        "2020-02-29T06:00",
        "2019-03-28T00:00",
    ]
    assert add_months(start, one, True).astype("datetime64[D]").astype(str).tolist() == [
        "2020-02-29",
        "2019-03-31",
    ]


def test_wall_time_follows_the_clocks() -> None:
    utc = ns("2020-03-29T00:30", "2020-03-29T01:30", "2020-10-25T00:30")
    wall = to_wall(utc, "Europe/Paris")
    assert wall.astype("datetime64[m]").astype(str).tolist() == [
        "2020-03-29T01:30",
        "2020-03-29T03:30",
        "2020-10-25T02:30",
    ]
    np.testing.assert_array_equal(from_wall(wall, "Europe/Paris"), utc)
    skipped = from_wall(ns("2020-03-29T02:30"), "Europe/Paris")
    assert str(skipped[0])[:16] == "2020-03-29T01:00"
    assert str(from_wall(ns("2020-01-01"), "+02:00")[0])[:16] == "2019-12-31T22:00"


def test_weekdays_begin_on_monday() -> None:
    days = np.array(["2024-01-01", "2024-01-07", "1969-12-29"], dtype="datetime64[D]")
    assert weekdays(days).tolist() == [0, 6, 0]
    assert is_month_end(np.array(["2020-02-28", "2020-02-29"], dtype="datetime64[D]")).tolist() == [
        False,
        True,
    ]
