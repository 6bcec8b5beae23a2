from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.data.clock import (
    advance,
    find_positions,
    find_resolution,
    find_sessions,
    future_times,
    infer_clock,
    moment_text,
    parse_moment,
    to_display,
)
from forecaster.data.panel import Clock
from forecaster.errors import ConfigError


def infer(times: np.ndarray, zone: str | None = None) -> Clock:
    kind = "date" if times.dtype.kind == "M" else "integer" if times.dtype.kind == "i" else "float"
    return infer_clock(times, np.array([0, len(times)]), kind, zone)  # type: ignore[arg-type]


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[ns]")


@pytest.mark.parametrize(
    ("times", "step", "following"),
    [
        (("2020-02-28T22:00", "2020-02-28T23:00"), "h", "2020-02-29T00:00"),
        (("2020-02-28T22:00", "2020-02-28T22:30"), "30min", "2020-02-28T23:00"),
        (("2020-02-27", "2020-02-28"), "D", "2020-02-29T00:00"),
        (("2020-02-22", "2020-02-29"), "W-SAT", "2020-03-07T00:00"),
        (("2020-01-01", "2020-02-01"), "MS", "2020-03-01T00:00"),
        (("2020-01-15", "2020-02-15"), "MS", "2020-03-15T00:00"),
        (("2019-12-31", "2020-01-31"), "ME", "2020-02-29T00:00"),
        (("2019-10-01", "2020-01-01"), "QS-JAN", "2020-04-01T00:00"),
        (("2019-09-30", "2019-12-31"), "QE-DEC", "2020-03-31T00:00"),
        (("2018-01-01", "2019-01-01"), "YS-JAN", "2020-01-01T00:00"),
        (("2018-12-31", "2019-12-31"), "YE-DEC", "2020-12-31T00:00"),
        (("2020-02-27T16:00", "2020-02-28T16:00"), "D", "2020-02-29T16:00"),
    ],
)
def test_dates_continue_at_their_own_step(times: tuple[str, ...], step: str, following: str) -> None:
    stamps = days(*times)
    clock = infer(stamps)
    assert clock.step == step
    assert str(future_times(clock, stamps[-1:], 1)[0, 0])[:16] == following


@pytest.mark.parametrize(
    "freq", ["h", "15min", "D", "2D", "W-SUN", "2W-MON", "MS", "ME", "QS", "QE", "YS", "YE"]
)
def test_steps_are_those_of_pandas(freq: str) -> None:
    index = pd.date_range("2019-11-03", periods=30, freq=freq)
    times = np.asarray(index, dtype="datetime64[ns]")
    clock = infer(times[:10])
    np.testing.assert_array_equal(future_times(clock, times[9:10], 20)[0], times[10:])
    rebuilt = pd.date_range(index[0], periods=30, freq=str(clock.step))
    np.testing.assert_array_equal(np.asarray(rebuilt, dtype="datetime64[ns]"), times)


def test_sessions_skip_the_weekdays_that_were_never_seen() -> None:
    times = np.asarray(pd.bdate_range("2024-01-01", "2024-02-02"), dtype="datetime64[ns]")
    clock = infer(times)
    assert (clock.step, clock.weekmask) == ("B", "1111100")
    assert str(future_times(clock, times[-1:], 1)[0, 0])[:10] == "2024-02-05"
    assert find_sessions(times[:5].astype("datetime64[D]")) is None


def test_days_in_a_zone_continue_at_midnight_there() -> None:
    wall = pd.date_range("2024-03-29", periods=3, tz="Europe/Paris")
    times = np.asarray(wall.tz_convert("UTC").tz_localize(None), dtype="datetime64[ns]")
    clock = infer(times, "Europe/Paris")
    shown = to_display(clock, future_times(clock, times[-1:], 2).ravel())
    assert clock.step == "D"
    assert [str(day) for day in shown] == ["2024-04-01 00:00:00+02:00", "2024-04-02 00:00:00+02:00"]


def test_hours_in_a_zone_are_those_of_utc() -> None:
    times = days("2024-03-30T23:00", "2024-03-31T00:00")
    clock = infer(times, "Europe/Paris")
    shown = to_display(clock, future_times(clock, times[-1:], 2).ravel())
    assert [str(hour) for hour in shown] == ["2024-03-31 03:00:00+02:00", "2024-03-31 04:00:00+02:00"]


