"""Rows of one time made one, and missing values filled in; each counted."""

from __future__ import annotations

import numpy as np

from forecaster.data.panel import Note
from forecaster.data.rows import Order
from forecaster.data.table import Table
from forecaster.errors import DataError

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def merge_duplicates(
    rows: Rows,
    how: str,
    origin: tuple[Table, str, Order],
    ids: np.ndarray | None = None,
    ways: str = "first, last, mean or sum",
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[Note, ...]]:
    """Rows with one row per time in every series.

    Args:
        rows: times (n_rows,), values (n_rows, n_columns) and offsets (n_series + 1,).
        how: error, first, last, mean or sum.
        origin: The table, its time column and the order of its rows, for messages.
        ids: (n_series,) names of the series, for messages; None where the file names none.
        ways: What ``how`` may be, for messages.

    Returns:
        Times, values and offsets, and a note with the number of rows merged.

    Raises:
        DataError: Two rows of a series have one time and ``how`` is error.
    """
    times, values, offsets = rows
    again = np.zeros(len(times), dtype=bool)
    again[1:] = times[1:] == times[:-1]
    again[offsets[:-1]] = False
    count = int(again.sum())
    if count == 0:
        return times, values, offsets, ()
    if how == "error":
        place = int(np.argmax(again))
        name = None if ids is None else ids[np.searchsorted(offsets, place, side="right") - 1]
        raise _refusal(origin, (place, count), name, ways)
    begins = np.flatnonzero(~again)
    if how == "first":
        merged = values[begins]
    elif how == "last":
        merged = values[np.append(begins[1:], len(values)) - 1]
    else:
        known = np.add.reduceat(~np.isnan(values), begins, axis=0, dtype=np.int64)
        merged = np.add.reduceat(np.nan_to_num(values, nan=0.0), begins, axis=0)
        if how == "mean":
            merged = merged / np.maximum(known, 1)
        merged[known == 0] = np.nan
    lengths = np.add.reduceat(~again, offsets[:-1], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    words = {"mean": "averaged", "sum": "added up"}.get(how, f"the {how} was kept")
    note = Note("duplicates", f"rows with the time of the row before in their series: {words}", count)
    return times[begins], merged, offsets, (note,)


def _refusal(
    origin: tuple[Table, str, Order], places: tuple[int, int], series: str | None, ways: str
) -> DataError:
    """The error of rows with the time of the row before, the first of which is given with their number."""
    table, name, order = origin
    place, count = places
    row = order.row(place)
    where = "this series" if series is None else f"series {series}"
    more = f" ({count} such rows)" if count > 1 else ""
    return DataError(
        f"{table.place(row, name)}: '{table.field(row, name)}' is there already in {where}{more}. "
        f"Remove the row, use --duplicates {ways}, or name the series with --id."
    )


def fill_missing(
    values: np.ndarray, offsets: np.ndarray, how: str, n_added: int = 0
) -> tuple[np.ndarray, tuple[Note, ...], tuple[Note, ...]]:
    """Values with gaps filled as asked, and what is still missing.

    Args:
        values: (n_rows, n_columns).
        offsets: (n_series + 1,).
        how: none, previous, linear or zero; nothing before the first value of a series is made up
            except by zero, and linear goes on with the last value at the end.
        n_added: Values that are missing because their rows were put in, which is said elsewhere.

    Returns:
        The values, a note of what was filled, and a warning of what is missing.
    """
    missing = np.isnan(values)
    before = int(missing.sum())
    if before == 0:
        return values, (), ()
    filled = values
    if how == "zero":
        filled = np.where(missing, 0.0, values)
    elif how != "none":
        columns = [_fill(values[:, place], offsets, how) for place in range(values.shape[1])]
        filled = np.stack(columns, axis=1)
    left = int(np.isnan(filled).sum())
    repairs: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    if left < before:
        repairs = (Note("filled", f"missing values were filled ({how})", before - left),)
    if how == "none":
        left -= n_added
    if left > 0:
        text = "values are missing and left out of training; --fill fills them in"
        warnings = (Note("missing_values", text, left),)
    return filled, repairs, warnings


def _fill(column: np.ndarray, offsets: np.ndarray, how: str) -> np.ndarray:
    """One column with its gaps filled from the rows around them in the same series."""
    n_rows = len(column)
    rows = np.arange(n_rows)
    known = ~np.isnan(column)
    series = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    before = np.maximum.accumulate(np.where(known, rows, -1))
    after = np.minimum.accumulate(np.where(known, rows, n_rows)[::-1])[::-1]
    has_before = (before >= 0) & (series[np.maximum(before, 0)] == series)
    filled = np.where(known, column, np.where(has_before, column[np.maximum(before, 0)], np.nan))
    if how == "previous":
        return filled
    last = np.minimum(after, n_rows - 1)
    between = ~known & has_before & (after < n_rows) & (series[last] == series)
    left, right = before[between], after[between]
    share = (rows[between] - left) / (right - left)
    filled[between] = column[left] + share * (column[right] - column[left])
    return filled
