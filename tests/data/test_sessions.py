from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

from forecaster.data.panel import Clock
from forecaster.data.sessions import Sessions, advance_sessions, load_sessions
from forecaster.errors import ConfigError

HOUR = 3_600_000_000_000


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def on(clock: Clock, base: str, *steps: int) -> list[str]:
    wall = np.repeat(np.array([base], dtype="datetime64[ns]"), len(steps))
    return [str(time)[:16] for time in advance_sessions(clock, wall, np.array(steps))]


# Monday 1 January is a holiday, Thursday 4 too; the calendar is known until Friday 5.
KNOWN = Sessions("TEST", days("2024-01-02", "2024-01-03", "2024-01-05"), "1111100")


def test_sessions_leave_out_holidays_and_go_on_by_weekdays() -> None:
    base = days("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-02", "2024-01-09")
    later = KNOWN.later(base, np.array([1, 1, 1, 1, 4, 1]))
    expected = days("2024-01-03", "2024-01-05", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10")
    np.testing.assert_array_equal(later, expected)


def test_sessions_before_the_calendar_go_by_weekdays() -> None:
    assert KNOWN.later(days("2023-12-29"), np.array([1])) == days("2024-01-01")
    assert KNOWN.later(days("2024-01-02"), np.array([-1])) == days("2024-01-01")
    assert KNOWN.has(days("2023-12-29", "2023-12-30", "2024-01-04", "2024-01-05")).tolist() == [
        *(True, False, False, True)
    ]


def test_an_exchange_closes_on_its_holidays() -> None:
    pytest.importorskip("exchange_calendars")
    clock = Clock("date", "B", "1111100", calendar="XNYS")
    # Good Friday is 29 March 2024; 27 November 2025 is Thanksgiving
    assert on(clock, "2024-03-28T16:00", 1) == ["2024-04-01T16:00"]
    assert on(clock, "2025-11-26T16:00", 1, 2) == ["2025-11-28T16:00", "2025-12-01T16:00"]
    # a Saturday counts as the Friday before it
    assert on(clock, "2024-03-23T00:00", 0, 1) == ["2024-03-22T00:00", "2024-03-25T00:00"]


def test_sessions_of_long_ago_are_known() -> None:
    pytest.importorskip("exchange_calendars")
    known = load_sessions("XNYS").has(days("1986-07-03", "1986-07-04", "1985-09-27"))
    assert known.tolist() == [True, False, False]  # Independence Day, and a hurricane


def test_slots_go_on_in_the_next_session() -> None:
    clock = Clock("date", "h", "1111100", slots=(10 * HOUR, 11 * HOUR, 12 * HOUR))
    friday = "2024-01-05T11:00"
    assert on(clock, friday, 1, 2, 5) == ["2024-01-05T12:00", "2024-01-08T10:00", "2024-01-09T10:00"]
    assert on(clock, "2024-01-05T11:20", 0, 1) == ["2024-01-05T11:00", "2024-01-05T12:00"]
    assert on(clock, "2024-01-05T03:00", 1) == ["2024-01-05T10:00"]
    assert on(clock, "2024-01-05T22:00", 1) == ["2024-01-08T10:00"]
    assert on(clock, "2024-01-07T11:00", 1, -1) == ["2024-01-08T10:00", "2024-01-05T11:00"]


def test_slots_know_the_holidays_of_an_exchange() -> None:
    pytest.importorskip("exchange_calendars")
    clock = Clock("date", "h", "1111100", calendar="XNYS", slots=(10 * HOUR, 15 * HOUR))
    assert on(clock, "2024-03-28T15:00", 1) == ["2024-04-01T10:00"]
    assert on(clock, "2024-03-29T15:00", 1) == ["2024-04-01T10:00"]


def test_an_unknown_exchange_names_those_like_it() -> None:
    pytest.importorskip("exchange_calendars")
    with pytest.raises(
        ConfigError, match=r"--calendar NYSX: there is no such calendar; names like it are .*XNYS"
    ):
        load_sessions("NYSX")


def test_calendars_that_are_not_installed_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **keywords: Any) -> Any:
        if name.startswith("exchange_calendars"):
            raise ImportError(name)
        return real(name, *args, **keywords)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ConfigError, match=r"not installed\. Install forecaster\[markets\]"):
        load_sessions("XLON")
