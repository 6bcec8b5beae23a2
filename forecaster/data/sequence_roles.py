"""Roles of the columns of sequences: which are inputs, and what is learnt from them."""

from __future__ import annotations

from collections.abc import Mapping

from forecaster.config.data_settings import DataSettings
from forecaster.data.names import ID_NAMES, first_named
from forecaster.data.panel import Kind
from forecaster.data.roles import find_id, find_numbers, find_time, no_column
from forecaster.data.table import Table
from forecaster.errors import ConfigError, DataError, listing

# Roles of what is learnt, which another file for the same run need not have.
LEARNT = ("label", "output", "tag")

# Columns of numbers that make a file without ids and times a wide one.
LEAST_WIDE = 2

KIND: Kind = "sequences"

# Settings of what comes next, in whose place something else is learnt; and of rows of other kinds.
_REFUSED = ("target", "future_known", "static", "count_per", "as_of", "start", "predict", "calendar")
_UNUSED = ("unit", "gap", "ties", "season", "fill", "duplicates")


def has_goal(settings: DataSettings) -> bool:
    """Whether something else is to be learnt than what comes next.

    Args:
        settings: What the user said about the file.

    Returns:
        False for a mark without ``--kind sequences``: whether it is that of events, the columns say.
    """
    return settings.label is not None or settings.outputs is not None or settings.kind == KIND


def has_symbols(table: Table, settings: DataSettings) -> bool:
    """Whether rows are symbols: they have marks, no time, and no kind was named.

    Args:
        table: The file.
        settings: What the user said about it.
    """
    if settings.mark is None or settings.kind != "auto" or settings.target is not None:
        return False
    return settings.mark in table.columns and find_time(table, settings, find_id(table, settings)) is None


def sequence_roles(table: Table, settings: DataSettings) -> tuple[dict[str, str], str]:
    """Columns of sequences by role, and why they were taken for sequences.

    Args:
        table: The file.
        settings: What the user said about it.

    Returns:
        ``id``, ``time``, ``label``, ``output`` (``output2``, ...), ``mark``, and for the inputs ``past``
        (``past2``, ...) or, of a wide file, ``wide`` (``wide2``, ...) in the order of the file.

    Raises:
        ConfigError: Settings contradict each other, or a column has two roles.
        DataError: A column is missing, or there is nothing to learn from.
    """
    _refuse_settings(settings)
    learnt = _learnt(table, settings)
    named = {**learnt, **({} if settings.mark is None else {"mark": settings.mark})}
    rest = settings.model_copy(update={"past": tuple(settings.past or ()) + tuple(learnt.values())})
    ids = find_id(table, rest)
    time = find_time(table, rest, ids)
    numbers = find_numbers(table, {ids, time, *named.values()})
    if settings.label is not None and _is_wide(table, settings, ids, time, numbers):
        return learnt | _wide(table, settings, numbers), f"because '{settings.label}' labels every row"
    inputs = settings.past if settings.past is not None else numbers
    if settings.mark is not None and settings.past is None and not (settings.label or settings.outputs):
        inputs = ()  # symbols alone
    if not inputs and settings.mark is None:
        raise DataError(
            f"{table.source}: no column of numbers to learn from; found {listing(table.columns)}. Name "
            "columns with --past, or one of categories with --mark."
        )
    columns = {name: column for name, column in (("id", ids), ("time", time)) if column is not None}
    columns |= named | _numbered("past", inputs)
    _refuse_twice(columns)
    if settings.label is not None and ids is None:
        raise DataError(
            f"{table.source}: no column says which rows a label is of; found {listing(table.columns)}. Name "
            "it with --id, or write one sequence a row."
        )
    return columns, _why(settings)


def known_roles(table: Table, trained: Mapping[str, str], run: str) -> dict[str, str]:
    """The columns of a run; what is learnt may be missing.

    Args:
        table: Another file.
        trained: Columns by role of the run.
        run: Its name, for messages.

    Returns:
        Columns by role.

    Raises:
        DataError: An input is missing.
    """
    lacking = [
        name for role, name in trained.items() if name not in table.columns and not is_role(role, LEARNT)
    ]
    if lacking:
        raise DataError(
            f"{run}: trained on {listing(trained.values())}; {table.source} lacks {listing(lacking)}. "
            "Use a file with all of them."
        )
    return {role: name for role, name in trained.items() if name in table.columns}


