from __future__ import annotations

import pytest

from forecaster.data.units import find_unit, parse_duration
from forecaster.errors import ConfigError

HOUR = 3_600_000_000_000


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("7d", 7 * 24 * HOUR),
        ("12h", 12 * HOUR),
        ("30min", HOUR // 2),
        ("2w", 14 * 24 * HOUR),
        ("1.5 hours", 3 * HOUR // 2),
        ("90 Seconds", 90 * 10**9),
    ],
)
def test_duration_is_read_in_ns(text: str, length: int) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1 month", "1d 2h", "nan d"])
def test_what_is_no_duration_is_refused_with_the_units(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is not a duration\. Write a number and one of second, minute"):
        parse_duration(text)


def test_duration_of_zero_is_refused() -> None:
    with pytest.raises(ConfigError, match="'0d' is no time at all"):
        parse_duration("0d")


@pytest.mark.parametrize("text", ["1m", "3 M"])
def test_minutes_are_not_taken_for_months(text: str) -> None:
    with pytest.raises(ConfigError, match="may be minutes or months"):
        parse_duration(text)


def test_units_are_known_in_any_spelling() -> None:
    assert [find_unit(text) for text in ("Days", "min", " H ", "wk", "sec")] == [
        "day",
        "minute",
        "hour",
        "week",
        "second",
    ]
    assert find_unit("MW") is None
