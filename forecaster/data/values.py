"""Times and numbers -> Panel of value series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecaster.config.data_settings import DataSettings
from forecaster.data.clock import advance, find_positions, infer_clock
from forecaster.data.covariates import one_each, read_beside, unused_note, without_twins
from forecaster.data.detect import Detection
from forecaster.data.grid import Grid, Notes, by_target, settle_grid
from forecaster.data.numbers import read_columns
from forecaster.data.panel import Clock, Note, Panel
from forecaster.data.parts import in_series
from forecaster.data.repair import merge_duplicates
from forecaster.data.rows import Ids, Order, read_ids, sort_rows
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table
from forecaster.data.zones import Stamps
from forecaster.errors import listing

_MOST_MISSING = 1 / 3


def read_values(table: Table, found: Detection, settings: DataSettings) -> Panel:
    """Panel of value series; rows missing in a regular series are put in as NaN.

    Args:
        table: The file.
        found: Its columns by role.
        settings: Fill, duplicates, zone, season and unit.

    Returns:
        A panel of kind ``values``; with several targets, a series of each. Rows at the end of a series that
        have no target are its future where columns are known in advance.

    Raises:
        ConfigError: A covariate has too many categories, or the name of another channel.
        DataError: A row cannot be read, two rows of a series have one time, or a series two static values.
    """
    targets, warned = read_columns(table, found.targets)  # (n_rows, n_targets)
    beside = read_beside(table, found)
    own = found.targets[0] if len(found.targets) == 1 else "value"
    without_twins((own, *beside.channels))
    ids = read_ids(table, found.columns.get("id"))
    values = np.concatenate([targets, beside.numbers], axis=1) if beside.channels else targets
    order, grid, clock, notes = _read_grid(values, ids, (table, found, settings))
    static, unknown = one_each(table, beside.static, order, ids.names)
    n_added = sum(note.count or 0 for note in notes.repairs if note.code == "missing_rows")
    n_future = len(beside.future.channels)
    grid, ahead, filled = settle_grid(grid, (len(found.targets), n_future), settings.fill, n_added)
    panel = Panel(
        kind="values",
        values=grid.values,
        offsets=grid.offsets,
        times=grid.times,
        ids=ids.names,
        channels=(*found.targets, *beside.channels),
        target=0,
        clock=clock,
        unit=settings.unit or "",
        season_length=settings.season or 1,
        future_known=tuple(range(grid.values.shape[1] - n_future, grid.values.shape[1])),
        ahead=ahead,
        static=static,
        static_names=without_twins(beside.static.channels),
        levels=beside.levels,
        source=table.source,
        columns=dict(found.columns),
        repairs=(*table.notes, *ids.notes, *order.notes, *notes.repairs, *filled.repairs),
        warnings=(*warned, *beside.notes, *unknown, *notes.warnings, *filled.warnings, *unused_note(found)),
    )
    panel = panel if len(found.targets) == 1 else by_target(panel, found)
    return _with_empty_named(replace(panel, lowest=0.0 if _are_counts(panel.y) else None))


def _are_counts(y: np.ndarray) -> bool:
    """Whether values are whole numbers, some of them zero and none below: a forecast is not below either."""
    return bool(np.fmin.reduce(y, initial=np.inf) == 0 and (np.isnan(y) | (y == np.floor(y))).all())


def _with_empty_named(panel: Panel) -> Panel:
    """The panel with a warning where series have no value at all."""

    def count(series: slice, rows: slice) -> np.ndarray:
        """Values that are known of some series."""
        return np.add.reduceat(~np.isnan(panel.y[rows]), panel.offsets[series] - rows.start, dtype=np.int64)

    empty = panel.ids[np.concatenate(in_series(count, panel.offsets)) == 0]
    if len(empty) == 0:
        return panel
    text = f"series have no value at all ({listing(empty)}); their forecasts rest on other rows"
    return replace(panel, warnings=(*panel.warnings, Note("no_values", text, len(empty))))


def _read_grid(
    values: np.ndarray, ids: Ids, origin: tuple[Table, Detection, DataSettings]
) -> tuple[Order, Grid, Clock, Notes]:
    """Rows of every series at their times, or counted where there are none."""
    table, found, settings = origin
    if "time" not in found.columns:
        order = sort_rows(ids, None, table.n_rows)
        return order, *_in_order(order.take(values), order)
    stamps = read_stamps(table, found.columns["time"], settings)
    order = sort_rows(ids, stamps.values, table.n_rows)
    return order, *_on_clock(stamps, order.take(values), order, origin)


def _in_order(values: np.ndarray, order: Order) -> tuple[Grid, Clock, Notes]:
    """Rows counted in the order of the file, which is said."""
    text = "no column is read as time; rows are counted from 0 in the order of the file"
    clock = Clock("integer", 1, None, 1.0)
    return Grid(order.times, values, order.offsets), clock, Notes(warnings=(Note("row_order", text),))


def _on_clock(
    stamps: Stamps, values: np.ndarray, order: Order, origin: tuple[Table, Detection, DataSettings]
) -> tuple[Grid, Clock, Notes]:
    """Rows at their times, one per time, with those that a regular series lacks."""
    table, found, settings = origin
    times, values, offsets, merged = merge_duplicates(
        (order.times, values, order.offsets),
        settings.duplicates,
        (table, found.columns["time"], order),
    )
    whole = found.whole
    clock = infer_clock(times, offsets, stamps.kind, stamps.zone) if whole is None else whole.clock
    grid, notes = _complete(Grid(times, values, offsets), clock, whole is None or whole.is_regular)
    return grid, clock, replace(notes, repairs=(*stamps.notes, *merged, *notes.repairs))


def _complete(grid: Grid, clock: Clock, may_be_regular: bool) -> tuple[Grid, Notes]:
    """Put in the rows that a regular series lacks; leave an irregular one as it is."""
    if clock.weekmask is not None:
        return grid, Notes(warnings=_holidays(grid, clock))
    positions = find_positions(clock, grid.times, grid.offsets) if may_be_regular else None
    if positions is None:
        text = (
            f"rows are not evenly spaced; they are taken one after the other, the usual step is {clock.step}"
        )
        return grid, Notes(warnings=(Note("irregular", text),))
    lengths = positions[grid.offsets[1:] - 1] + 1
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    missing = int(offsets[-1]) - len(positions)
    if missing == 0:
        return grid, Notes()
    if missing > _MOST_MISSING * offsets[-1]:
        text = (
            f"of the rows at a step of {clock.step} so many are not there that they are taken one after the "
            "other, as if nothing were between them"
        )
        return grid, Notes(warnings=(Note("irregular", text, missing),))
    place = positions + np.repeat(offsets[:-1], np.diff(grid.offsets))
    values = np.full((int(offsets[-1]), grid.values.shape[1]), np.nan)
    values[place] = grid.values
    starts = np.repeat(grid.times[grid.offsets[:-1]], lengths)
    times = advance(clock, starts, np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths))
    times[place] = grid.times
    text = f"rows that a step of {clock.step} asks for were not there and were put in without a value"
    return Grid(times, values, offsets), Notes(repairs=(Note("missing_rows", text, missing),))


def _holidays(grid: Grid, clock: Clock) -> tuple[Note, ...]:
    """A warning for sessions that have no row."""
    days = grid.times.astype("datetime64[D]")
    steps = np.busday_count(days[:-1], days[1:], weekmask=clock.weekmask or "1111100")
    steps[grid.offsets[1:-1] - 1] = 1
    count = int(np.maximum(steps - 1, 0).sum())
    text = "weekdays have no row and are taken as days off"
    return (Note("days_off", text, count),) if count else ()
