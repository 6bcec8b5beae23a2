"""Which columns hold ids, times and numbers, by name and by what they hold."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from forecaster.config.settings import DataSettings
from forecaster.data.names import (
    ID_NAMES,
    ROW_NAMES,
    TICKER_NAMES,
    TIME_NAMES,
    first_named,
    is_id_name,
    is_time_name,
    normal,
)
from forecaster.data.numbers import looks_number
from forecaster.data.stamps import looks_time
from forecaster.data.table import Table
from forecaster.errors import DataError, listing


def find_id(table: Table, settings: DataSettings) -> str | None:
    """The column of ids: named, of a usual name, or the only one so called.

    Args:
        table: The file.
        settings: With the names that the user gave.

    Returns:
        The column; None for one series, and when every row has an id of its own.
    """
    if settings.id is not None:
        return settings.id
    taken = {settings.time, *(settings.target or ())}
    names = [name for name in table.columns if name not in taken]
    usual = TICKER_NAMES if settings.kind == "ohlc" else ID_NAMES
    name = first_named(names, usual)
    if name is None:
        called = [name for name in names if is_id_name(name) and not is_time_name(name)]
        name = called[0] if len(called) == 1 else None
    if name is None:
        return name
    column = table.columns[name]
    if pa.types.is_floating(column.type) and normal(name) not in ID_NAMES:
        return None
    return None if numbers_rows(table, name) else name


def numbers_rows(table: Table, name: str) -> bool:
    """Whether a column called id and the like has another value in every row.

    Args:
        table: The file.
        name: A column of it.

    Returns:
        True when it names rows, not series.
    """
    if normal(name) not in ROW_NAMES or table.n_rows < 2:
        return False
    return bool(pc.count_distinct(table.columns[name]).as_py() == table.n_rows)


def find_time(table: Table, settings: DataSettings, ids: str | None) -> str | None:
    """The column of times: named, of a usual name, or the only one that holds dates.

    Args:
        table: The file.
        settings: With the names that the user gave.
        ids: The column of ids.

    Returns:
        The column, or None.

    Raises:
        DataError: There are several that it could be.
    """
    if settings.time is not None:
        return settings.time
    taken = {ids, *(settings.target or ())}
    names = [name for name in table.columns if name not in taken]
    if settings.time_format is not None:
        named = [name for name in names if is_time_name(name)]
        if named:
            return first_named(named, TIME_NAMES) or named[0]
    looks = [name for name in names if looks_time(name, table.columns[name])]
    dates = [name for name in looks if not looks_number(name, table.columns[name])]
    for group in ([name for name in dates if is_time_name(name)], dates, looks):
        if len(group) == 1:
            return group[0]
        if group:
            raise DataError(
                f"{table.source}: several columns could be the time: {listing(group)}. Name one with --time."
            )
    return None


def find_numbers(table: Table, taken: set[str | None]) -> tuple[str, ...]:
    """Columns of numbers that have no other role.

    Args:
        table: The file.
        taken: Columns that have one.

    Returns:
        In the order of the file.
    """
    return tuple(
        name
        for name, column in table.columns.items()
        if name not in taken and not is_id_name(name) and looks_number(name, column)
    )
