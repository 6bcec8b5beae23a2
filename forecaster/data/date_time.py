"""Files of prices whose dates and times of day stand in two columns: both as one."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from forecaster.config.data_settings import DataSettings
from forecaster.data.names import first_named
from forecaster.data.table import Column, Table

_DATES = ("date", "datum", "tradedate", "日期", "交易日期")
_TIMES = ("time", "zeit", "uhrzeit", "tradetime", "时间", "交易时间")
_WITH_MARKS = r"^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$"
_DIGITS = r"^\d{1,6}$"


def join_date_and_time(table: Table, settings: DataSettings) -> Table:
    """A table whose column of dates has the times of day too, where they stand in a column of their own.

    Args:
        table: A text file of prices.
        settings: A time that the user named is left as it is.

    Returns:
        The table without the column of times; as it is where there are no two such columns.

    Example:
        ``20240102`` and ``153000``, or ``2024.01.02`` and ``15:30``.
    """
    date, time = first_named(table.columns, _DATES), first_named(table.columns, _TIMES)
    if not table.delimiter or settings.time is not None or settings.time_format is not None:
        return table
    if date is None or time is None:
        return table
    hours = _hours(table.raw(time))
    dates = pc.utf8_trim_whitespace(table.raw(date))
    if hours is None or pc.any(pc.match_substring_regex(dates, pattern=r":|\d[ T]\d")).as_py():
        return table
    joined = pc.binary_join_element_wise(dates, hours, " ")
    columns = {name: joined if name == date else column for name, column in table.columns.items()}
    del columns[time]
    return replace(table, columns=columns, raw=lambda name: joined if name == date else table.raw(name))


def _hours(fields: Column) -> Column | None:
    """Times of day as hh:mm or hh:mm:ss; None where a field is none."""
    texts = pc.utf8_trim_whitespace(fields)
    if pc.all(pc.match_substring_regex(texts, pattern=_WITH_MARKS)).as_py():
        return texts
    if not pc.all(pc.match_substring_regex(texts, pattern=_DIGITS)).as_py():
        return None
    width = 4 if pc.max(pc.utf8_length(texts)).as_py() in (3, 4) else 6
    digits = pc.utf8_lpad(texts, width=width, padding="0")
    parts = [pc.utf8_slice_codeunits(digits, begin, begin + 2) for begin in range(0, width, 2)]
    for part, limit in zip(parts, (24, 60, 60), strict=False):
        if not pc.all(pc.less(part.cast(pa.int64()), limit)).as_py():
            return None
    return pc.binary_join_element_wise(*parts, ":")
