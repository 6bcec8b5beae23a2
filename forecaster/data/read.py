"""A file or a frame -> a ``Table`` of typed columns; with its helpers, all that parses user data."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from forecaster.config.data_settings import DataSettings
from forecaster.data.contents import read_lines
from forecaster.data.folder import is_folder, is_url, read_bytes, read_folder
from forecaster.data.frames import from_frame, from_parquet
from forecaster.data.lines import find_fault, find_line
from forecaster.data.names import is_id_name
from forecaster.data.panel import Note
from forecaster.data.seen import count_newlines, has_hexadecimal
from forecaster.data.table import MISSING, Column, Table
from forecaster.data.text import Text, open_text, unzip
from forecaster.errors import DataError


def read_table(source: Any, settings: DataSettings, texts: Collection[str] = ()) -> Table:
    """Typed columns of a file, a frame or standard input.

    Args:
        source: Path or URL of a file or of a folder of Parquet parts, ``-`` for standard input, DataFrame,
            Series or open binary file; a table that was read before is given back.
        settings: Encoding, and the columns of ids, marks and labels that must stay text.
        texts: Columns of a trained run that are read as text whatever their names.

    Returns:
        The columns with at least one row.

    Raises:
        DataError: The source cannot be read as a table.
    """
    if isinstance(source, Table):
        return source
    if isinstance(source, pd.Series):
        source = source.to_frame(source.name if source.name is not None else "value")
    if isinstance(source, pd.DataFrame):
        return from_frame(source)
    if is_folder(source):
        return read_folder(os.fspath(source))
    name, data = _load(source)
    if not data:
        raise DataError(f"{name}: the file is empty. Bring a file with a header line and rows.")
    data = unzip(name, memoryview(data))
    if bytes(data[:4]) == b"PAR1":
        return from_parquet(name, data)
    text = open_text(name, data, settings.encoding)
    named = {column for column in (settings.id, settings.mark, settings.label) if column is not None}
    return _from_text(text, named | set(texts))


def _load(source: Any) -> tuple[str, bytes | memoryview]:
    """Name for messages, and all bytes."""
    if hasattr(source, "read"):
        name = str(getattr(source, "name", "data"))
        data = source.read()
        return ("stdin" if name == "<stdin>" else name), (
            data.encode("utf-8") if isinstance(data, str) else bytes(data)
        )
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"cannot read a table from {type(source).__name__}")
    name = os.fspath(source)
    if name == "-":
        return "stdin", sys.stdin.buffer.read()
    if is_url(name):
        return name, read_bytes(name)
    try:
        with open(name, "rb") as file:
            return name, read_lines(name, file)
    except FileNotFoundError:
        raise DataError(f"{name}: there is no such file. Check the path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{name}: the file cannot be read ({reason}). Check it.") from None


def _from_text(text: Text, ids: set[str]) -> Table:
    """Typed columns of delimited text; names in ``ids`` and usual id names stay text."""
    header = tuple(name or f"\0{place}" for place, name in enumerate(text.header))
    texts = {name for name in header if name in ids or is_id_name(name)}
    if text.seen.n_quotes % 2:
        fault = find_fault(text)
        if fault is not None:
            raise fault

    def parse(names: list[str] | None, types: dict[str, pa.DataType]) -> pa.Table:
        return _parse(text, list(header), names, types)

    try:
        table = parse(None, dict.fromkeys(texts, pa.string()))
    except pa.ArrowInvalid as error:
        raise _refusal(text, str(error)) from None
    hexadecimal = _hexadecimal(text, table, parse)
    if hexadecimal:
        table = parse(None, dict.fromkeys(texts | hexadecimal, pa.string()))
    if len(header) == 1:
        table = _without_blank_end(table)
    if table.num_rows == 0:
        raise _no_rows(text)
    columns, notes = _drop_unnamed(text, {name: table[name] for name in table.column_names})

    def raw(name: str) -> Column:
        column = parse([name], {name: pa.string()})[name]
        return column.slice(0, table.num_rows)

    return Table(
        text.source,
        columns,
        table.num_rows,
        text.delimiter,
        lambda row: f"{text.source}, line {find_line(text, row)}",
        raw,
        text.notes + notes,
    )


def _parse(text: Text, header: list[str], names: list[str] | None, types: dict[str, pa.DataType]) -> pa.Table:
    """The columns ``names``, all when None, of the given types, else of those that their fields show.

    Where a quoted text may hold a newline, blocks of the file cannot be cut at any newline, and finding where
    they can takes long. So they are cut anywhere first, which is right if every newline ended a row.
    """
    if text.seen.n_quotes == 0:
        return _parse_blocks(text, header, False, names, types)
    first = re.match(rb"[^\n]*", text.data)
    if first and first[0].count(b'"') % 2:  # a name of a column spans lines
        return _parse_blocks(text, header, True, names, types)
    try:
        table = _parse_blocks(text, header, False, names, types)
    except pa.ArrowInvalid:
        return _parse_blocks(text, header, True, names, types)
    return table if _ends_row_everywhere(text, table) else _parse_blocks(text, header, True, names, types)


def _ends_row_everywhere(text: Text, table: pa.Table) -> bool:
    """Whether every newline ended the header or a row of the table, so that none was in quotes."""
    n_newlines = count_newlines(text.data)
    return n_newlines is not None and n_newlines + (text.data[-1] != ord("\n")) == table.num_rows + 1


def _parse_blocks(
    text: Text, header: list[str], spans_lines: bool, names: list[str] | None, types: dict[str, pa.DataType]
) -> pa.Table:
    """The columns, in blocks that are cut where rows end, or at any newline unless a row ``spans_lines``."""
    return pacsv.read_csv(
        pa.py_buffer(text.data),
        read_options=pacsv.ReadOptions(column_names=header, skip_rows_after_names=1),
        parse_options=pacsv.ParseOptions(
            delimiter=text.delimiter,
            newlines_in_values=spans_lines,
            ignore_empty_lines=len(header) > 1,
        ),
        convert_options=pacsv.ConvertOptions(
            null_values=list(MISSING),
            strings_can_be_null=False,
            column_types=types,
            include_columns=names,
            decimal_point=text.decimal,
        ),
    )


def _hexadecimal(
    text: Text, table: pa.Table, parse: Callable[[list[str], dict[str, pa.DataType]], pa.Table]
) -> set[str]:
    """Columns that the parser took for whole numbers though some are written as 0x1F."""
    whole = [name for name in table.column_names if pa.types.is_integer(table[name].type)]
    if not whole or not has_hexadecimal(text.data):
        return set()
    written = parse(whole, dict.fromkeys(whole, pa.string()))
    pattern = r"^\s*[+-]?0[xX]"
    return {
        name for name in whole if pc.any(pc.match_substring_regex(written[name], pattern=pattern)).as_py()
    }


def _refusal(text: Text, reason: str) -> DataError:
    """The error of a text that the parser refused, with the line where the second look finds it."""
    fault = find_fault(text)
    if fault is not None:
        return fault
    if len(bytes(text.data).strip().splitlines()) == 1:
        return _no_rows(text)
    reason = reason.splitlines()[0]
    return DataError(f"{text.source}: the rows cannot be told apart ({reason}). Check quotes and line ends.")


def _no_rows(text: Text) -> DataError:
    """The error of a header without rows."""
    return DataError(f"{text.source}: there are no rows under the header. Bring a file with rows.")


def _without_blank_end(table: pa.Table) -> pa.Table:
    """A table of one column without the blank lines at its end."""
    column = table[0]
    written = ~np.asarray(column.is_null()) if column.null_count else np.ones(len(column), bool)
    if pa.types.is_string(column.type):
        written = written & np.asarray(pc.not_equal(column, "").fill_null(False))
    rows = np.flatnonzero(written)
    return table.slice(0, rows[-1] + 1 if len(rows) else 0)


def _drop_unnamed(text: Text, columns: dict[str, Column]) -> tuple[dict[str, Column], tuple[Note, ...]]:
    """Leave out unnamed columns that are empty or count the rows; refuse any other."""
    notes: list[Note] = []
    for place, name in enumerate(list(columns)):
        if not name.startswith("\0"):
            continue
        column = columns.pop(name)
        if column.null_count == len(column) or _all_blank(column):
            notes.append(Note("empty_columns", f"column {place + 1} has no name and is empty; left out"))
        elif pa.types.is_integer(column.type) and _counts_rows(column):
            notes.append(Note("row_numbers", f"column {place + 1} has no name and counts the rows; left out"))
        else:
            raise DataError(
                f"{text.source}, line {text.first_line}: column {place + 1} has no name. "
                "Write one in the header."
            )
    return columns, tuple(notes)


def _all_blank(column: Column) -> bool:
    """Whether a column of text holds nothing."""
    return pa.types.is_string(column.type) and not pc.any(pc.not_equal(column, "")).as_py()


def _counts_rows(column: Column) -> bool:
    """Whether whole numbers rise by one from 0 or 1."""
    if column.null_count:
        return False
    numbers = column.to_numpy()
    return numbers[0] in (0, 1) and bool(np.all(np.diff(numbers) == 1))
