"""How rows are spaced, how to continue them, and moments that the user writes."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from forecaster.data.calendar import (
    DAY,
    STEP_LENGTHS,
    WEEKDAYS,
    add_months,
    from_wall,
    is_month_end,
    month_step_name,
    split_step,
    step_name,
    to_wall,
    weekdays,
)
from forecaster.data.panel import Clock, TimeKind
from forecaster.data.parts import are_multiples, count_multiples
from forecaster.data.sessions import advance_sessions
from forecaster.errors import ConfigError

_SAMPLE = 200_000
# Rows looked at before all are.
_FIRST = 1000
_MOMENT = re.compile(
    r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}(:\d{2}(:\d{2}(\.\d+)?)?)?\s?([Zz]|[+-]\d{2}(:?\d{2})?)?)?)?)?"
)


def infer_clock(times: np.ndarray, offsets: np.ndarray, kind: TimeKind, zone: str | None = None) -> Clock:
    """Clock of rows in time order: their most common step, and the weekdays of sessions.

    Args:
        times: (n_rows,) datetime64[ns], int64 or float64, rising within a series.
        offsets: (n_series + 1,) where series begin.
        kind: What ``times`` holds.
        zone: Zone that dates are shown in.

    Returns:
        A clock with a step; of one row per series the step is a day or 1.
    """
    if kind != "date":
        step = _most_common(_within(times, offsets)) or 1
        exact = float(np.round(step, 9)) if kind == "float" else int(step)
        return Clock(kind, exact, None, None if kind == "float" else 1.0, zone)
    resolution = float(find_resolution(times))
    if len(times) and _same_time_of_day(to_wall(times[:_FIRST], zone)):
        wall = to_wall(times, zone)
        if _same_time_of_day(wall):
            name, weekmask = _day_step(wall.astype("datetime64[D]"), offsets)
            if wall[0] == wall[0].astype("datetime64[D]"):
                resolution = max(resolution, float(DAY))
            return Clock("date", name, weekmask, resolution, zone)
    common = _most_common(_within(times.view(np.int64), offsets))
    return Clock("date", step_name(int(common or DAY)), None, resolution, zone)


def find_resolution(times: np.ndarray) -> int:
    """Largest of day, hour, minute, second, ms, us that divides every stamp.

    Args:
        times: (n_rows,) datetime64[ns].

    Returns:
        Its length in ns.
    """
    numbers = times.view(np.int64)
    for length in STEP_LENGTHS.values():
        if are_multiples(numbers, length):
            return length
    return 1


def find_sessions(days: np.ndarray) -> str | None:
    """The weekdays that have rows, where some never have any.

    Args:
        days: (n_rows,) datetime64[D].

    Returns:
        Seven characters from Monday, 1 for a weekday with rows; None when all have some, or when
        fewer than two weeks were seen.
    """
    if len(days) == 0 or (days.max() - days.min()).astype(np.int64) < 14:
        return None
    seen = np.bincount(weekdays(days), minlength=7) > 0
    return None if seen.all() or seen.sum() < 2 else "".join("01"[int(flag)] for flag in seen)


def advance(clock: Clock, base: np.ndarray, n_steps: np.ndarray) -> np.ndarray:
    """Times some steps on.

    Args:
        clock: A clock with a step.
        base: (n,) times to start from.
        n_steps: (n,) int64 how many steps to go.

    Returns:
        (n,) as ``base``.

    Raises:
        ConfigError: The calendar of its exchange is not to be had.
        ValueError: The clock has no step.
    """
    if clock.step is None:
        raise ValueError("the clock has no step")
    if clock.kind == "integer":
        return np.asarray(base + n_steps * int(clock.step), dtype=np.int64)
    if clock.kind == "float":
        return np.asarray(base + n_steps * float(clock.step), dtype=np.float64)
    base = np.asarray(base, dtype="datetime64[ns]")
    count, unit = split_step(str(clock.step))
    if unit == "ns" and not clock.slots:
        return np.asarray(base + (n_steps * count).astype("timedelta64[ns]"))
    wall = to_wall(base, clock.zone)
    if unit == "B" or clock.slots:
        wall = advance_sessions(clock, wall, n_steps if clock.slots else n_steps * count)
    elif unit.startswith("month"):
        wall = add_months(wall, n_steps * count, unit == "month end")
    else:
        wall = wall + (n_steps * count * DAY).astype("timedelta64[ns]")
    return from_wall(wall, clock.zone)


def future_times(clock: Clock, last: np.ndarray, n_steps: int) -> np.ndarray:
    """Times of the steps after the last row of every series.

    Args:
        clock: A clock with a step.
        last: (n_series,) times of the last rows.
        n_steps: How many to make, at least 1.

    Returns:
        (n_series, n_steps) as ``last``.

    Raises:
        ValueError: The clock has no step.
    """
    steps = np.tile(np.arange(1, n_steps + 1), len(last))
    return advance(clock, np.repeat(last, n_steps), steps).reshape(len(last), n_steps)


def find_positions(clock: Clock, times: np.ndarray, offsets: np.ndarray) -> np.ndarray | None:
    """Steps from the first row of a series to each of its rows.

    Args:
        clock: A clock with a step.
        times: (n_rows,) in order.
        offsets: (n_series + 1,).

    Returns:
        (n_rows,) int64; None when a row is not a whole number of steps away, or for sessions.
    """
    if clock.weekmask is not None or clock.step is None:
        return None
    if clock.kind == "date":
        count, unit = split_step(str(clock.step))
        if unit.startswith("month"):
            times = to_wall(times, clock.zone).astype("datetime64[M]")
        elif unit == "D":
            times = to_wall(times, clock.zone).astype("datetime64[D]")
        return count_multiples(times.view(np.int64), offsets, count)
    firsts = np.repeat(times[offsets[:-1]], np.diff(offsets))
    steps = np.rint(away := (times - firsts) / clock.step)
    held = steps[offsets[1:] - 1].max(initial=0) < 2**53
    return steps.astype(np.int64) if held and np.allclose(away, steps, rtol=0, atol=1e-6) else None


def to_display(clock: Clock, times: np.ndarray) -> pd.DatetimeIndex | np.ndarray:
    """Times as tables show them.

    Args:
        clock: Of the panel.
        times: (n,) as ``clock.kind`` says; NaT stays NaT.

    Returns:
        (n,) dates in the clock's zone, without one when it has none; integers and floats as they are.
    """
    if clock.kind != "date":
        return np.asarray(times)
    index = pd.DatetimeIndex(np.asarray(times, dtype="datetime64[ns]"))
    return index if clock.zone is None else index.tz_localize("UTC").tz_convert(clock.zone)


def moment_text(clock: Clock, time: object) -> str | int | float:
    """One time as lines of text and reports show it.

    Args:
        clock: Of the panel.
        time: As ``clock.kind`` says.

    Returns:
        A date as text, without a time of day where the stamps are whole days; a number as it is.
    """
    shown = to_display(clock, np.array([time]))[0]
    if clock.kind != "date":
        return int(shown) if clock.kind == "integer" else float(shown)
    return str(shown).removesuffix(" 00:00:00" if (clock.resolution or 0) >= DAY else "")


def parse_moment(moment: object, clock: Clock, option: str = "--as-of") -> np.generic:
    """A moment that the user wrote, comparable to the times of a panel.

    Args:
        moment: ``2019-01-01``, ``2019-01-01 09:30``, with an offset or without, a datetime, or a number.
        clock: Of the panel; dates without an offset are in its zone.
        option: Spelling of the option, for messages.

    Returns:
        datetime64[ns] (UTC when the clock has a zone), int64 or float64.

    Raises:
        ConfigError: It is none, or not of the clock's kind.
    """
    text = str(moment).strip()
    if clock.kind != "date":
        try:
            return np.int64(int(text)) if clock.kind == "integer" else np.float64(float(text))
        except ValueError:
            what = "a whole number" if clock.kind == "integer" else "a number"
            raise ConfigError(f"{option} {text}: times of this data are numbers. Write {what}.") from None
    try:
        stamp = pd.Timestamp(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        stamp = None
    if stamp is None:
        raise ConfigError(f"{option} {text} is not a date. Write it as 2021-12-04 or 2021-12-04T09:30.")
    zone = clock.zone
    if stamp.tzinfo is not None:
        if zone is None:
            raise ConfigError(f"{option} {text} has a zone, the data have none. Leave the offset out.")
        stamp, zone = stamp.tz_convert("UTC").tz_localize(None), None
    return _first(from_wall(np.array([stamp.to_datetime64()], dtype="datetime64[ns]"), zone))


def _first(values: np.ndarray) -> np.generic:
    """The first of some values."""
    value: np.generic = values[0]
    return value


def _same_time_of_day(wall: np.ndarray) -> bool:
    """Whether wall times, at least one, are at one time of their days."""
    rest = wall - wall.astype("datetime64[D]")
    return bool((rest == rest[0]).all())


def _within(times: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Differences between neighbours of one series only, a sample of many."""
    begins = offsets[:-1][np.diff(offsets) > 0]  # of series with rows
    n_steps = len(times) - len(begins)
    rows = np.arange(0, n_steps, max(1, n_steps // _SAMPLE))
    rows += np.searchsorted(begins - np.arange(len(begins)), rows, side="right") - 1
    return np.asarray(times[rows + 1] - times[rows])


def _most_common(steps: np.ndarray) -> float | int | None:
    """The most common positive step; the smallest of several."""
    steps = steps[steps > 0]
    if len(steps) == 0:
        return None
    if np.issubdtype(steps.dtype, np.floating):
        steps = np.round(steps, 9)
    values, counts = np.unique(steps, return_counts=True)
    common: float | int = values[np.argmax(counts)]
    return common


def _day_step(days: np.ndarray, offsets: np.ndarray) -> tuple[str, str | None]:
    """Step of rows that all have the same time of day, with the weekmask of sessions."""
    numbers = days.astype(np.int64)
    common = _most_common(_within(numbers, offsets))
    if common is None:
        return "D", None
    months = days.astype("datetime64[M]")
    if common >= 28:
        place = (days - months).astype(np.int64)
        ends = bool(is_month_end(days).all())
        if ends or (place[0] < 28 and (place == place[0]).all()):
            count = int(_most_common(_within(months.astype(np.int64), offsets)) or 1)
            return month_step_name(count, ends, int(months[-1].astype(np.int64) % 12)), None
    if common % 7 == 0:
        day = weekdays(days)
        if (day == day[0]).all():
            weeks = int(common) // 7
            return f"{weeks if weeks > 1 else ''}W-{WEEKDAYS[day[0]]}", None
    mask = find_sessions(days) if common == 1 else None
    return ("B", mask) if mask is not None else (step_name(int(common) * DAY), None)
