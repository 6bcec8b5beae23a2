"""Columns of prices as numbers, checked: what no bar can be is an error with its line and ticker."""

from __future__ import annotations

import numpy as np

from forecaster.data.detect import PRICES, Detection
from forecaster.data.numbers import read_columns
from forecaster.data.panel import Note
from forecaster.data.rows import Ids
from forecaster.data.table import Table
from forecaster.errors import DataError

_ADVICE = "Correct the row or remove it."


def read_prices(table: Table, found: Detection, ids: Ids) -> tuple[list[str], np.ndarray, tuple[Note, ...]]:
    """Open, high, low and close, then adjusted close and volume where the file has them.

    Args:
        table: The file.
        found: Its columns by role.
        ids: Tickers, for messages.

    Returns:
        The roles, (n_rows, n_roles) their numbers in the order of the file, and notes.

    Raises:
        DataError: A price is missing, not positive or outside its range, or a volume is negative.
    """
    roles = [role for role in (*PRICES, "adj_close", "volume") if role in found.columns]
    prices, notes = read_columns(table, [found.columns[role] for role in roles])
    for role, column in zip(roles, prices.T, strict=True):
        _check_sign(table, found, ids, role, column)
    _check_range(table, found, ids, prices)
    return roles, prices, notes


def _check_sign(table: Table, found: Detection, ids: Ids, role: str, column: np.ndarray) -> None:
    """Refuse the first price that is missing or not positive, or volume below zero."""
    wrong = column < 0 if role == "volume" else ~(column > 0)
    if not wrong.any():
        return
    row = int(np.argmax(wrong))
    name = found.columns[role]
    what = f"{role} {table.field(row, name)} is {'negative' if role == 'volume' else 'not positive'}"
    if np.isnan(column[row]):
        what = "no price"
    raise DataError(f"{table.place(row, name)}{_ticker(ids, row)}: {what}. {_ADVICE}")


def _check_range(table: Table, found: Detection, ids: Ids, prices: np.ndarray) -> None:
    """Refuse the first row whose high is below, or whose low is above, another price."""
    opens, high, low, close = prices[:, :4].T
    faults = (
        (high < low, "high", "below", "low"),
        (high < opens, "high", "below", "open"),
        (low > opens, "low", "above", "open"),
        (high < close, "high", "below", "close"),
        (low > close, "low", "above", "close"),
    )
    first = np.array([int(np.argmax(wrong)) if wrong.any() else len(prices) for wrong, *_ in faults])
    row = int(first.min())
    if row == len(prices):
        return
    _, one, word, other = faults[int(first.argmin())]
    fields = [table.field(row, found.columns[role]) for role in (one, other)]
    raise DataError(
        f"{table.place(row)}{_ticker(ids, row)}: {one} {fields[0]} is {word} {other} {fields[1]}. {_ADVICE}"
    )


def _ticker(ids: Ids, row: int) -> str:
    """The ticker of a row of the file, to stand behind its line; empty where there is none."""
    return "" if ids.runs is None else f", {ids.names[ids.codes[row]]}"
