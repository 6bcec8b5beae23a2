"""The future of columns known in advance: from a file of its own, or from the end of the data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecaster.config.data_settings import DataSettings
from forecaster.data.clock import future_times, moment_text
from forecaster.data.covariates import read_covariates
from forecaster.data.detect import Detection
from forecaster.data.panel import Ahead, Note, Panel
from forecaster.data.read import read_table
from forecaster.data.repair import merge_duplicates
from forecaster.data.roles import covariates_of
from forecaster.data.rows import Ids, read_ids, sort_rows
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table
from forecaster.errors import DataError, listing

# Numbers as times are alike within this share of a step.
SLACK = 1e-6


def read_future(
    source: Any, settings: DataSettings, panel: Panel, horizon: int, run: str = "the run"
) -> tuple[Ahead, tuple[Note, ...]]:
    """What a file says of the steps after the last rows of a panel.

    Args:
        source: As ``read_panel`` takes it, with the columns of ids, times and those known in advance; rows at
            other times are not looked at.
        settings: Under which the panel was read.
        panel: What is to be forecast from.
        horizon: Steps after the last row.
        run: What needs them, for messages.

    Returns:
        ``horizon`` steps of every series, NaN where the file has none; and what should be known of the file.

    Raises:
        DataError: A column is missing, or a row cannot be read.
    """
    columns = columns_ahead(panel.columns)
    table = read_table(source, settings, [name for role, name in columns.items() if role == "id"])
    refuse_lacking(table, columns.values(), run)
    offsets = np.arange(panel.n_series + 1, dtype=np.int64) * horizon
    if table.n_rows == 0:  # of a part of the file, which has none for these series
        return Ahead(np.full((panel.n_series * horizon, len(panel.future_known)), np.nan), offsets), ()
    found = Detection("values", "the columns are those of the run", columns, levels=panel.levels)
    known = read_covariates(table, found, "future")
    ids = read_ids(table, columns.get("id"))
    bases, n_targets = _bases(panel)
    place = pd.Index(bases).get_indexer(pd.Index(ids.names)).astype(np.int64)
    keys, values, ends = _keyed_rows(table, (known.numbers, ids), (found, settings, panel))
    rows_of = place[np.repeat(np.arange(len(place)), np.diff(ends))]
    if "time" in columns:
        wanted = _keys(_wanted(panel, horizon)[::n_targets], panel.clock.step)
    else:
        wanted = np.tile(np.arange(horizon), (len(bases), 1))
    steps = _look_up(rows_of, keys, wanted)
    ahead = np.append(values, np.full((1, values.shape[1]), np.nan), axis=0)[steps]
    ahead = np.repeat(ahead, n_targets, axis=0)  # (n_series, horizon, n_future_known)
    notes = (*table.notes, *known.notes, *ids.notes, *_strangers(table, panel.columns, ids.names[place < 0]))
    return Ahead(ahead.reshape(-1, values.shape[1]), offsets), notes


def columns_ahead(columns: Mapping[str, str]) -> dict[str, str]:
    """The columns that a file of the future has.

    Args:
        columns: By role, of the data.

    Returns:
        Those of ids, times and what is known in advance.
    """
    alike = ("id", "time", "future")
    return {role: name for role, name in columns.items() if role.rstrip("0123456789") in alike}


def refuse_lacking(table: Table, names: Collection[str], run: str) -> None:
    """Refuse a file without columns that are needed.

    Args:
        table: The file.
        names: Columns.
        run: What needs them, for the message.

    Raises:
        DataError: One is missing.
    """
    lacking = [name for name in names if name not in table.columns]
    if lacking:
        raise DataError(
            f"{table.source}: {run} needs columns {listing(names)}; {listing(lacking)} missing. "
            "Bring a file with all of them."
        )


def check_ahead(panel: Panel, horizon: int, source: str) -> None:
    """Refuse a panel of which not all is known over the horizon that should be.

    Args:
        panel: With ``ahead``.
        horizon: Steps that are needed.
        source: Where the future comes from, for messages.

    Raises:
        DataError: Rows or values are missing; the message names the first series, time and columns.
    """
    missing = _missing(panel, horizon)
    if not missing.any():
        return
    rows = missing.any(axis=2)
    series, step = (int(one) for one in np.argwhere(rows)[0])
    names = {name for name, one in zip(_column_names(panel), missing[series, step], strict=True) if one}
    count = int(rows.sum()) - 1
    time = moment_text(panel.clock, _wanted(panel, horizon)[series, step])
    raise DataError(
        f"{source}: no value of {listing(names)} for {panel.ids[series]} at {time}"
        + (f", nor for {count:,} other row{'s' * (count > 1)}" if count else "")
        + f". Give each series the {horizon} rows after its last one."
    )


def lacks_future(panel: Panel, horizon: int) -> bool:
    """Whether a forecast needs rows that are still to be given.

    Args:
        panel: What is to be forecast from.
        horizon: Steps that are needed.

    Returns:
        False too where no column is known in advance.
    """
    return bool(_missing(panel, horizon).any())


def _missing(panel: Panel, horizon: int) -> np.ndarray:
    """(n_series, horizon, n_future_known) which numbers are not known; of series that have rows."""
    shape = (panel.n_series, horizon, len(panel.future_known))
    has_rows = np.broadcast_to((panel.lengths > 0)[:, None, None], shape)
    if panel.ahead is None or len(panel.ahead.values) == 0:
        return has_rows
    steps = panel.ahead.offsets[:-1, None] + np.arange(horizon)
    values = panel.ahead.values[np.minimum(steps, len(panel.ahead.values) - 1)]
    beyond = steps >= panel.ahead.offsets[1:, None]
    return np.asarray(has_rows & (np.isnan(values) | beyond[:, :, None]))


def _column_names(panel: Panel) -> list[str]:
    """Column of the file that each channel known in advance came from."""
    names = covariates_of(panel.columns)["future_known"]
    return [name for name in names for _ in panel.levels.get(name, ("",))]


def _bases(panel: Panel) -> tuple[np.ndarray, int]:
    """The ids of the file that a panel was read from, and how many series each has: one a target."""
    targets = [name for role, name in panel.columns.items() if role.rstrip("0123456789") == "target"]
    n_targets = max(len(targets), 1)
    if "id" not in panel.columns:
        return np.array(["series"], dtype=object), n_targets
    if n_targets == 1:
        return panel.ids, 1
    ending = f"/{targets[0]}"
    return np.array([name.removesuffix(ending) for name in panel.ids[::n_targets]], dtype=object), n_targets


def _wanted(panel: Panel, horizon: int) -> np.ndarray:
    """(n_series, horizon) times of the steps to forecast; any for a series without rows."""
    last = panel.times[np.clip(panel.offsets[1:] - 1, 0, panel.n_rows - 1)]
    return future_times(panel.clock, last, horizon)


def _keyed_rows(
    table: Table,
    rows: tuple[np.ndarray, Ids],
    origin: tuple[Detection, DataSettings, Panel],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, values and offsets of the file's rows in order; without a time column they count from 0."""
    (values, ids), (found, settings, panel) = rows, origin
    if "time" not in found.columns:
        order = sort_rows(ids, None, table.n_rows)
        return order.times, order.take(values), order.offsets
    name = found.columns["time"]
    stamps = read_stamps(table, name, settings)
    if stamps.kind != panel.clock.kind or (stamps.zone is None) != (panel.clock.zone is None):
        raise DataError(
            f"{table.place(0, name)}: '{table.field(0, name)}' is not written as the times of "
            f"{panel.source} are. Write it in the same way, with a zone where they have one."
        )
    order = sort_rows(ids, stamps.values, table.n_rows)
    times, values, offsets, _ = merge_duplicates(
        (order.times, order.take(values), order.offsets),
        settings.duplicates,
        (table, name, order),
    )
    return _keys(times, panel.clock.step), values, offsets


