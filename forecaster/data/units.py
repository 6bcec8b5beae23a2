"""Units of time and durations such as ``12h``, both in nanoseconds."""

from __future__ import annotations

import math
import re

import numpy as np

from forecaster.data.parts import positive_median
from forecaster.errors import ConfigError

UNIT_LENGTHS: dict[str, int] = {
    "second": 1_000_000_000,
    "minute": 60_000_000_000,
    "hour": 3_600_000_000_000,
    "day": 86_400_000_000_000,
    "week": 604_800_000_000_000,
}

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "second": ("second", "seconds", "sec", "secs", "s"),
    "minute": ("minute", "minutes", "min", "mins", "m"),
    "hour": ("hour", "hours", "hr", "hrs", "h"),
    "day": ("day", "days", "d"),
    "week": ("week", "weeks", "wk", "w"),
}
_UNIT_OF = {word: unit for unit, words in _SPELLINGS.items() for word in words}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")


def find_unit(text: str) -> str | None:
    """Unit of time that a word names, in any usual spelling.

    Args:
        text: For example ``days``, ``min`` or ``H``.

    Returns:
        A key of ``UNIT_LENGTHS``, or None for any other word.

    Example:
        >>> find_unit("mins")
        'minute'
    """
    return _UNIT_OF.get(text.strip().lower())


def in_words(unit: str) -> str:
    """A unit as it stands behind a number: ``day`` is ``days``, any other word stays.

    Args:
        unit: Unit of a panel.

    Returns:
        The plural of a unit of time.

    Example:
        >>> in_words("day"), in_words("minutes")
        ('days', 'minutes')
    """
    return f"{unit}s" if unit in UNIT_LENGTHS else unit


def resolution_words(kind: str, resolution: float | None) -> str:
    """What stamps are to their resolution, in words.

    Args:
        kind: ``date``, ``integer`` or ``float``.
        resolution: Smallest spacing: ns for dates; None for real numbers.

    Returns:
        The largest unit of which all stamps are whole ones.

    Example:
        >>> resolution_words("date", 6e10), resolution_words("float", None)
        ('whole minutes', 'real numbers')
    """
    if resolution is None:
        return "real numbers"
    if kind != "date":
        return "whole numbers"
    lengths = UNIT_LENGTHS | {"millisecond": 1_000_000, "microsecond": 1000, "nanosecond": 1}
    fitting = {length: unit for unit, length in lengths.items() if unit != "week" and resolution >= length}
    return f"whole {fitting[max(fitting)]}s"


def propose_unit(steps: np.ndarray, resolution: float | None) -> tuple[str, str]:
    """Unit for gaps between dates: the largest that the usual gap fills.

    Args:
        steps: (n,) int64 gaps in ns, of which those above zero count.
        resolution: Of the stamps, in ns.

    Returns:
        A key of ``UNIT_LENGTHS``, and the reason in words.
    """
    usual = positive_median(steps)
    if math.isnan(usual):
        unit = "day" if (resolution or 0) >= UNIT_LENGTHS["day"] else "hour"
        return unit, "there is no gap to choose it by"
    fitting = [name for name, length in UNIT_LENGTHS.items() if name != "week" and length <= usual]
    unit = fitting[-1] if fitting else "second"
    return unit, f"the median gap above zero is {usual / UNIT_LENGTHS[unit]:.3g} {unit}s"


def parse_duration(text: str) -> int:
    """Length of a duration in nanoseconds.

    Args:
        text: A number and a unit: ``7d``, ``12h``, ``30min``, ``2w``, ``1.5 hours``.

    Returns:
        Nanoseconds, at least 1.

    Raises:
        ConfigError: ``text`` is not a positive number with a known unit.

    Example:
        >>> parse_duration("12h") // UNIT_LENGTHS["hour"]
        12
    """
    match = _DURATION.fullmatch(text)
    if match and match[2] in ("m", "M"):
        raise ConfigError(f"'{text}' may be minutes or months. Write {match[1]}min, or a number of days.")
    unit = find_unit(match[2]) if match else None
    if match is None or unit is None:
        raise ConfigError(
            f"'{text}' is not a duration. Write a number and one of {', '.join(UNIT_LENGTHS)}, "
            "such as 7d, 12h or 30min."
        )
    whole, _, part = match[1].partition(".")
    length = int(whole) * UNIT_LENGTHS[unit]
    if part:
        length += int(part) * UNIT_LENGTHS[unit] // 10 ** len(part)
    if length <= 0:
        raise ConfigError(f"'{text}' is no time at all. Write a duration above 0, such as 7d.")
    return length


# Durations that people ask about.
USUAL = ("1s", "10s", "1min", "10min", "1h", "6h", "1d", "3d", "7d", "14d", "30d", "90d", "180d", "365d")
USUAL_LONG = ("730d", "1825d", "3650d")


def usual_durations(gaps: np.ndarray, unit_length: float | None) -> tuple[str, ...]:
    """Durations near the quartiles of some gaps.

    Args:
        gaps: (n,) finite gaps, in units.
        unit_length: Length of a unit in ns; None where times are plain numbers.

    Returns:
        Three at most, rising: usual ones such as ``7d``, or numbers with one digit; none without gaps
        above 0.

    Example:
        >>> usual_durations(np.array([5.0, 20.0, 100.0]), UNIT_LENGTHS["day"])
        ('14d', '90d')
        >>> usual_durations(np.array([0.3, 0.4, 2.2]), None)
        ('0.3', '0.4', '1')
    """
    gaps = gaps[gaps > 0]
    if len(gaps) == 0:
        return ()
    quartiles = np.quantile(gaps, [0.25, 0.5, 0.75])
    if unit_length is None:
        rounded = [float(f"{quartile:.0e}") for quartile in quartiles]
        return tuple(dict.fromkeys(f"{number:g}" for number in rounded))
    names = np.array(USUAL + USUAL_LONG)
    lengths = np.log([parse_duration(name) for name in names])
    nearest = np.abs(np.log(quartiles * unit_length)[:, None] - lengths).argmin(axis=1)
    return tuple(str(name) for name in names[np.unique(nearest)])
