"""Timestamps of events -> Panel of the gaps between them, or of counts per period."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.config.data_settings import DataSettings
from forecaster.data.as_of import cut_events, names_file, read_as_of
from forecaster.data.calendar import DAY, to_wall
from forecaster.data.clock import find_resolution
from forecaster.data.detect import Detection
from forecaster.data.doctor import warn_of_events
from forecaster.data.event_rows import EventRows
from forecaster.data.marks import read_marks, with_marks
from forecaster.data.numbers import read_columns
from forecaster.data.panel import Clock, Note, Panel
from forecaster.data.parts import in_series
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
    steps = _steps(rows)
    unit, length, notes = _choose_unit(events, steps, settings)
    gaps = _calendar_gaps(events, unit) if settings.gap == "calendar" else _gaps(rows, steps, length)
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
    warned = (*events.warnings, *warn_of_events(panel, found.whole), *notes)
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
    order = sort_rows(ids, stamps.values, table.n_rows)
    rows, read = _read_rows(table, found, order, ids.names)
    clock = Clock(stamps.kind, zone=stamps.zone)
    repairs = [*table.notes, *stamps.notes, *ids.notes, *order.notes]
    if settings.as_of is None:
        latest = rows.times.max() if found.whole is None else found.whole.latest
        as_of = np.full(len(rows.ids), latest, dtype=rows.times.dtype)
    else:
        as_of, extra = read_as_of(settings.as_of, clock, rows.ids, found.columns, found.moments)
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
    table: Table, found: Detection, order: Order, names: np.ndarray
) -> tuple[EventRows, tuple[Note, ...]]:
    """Times, ids and what belongs to each event, in order; marks are codes of the whole column."""
    values = np.empty((table.n_rows, 0))
    notes: tuple[Note, ...] = ()
    if found.past:
        values, notes = read_columns(table, found.past, "--past")
    marks, mark_names = None, None
    if "mark" in found.columns:
        codes, mark_names = read_marks(table, found.columns["mark"])
        marks = order.take(codes)
    rows = EventRows(
        times=order.times,
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


def _choose_unit(
    events: Events, steps: np.ndarray, settings: DataSettings
) -> tuple[str, float, tuple[Note, ...]]:
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
    unit, reason = propose_unit(steps, events.clock.resolution)
    note = Note("unit", f"gaps are in the unit {unit}: {reason}; --unit names another")
    return unit, float(UNIT_LENGTHS[unit]), (note,)


def _steps(rows: EventRows) -> np.ndarray:
    """(n_rows,) time since the event before in the series, 0 for the first: int64 ns of dates."""
    times = rows.times.view(np.int64) if np.issubdtype(rows.times.dtype, np.datetime64) else rows.times
    steps = np.empty_like(times)

    def fill(series: slice, part: slice) -> None:
        """Find those of some series."""
        np.subtract(times[part][1:], times[part][:-1], out=steps[part][1:])
        steps[rows.offsets[series]] = 0

    in_series(fill, rows.offsets)
    return steps


def _gaps(rows: EventRows, steps: np.ndarray, length: float) -> np.ndarray:
    """(n_rows,) gap since the event before in the series, in units of a length; NaN for the first."""
    gaps = np.empty(len(steps), dtype=np.float64)

    def fill(series: slice, part: slice) -> None:
        """Find the gaps of some series."""
        np.divide(steps[part], length, out=gaps[part])
        gaps[rows.offsets[series]] = np.nan

    in_series(fill, rows.offsets)
    return gaps


def _calendar_gaps(events: Events, unit: str) -> np.ndarray:
    """(n_rows,) units of the calendar since the event before in the series; NaN for the first."""
    periods = find_periods(to_wall(events.rows.times, events.clock.zone), unit)
    gaps = np.diff(periods, prepend=0).astype(np.float64)
    gaps[events.rows.offsets[:-1]] = np.nan
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
