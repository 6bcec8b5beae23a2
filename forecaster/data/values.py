"""Times and numbers -> Panel of value series."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.config.settings import DataSettings
from forecaster.data.clock import advance, find_positions, infer_clock
from forecaster.data.detect import Detection
from forecaster.data.numbers import read_columns
from forecaster.data.panel import Clock, Note, Panel
from forecaster.data.repair import fill_missing, merge_duplicates
from forecaster.data.rows import Order, read_ids, sort_rows
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table
from forecaster.data.zones import Stamps

_MOST_MISSING = 1 / 3


@dataclass(frozen=True)
class Grid:
    """Rows of all series in time order, with one column per target.

    Attributes:
        times: (n_rows,).
        values: (n_rows, n_targets).
        offsets: (n_series + 1,).
    """

    times: np.ndarray
    values: np.ndarray
    offsets: np.ndarray


def read_values(table: Table, found: Detection, settings: DataSettings) -> Panel:
    """Panel of value series; rows missing in a regular series are put in as NaN.

    Args:
        table: The file.
        found: Its columns by role.
        settings: Fill, duplicates, zone, season and unit.

    Returns:
        A panel of kind ``values``; with several targets, a series of each.

    Raises:
        DataError: A row cannot be read, or two rows of a series have one time.
    """
    values, warned = read_columns(table, found.targets)  # (n_rows, n_targets)
    ids = read_ids(table, found.columns.get("id"))
    if "time" in found.columns:
        stamps = read_stamps(table, found.columns["time"], settings)
        order = sort_rows(ids.codes, stamps.values, len(ids.names), table.n_rows)
        grid, clock, repairs, notes = _on_clock(stamps, order.take(values), order, (table, found, settings))
    else:
        order = sort_rows(ids.codes, None, len(ids.names), table.n_rows)
        grid, clock, repairs, notes = _in_order(order.take(values), order)
    n_added = sum(note.count or 0 for note in repairs if note.code == "missing_rows")
    filled, fills, missing = fill_missing(
        grid.values, grid.offsets, settings.fill, n_added * grid.values.shape[1]
    )
    names, grid = _by_target(ids.names, found, replace(grid, values=filled))
    return Panel(
        kind="values",
        values=grid.values,
        offsets=grid.offsets,
        times=grid.times,
        ids=names,
        channels=found.targets if len(found.targets) == 1 else ("value",),
        target=0,
        clock=clock,
        unit=settings.unit or "",
        season_length=settings.season or 1,
        source=table.source,
        columns=dict(found.columns),
        repairs=(*table.notes, *ids.notes, *order.notes, *repairs, *fills),
        warnings=(*warned, *notes, *missing),
    )


def _in_order(values: np.ndarray, order: Order) -> tuple[Grid, Clock, tuple[Note, ...], tuple[Note, ...]]:
    """Rows counted in the order of the file, which is said."""
    times = np.arange(len(values)) - np.repeat(order.offsets[:-1], np.diff(order.offsets))
    text = "no column is read as time; rows are counted from 0 in the order of the file"
    clock = Clock("integer", 1, None, 1.0)
    return Grid(times, values, order.offsets), clock, (), (Note("row_order", text),)


def _on_clock(
    stamps: Stamps, values: np.ndarray, order: Order, origin: tuple[Table, Detection, DataSettings]
) -> tuple[Grid, Clock, tuple[Note, ...], tuple[Note, ...]]:
    """Rows at their times, one per time, with those that a regular series lacks."""
    table, found, settings = origin
    times, values, offsets, merged = merge_duplicates(
        (order.take(stamps.values), values, order.offsets),
        settings.duplicates,
        (table, found.columns["time"], order),
    )
    clock = infer_clock(times, offsets, stamps.kind, stamps.zone)
    grid, clock, added, notes = _complete(Grid(times, values, offsets), clock)
    return grid, clock, (*stamps.notes, *merged, *added), notes


def _complete(grid: Grid, clock: Clock) -> tuple[Grid, Clock, tuple[Note, ...], tuple[Note, ...]]:
    """Put in the rows that a regular series lacks; leave an irregular one as it is."""
    if clock.weekmask is not None:
        return grid, clock, (), _holidays(grid, clock)
    positions = find_positions(clock, grid.times, grid.offsets)
    if positions is None:
        text = (
            f"rows are not evenly spaced; they are taken one after the other, the usual step is {clock.step}"
        )
        return grid, clock, (), (Note("irregular", text),)
    lengths = positions[grid.offsets[1:] - 1] + 1
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    missing = int(offsets[-1]) - len(positions)
    if missing == 0:
        return grid, clock, (), ()
    if missing > _MOST_MISSING * offsets[-1]:
        text = (
            f"of the rows at a step of {clock.step} so many are not there that they are taken one after the "
            "other, as if nothing were between them"
        )
        return grid, clock, (), (Note("irregular", text, missing),)
    place = positions + np.repeat(offsets[:-1], np.diff(grid.offsets))
    values = np.full((int(offsets[-1]), grid.values.shape[1]), np.nan)
    values[place] = grid.values
    starts = np.repeat(grid.times[grid.offsets[:-1]], lengths)
    times = advance(clock, starts, np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths))
    times[place] = grid.times
    text = f"rows that a step of {clock.step} asks for were not there and were put in without a value"
    return Grid(times, values, offsets), clock, (Note("missing_rows", text, missing),), ()


def _holidays(grid: Grid, clock: Clock) -> tuple[Note, ...]:
    """A warning for sessions that have no row."""
    days = grid.times.astype("datetime64[D]")
    steps = np.busday_count(days[:-1], days[1:], weekmask=clock.weekmask or "1111100")
    steps[grid.offsets[1:-1] - 1] = 1
    count = int(np.maximum(steps - 1, 0).sum())
    text = "weekdays have no row and are taken as days off"
    return (Note("days_off", text, count),) if count else ()


def _by_target(names: np.ndarray, found: Detection, grid: Grid) -> tuple[np.ndarray, Grid]:
    """A series of each target, named by its column, or id/column."""
    n_targets = len(found.targets)
    if n_targets == 1:
        return names, grid
    lengths = np.repeat(np.diff(grid.offsets), n_targets)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    starts = np.repeat(grid.offsets[:-1], n_targets)
    rows = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - starts, lengths)
    column = np.repeat(np.tile(np.arange(n_targets), len(names)), lengths)
    values = grid.values[rows, column][:, None]
    alone = "id" not in found.columns
    joined = [target if alone else f"{name}/{target}" for name in names for target in found.targets]
    return np.array(joined, dtype=object), Grid(grid.times[rows], values, offsets)
