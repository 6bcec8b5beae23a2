"""Columns of a table -> float64, strictly: what is not a number is an error with its line."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forecaster.data.invisible import find_invisible
from forecaster.data.names import VALUE_NAMES, normal
from forecaster.data.panel import Note
from forecaster.data.parts import cast_rows
from forecaster.data.table import MISSING, Column, Table
from forecaster.errors import DataError

_PLAIN = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
_COMMA = r"^\s*[+-]?\d*,\d+\s*$"
# Also with signs of money, blanks between thousands, digits of other scripts, and as a formula.
_NEARLY = (
    r"^\s*([+\-$€£¥−]?(\d{1,3}([ _'\x{00a0}\x{202f}]\d{3})+|[\d.,]+|\p{Nd}+)\s*[%$€£¥]?|"
    r"=.*\d.*)\s*$"
)
_ADVICE = (
    (r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", "Write it without thousands separators"),
    (r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?", "Write it without thousands separators"),
    (r"[+-]?\d{1,3}([\s_']\d{3})+([.,]\d+)?", "Write it without thousands separators"),
    (r"(?!.*[0-9])[+-]?\d+", "Write it with the digits 0 to 9"),
    (r"[+-]?0[xX].*", "Write it with the digits 0 to 9"),
    (r"(?i)true|false|yes|no", "Write 1 and 0, or name another column with {option}"),
    (r"[+-]?[\d.,]+\s*%", "Write it without the percent sign"),
    (r"[+-]?\s*[$€£¥][+-]?\s*[\d.,]+|[\d.,]+\s*[$€£¥]", "Write it without the currency sign"),
    (r"\d+,\d+", "Write it with a decimal point"),
    (r"[−–].*", "Write the minus as -"),
    (r"=.*", "Save the file with values in place of formulas"),
)
_LARGEST_EXACT = 2**53
_LARGEST_INTEGER = 2**62  # what is much larger the parser takes for a real number, however it is written


def read_numbers(table: Table, name: str, option: str = "--target") -> tuple[np.ndarray, tuple[Note, ...]]:
    """One column as numbers.

    Args:
        table: The file.
        name: A column of it.
        option: What names such a column, for messages.

    Returns:
        (n_rows,) float64 with NaN where the field is missing, and notes.

    Raises:
        DataError: A field is not a finite number.
    """
    column = table.columns[name]
    notes: tuple[Note, ...] = ()
    if column.null_count == len(column):
        raise DataError(f"{table.source}: column '{name}' holds no value. Name another with {option}.")
    if pa.types.is_string(column.type):
        column, notes = _from_text(table, name, column, option)
    elif not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        row = _first(np.asarray(column.is_valid()))
        raise _refusal(table, row, name, option)
    elif pa.types.is_integer(column.type):
        notes = _large(column, name)
    numbers = cast_rows(column, pa.float64(), safe=False)
    least, most = np.fmin.reduce(numbers), np.fmax.reduce(numbers)
    if np.isinf(least) or np.isinf(most):
        raise _refusal(table, _first(np.isinf(numbers)), name, option)
    if max(abs(least), abs(most)) > _LARGEST_INTEGER:
        notes = (*notes, *_large_written(table, name, numbers))
    return numbers, notes


def read_columns(
    table: Table, names: Sequence[str], option: str = "--target"
) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Several columns as numbers, side by side.

    Args:
        table: The file.
        names: Columns of it, at least one.
        option: What names such columns, for messages.

    Returns:
        (n_rows, n_names) float64 with NaN where a field is missing, and notes.

    Raises:
        DataError: A field is not a finite number.
    """
    read = [read_numbers(table, name, option) for name in names]
    notes = tuple(note for _, part in read for note in part)
    if len(read) == 1:  # which need not be copied
        return read[0][0][:, None], notes
    return np.stack([numbers for numbers, _ in read], axis=1), notes


