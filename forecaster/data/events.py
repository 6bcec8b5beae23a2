"""Timestamps of events -> Panel of the gaps between them, or of counts per period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.config.settings import DataSettings
from forecaster.data.calendar import DAY, to_wall
from forecaster.data.clock import find_resolution, parse_moment
from forecaster.data.detect import Detection
from forecaster.data.panel import Clock, Note, Panel
from forecaster.data.rows import Order, read_ids, sort_rows
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table
from forecaster.data.units import UNIT_LENGTHS, find_unit
from forecaster.errors import ConfigError, DataError


@dataclass(frozen=True)
class Events:
    """Events in order, up to the moment of observation.

    Attributes:
        times: (n_rows,) rising within a series.
        offsets: (n_series + 1,).
        names: (n_series,) ids.
        clock: Kind, zone and resolution of the times.
        as_of: Moment up to which all series were observed.
        repairs: What was left out or sorted.
        warnings: What should be known.
    """

    times: np.ndarray
    offsets: np.ndarray
    names: np.ndarray
    clock: Clock
    as_of: np.generic
    repairs: tuple[Note, ...]
    warnings: tuple[Note, ...]


def read_events(table: Table, found: Detection, settings: DataSettings) -> Panel:
    """Panel of gaps: one row per event, its channel the gap since the event before.

    Args:
        table: The file.
        found: Its columns by role.
        settings: Unit, way of counting, ties and the moment of observation.

    Returns:
        A panel of kind ``events`` with ``as_of``.

    Raises:
        ConfigError: The unit or ``as_of`` is not possible with these times.
        DataError: A row cannot be read, or equal stamps are an error.
    """
    events = order_events(table, found, settings)
    unit, length, notes = _choose_unit(events, settings)
    gaps = _gaps(events, settings.gap, unit, length)
    gaps[events.offsets[:-1]] = np.nan
    return Panel(
        kind="events",
        values=gaps[:, None],
        offsets=events.offsets,
        times=events.times,
        ids=events.names,
        channels=("gap",),
        target=0,
        clock=events.clock,
        unit=unit,
        unit_length=length,
        lowest=0.0,
        as_of=np.full(len(events.names), events.as_of, dtype=events.times.dtype),
        gap=settings.gap,
        source=table.source,
        columns=dict(found.columns),
        repairs=events.repairs,
        warnings=events.warnings + notes,
    )


def order_events(table: Table, found: Detection, settings: DataSettings) -> Events:
    """Events by series and time, none after ``as_of``, ties as the settings say.

    Args:
        table: The file.
        found: Its columns by role.
        settings: Ties, zone and the moment of observation.

    Returns:
        The events of every series that has one by then.

    Raises:
        ConfigError: ``as_of`` is before every event.
        DataError: A row cannot be read, or equal stamps are an error.
    """
    stamps = read_stamps(table, found.columns["time"], settings)
    ids = read_ids(table, found.columns.get("id"))
    order = sort_rows(ids.codes, stamps.values, len(ids.names), table.n_rows)
    times, offsets, names = order.take(stamps.values), order.offsets, ids.names
    resolution = float(find_resolution(times)) if stamps.kind == "date" else None
    clock = Clock(stamps.kind, None, None, resolution, stamps.zone)
    if stamps.kind == "integer":
        clock = Clock("integer", None, None, 1.0)
    repairs = [*table.notes, *stamps.notes, *ids.notes, *order.notes]
    as_of: np.generic = times.max()
    if settings.as_of is not None:
        as_of = parse_moment(settings.as_of, clock)
        times, offsets, names, cut = _cut(table.source, times, offsets, names, as_of, settings.as_of)
        repairs += cut
    times, offsets, tied, warned = _ties(table, found, (times, offsets, names), order, settings)
    return Events(times, offsets, names, clock, as_of, (*repairs, *tied), warned)


def _cut(
    source: str,
    times: np.ndarray,
    offsets: np.ndarray,
    names: np.ndarray,
    as_of: np.generic,
    said: str,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Note]]:
    """Events up to ``as_of``, and the series that have one."""
    kept = times <= as_of
    if kept.all():
        return times, offsets, names, []
    if not kept.any():
        raise ConfigError(f"--as-of {said} is before every event of {source}. Write a later moment.")
    notes = [Note("after_as_of", f"rows after {said} were not read", int((~kept).sum()))]
    counts = np.add.reduceat(kept, offsets[:-1], dtype=np.int64)
    if not counts.all():
        text = f"series that begin after {said} were left out"
        notes.append(Note("after_as_of_series", text, int((counts == 0).sum())))
    offsets = np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64)
    return times[kept], offsets, names[counts > 0], notes


def _ties(
    table: Table,
    found: Detection,
    rows: tuple[np.ndarray, np.ndarray, np.ndarray],
    order: Order,
    settings: DataSettings,
) -> tuple[np.ndarray, np.ndarray, tuple[Note, ...], tuple[Note, ...]]:
    """Equal stamps of one series kept, merged or refused."""
    times, offsets, _ = rows
    tied = np.zeros(len(times), dtype=bool)
    tied[1:] = times[1:] == times[:-1]
    tied[offsets[:-1]] = False
    count = int(tied.sum())
    if count == 0:
        return times, offsets, (), ()
    if settings.ties == "keep":
        text = "events at the stamp of the event before were kept, as gaps of zero"
        return times, offsets, (), (Note("ties", text, count),)
    if settings.ties == "merge":
        kept = ~tied
        counts = np.add.reduceat(kept, offsets[:-1], dtype=np.int64)
        text = "events at the stamp of the event before were merged with it"
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return times[kept], offsets, (Note("ties", text, count),), ()
    name = found.columns["time"]
    row = order.row(int(np.argmax(tied)))
    more = f" ({count} such rows)" if count > 1 else ""
    raise DataError(
        f"{table.place(row, name)}: '{table.field(row, name)}' is there already{more}. "
        "Remove the row, or use --ties keep or --ties merge."
    )


def _choose_unit(events: Events, settings: DataSettings) -> tuple[str, float, tuple[Note, ...]]:
    """Unit of gaps and its length: the one asked for, or the largest that the usual gap fills."""
    if events.clock.kind != "date":
        if settings.gap == "calendar":
            raise ConfigError("--gap calendar: the times are numbers, not dates. Leave it out.")
        return settings.unit or "", 1.0, ()
    if settings.unit is not None:
        unit = find_unit(settings.unit)
        if unit is None:
            raise ConfigError(
                f"--unit {settings.unit} is not a unit of time. Use one of {', '.join(UNIT_LENGTHS)}."
            )
        return unit, float(UNIT_LENGTHS[unit]), ()
    steps = np.diff(events.times).astype(np.int64)
    steps[events.offsets[1:-1] - 1] = 0
    steps = steps[steps > 0]
    if len(steps) == 0:
        unit = "day" if (events.clock.resolution or 0) >= DAY else "hour"
        reason = "there is no gap to choose it by"
    else:
        usual = float(np.median(steps))
        fitting = [name for name, length in UNIT_LENGTHS.items() if name != "week" and length <= usual]
        unit = fitting[-1] if fitting else "second"
        reason = f"the median gap above zero is {usual / UNIT_LENGTHS[unit]:.3g} {unit}s"
    note = Note("unit", f"gaps are in the unit {unit}: {reason}; --unit names another")
    return unit, float(UNIT_LENGTHS[unit]), (note,)


def _gaps(events: Events, gap: str, unit: str, length: float) -> np.ndarray:
    """(n_rows,) gap since the row before, whatever its series."""
    gaps = np.empty(len(events.times), dtype=np.float64)
    if len(gaps) == 0:
        return gaps
    gaps[0] = np.nan
    if gap == "calendar":
        gaps[1:] = np.diff(find_periods(to_wall(events.times, events.clock.zone), unit))
    elif events.clock.kind == "date":
        gaps[1:] = np.diff(events.times).astype(np.int64) / length
    else:
        gaps[1:] = np.diff(events.times)
    return gaps


def find_periods(wall: np.ndarray, unit: str) -> np.ndarray:
    """Number of the calendar unit that each stamp lies in; weeks begin on Monday.

    Args:
        wall: (n,) datetime64[ns] wall times.
        unit: second, minute, hour, day, week or month.

    Returns:
        (n,) int64, rising by one from a unit to the next.
    """
    if unit == "month":
        return wall.astype("datetime64[M]").astype(np.int64)
    shift = 3 * DAY if unit == "week" else 0  # 1970-01-01 was a Thursday
    return (wall.astype(np.int64) + shift) // UNIT_LENGTHS[unit]