def _keys(times: np.ndarray, step: str | int | float | None) -> np.ndarray:
    """Whole numbers that are alike for times that are."""
    if np.issubdtype(times.dtype, np.floating):
        return np.asarray(np.rint(times / (abs(float(step or 1.0)) * SLACK)), dtype=np.int64)
    return times.astype(np.int64)


def _look_up(series: np.ndarray, keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Rows of the wanted steps.

    Args:
        series: (n_rows,) that each row is of, -1 for none.
        keys: (n_rows,) its time.
        wanted: (n_series, horizon) times.

    Returns:
        (n_series, horizon) int64, n_rows where there is no such row.
    """
    unique, codes = np.unique(np.concatenate([keys, wanted.ravel()]), return_inverse=True)
    own = series * len(unique) + codes[: len(keys)]
    asked = np.arange(len(wanted))[:, None] * len(unique) + codes[len(keys) :].reshape(wanted.shape)
    rows = np.flatnonzero(series >= 0)
    rows = rows[np.argsort(own[rows], kind="stable")]
    place = np.searchsorted(own[rows], asked)
    rows = np.append(rows, len(keys))
    found = np.append(own, -1)[rows[place]] == asked
    return np.where(found, rows[place], len(keys))


def _strangers(table: Table, columns: Mapping[str, str], ids: np.ndarray) -> tuple[Note, ...]:
    """Notes of ids and columns of the file that are not looked at."""
    notes = []
    if len(ids):
        text = f"ids of {table.source} are not in the data: {listing(ids)}; their rows are not looked at"
        notes.append(Note("future_ids", text, len(ids)))
    extra = [name for name in table.columns if name not in columns.values()]
    if extra:
        text = f"columns of {table.source} are not looked at: {listing(extra)}"
        notes.append(Note("future_columns", text, len(extra)))
    return tuple(notes)
