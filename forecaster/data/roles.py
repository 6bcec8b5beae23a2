"""Which columns hold ids, times and numbers, by name and by what they hold."""

from __future__ import annotations

from collections.abc import Mapping

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
from forecaster.data.panel import Kind
from forecaster.data.stamps import looks_time
from forecaster.data.table import Table
from forecaster.errors import ConfigError, DataError, listing


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
    taken = {settings.time, settings.mark, *(settings.target or ()), *(settings.past or ())}
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
    taken = {ids, settings.mark, *(settings.target or ()), *(settings.past or ())}
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


def beside_roles(settings: DataSettings, columns: Mapping[str, str]) -> dict[str, str]:
    """Roles of the numbers and of the mark that belong to each event.

    Args:
        settings: With the columns that the user named.
        columns: Columns by role that have one already.

    Returns:
        past, past2, ... and mark.

    Raises:
        ConfigError: A column has another role, or events are to be counted.
    """
    past = settings.past or ()
    named = [("--past", name) for name in past]
    if settings.mark is not None:
        named.append(("--mark", settings.mark))
    for option, name in named:
        said = f"{option} {name}: "
        if settings.count_per is not None:
            raise ConfigError(f"{said}counts per {settings.count_per} have no other column. Leave it out.")
        if name in columns.values():
            role = "id" if columns.get("id") == name else "time"
            raise ConfigError(f"{said}this column is the {role}. Name another.")
        if option == "--past" and past.count(name) > 1:
            raise ConfigError(f"{said}the column is named twice. Name it once.")
        if option == "--past" and name == "gap":
            raise ConfigError(f"{said}the time between events has this name. Rename the column.")
    roles = {"past" if place == 0 else f"past{place + 1}": name for place, name in enumerate(past)}
    return roles if settings.mark is None else roles | {"mark": settings.mark}


def refuse_beside(settings: DataSettings, kind: Kind, why: str) -> None:
    """Refuse columns beside the time where rows are no events.

    Args:
        settings: With the columns that the user named.
        kind: What the rows were taken for.
        why: The reason.

    Raises:
        ConfigError: There are such columns.
    """
    mark = () if settings.mark is None else (settings.mark,)
    for option, names in (("--past", settings.past or ()), ("--mark", mark)):
        if names:
            raise ConfigError(
                f"{option} {','.join(names)}: only for events; the file is read as {kind}, {why}. "
                "Use --kind events, or leave it out."
            )


def refuse_unknown(table: Table, settings: DataSettings) -> None:
    """Columns that the user named must be there.

    Args:
        table: The file.
        settings: With the names.

    Raises:
        DataError: One is missing.
    """
    others = (("--id", settings.id), ("--time", settings.time), ("--mark", settings.mark))
    for option, name in (*others, *(("--past", name) for name in settings.past or ())):
        if name is not None and name not in table.columns:
            raise no_column(table, name, f"Name another with {option}.")
    for name in settings.target or ():
        if name not in table.columns:
            raise no_column(table, name, "Name the target with --target.")


def no_column(table: Table, name: str, advice: str) -> DataError:
    """The error of a column that is missing.

    Args:
        table: The file.
        name: The column.
        advice: What to do.

    Returns:
        The error to raise.
    """
    return DataError(f"{table.source}: column '{name}' is missing; found {listing(table.columns)}. {advice}")
