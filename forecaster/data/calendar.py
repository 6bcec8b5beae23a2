"""Steps of a calendar: days, weeks, sessions, months; in the wall time of a zone."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

DAY = 86_400_000_000_000
STEP_LENGTHS = {
    "D": DAY,
    "h": DAY // 24,
    "min": DAY // 1440,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1000,
    "ns": 1,
}
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_FREQUENCY = re.compile(r"(\d*)([A-Za-z]+)(-[A-Z]{3})?")
_IN_MONTHS = {"MS": 1, "ME": 1, "QS": 3, "QE": 3, "YS": 12, "YE": 12}


def split_step(step: str) -> tuple[int, str]:
    """A pandas frequency as a count and ``ns``, ``D``, ``B``, ``month`` or ``month end``.

    Args:
        step: For example ``30min``, ``2W-SUN``, ``QS-OCT`` or ``B``.

    Returns:
        The count, in the unit that follows it.

    Raises:
        ValueError: ``step`` is no frequency of a panel.

    Example:
        >>> split_step("2W-SUN"), split_step("QE-DEC"), split_step("3us")
        ((14, 'D'), (3, 'month end'), (3000, 'ns'))
    """
    match = _FREQUENCY.fullmatch(step)
    count, name = (int(match[1] or 1), match[2]) if match else (0, "")
    if name in _IN_MONTHS:
        return count * _IN_MONTHS[name], "month end" if name.endswith("E") else "month"
    if name in ("D", "W"):
        return count * (7 if name == "W" else 1), "D"
    if name == "B":
        return count, "B"
    if name in STEP_LENGTHS:
        return count * STEP_LENGTHS[name], "ns"
    raise ValueError(f"not a step: {step}")


def step_name(length: int) -> str:
    """Frequency of a fixed length, in the largest unit that divides it.

    Args:
        length: ns, above 0.

    Returns:
        For example ``30min``.

    Raises:
        ValueError: ``length`` is not a whole number.
    """
    for name, unit in STEP_LENGTHS.items():
        if length % unit == 0:
            count = length // unit
            return name if count == 1 else f"{count}{name}"
    raise ValueError(f"not a length: {length}")


def month_step_name(months: int, ends: bool, month: int) -> str:
    """Frequency of whole months.

    Args:
        months: How many, above 0.
        ends: Whether rows stand at ends of months.
        month: Month of any row, 0 .. 11.

    Returns:
        For example ``MS``, ``QE-DEC`` or ``2YS-JAN``.
    """
    letter = "E" if ends else "S"
    if months % 12 == 0:
        count, name = months // 12, f"Y{letter}-{MONTHS[month]}"
    elif months % 3 == 0:
        anchor = month % 3 + 9 if ends else month % 3
        count, name = months // 3, f"Q{letter}-{MONTHS[anchor]}"
    else:
        count, name = months, f"M{letter}"
    return name if count == 1 else f"{count}{name}"


def to_wall(times: np.ndarray, zone: str | None) -> np.ndarray:
    """Wall time of moments in UTC.

    Args:
        times: (n,) datetime64[ns].
        zone: Zone of the wall; None leaves times as they are.

    Returns:
        (n,) datetime64[ns] as clocks there show.
    """
    if zone is None or zone == "UTC":
        return times
    local = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return np.asarray(local, dtype="datetime64[ns]")


def from_wall(wall: np.ndarray, zone: str | None) -> np.ndarray:
    """Moments in UTC of wall times; hours that the clocks skip move forward.

    Args:
        wall: (n,) datetime64[ns].
        zone: Zone of the wall; None leaves times as they are.

    Returns:
        (n,) datetime64[ns]; of an hour that occurs twice, the first.
    """
    if zone is None or zone == "UTC":
        return wall
    index = pd.DatetimeIndex(wall)
    placed = index.tz_localize(zone, ambiguous=np.ones(len(index), dtype=bool), nonexistent="shift_forward")
    return np.asarray(placed.tz_convert("UTC").tz_localize(None), dtype="datetime64[ns]")


def add_months(wall: np.ndarray, months: np.ndarray, ends: bool) -> np.ndarray:
    """Wall times some months on, on the same day or the last that the month has.

    Args:
        wall: (n,) datetime64[ns].
        months: (n,) int64.
        ends: Whether to take the last day of the month whatever the day is.

    Returns:
        (n,) datetime64[ns], at the same time of day.
    """
    month = wall.astype("datetime64[M]")
    day = wall.astype("datetime64[D]")
    rest = wall - day
    place = (day - month).astype(np.int64)  # days after the first
    begin = month + months
    last = ((begin + 1).astype("datetime64[D]") - begin.astype("datetime64[D]")).astype(np.int64) - 1
    place = last if ends else np.minimum(place, last)
    return np.asarray((begin.astype("datetime64[D]") + place).astype("datetime64[ns]") + rest)


def is_month_end(days: np.ndarray) -> np.ndarray:
    """Whether days are the last of their months.

    Args:
        days: (n,) datetime64[D].

    Returns:
        (n,) bool.
    """
    return np.asarray((days + 1).astype("datetime64[M]") != days.astype("datetime64[M]"))


def weekdays(days: np.ndarray) -> np.ndarray:
    """Day of the week, 0 Monday .. 6 Sunday.

    Args:
        days: (n,) datetime64[D].

    Returns:
        (n,) int64.
    """
    return (days.astype(np.int64) + 3) % 7