def is_role(role: str, names: tuple[str, ...]) -> bool:
    """Whether a role, numbered or not, is one of some.

    Args:
        role: Such as ``output2``.
        names: Such as ``output``.
    """
    return role.rstrip("0123456789") in names


def _learnt(table: Table, settings: DataSettings) -> dict[str, str]:
    """The label or the outputs, which must be there."""
    if settings.label is not None and settings.outputs is not None:
        raise ConfigError(
            f"--outputs {','.join(settings.outputs)}: --label {settings.label} is learnt already. Give one."
        )
    found = {} if settings.label is None else {"label": settings.label}
    found |= _numbered("output", settings.outputs or ())
    for role, name in found.items():
        if name not in table.columns:
            option = "--label" if role == "label" else "--outputs"
            raise no_column(table, name, f"Name another with {option}.")
    inputs = [(name, "--past") for name in settings.past or ()]
    for one, option in (*inputs, (settings.mark, "--mark"), (settings.id, "--id"), (settings.time, "--time")):
        if one is not None and one not in table.columns:
            raise no_column(table, one, f"Name another with {option}.")
    return found


def _refuse_settings(settings: DataSettings) -> None:
    """Refuse what is said of other kinds, and sequences of which nothing is to be learnt."""
    if settings.kind not in ("auto", KIND):
        option = "--label" if settings.label is not None else "--outputs"
        raise ConfigError(f"--kind {settings.kind}: {option} is of sequences. Leave one of the two out.")
    if settings.label is None and settings.outputs is None and settings.mark is None:
        raise ConfigError(
            f"--kind {KIND}: nothing says what is to be learnt. Give --label, --outputs or --mark."
        )
    for name in (*_REFUSED, *_UNUSED):
        value = getattr(settings, name)
        if value != DataSettings.model_fields[name].default:
            shown = ",".join(value) if isinstance(value, tuple) else value
            why = f"{_goal_option(settings)} says what is learnt of sequences. Leave one of the two out."
            why = why if name in _REFUSED else "sequences have no use for it. Leave it out."
            raise ConfigError(f"--{name.replace('_', '-')} {shown}: {why}")


def _goal_option(settings: DataSettings) -> str:
    """The option that says what is learnt."""
    return "--label" if settings.label else "--outputs" if settings.outputs else "--mark"


def _is_wide(
    table: Table, settings: DataSettings, ids: str | None, time: str | None, numbers: tuple[str, ...]
) -> bool:
    """Whether each row is a sequence: there is no id but one a row, no time, no mark, and many numbers."""
    if settings.mark is not None or time is not None or len(numbers) < LEAST_WIDE:
        return False
    return ids is None or len(table.columns[ids].unique()) == table.n_rows


def _wide(table: Table, settings: DataSettings, numbers: tuple[str, ...]) -> dict[str, str]:
    """The steps of wide rows, and the id of each where one is called so."""
    steps = settings.past if settings.past is not None else numbers
    name = settings.id or first_named([one for one in table.columns if one not in steps], ID_NAMES)
    return ({} if name is None else {"id": name}) | _numbered("wide", steps)


def _numbered(role: str, names: tuple[str, ...]) -> dict[str, str]:
    """role, role2, role3, ... of several columns."""
    return {role if place == 0 else f"{role}{place + 1}": name for place, name in enumerate(names)}


def _refuse_twice(columns: Mapping[str, str]) -> None:
    """Refuse a column that has two roles."""
    seen: dict[str, str] = {}
    for role, name in columns.items():
        if name in seen:
            raise ConfigError(
                f"column '{name}' is both {seen[name].rstrip('0123456789')} and "
                f"{role.rstrip('0123456789')}. Name it once."
            )
        seen[name] = role


def _why(settings: DataSettings) -> str:
    """The reason in words that follow "read as sequences, "."""
    if settings.label is not None:
        return f"because --label {settings.label} is a class of each"
    if settings.outputs is not None:
        return f"because --outputs {','.join(settings.outputs)} are to come from the other columns"
    return f"because --mark {settings.mark} is a symbol of each row"
