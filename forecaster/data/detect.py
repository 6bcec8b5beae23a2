"""Which kind of data the columns of a file are, which role each has, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from forecaster.config.data_settings import DataSettings
from forecaster.data.names import (
    OHLC_NAMES,
    OTHER_VALUE_NAMES,
    VALUE_NAMES,
    first_named,
    is_interval_name,
    is_time_name,
    normal,
)
from forecaster.data.panel import Kind
from forecaster.data.roles import (
    beside_roles,
    covariate_roles,
    find_id,
    find_numbers,
    find_time,
    named_columns,
    no_column,
    numbers_rows,
    refuse_beside,
    refuse_unknown,
)
from forecaster.data.sequence_roles import KIND as SEQUENCES
from forecaster.data.sequence_roles import has_goal, has_symbols, known_roles, sequence_roles
from forecaster.data.spacing import regular_share
from forecaster.data.table import Table
from forecaster.data.whole import Whole
from forecaster.errors import ConfigError, DataError, listing

PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Detection:
    """What a table was taken for.

    Attributes:
        kind: The kind.
        why: The reason in words that follow "read as events, ".
        columns: Names by role: id, time, target (target2, ...), open, high, low, close, volume, adj_close,
            past (past2, ...), future, static, mark; of sequences label, output and wide (wide2, ...).
        unused: Columns of numbers that have no role.
        levels: Categories of the covariates of a trained run; None where the file shows them.
        whole: Facts of the data set that the table is a part of; None for a whole one.
        moments: Rows of the file that ``--as-of`` names, where it was read before.
    """

    kind: Kind
    why: str
    columns: Mapping[str, str]
    unused: tuple[str, ...] = ()
    levels: Mapping[str, tuple[str, ...]] | None = None
    whole: Whole | None = None
    moments: Table | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """Columns to forecast, in order."""
        return self.of_role("target")

    @property
    def past(self) -> tuple[str, ...]:
        """Columns known up to the origin, in order."""
        return self.of_role("past")

    def of_role(self, role: str) -> tuple[str, ...]:
        """Columns of a role that several may have, in order."""
        return tuple(name for one, name in self.columns.items() if one.rstrip("0123456789") == role)


def detect(
    table: Table,
    settings: DataSettings,
    trained: Mapping[str, str] | None = None,
    run: str = "the run",
    levels: Mapping[str, tuple[str, ...]] | None = None,
) -> Detection:
    """Kind and roles of the columns of a table.

    Args:
        table: The file.
        settings: What the user said about it.
        trained: Columns by role of a trained run, to be found again.
        run: That run in messages.
        levels: Categories of its covariates.

    Returns:
        The kind, the reason, and the columns.

    Raises:
        DataError: A column that is needed is missing, or there are several that it could be.
    """
    if trained:
        return replace(_as_trained(table, settings, trained, run), levels=levels or {})
    if has_goal(settings) or has_symbols(table, settings):
        columns, reason = sequence_roles(table, settings)
        unused = tuple(name for name in table.columns if name not in columns.values())
        return Detection(SEQUENCES, reason, columns, unused)
    refuse_unknown(table, settings)
    kind = {"kind": "ohlc"} if has_prices(table, settings) else {}
    ids = find_id(table, settings.model_copy(update=kind))
    time = find_time(table, settings, ids)
    numbers = find_numbers(table, {ids, time, *named_columns(settings)})
    detection = _decide(_Found(table, settings, ids, time, numbers))
    rows = [name for name in table.columns if ids is None and numbers_rows(table, name)]
    more = f"; '{rows[0]}' is another in every row, so it names no series" if rows else ""
    return replace(detection, why=detection.why + more)


def has_prices(table: Table, settings: DataSettings) -> bool:
    """Whether there are columns for all four prices, and nothing but prices was asked for."""
    if settings.kind not in ("auto", "ohlc") or settings.target is not None or settings.count_per is not None:
        return False
    return all(first_named(table.columns, OHLC_NAMES[role]) is not None for role in PRICES)


def _decide(found: _Found) -> Detection:
    """The kind that the user named, or the one that the columns show."""
    settings = found.settings
    if settings.count_per is not None:
        return _events(found, f"--count-per {settings.count_per} counts them")
    if settings.kind == "ohlc":
        return _ohlc(found, "as --kind says")
    if settings.kind == "events":
        return _events(found, "as --kind says")
    if settings.kind in ("intervals", "values"):
        return _targeted(found, settings.kind, "as --kind says")
    return _auto(found)


@dataclass(frozen=True)
class _Found:
    """What is known of a table before its kind is."""

    table: Table
    settings: DataSettings
    ids: str | None
    time: str | None
    numbers: tuple[str, ...]


def _auto(found: _Found) -> Detection:
    """Events, intervals or values, from the columns there are."""
    settings, numbers, time = found.settings, found.numbers, found.time
    if time is None:
        return _auto_timeless(found)
    if has_prices(found.table, settings):
        return _ohlc(found, "because there are columns for open, high, low and close")
    if not numbers and settings.target is None:
        empty = [name for name, column in found.table.columns.items() if pa.types.is_null(column.type)]
        beside = f"; column '{empty[0]}' holds no value" if empty else ""
        return _events(found, f"because there is a time, '{time}', and no number{beside}")
    usual = first_named(numbers, VALUE_NAMES)
    if settings.target is None and usual is not None:
        return _targeted(found, "values", f"because there is a time, '{time}', and a value, '{usual}'")
    share = regular_share(found.table, time, found.ids, settings)
    words = f"{share:.0%} of the steps of '{time}' are alike"
    if settings.target is not None:
        if share < 0.6 and all(is_interval_name(name) for name in settings.target):
            return _targeted(
                found, "intervals", f"because '{settings.target[0]}' names intervals, and only {words}"
            )
        return _targeted(found, "values", "because a target is named and there is a time")
    if np.isnan(share):
        if any(normal(name) in OTHER_VALUE_NAMES for name in numbers):
            return _targeted(found, "values", "because there is a time and a usual name of a value")
        return _events(found, "because rows are too few to be a regular series")
    if share >= 0.6:
        return _targeted(found, "values", f"because {words}, and there are numbers")
    return _events(found, f"because only {words}, so rows are not a regular series")


def _auto_timeless(found: _Found) -> Detection:
    """Intervals or values in the order of their rows."""
    _refuse_odd_time(found)
    lengths = [name for name in found.settings.target or found.numbers if is_interval_name(name)]
    if lengths:
        return _targeted(found, "intervals", f"because there is no time, and '{lengths[0]}' names intervals")
    return _targeted(found, "values", "because there is no time, and no number is named as an interval")


def _as_trained(table: Table, settings: DataSettings, trained: Mapping[str, str], run: str) -> Detection:
    """The columns of a run, all of which the file must have."""
    kind, columns = settings.kind, known_roles(table, trained, run)
    if kind == "auto":
        roles = set(trained)
        kind = "ohlc" if "close" in roles else "values" if "target" in roles else "events"
        if kind == "values" and "time" not in roles and is_interval_name(trained["target"]):
            kind = "intervals"
    return Detection(kind, "the columns are those of the run", columns)


def _events(found: _Found, why: str) -> Detection:
    """Roles of a file of events."""
    if found.settings.target is not None:
        raise ConfigError(
            f"--target {','.join(found.settings.target)}: events have no target, the gaps between them are "
            "forecast. Leave it out, or use --kind values."
        )
    if found.time is None:
        _refuse_odd_time(found)
        raise _no_time(found.table)
    columns = _roles(found, time=found.time)
    return Detection("events", why, columns | beside_roles(found.settings, columns))


def _targeted(found: _Found, kind: Kind, why: str) -> Detection:
    """Roles of a file with a target: the one named, usual, or only one."""
    refuse_beside(found.settings, kind, why)
    targets = found.settings.target
    if targets is None:
        target, reason = _find_target(found, kind)
        targets, why = (target,), f"{why}{reason}"
    time = found.time
    if kind == "values" and time is None and found.settings.target is None:
        _refuse_odd_time(found)
    columns = _roles(found, **({} if time is None else {"time": time}))
    for place, name in enumerate(targets):
        if name in columns.values():
            role = "id" if columns.get("id") == name else "time"
            raise ConfigError(f"--target {name}: this column is the {role}. Name another with --{role}.")
        columns["target" if place == 0 else f"target{place + 1}"] = name
    columns |= covariate_roles(found.settings, columns)
    unused = tuple(name for name in found.numbers if name not in columns.values())
    return Detection(kind, why, columns, unused)


def _find_target(found: _Found, kind: Kind) -> tuple[str, str]:
    """The number to forecast, and why this one when there are several."""
    numbers, table = found.numbers, found.table
    if not numbers:
        raise DataError(
            f"{table.source}: no column of numbers; found {listing(table.columns)}. "
            "Name the target with --target."
        )
    if len(numbers) == 1:
        return numbers[0], ""
    if kind == "intervals":
        usual = [name for name in numbers if is_interval_name(name)]
    else:
        first = first_named(numbers, VALUE_NAMES)
        usual = [name for name in numbers if normal(name) in OTHER_VALUE_NAMES] if first is None else [first]
    if len(usual) == 1:
        return usual[0], f"; of {len(numbers)} numbers, '{usual[0]}' has a usual name"
    raise DataError(
        f"{table.source}: several columns could be the target: {listing(numbers)}. Name one with --target."
    )


def _ohlc(found: _Found, why: str) -> Detection:
    """Roles of a file of prices."""
    refuse_beside(found.settings, "ohlc", why)
    table = found.table
    roles: dict[str, str] = {}
    for role, usual in OHLC_NAMES.items():
        name = first_named(table.columns, usual)
        if name is not None:
            roles[role] = name
        elif role in PRICES:
            raise no_column(table, role, "Add it, or use --kind values with --target.")
    if found.time is None:
        raise _no_time(table)
    columns = _roles(found, time=found.time) | roles
    return Detection("ohlc", why, columns | covariate_roles(found.settings, columns))


def _roles(found: _Found, **roles: str) -> dict[str, str]:
    """Roles with the id first, when there is one."""
    return ({} if found.ids is None else {"id": found.ids}) | roles


def _refuse_odd_time(found: _Found) -> None:
    """A column named as a time whose texts are none is an error, not a reason to ignore it."""
    for name, column in found.table.columns.items():
        if name == found.ids or name in found.numbers or not is_time_name(name):
            continue
        if pa.types.is_string(column.type) or pa.types.is_time(column.type):
            raise DataError(
                f"{found.table.source}: column '{name}' is named as a time, but "
                f"'{found.table.field(0, name)}' is no date. Name its "
                "format with --time-format, or remove the column to count the rows."
            )


def _no_time(table: Table) -> DataError:
    """The error of a file without times."""
    return DataError(
        f"{table.source}: no column holds timestamps; found {listing(table.columns)}. Name it with --time."
    )
