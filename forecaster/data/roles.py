"""Which columns hold ids, times and numbers, by name and by what they hold."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from forecaster.config.data_settings import DataSettings
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

# First rows in which an id that comes again is most often found.
_SAMPLE = 10_000


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
    taken = {settings.time, *(settings.target or ()), *named_columns(settings)}
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
    column = table.columns[name]
    first = column.slice(0, _SAMPLE)
    if pc.count_distinct(first).as_py() < len(first):
        return False
    return bool(pc.count_distinct(column).as_py() == table.n_rows)


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
    taken = {ids, *(settings.target or ()), *named_columns(settings)}
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


def named_columns(settings: DataSettings) -> dict[str, str]:
    """Columns that the user named beside id, time and target, each with the option that names it.

    Args:
        settings: With the names.

    Returns:
        Columns and options; of a column that is named twice the last option.
    """
    named = [(name, option) for _, option, names in _covariates(settings) for name in names]
    return dict(named) if settings.mark is None else {**dict(named), settings.mark: "--mark"}


def covariate_roles(settings: DataSettings, columns: Mapping[str, str]) -> dict[str, str]:
    """Roles of the covariates that the user named.

    Args:
        settings: With the columns.
        columns: Columns by role that have one already.

    Returns:
        past, past2, ..., future, ..., static, ...

    Raises:
        ConfigError: A column has another role, or is named twice.
    """
    roles: dict[str, str] = {}
    for role, option, names in _covariates(settings):
        for place, name in enumerate(names):
            _refuse_taken(option, name, columns)
            if name in roles.values():
                raise ConfigError(f"{option} {name}: the column is named twice. Name it once.")
            roles[role if place == 0 else f"{role}{place + 1}"] = name
    return roles


def covariates_of(columns: Mapping[str, str]) -> dict[str, list[str]]:
    """Columns that are used beside the target, by how they are known.

    Args:
        columns: By role.

    Returns:
        ``past``, ``future_known`` and ``static``, each perhaps empty.
    """
    names = {"past": "past", "future": "future_known", "static": "static"}
    found: dict[str, list[str]] = {name: [] for name in names.values()}
    for role, column in columns.items():
        kind = names.get(role.rstrip("0123456789"))
        if kind is not None:
            found[kind].append(column)
    return found


def beside_roles(settings: DataSettings, columns: Mapping[str, str]) -> dict[str, str]:
    """Roles of the numbers and of the mark that belong to each event.

    Args:
        settings: With the columns that the user named.
        columns: Columns by role that have one already.

    Returns:
        past, past2, ... and mark.

    Raises:
        ConfigError: A column has another role, is none of an event, or events are to be counted; or
            something is said of prices.
    """
    _refuse_of_prices(settings, "events")
    for name, option in named_columns(settings).items():
        said = f"{option} {name}: "
        if settings.count_per is not None:
            raise ConfigError(f"{said}counts per {settings.count_per} have no other column. Leave it out.")
        if option not in ("--past", "--mark"):
            raise ConfigError(f"{said}only for values; these are events. Use --past, or leave it out.")
        if option == "--past" and name == "gap":
            raise ConfigError(f"{said}the time between events has this name. Rename the column.")
    roles = covariate_roles(settings, columns)
    if settings.mark is None:
        return roles
    _refuse_taken("--mark", settings.mark, columns)
    return roles | {"mark": settings.mark}


def refuse_beside(settings: DataSettings, kind: Kind, why: str) -> None:
    """Refuse columns and settings that rows of a kind have no use for.

    Args:
        settings: With the columns that the user named.
        kind: What the rows were taken for: no events.
        why: The reason.

    Raises:
        ConfigError: There are such columns or settings.
    """
    _refuse_of_prices(settings, kind)
    refused = {"--mark": "events"}
    if kind != "values":
        refused |= {"--future-known": "values", "--static": "values"}
    for option, other in refused.items():
        names = [name for name, named_by in named_columns(settings).items() if named_by == option]
        if names:
            raise ConfigError(
                f"{option} {','.join(names)}: only for {other}; the file is read as {kind}, {why}. "
                f"Use --kind {other}, or leave it out."
            )


def _refuse_of_prices(settings: DataSettings, kind: Kind) -> None:
    """Refuse what is said of prices where there are none, and a target where there are."""
    if kind == "ohlc":
        if settings.target is not None:
            raise ConfigError(
                f"--target {','.join(settings.target)}: of prices (ohlc) --predict says what is forecast. "
                "Leave it out, or use --kind values."
            )
        return
    for option, value in (("--predict", settings.predict), ("--calendar", settings.calendar)):
        if value is not None:
            raise ConfigError(f"{option} {value}: only for prices (ohlc); these are {kind}. Leave it out.")


def refuse_unknown(table: Table, settings: DataSettings) -> None:
    """Columns that the user named must be there.

    Args:
        table: The file.
        settings: With the names.

    Raises:
        DataError: One is missing.
    """
    named = [(settings.id, "--id"), (settings.time, "--time"), *named_columns(settings).items()]
    for name, option in named:
        if name is not None and name not in table.columns:
            raise no_column(table, name, f"Name another with {option}.")
    for name in settings.target or ():
        if name not in table.columns:
            raise no_column(table, name, "Name the target with --target.")


def _refuse_taken(option: str, name: str, columns: Mapping[str, str]) -> None:
    """Refuse a column that has a role already."""
    role = next((role for role, column in columns.items() if column == name), None)
    if role is not None:
        raise ConfigError(f"{option} {name}: this column is the {role.rstrip('0123456789')}. Name another.")


def _covariates(settings: DataSettings) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Role, option and columns of each kind of covariate."""
    return (
        ("past", "--past", settings.past or ()),
        ("future", "--future-known", settings.future_known or ()),
        ("static", "--static", settings.static or ()),
    )


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
