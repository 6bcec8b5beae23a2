from __future__ import annotations

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.windows.waits import cell_limits, floor_to_unit, gap_cell, open_waits, waits_since
from tests.windows.conftest import CUSTOMERS, events_of
from tests.windows.test_windows import panel_of


def moments(panel: Panel, text: str, n: int = 1) -> np.ndarray:
    return np.full(n, np.datetime64(text, "ns")).astype(panel.times.dtype)


def test_a_wait_on_whole_days_exceeds_half_a_day_more(customers: Panel) -> None:
    waits = open_waits(customers, np.array([3, 4, 6]))
    assert waits.elapsed.tolist() == [0, 15, 6]
    assert waits.known.tolist() == [0.5, 15.5, 6.5]  # an event of the last day would have been seen
    assert (waits.as_of == np.datetime64("2024-01-20")).all()


def test_each_series_has_waited_until_its_own_moment(tmp_path) -> None:
    file = tmp_path / "ends.csv"
    file.write_text("customer,date\na,2024-01-25\nb,2024-01-06\nc,2024-02-01\n")
    panel = events_of(CUSTOMERS, as_of=str(file))
    assert open_waits(panel, np.array([3, 4, 6])).elapsed.tolist() == [5, 1, 18]


def test_a_moment_before_the_event_is_a_wait_below_zero(customers: Panel) -> None:
    waits = waits_since(customers, np.array([5]), moments(customers, "2024-01-10"))
    assert waits.elapsed.tolist() == [-2] and waits.known.tolist() == [-1.5]


def test_days_are_sevenths_of_a_week() -> None:
    panel = events_of({"a": ["2024-01-01", "2024-01-08"], "b": ["2024-01-11"]}, unit="week")
    assert gap_cell(panel) == pytest.approx(1 / 7)
    assert open_waits(panel, np.array([1])).known.tolist() == pytest.approx([3 / 7 + 1 / 14])


def test_stamps_far_finer_than_the_unit_are_real_numbers() -> None:
    panel = events_of({"a": ["2024-01-01 00:00:00.0001", "2024-01-02 12:00:00.0001"]})
    assert gap_cell(panel) == 0
    assert waits_since(panel, np.array([0]), panel.times[1:]).known.tolist() == [1.5]


def test_float_times_are_real_numbers() -> None:
    panel = events_of({"a": [0.25, 1.5], "b": [3.0]}, unit="s")
    assert gap_cell(panel) == 0
    assert open_waits(panel, np.array([1])).known.tolist() == [1.5]


def test_whole_numbers_are_cells_of_one() -> None:
    panel = events_of({"a": [2, 5], "b": [9]}, unit="step")
    assert gap_cell(panel) == 1
    assert open_waits(panel, np.array([1])).known.tolist() == [4.5]


# Gaps counted by the calendar.


def test_the_day_of_as_of_is_not_over_when_days_are_counted() -> None:
    panel = events_of({"a": ["2024-01-01 23:00", "2024-01-05 01:00"]}, gap="calendar")
    waits = waits_since(panel, np.array([0]), panel.times[1:])
    assert gap_cell(panel) == 1
    # four midnights lie between; an event later on that day would have a gap of 4 as well
    assert waits.elapsed.tolist() == [4] and waits.known.tolist() == [3.5]


def test_whole_days_that_are_counted_are_over() -> None:
    panel = events_of({"a": ["2024-01-01", "2024-01-05"]}, gap="calendar")
    assert waits_since(panel, np.array([0]), panel.times[1:]).known.tolist() == [4.5]


def test_counted_weeks_begin_on_monday() -> None:
    # Sunday, Monday, and Saturday of that week
    panel = events_of({"a": ["2024-01-07", "2024-01-08", "2024-01-13"]}, unit="week", gap="calendar")
    assert panel.y[1:].tolist() == [1, 0]
    waits = waits_since(panel, np.array([0, 1]), panel.times[[1, 2]])
    assert waits.elapsed.tolist() == [1, 0]
    assert floor_to_unit(panel, panel.times).astype("datetime64[D]").astype(str).tolist() == [
        "2024-01-01",
        "2024-01-08",
        "2024-01-08",
    ]


def test_days_are_counted_on_the_wall_of_the_zone() -> None:
    # 23:30 and 00:30 in Berlin are one day of UTC
    panel = events_of(
        {"a": ["2024-07-01 23:30", "2024-07-02 00:30", "2024-07-02 01:00"]},
        gap="calendar",
        tz="Europe/Berlin",
    )
    assert panel.y[1:].tolist() == [1, 0]
    assert waits_since(panel, np.array([0, 1]), panel.times[[1, 2]]).elapsed.tolist() == [1, 0]
    assert str(floor_to_unit(panel, panel.times)[1])[:19] == "2024-07-01T22:00:00"


def test_days_of_25_hours_count_once() -> None:
    panel = events_of({"a": ["2024-10-26 12:00", "2024-10-28 12:00"]}, gap="calendar", tz="Europe/Berlin")
    assert waits_since(panel, np.array([0]), panel.times[1:]).elapsed.tolist() == [2]


def test_exact_gaps_are_not_cut_down(customers: Panel) -> None:
    assert floor_to_unit(customers, customers.times) is customers.times


# Cells.


def test_limits_lie_half_a_cell_about_a_gap() -> None:
    lower, upper = cell_limits(np.array([0.0, 0.5, 1.0, 7.0]), 1.0)
    assert lower.tolist() == [-np.inf, -np.inf, 0.5, 6.5]  # nothing lies below 0
    assert upper.tolist() == [0.5, 1.0, 1.5, 7.5]


def test_real_numbers_have_cells_of_no_width() -> None:
    lower, upper = cell_limits(np.array([0.0, 2.5]), 0.0)
    assert lower.tolist() == upper.tolist() == [0.0, 2.5]


def test_values_have_no_open_interval() -> None:
    panel = panel_of([1.0, 2.0])
    with pytest.raises(ValueError, match="kind values has no open interval"):
        open_waits(panel, np.array([1]))
    with pytest.raises(ValueError, match="kind values has no open interval"):
        waits_since(panel, np.array([1]), np.array([3]))
