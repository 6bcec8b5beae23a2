"""Clock of prices: sessions of days, or the times of day that bars come at, and days without a row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecaster.data.calendar import DAY, split_step, to_wall, weekdays
from forecaster.data.panel import Clock, Note
from forecaster.data.price_names import RowNames
from forecaster.data.sessions import Sessions, load_sessions
from forecaster.errors import ConfigError

# A market without a pause this long within a day is open all day.
_PAUSE = DAY // 4
# Days from which on every weekday with sessions has been seen, and the part of the rows of the most common
# one that it has at least: a special session on a Sunday makes Sundays no sessions.
_TWO_WEEKS, _USUAL = 14, 0.1


def find_market_clock(clock: Clock, times: np.ndarray, offsets: np.ndarray, calendar: str | None) -> Clock:
    """The clock of rows that are sessions of a market, or parts of them.

    Args:
        clock: As ``infer_clock`` finds it.
        times: (n_rows,) rising within a series.
        offsets: (n_series + 1,).
        calendar: Exchange whose sessions they are; None for the weekdays that were seen.

    Returns:
        Daily rows go on by sessions, rows within the day by the slots that half of the days have. A market
        that is open day and night, and weeks and months, go on as they did.

    Raises:
        ConfigError: A calendar is given, but rows are no days nor parts of several days, or there is no such
            calendar.
    """
    if clock.kind != "date":
        if calendar is not None:
            raise ConfigError(f"--calendar {calendar}: the times of these rows are numbers. Leave it out.")
        return clock
    days = to_wall(times, clock.zone).astype("datetime64[D]")
    sessions = None if calendar is None else load_sessions(calendar)
    mask = _weekmask(days) if sessions is None else sessions.weekmask
    count, unit = split_step(str(clock.step))
    if unit == "ns":
        slots = _find_slots(times, to_wall(times, clock.zone), offsets)
        if not slots and calendar is not None:
            raise ConfigError(
                f"--calendar {calendar}: the rows do not show at which times of day a session begins and "
                "ends. Bring rows of more days, or leave it out."
            )
        if not slots or (sessions is None and _is_open_always(slots, mask)):
            return clock
        return replace(clock, weekmask=mask, calendar=calendar, slots=slots)
    if (count, unit) in ((1, "D"), (1, "B")):
        daily = replace(clock, step="B", weekmask=mask, calendar=calendar)
        return clock if mask == "1111111" and sessions is None else daily
    if sessions is None:
        return clock
    if unit == "D" and _follow(sessions, days, offsets):
        return replace(clock, step="B", weekmask=mask, calendar=calendar)
    raise ConfigError(f"--calendar {calendar}: rows come at a step of {clock.step}, not daily. Leave it out.")


def check_sessions(sessions: Sessions, days: np.ndarray, names: RowNames) -> list[Note]:
    """Warnings of sessions without a row, and of rows without a session.

    Args:
        sessions: Of the exchange.
        days: (n_rows,) datetime64[D] day of each row, rising within a series.
        names: Of the same rows.

    Returns:
        Notes, empty where the rows are the sessions.
    """
    notes = []
    inner = np.ones(len(days), dtype=bool)
    inner[names.offsets[:-1]] = False
    is_known, is_session, place = sessions.knows(days), sessions.has(days), sessions.find(days)
    is_new = ~inner
    is_new[1:] |= days[1:] != days[:-1]
    odd = np.flatnonzero(is_new & is_known & ~is_session)
    if len(odd):
        text = f"days with rows have no session of {sessions.name}: "
        notes.append(Note("no_session", text + names.first(odd, days[odd], with_line=True), len(odd)))
    inner[1:] &= is_known[1:] & is_known[:-1]
    n_missing = np.zeros(len(days), dtype=np.int64)
    n_missing[1:] = np.diff(place) - is_session[1:]
    n_missing = np.where(inner, np.maximum(n_missing, 0), 0)
    count = int(n_missing.sum())
    if count:
        shown = np.flatnonzero(n_missing)[:5]
        rows = np.repeat(shown, np.minimum(n_missing[shown], 5))
        ahead = np.concatenate([np.arange(1, min(n, 5) + 1) for n in n_missing[shown]])
        text = f"sessions of {sessions.name} have no row: "
        text += names.first(rows, sessions.days[place[rows - 1] + ahead], n_rows=count)
        notes.append(Note("missing_sessions", text, count))
    if not is_known.all():
        text = (
            f"rows are outside of what is known of {sessions.name}, {sessions.days[0]} to {sessions.days[-1]}"
        )
        notes.append(Note("calendar_ends", f"{text}; no holiday is known there", int((~is_known).sum())))
    return notes


def _weekmask(days: np.ndarray) -> str:
    """The weekdays of sessions; of less than two weeks all, or Monday to Friday where no other was seen."""
    if len(days) == 0 or (days.max() - days.min()).astype(np.int64) < _TWO_WEEKS:
        return "1111100" if np.is_busday(days).all() else "1111111"
    counts = np.bincount(weekdays(days), minlength=7)
    return "".join("01"[int(count >= _USUAL * counts.max())] for count in counts)


def _follow(sessions: Sessions, days: np.ndarray, offsets: np.ndarray) -> bool:
    """Whether most rows are the session after the one before; their step in days says otherwise for few."""
    steps = np.diff(sessions.find(days))
    steps = np.delete(steps, offsets[1:-1] - 1)
    return bool(np.median(steps) == 1) if len(steps) else False


def _find_slots(times: np.ndarray, wall: np.ndarray, offsets: np.ndarray) -> tuple[int, ...]:
    """Times of day, ns, that half of the days have; none where no night lies between the rows."""
    steps = np.delete(np.diff(times), offsets[1:-1] - 1)
    if len(steps) == 0 or (steps == steps[0]).all():
        return ()
    stamps = np.unique(wall)
    days = stamps.astype("datetime64[D]")
    n_days = len(np.unique(days))
    slots, counts = np.unique((stamps - days).astype(np.int64), return_counts=True)
    slots = slots[2 * counts >= n_days]
    return tuple(slots.tolist()) if n_days > 1 and len(slots) > 1 else ()


def _is_open_always(slots: tuple[int, ...], mask: str) -> bool:
    """Whether a market has neither a night nor a weekend."""
    pauses = np.diff([*slots, slots[0] + DAY])
    return mask == "1111111" and int(pauses.max()) < _PAUSE
