"""Timestamps of events -> Panel of the gaps between them, or of counts per period."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.config.settings import DataSettings
from forecaster.data.as_of import cut_events, names_file, read_as_of
from forecaster.data.calendar import DAY, to_wall
from forecaster.data.clock import find_resolution
from forecaster.data.detect import Detection
from forecaster.data.doctor import warn_of_events
from forecaster.data.event_rows import EventRows
from forecaster.data.marks import read_marks, with_marks
from forecaster.data.numbers import read_columns
from forecaster.data.panel import Clock, Note, Panel
from forecaster.data.rows import Order, read_ids, sort_rows
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table
from forecaster.data.ties import settle_ties
from forecaster.data.units import UNIT_LENGTHS, find_unit, propose_unit
from forecaster.errors import ConfigError, listing


@dataclass(frozen=True)
class Events:
    """Events in order, up to the moment of observation.

    Attributes:
        rows: The events of every series, with the numbers and marks that belong to them.
        clock: Kind, zone and resolution of the times.
        as_of: (n_series,) like the times: moment up to which each series was observed.
        repairs: What was left out or sorted.
        warnings: What should be known.
    """

    rows: EventRows
    clock: Clock
    as_of: np.ndarray
    repairs: tuple[Note, ...]
    warnings: tuple[Note, ...]


def read_events(table: Table, found: Detection, settings: DataSettings) -> Panel:
    """Panel of gaps: one row per event, its first channel the gap since the event before.

    Args:
        table: The file.
        found: Its columns by role.
        settings: Unit, way of counting, ties and the moment of observation.

    Returns:
        A panel of kind ``events`` with ``as_of``; past columns are further channels, marks are coded.

    Raises:
        ConfigError: The unit or ``as_of`` is not possible with these times.
        DataError: A row cannot be read, or equal stamps are an error.
    """
    events = order_events(table, found, settings)
    rows = events.rows
    unit, length, notes = _choose_unit(events, settings)
    gaps = _gaps(events, settings.gap, unit, length)
    gaps[rows.offsets[:-1]] = np.nan
    panel = Panel(
        kind="events",
        values=np.column_stack([gaps, rows.values]) if found.past else gaps[:, None],
        offsets=rows.offsets,
        times=rows.times,
        ids=rows.ids,
        channels=("gap", *found.past),
        target=0,
        clock=events.clock,
        unit=unit,
        unit_length=length,
        lowest=0.0,
        as_of=events.as_of,
        gap=settings.gap,
        source=table.source,
        columns=dict(found.columns),
        repairs=events.repairs,
    )
    warned = (*events.warnings, *warn_of_events(panel), *notes)
    panel = replace(panel, warnings=warned)
    return panel if rows.marks is None else with_marks(panel, rows.marks, rows.mark_names)


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
    rows, read = _read_rows(table, found, order, (stamps.values, ids.names))
    clock = Clock(stamps.kind, zone=stamps.zone)
    repairs = [*table.notes, *stamps.notes, *ids.notes, *order.notes]
    if settings.as_of is None:
        latest = rows.times.max() if found.whole is None else found.whole.latest
        as_of = np.full(len(rows.ids), latest, dtype=rows.times.dtype)
    else:
        as_of, extra = read_as_of(settings.as_of, clock, rows.ids, found.columns)
        rows, as_of, cut = cut_events(rows, as_of, settings.as_of, table.source)
        repairs += [*extra, *cut]
    if clock.kind != "float":
        resolution = None if found.whole is None else found.whole.clock.resolution
        if resolution is None:
            resolution = find_resolution(rows.times) if clock.kind == "date" else 1
        clock = replace(clock, resolution=float(resolution))
    origin = (table, found.columns["time"], found.columns.get("id"), order)
    rows, clock, tied, warned = settle_ties(rows, clock, settings, origin)
    if settings.ties == "jitter":  # the stamps of the last cell were spread beyond its beginning
        last = rows.times[rows.offsets[1:] - 1]
        latest = last.max() if settings.as_of is None or not names_file(settings.as_of) else last
        as_of = np.maximum(as_of.astype(rows.times.dtype), latest)
    return Events(rows, clock, as_of, (*repairs, *tied), (*read, *_missing(rows, found), *warned))


def _read_rows(
    table: Table, found: Detection, order: Order, known: tuple[np.ndarray, np.ndarray]
) -> tuple[EventRows, tuple[Note, ...]]:
    """Times, ids and what belongs to each event, in order; marks are codes of the whole column."""
    times, names = known
    values = np.empty((table.n_rows, 0))
    notes: tuple[Note, ...] = ()
    if found.past:
        values, notes = read_columns(table, found.past, "--past")
    marks, mark_names = None, None
    if "mark" in found.columns:
        codes, mark_names = read_marks(table, found.columns["mark"])
        marks = order.take(codes)
    rows = EventRows(
        times=order.take(times),
        offsets=order.offsets,
        ids=names,
        values=order.take(values) if found.past else values,
        marks=marks,
        mark_names=mark_names,
    )
    return rows, notes


def _missing(rows: EventRows, found: Detection) -> tuple[Note, ...]:
    """A warning of numbers that are missing beside events."""
    count = int(np.isnan(rows.values).sum())
    text = f"numbers that belong to events are missing, in {listing(found.past)}"
    return (Note("missing_values", text, count),) if count else ()


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
    steps = np.diff(events.rows.times).view(np.int64)
    steps[events.rows.offsets[1:-1] - 1] = 0
    unit, reason = propose_unit(steps[steps > 0], events.clock.resolution)
    note = Note("unit", f"gaps are in the unit {unit}: {reason}; --unit names another")
    return unit, float(UNIT_LENGTHS[unit]), (note,)


def _gaps(events: Events, gap: str, unit: str, length: float) -> np.ndarray:
    """(n_rows,) gap since the row before, whatever its series."""
    gaps = np.empty(len(events.rows.times), dtype=np.float64)
    if len(gaps) == 0:
        return gaps
    gaps[0] = np.nan
    if gap == "calendar":
        gaps[1:] = np.diff(find_periods(to_wall(events.rows.times, events.clock.zone), unit))
    elif events.clock.kind == "date":
        gaps[1:] = np.diff(events.rows.times).view(np.int64) / length
    else:
        gaps[1:] = np.diff(events.rows.times)
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
