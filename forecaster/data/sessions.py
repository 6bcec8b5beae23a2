"""Sessions of a market: on weekdays, or on the days that an exchange's calendar has; whole or in slots."""

from __future__ import annotations

import difflib
import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from forecaster.data.panel import Clock
from forecaster.errors import ConfigError

# Years for which the sessions of a calendar are asked for: fixed, so that no answer depends on the day on
# which it is given.
_FIRST_YEAR, _LAST_YEAR = 1950, 2060


@dataclass(frozen=True)
class Sessions:
    """Days on which an exchange is open, as far as its calendar is known.

    Attributes:
        name: Of the calendar.
        days: (n_sessions,) datetime64[D], rising.
        weekmask: Weekdays of usual sessions, seven characters from Monday.
    """

    name: str
    days: np.ndarray
    weekmask: str

    def find(self, days: np.ndarray) -> np.ndarray:
        """Place of the last session up to each day.

        Args:
            days: (n,) datetime64[D].

        Returns:
            (n,) int64 index into ``self.days``; -1 before the first.
        """
        return np.searchsorted(self.days, days, side="right") - 1

    def knows(self, days: np.ndarray) -> np.ndarray:
        """Whether days are within the calendar, (n,) bool."""
        return np.asarray((days >= self.days[0]) & (days <= self.days[-1]))

    def has(self, days: np.ndarray) -> np.ndarray:
        """Whether there is a session on each day; outside of the calendar, by its weekdays.

        Args:
            days: (n,) datetime64[D].

        Returns:
            (n,) bool.
        """
        is_listed = self.days[np.maximum(self.find(days), 0)] == days
        return np.where(self.knows(days), is_listed, np.is_busday(days, weekmask=self.weekmask))

    def later(self, days: np.ndarray, n_steps: np.ndarray) -> np.ndarray:
        """Sessions some steps on; beyond the calendar by its weekdays, whose holidays are not known.

        Args:
            days: (n,) datetime64[D]; for one without a session, the session before counts.
            n_steps: (n,) int64.

        Returns:
            (n,) datetime64[D].
        """
        target = self.find(days) + n_steps
        known = np.clip(target, 0, len(self.days) - 1)
        inside = self.days[known]
        beyond = np.busday_offset(inside, target - known, roll="backward", weekmask=self.weekmask)
        unknown = np.busday_offset(days, n_steps, roll="backward", weekmask=self.weekmask)
        listed = np.where(target == known, inside, beyond)
        return np.where(self.knows(days), listed, unknown)


@lru_cache(maxsize=8)
def load_sessions(name: str) -> Sessions:
    """Sessions of an exchange.

    Args:
        name: Of its calendar, such as XNYS.

    Returns:
        All that the calendar knows between 1950 and 2060.

    Raises:
        ConfigError: There is no such calendar, it cannot be built, or calendars are not installed.

    Example:
        >>> str(load_sessions("XNYS").later(np.array(["2024-03-28"], "datetime64[D]"), np.array([1]))[0])
        '2024-04-01'
    """
    try:
        import exchange_calendars
        from exchange_calendars.errors import InvalidCalendarName
    except ImportError:
        raise ConfigError(
            f"--calendar {name}: calendars of exchanges are not installed. Install forecaster[markets], or "
            "leave it out for weekdays."
        ) from None
    try:
        with warnings.catch_warnings():
            # of the calendars' own use of pandas, which a user cannot change
            warnings.simplefilter("ignore")
            return _build(name)
    except InvalidCalendarName:
        near = difflib.get_close_matches(
            name.upper(), exchange_calendars.get_calendar_names(), n=3, cutoff=0.5
        )
        like = f"; names like it are {', '.join(sorted(near))}" if near else ""
        raise ConfigError(
            f"--calendar {name}: there is no such calendar{like}. Name one of those that "
            "exchange_calendars.get_calendar_names() lists, or leave it out for weekdays."
        ) from None
    except (ValueError, NotImplementedError) as error:
        raise ConfigError(
            f"--calendar {name}: the installed exchange_calendars fails to make this calendar. Use another "
            "version of it, or leave it out for weekdays."
        ) from error


def _build(name: str) -> Sessions:
    """Sessions of a calendar over the years that are asked for, or those that it allows."""
    import exchange_calendars
    import pandas as pd

    kind = type(exchange_calendars.get_calendar(name))
    first, last = kind.bound_min(), kind.bound_max()
    start, end = pd.Timestamp(_FIRST_YEAR, 1, 1), pd.Timestamp(_LAST_YEAR, 12, 31)
    calendar = exchange_calendars.get_calendar(
        name, start=start if first is None else max(start, first), end=end if last is None else min(end, last)
    )
    return Sessions(name, calendar.sessions.to_numpy().astype("datetime64[D]"), str(calendar.weekmask))


def advance_sessions(clock: Clock, wall: np.ndarray, n_steps: np.ndarray) -> np.ndarray:
    """Times some sessions on, or some slots of sessions on where the clock has slots.

    Args:
        clock: With a weekmask, Monday to Friday without one, and perhaps a calendar and slots.
        wall: (n,) datetime64[ns] wall times. What is no session counts as the session before it, a time
            between two slots as the one before.
        n_steps: (n,) int64.

    Returns:
        (n,) datetime64[ns] wall times; of whole sessions at the time of day that they had.

    Raises:
        ConfigError: The calendar is not to be had.
    """
    days = wall.astype("datetime64[D]")
    rest = (wall - days).astype(np.int64)
    if not clock.slots:
        return np.asarray(_later(clock, days, n_steps) + rest.astype("timedelta64[ns]"))
    slots = np.array(clock.slots, dtype=np.int64)
    place = np.searchsorted(slots, rest, side="right") - 1
    place = np.where(_is_session(clock, days), place, len(slots) - 1)
    n_sessions, place = np.divmod(place + n_steps, len(slots))
    return np.asarray(_later(clock, days, n_sessions) + slots[place].astype("timedelta64[ns]"))


def _later(clock: Clock, days: np.ndarray, n_steps: np.ndarray) -> np.ndarray:
    """(n,) datetime64[ns] midnights of the days some sessions on."""
    if clock.calendar is not None:
        later = load_sessions(clock.calendar).later(days, n_steps)
    else:
        mask = clock.weekmask or "1111100"
        later = np.busday_offset(days, n_steps, roll="backward", weekmask=mask)
    return np.asarray(later.astype("datetime64[ns]"))


def _is_session(clock: Clock, days: np.ndarray) -> np.ndarray:
    """(n,) whether days have a session."""
    if clock.calendar is not None:
        return load_sessions(clock.calendar).has(days)
    return np.is_busday(days, weekmask=clock.weekmask or "1111100")
