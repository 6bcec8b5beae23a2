"""Round numbers and dates along an axis, as few as there is room for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

MINUTE, HOUR, DAY = 60, 3_600, 86_400

# Steps of dates that read well: seconds, then months.
SECONDS = [1, 2, 5, 10, 15, 30]
SECONDS += [MINUTE * count for count in (1, 2, 5, 10, 15, 30)] + [HOUR * count for count in (1, 2, 3, 6, 12)]
SECONDS += [DAY * count for count in (1, 2, 7, 14)]
MONTHS = [1, 2, 3, 6] + [12 * count for count in (1, 2, 5, 10, 20, 50, 100, 200, 500)]
MONTH = 30.4 * DAY


@dataclass(frozen=True)
class Axis:
    """What an axis spans, and where it is labelled.

    Attributes:
        low: Number at its begin.
        high: Number at its end, above ``low``.
        ticks: Numbers that are labelled, with their labels.
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


def number_axis(
    low: float, high: float, most: int = 6, *, is_whole: bool = False, plain: bool = False
) -> Axis:
    """An axis of numbers.

    Args:
        low: Least number shown.
        high: Largest number shown.
        most: Labels there is room for.
        is_whole: Whether only whole numbers are labelled.
        plain: Whether thousands go without a comma, as years do.

    Returns:
        The axis; it is a little longer where all numbers are the same.

    Example:
        >>> number_axis(0, 10, 3).ticks
        ((0.0, '0'), (5.0, '5'), (10.0, '10'))
    """
    if not high > low:
        half = abs(low) / 10 or 1.0
        low, high = low - half, high + half
    step = _round_step(low, high, most, is_whole)
    first, last = _ends(low, high, step)
    digits = next((n for n in range(9) if math.isclose(round(step, n), step, rel_tol=1e-9)), 9)
    return Axis(
        low, high, tuple(_labelled(number * step, digits, plain) for number in range(first, last + 1))
    )


def _labelled(value: float, digits: int, plain: bool) -> tuple[float, str]:
    """A number and its label."""
    value = 0.0 if abs(value) < 1e-300 else value
    if abs(value) >= 1e7 or digits > 6:
        return value, f"{value:.4g}"
    return value, f"{value:.{digits}f}" if plain else f"{value:,.{digits}f}"


def _round_step(low: float, high: float, most: int, is_whole: bool) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten with at most ``most`` multiples in the span."""
    power = 10.0 ** math.floor(math.log10((high - low) / max(most, 1)))
    for factor in (power, 10 * power, 100 * power, 1000 * power):
        for count in (1, 2, 2.5, 5):
            step = factor * count
            first, last = _ends(low, high, step)
            if last - first < most and (not is_whole or (step >= 1 and step % 1 == 0)):
                return step
    return max(1.0, high - low) if is_whole else high - low


def _ends(low: float, high: float, step: float) -> tuple[int, int]:
    """First and last multiple of a step in the span, in steps."""
    return math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)


def date_axis(low: float, high: float, most: int = 6) -> Axis:
    """An axis of dates.

    Args:
        low: First moment, in seconds since 1970 on the clock that is shown.
        high: Last moment.
        most: Labels there is room for.

    Returns:
        The axis, labelled at the begin of days, months or years, or at round times of day.

    Example:
        >>> [label for _, label in date_axis(0, 86400 * 730, 3).ticks]
        ['1970', '1971', '1972']
    """
    if not high > low:
        low, high = low - DAY, high + DAY
    seconds = next((step for step in SECONDS if (high - low) / step <= most), None)
    if seconds is not None:
        origin = (
            4 * DAY if seconds % (7 * DAY) == 0 else 0
        )  # the first Monday of 1970 is the fifth of January
        numbers = np.arange(math.ceil((low - origin) / seconds), math.floor((high - origin) / seconds) + 1)
        moments = [float(number * seconds + origin) for number in numbers]
        text = slice(0, 10) if seconds >= DAY else slice(5, 16) if seconds >= MINUTE else slice(11, 19)
        return Axis(low, high, tuple((moment, _iso(moment)[text].replace("T", " ")) for moment in moments))
    months = next((step for step in MONTHS if (high - low) / (step * MONTH) <= most), MONTHS[-1])
    begin = int(np.datetime64(int(low), "s").astype("datetime64[M]").astype(np.int64))
    end = int(np.datetime64(int(high), "s").astype("datetime64[M]").astype(np.int64))
    shown = slice(0, 4) if months % 12 == 0 else slice(0, 7)
    found = []
    for month in range(begin, end + 1):
        moment = float(np.datetime64(month, "M").astype("datetime64[s]").astype(np.int64))
        if (month + 1970 * 12) % months == 0 and low <= moment <= high:
            found.append((moment, _iso(moment)[shown]))
    return Axis(low, high, tuple(found))


def _iso(moment: float) -> str:
    """A moment in seconds since 1970 as text, to the second."""
    return str(np.datetime64(round(moment), "s"))
