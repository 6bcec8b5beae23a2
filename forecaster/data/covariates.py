"""Covariates: columns beside the target as numbers, and categories as a number each, 1 or 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from forecaster.data.detect import Detection
from forecaster.data.marks import read_marks
from forecaster.data.numbers import looks_number, read_numbers
from forecaster.data.panel import Note
from forecaster.data.rows import Order
from forecaster.data.table import MISSING, Column, Table
from forecaster.errors import ConfigError, DataError, listing

# More categories than this are names of single things.
MOST_LEVELS = 50

OPTIONS = {"past": "--past", "future": "--future-known", "static": "--static"}


@dataclass(frozen=True)
class Covariate:
    """One column of the file.

    Attributes:
        name: Of the column.
        numbers: (n_rows,) float64; of categories the place in ``levels``, their number for one that is not
            among them and for an empty field. NaN where a number, or what a series has one of, is missing.
        levels: Categories in order; None for a column of numbers.
    """

    name: str
    numbers: np.ndarray
    levels: tuple[str, ...] | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the numbers that the column becomes."""
        if self.levels is None:
            return (self.name,)
        return tuple(f"{self.name}={level}" for level in self.levels)

    @property
    def expanded(self) -> np.ndarray:
        """(n_rows, n_channels) numbers that the column becomes, NaN where missing."""
        numbers = self.numbers[:, None]
        if self.levels is None:
            return numbers
        return np.where(np.isnan(numbers), np.nan, numbers == np.arange(len(self.levels)))