def test_numbers_continue_as_numbers() -> None:
    integers, floats = infer(np.array([1700, 1701])), infer(np.array([0.0, 0.1, 0.2]))
    future = future_times(integers, np.array([1701, 5]), 2)
    assert future.tolist() == [[1702, 1703], [6, 7]] and future.dtype == np.int64
    np.testing.assert_allclose(future_times(floats, np.array([0.2]), 2), [[0.3, 0.4]])
    assert infer(np.array([4])).step == 1


def test_step_between_two_series_is_none() -> None:
    clock = infer_clock(np.array([0, 2, 1000, 1002]), np.array([0, 2, 4]), "integer")
    assert clock.step == 2


def test_clock_without_step_cannot_go_on() -> None:
    with pytest.raises(ValueError, match="no step"):
        advance(Clock("date"), days("2020-01-01"), np.array([1]))


def test_positions_count_steps_or_say_that_there_are_none() -> None:
    months = days("2020-01-31", "2020-02-29", "2020-05-31")
    assert find_positions(infer(months), months, np.array([0, 3])).tolist() == [0, 1, 4]  # type: ignore[union-attr]
    odd = days("2020-01-01T00:00", "2020-01-01T01:00", "2020-01-01T02:00", "2020-01-01T02:59")
    assert find_positions(infer(odd), odd, np.array([0, 4])) is None


def test_resolution_is_the_largest_that_divides() -> None:
    assert find_resolution(days("2020-01-01", "1969-01-02")) == 86_400 * 10**9
    assert find_resolution(days("2020-01-01T00:30", "2020-01-02")) == 60 * 10**9
    assert find_resolution(days("2020-01-01T00:30:00.25")) == 10**6


@pytest.mark.parametrize(
    ("text", "clock", "moment"),
    [
        ("2019-01-02", Clock("date"), np.datetime64("2019-01-02", "ns")),
        ("2019", Clock("date"), np.datetime64("2019-01-01", "ns")),
        ("2019-01-02 09:30", Clock("date", zone="Europe/Paris"), np.datetime64("2019-01-02T08:30", "ns")),
        (
            "2019-01-02T09:30+00:00",
            Clock("date", zone="Europe/Paris"),
            np.datetime64("2019-01-02T09:30", "ns"),
        ),
        (pd.Timestamp("2019-01-02"), Clock("date"), np.datetime64("2019-01-02", "ns")),
        ("12", Clock("integer"), 12),
        (1.5, Clock("float"), 1.5),
    ],
)
def test_moments_are_those_of_the_clock(text: object, clock: Clock, moment: object) -> None:
    assert parse_moment(text, clock) == moment


@pytest.mark.parametrize(
    ("text", "clock", "message"),
    [
        (
            "tomorrow",
            Clock("date"),
            "--as-of tomorrow is not a date. Write it as 2021-12-04 or 2021-12-04T09:30.",
        ),
        ("2019-13-01", Clock("date"), "--as-of 2019-13-01 is not a date."),
        ("2019-01-02T00:00Z", Clock("date"), "--as-of 2019-01-02T00:00Z has a zone, the data have none."),
        ("2019-01-02", Clock("integer"), "--as-of 2019-01-02: times of this data are numbers. Write a whole"),
    ],
)
def test_other_moments_are_refused(text: str, clock: Clock, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_moment(text, clock)
    assert str(caught.value).startswith(message)


@given(st.integers(0, 20_000), st.sampled_from(["D", "W-MON", "MS", "ME", "h", "QE-DEC"]), st.integers(1, 40))
def test_future_times_rise_and_come_after_the_last(day: int, step: str, n_steps: int) -> None:
    last = np.array([np.datetime64(day, "D")]).astype("datetime64[ns]")
    times = future_times(Clock("date", step, zone="America/New_York"), last, n_steps)[0]
    assert (np.diff(np.concatenate([last, times])).astype(np.int64) > 0).all()


def test_text_of_a_moment_has_a_time_where_the_stamps_have_one() -> None:
    midnight = np.datetime64("2024-01-01T00", "ns")
    hours = midnight + np.arange(3) * np.timedelta64(1, "h")
    assert moment_text(infer(hours), midnight) == "2024-01-01 00:00:00"
    assert moment_text(infer(days("2024-01-01", "2024-01-02")), midnight) == "2024-01-01"
    assert moment_text(Clock("integer"), np.int64(7)) == 7
    assert moment_text(Clock("float"), np.float64(0.5)) == 0.5
