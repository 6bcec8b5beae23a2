"""Ways in which dates are written as text, and which of them a column uses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecaster.data.invisible import find_invisible
from forecaster.data.panel import Note
from forecaster.data.table import Column, Table
from forecaster.errors import DataError

_ZONED = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}(:?\d{2}){0,2}([.,]\d+)?\s?([Zz]|[+-]\d{2}(:?\d{2})?)$"
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_DATES = (
    (r"^\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",)),
    (r"^\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",)),
    (r"^\d{4}\.\d{1,2}\.\d{1,2}", ("%Y.%m.%d",)),
    (r"^\d{4}年\d{1,2}月\d{1,2}日", ("%Y年%m月%d日",)),
    (r"^\d{4}年\d{1,2}月$", ("%Y年%m月",)),
    (r"^\d{4}[-/]\d{1,2}$", ("%Y-%m", "%Y/%m")),
    (r"^\d{8}([ T]|$)", ("%Y%m%d",)),
    (r"^\d{1,2}[ -][A-Za-z]{3}[ -]\d{4}", ("%d-%b-%Y", "%d %b %Y")),
    (r"^\d{1,2} [A-Za-z]{4,} \d{4}", ("%d %B %Y",)),
    (r"^[A-Za-z]{3} \d{1,2}, \d{4}", ("%b %d, %Y",)),
    (r"^[A-Za-z]{4,} \d{1,2}, \d{4}", ("%B %d, %Y",)),
    (r"^[A-Za-z]{3}[ -]\d{4}$", ("%b %Y", "%b-%Y")),
)
_NUMERIC = r"^(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.]\d{4}"
_QUARTER = r"^(?P<year>\d{4})\s?-?[Qq](?P<quarter>[1-4])$"


def is_zoned(texts: Column) -> np.ndarray:
    """Which stamps carry an offset or Z.

    Args:
        texts: (n_rows,) stamps as text.

    Returns:
        (n_rows,) bool.
    """
    return np.asarray(pc.match_substring_regex(texts, pattern=_ZONED))


def find_dates(table: Table, name: str, texts: Column) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Dates of a column of text, in the one layout that it uses.

    Args:
        table: The file, for messages.
        name: The column.
        texts: (n_rows,) its fields, trimmed.

    Returns:
        (n_rows,) datetime64[ns], and how day and month were told apart.

    Raises:
        DataError: A field is not a date, or day and month cannot be told apart.
    """
    notes: tuple[Note, ...] = ()
    quarters = pc.extract_regex(texts, pattern=_QUARTER)
    if quarters.null_count == 0:
        part = quarters.combine_chunks()
        years = np.asarray(part.field(0).cast(pa.int64())) - 1970
        months = years * 12 + 3 * (np.asarray(part.field(1).cast(pa.int64())) - 1)
        return months.astype("datetime64[M]").astype("datetime64[ns]"), ()
    layouts: tuple[str, ...] = ()
    first = texts.slice(0, 1000)
    for pattern, formats in _DATES:
        if pc.any(pc.match_substring_regex(first, pattern=pattern)).as_py():
            layouts = formats
            break
    else:
        if pc.any(pc.match_substring_regex(first, pattern=_NUMERIC)).as_py():
            layouts, notes = _day_or_month(table, name, texts)
    dates = _convert(texts, layouts)
    wrong = np.isnat(dates)
    if wrong.any():
        row = int(np.argmax(wrong))
        example = "Write it as 2021-12-04T09:30"
        hidden = find_invisible(table.field(row, name))
        if hidden is not None:
            example = f"Remove the character {hidden}, which cannot be seen"
        elif not layouts:
            example += ", or name its format with --time-format"
        raise DataError(
            f"{table.place(row, name)}: '{table.field(row, name)}' is not a timestamp. {example}."
        )
    return dates, notes


def _day_or_month(table: Table, name: str, texts: Column) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Whether 3/4/2020 has its day or its month first, from the numbers above 12."""
    parts = pc.extract_regex(texts, pattern=_NUMERIC).combine_chunks().flatten()
    first, second = (part.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False) for part in parts)
    day_first, month_first = first > 12, second > 12
    mark = next(letter for letter in str(texts[int(np.argmax(first > 0))]) if letter in "-/.")
    by_day, by_month = f"%d{mark}%m{mark}%Y", f"%m{mark}%d{mark}%Y"
    if day_first.any() and month_first.any():
        row = max(int(np.argmax(day_first)), int(np.argmax(month_first)))
        raise DataError(
            f"{table.place(row, name)}: '{table.field(row, name)}' has day and month in another order "
            "than rows above. Write all dates as 2021-12-04."
        )
    if not day_first.any() and not month_first.any():
        if np.array_equal(first, second):
            return (by_day,), ()
        row = int(np.argmax(first != second))
        raise DataError(
            f"{table.place(row, name)}: '{table.field(row, name)}' may have its day or its month first. "
            f"Say which with --time-format {by_day} or --time-format {by_month}."
        )
    order = "day" if day_first.any() else "month"
    row = int(np.argmax(day_first if day_first.any() else month_first))
    note = Note("date_order", f"column '{name}' has the {order} first, as '{texts[row]}' shows")
    return (by_day if order == "day" else by_month,), (note,)


def _convert(texts: Column, layouts: tuple[str, ...]) -> np.ndarray:
    """Dates in any of the layouts with any time of day; NaT where none fits."""
    stamps = pd.Series(pc.replace_substring_regex(texts, r"^(\S*\d\S*)[T_](\d)", r"\1 \2").to_pandas())
    dates = pd.Series(np.full(len(stamps), np.datetime64("NaT"), dtype="datetime64[ns]"))
    for layout in layouts:
        for clock in _CLOCKS:
            left = dates.isna()
            if not left.any():
                break
            part = stamps[left]
            timed = part.str.contains(":", regex=False)
            if timed.all() if clock == "" else not timed.any():
                continue
            dates[left] = _by_layout(part, layout + clock)
    return np.asarray(dates, dtype="datetime64[ns]")


def _by_layout(stamps: pd.Series, layout: str) -> pd.Series:
    """Dates of one layout; NaT for other texts and for years that ns cannot hold."""
    try:
        return pd.to_datetime(stamps, format=layout, errors="coerce").astype("datetime64[ns]")
    except pd.errors.OutOfBoundsDatetime:
        dates = [pd.to_datetime(stamp, format=layout, errors="coerce") for stamp in stamps]
        held = [date if date is not pd.NaT and 1678 <= date.year <= 2261 else pd.NaT for date in dates]
        return pd.Series(held, index=stamps.index, dtype="datetime64[ns]")