@dataclass(frozen=True)
class Covariates:
    """The columns of one role.

    Attributes:
        n_rows: Of the file.
        columns: In the order in which they were named.
        notes: What should be known of them.
    """

    n_rows: int
    columns: tuple[Covariate, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the numbers that the columns become."""
        return tuple(name for column in self.columns for name in column.channels)

    @property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """Categories by column, of those that have some."""
        return {column.name: column.levels for column in self.columns if column.levels is not None}

    @property
    def numbers(self) -> np.ndarray:
        """(n_rows, n_channels) float64, NaN where missing."""
        parts = [np.empty((self.n_rows, 0)), *(column.expanded for column in self.columns)]
        return np.concatenate(parts, axis=1)


@dataclass(frozen=True)
class Beside:
    """All covariates of a file of values."""

    past: Covariates
    future: Covariates
    static: Covariates

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the numbers that every row has: past covariates, then those known in advance."""
        return (*self.past.channels, *self.future.channels)

    @property
    def numbers(self) -> np.ndarray:
        """(n_rows, n_channels) those numbers."""
        return np.concatenate([self.past.numbers, self.future.numbers], axis=1)

    @property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """Categories by column, of those that have some."""
        return self.past.levels | self.future.levels | self.static.levels

    @property
    def notes(self) -> tuple[Note, ...]:
        """What should be known of them."""
        return (*self.past.notes, *self.future.notes, *self.static.notes)


def read_beside(table: Table, found: Detection) -> Beside:
    """The covariates of every role; see ``read_covariates``."""
    return Beside(*(read_covariates(table, found, role) for role in OPTIONS))


def unused_note(found: Detection) -> tuple[Note, ...]:
    """A note of the columns of numbers that nothing is learnt from."""
    if not found.unused:
        return ()
    text = f"columns of numbers are not used: {listing(found.unused)}; name covariates with --past"
    if found.kind == "values":
        text += ", --future-known or --static"
    return (Note("unused_columns", text),)


def read_covariates(table: Table, found: Detection, role: str) -> Covariates:
    """The columns of a role: numbers, true and false as 1 and 0, categories by their place.

    Args:
        table: The file.
        found: Its columns by role, and the categories of a trained run.
        role: ``past``, ``future`` or ``static``.

    Returns:
        The columns; a note counts categories that the run does not know.

    Raises:
        ConfigError: A column has more categories than can be learnt.
        DataError: A field is not a number, or a column is empty.
    """
    columns: list[Covariate] = []
    notes: list[Note] = []
    unknown: dict[str, int] = {}
    for name in found.of_role(role):
        known = None if found.levels is None else found.levels.get(name)
        if known is not None or (found.levels is None and _is_category(name, table.columns[name])):
            column, count = _categories(table, name, role, known)
            unknown |= {name: count} if count else {}
        elif pa.types.is_boolean(table.columns[name].type):
            column = Covariate(name, table.columns[name].cast(pa.float64()).to_numpy())
        else:
            numbers, warned = read_numbers(table, name, OPTIONS[role])
            column = Covariate(name, numbers)
            notes += warned
        columns.append(column)
    if unknown:
        text = f"categories in {listing(unknown)} were not trained on; they are taken as none of the known"
        notes.append(Note("new_levels", text, sum(unknown.values())))
    return Covariates(table.n_rows, tuple(columns), tuple(notes))


def _is_category(name: str, column: Column) -> bool:
    """Whether a column holds text that is no number."""
    return pa.types.is_string(column.type) and not looks_number(name, column)


def _categories(table: Table, name: str, role: str, known: tuple[str, ...] | None) -> tuple[Covariate, int]:
    """A column of categories, those of a run or all that occur, and how many rows have another one."""
    codes, found = read_marks(table, name)
    names = pd.Index([str(level) for level in found], dtype=object)
    is_empty = np.append(names.isin(MISSING), True)  # the last one is for -1
    levels = tuple(sorted(names[~is_empty[:-1]])) if known is None else known
    if not levels:
        raise DataError(f"{table.source}: column '{name}' holds no value. Name another with {OPTIONS[role]}.")
    if len(levels) > MOST_LEVELS:
        raise ConfigError(
            f"{OPTIONS[role]} {name}: {len(levels):,} different texts; {MOST_LEVELS} categories at most can "
            "be learnt. Name a column of numbers, or of fewer categories."
        )
    places = np.append(pd.Index(levels, dtype=object).get_indexer(names), -1).astype(np.float64)
    count = int(((places < 0) & ~is_empty)[codes].sum())
    places[places < 0] = len(levels)
    if role == "static":
        places[is_empty] = np.nan
    return Covariate(name, places[codes], levels), count


def one_each(
    table: Table, static: Covariates, order: Order, ids: np.ndarray
) -> tuple[np.ndarray | None, tuple[Note, ...]]:
    """The static numbers of every series.

    Args:
        table: The file, for messages.
        static: Its static columns.
        order: Rows by series.
        ids: (n_series,) str.

    Returns:
        (n_series, n_static) float64, NaN for a series without a value; None without such columns. And a
        note that counts what is missing.

    Raises:
        DataError: A series has two values.
    """
    if not static.columns:
        return None, ()
    n_rows, begins = table.n_rows, order.offsets[:-1]
    parts, n_missing = [], 0
    for column in static.columns:
        numbers = order.take(column.numbers)
        rows = np.where(np.isnan(numbers), n_rows, np.arange(n_rows))
        first = np.minimum.reduceat(rows, begins)
        value = np.append(numbers, np.nan)[first]
        series = np.repeat(np.arange(len(ids)), np.diff(order.offsets))
        wrong = (numbers != value[series]) & ~np.isnan(numbers)
        if wrong.any():
            place = int(np.argmax(wrong))
            row, other = order.row(place), order.row(int(first[series[place]]))
            raise DataError(
                f"{table.place(row, column.name)}: '{table.field(row, column.name)}', but series "
                f"{ids[series[place]]} has '{table.field(other, column.name)}' before. Give each series one "
                "value, or name the column with --past."
            )
        n_missing += int(np.isnan(value).sum())
        parts.append(Covariate(column.name, value, column.levels).expanded)
    text = (
        f"series have no value in {listing(column.name for column in static.columns)}; the mean stands for it"
    )
    notes = (Note("missing_static", text, n_missing),) if n_missing else ()
    return np.concatenate(parts, axis=1), notes


def without_twins(channels: tuple[str, ...]) -> tuple[str, ...]:
    """Names of channels, no two of them alike.

    Args:
        channels: Names.

    Returns:
        The same.

    Raises:
        ConfigError: There are two, such as a covariate called as the values of several targets are.
    """
    twins = {name for name in channels if channels.count(name) > 1}
    if twins:
        raise ConfigError(f"{listing(twins)}: another channel has this name. Rename the column.")
    return channels
