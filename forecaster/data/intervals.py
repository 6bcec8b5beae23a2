"""Lengths of intervals -> Panel."""

from __future__ import annotations

import numpy as np

from forecaster.config.data_settings import DataSettings
from forecaster.data.clock import find_resolution, parse_moment
from forecaster.data.covariates import read_covariates, unused_note, without_twins
from forecaster.data.detect import Detection
from forecaster.data.numbers import read_numbers
from forecaster.data.panel import Clock, Note, Panel
from forecaster.data.rows import Order, read_ids, sort_rows
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table
from forecaster.data.units import UNIT_LENGTHS, find_unit
from forecaster.data.zones import Stamps, check_zone
from forecaster.errors import ConfigError, DataError


def read_intervals(table: Table, found: Detection, settings: DataSettings) -> Panel:
    """Panel of intervals, in the order of the rows, or of a time column where there is one.

    Args:
        table: The file.
        found: Its columns by role.
        settings: Unit, and the start that gives intervals dates.

    Returns:
        A panel of kind ``intervals``; ``times`` are row numbers, or the end of each interval.

    Raises:
        ConfigError: Dates were asked for without a unit of time.
        DataError: An interval is negative, missing where dates need it, or not a number.
    """
    if len(found.targets) > 1:
        raise ConfigError(f"--target {','.join(found.targets)}: intervals have one target. Name one of them.")
    name = found.targets[0]
    lengths, notes = read_numbers(table, name)
    _refuse_negative(table, name, lengths)
    ids = read_ids(table, found.columns.get("id"))
    stamps = read_stamps(table, found.columns["time"], settings) if "time" in found.columns else None
    order = sort_rows(ids, None if stamps is None else stamps.values, table.n_rows)
    values = order.take(lengths)
    if settings.start is not None:
        times, clock, unit = _date(table, name, values, order, settings)
    else:
        times, clock, unit = *_count_or_take(stamps, order), settings.unit or ""
    known = find_unit(unit) if clock.kind == "date" else None
    past = read_covariates(table, found, "past")
    notes = (*notes, *past.notes, *_missing(name, values), *unused_note(found))
    return Panel(
        kind="intervals",
        values=np.column_stack([values, order.take(past.numbers)]),
        offsets=order.offsets,
        times=times,
        ids=ids.names,
        channels=without_twins((name, *past.channels)),
        target=0,
        clock=clock if found.whole is None else found.whole.clock,
        unit=unit,
        unit_length=None if known is None else float(UNIT_LENGTHS[known]),
        lowest=0.0,
        season_length=settings.season or 1,
        levels=past.levels,
        source=table.source,
        columns=dict(found.columns),
        repairs=(*table.notes, *ids.notes, *order.notes, *(stamps.notes if stamps is not None else ())),
        warnings=notes,
    )


def _missing(name: str, values: np.ndarray) -> tuple[Note, ...]:
    """A warning of intervals that are missing."""
    count = int(np.isnan(values).sum())
    return (Note("missing_values", f"intervals in column '{name}' are missing", count),) if count else ()


def _count_or_take(stamps: Stamps | None, order: Order) -> tuple[np.ndarray, Clock]:
    """Row numbers, or the times of a column of the file, whose clock has no step."""
    if stamps is None:
        return order.times, Clock("integer", 1, None, 1.0)
    resolution = float(find_resolution(order.times)) if stamps.kind == "date" else None
    return order.times, Clock(stamps.kind, None, None, resolution, stamps.zone)


def _refuse_negative(table: Table, name: str, lengths: np.ndarray) -> None:
    """No interval is shorter than nothing."""
    negative = lengths < 0
    if negative.any():
        row = int(np.argmax(negative))
        raise DataError(
            f"{table.place(row, name)}: interval {table.field(row, name)} is negative. "
            "Correct the row, or use --kind values."
        )


def _date(
    table: Table, name: str, values: np.ndarray, order: Order, settings: DataSettings
) -> tuple[np.ndarray, Clock, str]:
    """The end of every interval, counted from the start that the user gave."""
    unit = find_unit(settings.unit or "")
    if unit is None:
        said = "no --unit" if settings.unit is None else f"--unit {settings.unit}"
        raise ConfigError(
            f"--start {settings.start} with {said}: dates need a unit of time. "
            f"Use one of {', '.join(UNIT_LENGTHS)}."
        )
    if np.isnan(values).any():
        row = order.row(int(np.argmax(np.isnan(values))))
        raise DataError(
            f"{table.place(row, name)}: no interval, so the dates after it are unknown. "
            "Complete the row, or leave out --start."
        )
    if settings.tz is not None:
        check_zone(settings.tz)
    clock = Clock("date", zone=settings.tz)
    start = parse_moment(settings.start, clock, "--start")
    total = np.cumsum(values)
    before = np.where(order.offsets[:-1] > 0, total[order.offsets[:-1] - 1], 0.0)
    since = total - np.repeat(before, np.diff(order.offsets))
    if since.max(initial=0) * UNIT_LENGTHS[unit] > 2e18:
        raise DataError(
            f"{table.source}: the intervals add up to {since.max():.3g} {unit}s, past every date. "
            "Check --unit."
        )
    times = start + np.rint(since * UNIT_LENGTHS[unit]).astype("timedelta64[ns]")
    return times, Clock("date", None, None, float(find_resolution(times)), settings.tz), unit