def looks_number(name: str, column: Column) -> bool:
    """Whether a column holds numbers, or nearly does.

    Args:
        name: Of the column; a usual name of a value makes it one whatever it holds.
        column: As the parser typed it.

    Returns:
        True for numeric types, and for text of which more than half are numbers.
    """
    kind = column.type
    if normal(name) in VALUE_NAMES:
        return True
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return True
    if not pa.types.is_string(kind):
        return False
    sample = column.slice(0, 1000)
    written = sample.filter(pc.invert(pc.is_in(sample, value_set=pa.array(MISSING))))
    if len(written) == 0:
        return False
    plain = pc.match_substring_regex(written, pattern=_NEARLY)
    return bool(pc.sum(plain).as_py() > 0.5 * len(written))


def _from_text(table: Table, name: str, column: Column, option: str) -> tuple[Column, tuple[Note, ...]]:
    """Numbers that the parser left as text, because one at least is none."""
    missing = pc.is_in(pc.utf8_trim_whitespace(column), value_set=pa.array(MISSING))
    column = pc.if_else(missing, pa.scalar(None, pa.string()), column)
    notes: tuple[Note, ...] = ()
    plain = _matches(column, _PLAIN)
    commas = _matches(column, _COMMA)
    if table.delimiter not in ("", ",") and commas.any() and np.all(plain | commas):
        points = _matches(column, r"\.")
        if not points.any():
            column = pc.replace_substring(column, ",", ".")
            plain = plain | commas
            notes = (Note("decimal_comma", f"column '{name}' is written with a decimal comma"),)
    if not plain.all():
        raise _refusal(table, _first(~plain), name, option)
    bare = pc.replace_substring_regex(pc.utf8_trim_whitespace(column), r"^\+", "")
    return bare.cast(pa.float64()), notes


def _matches(column: Column, pattern: str) -> np.ndarray:
    """(n_rows,) whether a text matches; True where it is missing."""
    return np.asarray(pc.match_substring_regex(column, pattern=pattern).fill_null(True))


def _large(column: Column, name: str) -> tuple[Note, ...]:
    """A warning when whole numbers are too large to be held exactly."""
    bounds = pc.min_max(column).as_py()
    if bounds["min"] is None or max(abs(bounds["min"]), abs(bounds["max"])) <= _LARGEST_EXACT:
        return ()
    count = int(np.sum(np.abs(column.drop_null().to_numpy()) > _LARGEST_EXACT))
    return (Note("large_integers", f"numbers in column '{name}' beyond 2^53 lose their last digits", count),)


def _large_written(table: Table, name: str, numbers: np.ndarray) -> tuple[Note, ...]:
    """The same of real numbers that are written as whole ones."""
    if not table.delimiter or pa.types.is_integer(table.columns[name].type):
        return ()
    whole = np.asarray(
        pc.match_substring_regex(table.raw(name), pattern=r"^\s*[+-]?\d+\s*$").fill_null(False)
    )
    count = int(np.sum(whole & (np.abs(numbers) > _LARGEST_EXACT)))
    text = f"numbers in column '{name}' beyond 2^53 lose their last digits"
    return (Note("large_integers", text, count),) if count else ()


def _first(flags: np.ndarray) -> int:
    """Position of the first True."""
    return int(np.argmax(flags))


def _refusal(table: Table, row: int, name: str, option: str) -> DataError:
    """The error of a field that is not a number."""
    field = table.field(row, name)
    place = table.place(row, name)
    bare = field.strip()
    if re.fullmatch(r"[+-]?(inf|infinity|\d+\.?\d*[eE]\+?\d+)", bare, re.IGNORECASE):
        return DataError(f"{place}: '{field}' is not a finite number. Correct it, or leave the field empty.")
    advice = "Correct it, or leave the field empty if the value is missing"
    for pattern, text in _ADVICE:
        if re.fullmatch(pattern, bare):
            advice = text.format(option=option)
            break
    else:
        hidden = find_invisible(field)
        advice = advice if hidden is None else f"Remove the character {hidden}, which cannot be seen"
    return DataError(f"{place}: '{field}' is not a number. {advice}.")
