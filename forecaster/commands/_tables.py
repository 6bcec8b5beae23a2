"""Tables to files and pipes, part by part: CSV, JSON and Parquet, of any number of rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forecaster.commands._show import note
from forecaster.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".csv", ".json", ".parquet")
# What stands for standard output, as CSV.
STDOUT = "-"

# How texts begin that a spreadsheet would run as a formula, and those of them that are numbers.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")


def check_out(path: str | None) -> None:
    """Refuse an output file of another kind before any work is done.

    Args:
        path: As typed; None for none.

    Raises:
        ConfigError: The ending is none that can be written, or the folder is not there.
    """
    if path is None or path == STDOUT:
        return
    if Path(path).suffix.lower() not in ENDINGS:
        raise ConfigError(f"--out {path}: ends in neither .csv, .json nor .parquet. Name it so.")
    if not Path(path).resolve().parent.is_dir():
        raise ConfigError(f"--out {path}: the folder {Path(path).parent} does not exist. Make it first.")


def names_folder(path: str | None) -> bool:
    """Whether an output is meant to be a folder: one that is there, a URL, or a name without an ending.

    Args:
        path: As typed; None for none.

    Returns:
        False for a file and for standard output.
    """
    if path is None or path == STDOUT:
        return False
    return "://" in path or path.endswith("/") or Path(path).is_dir() or not Path(path).suffix


def write_frame(content: pd.DataFrame, path: str) -> None:
    """A table to a file, whole or not at all.

    Args:
        content: The table.
        path: Ends in .csv, .json or .parquet; ``-`` for CSV on stdout.

    Raises:
        ConfigError: The ending is another one.
        RunError: The file cannot be written.
    """
    write_parts([content], path)


def write_parts(parts: Iterable[pd.DataFrame], path: str) -> None:
    """A table that comes in parts to a file, whole or not at all; no more than two parts are held.

    Args:
        parts: At least one, all of the same columns.
        path: Ends in .csv, .json or .parquet; ``-`` for CSV on stdout.

    Raises:
        ConfigError: The ending is another one.
        RunError: The file cannot be written.
    """
    from forecaster.files import replaced_file

    check_out(path)
    if path == STDOUT:
        for piece in csv_pieces(parts):
            click.echo(piece, nl=False)
        return
    n_rows = 0

    def counted() -> Iterator[pd.DataFrame]:
        nonlocal n_rows
        for part in parts:
            n_rows += len(part)
            yield part

    ending = Path(path).suffix.lower()
    with replaced_file(Path(path), mode=0o600) as file:
        if ending == ".parquet":
            _write_parquet(counted(), file)
        else:
            for piece in csv_pieces(counted()) if ending == ".csv" else json_pieces(counted()):
                file.write(piece.encode())
    note(f"Wrote {n_rows:,} rows to {path}.")


def csv_pieces(parts: Iterable[pd.DataFrame]) -> Iterator[str]:
    """A table that comes in parts as CSV.

    Dates of a table in several parts are written in full, as no part knows whether those of others have a
    time of day.

    Args:
        parts: At least one.

    Yields:
        Text of every part, the names of the columns before the first.
    """
    waiting = iter(parts)
    first = list(itertools.islice(waiting, 2))
    several = len(first) > 1
    for position, part in enumerate(itertools.chain(first, waiting)):
        shown = neutral_texts(part)
        yield (_full_stamps(shown) if several else shown).to_csv(index=False, header=position == 0)


def json_pieces(parts: Iterable[pd.DataFrame]) -> Iterator[str]:
    """A table that comes in parts as a JSON list of rows, dates in ISO form, missing numbers as null.

    Args:
        parts: At least one.

    Yields:
        Text that makes the list when put together.
    """
    before = "["
    for part in parts:
        text = part.to_json(orient="records", date_format="iso", double_precision=15, indent=1)
        if len(part):
            yield before + text[1:].rstrip("]\n")
            before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def neutral_texts(content: pd.DataFrame) -> pd.DataFrame:
    """The table with a ``'`` before every text that a spreadsheet would run as a formula.

    Args:
        content: The table; ids and marks are what users wrote.

    Returns:
        A table that may share columns with the one given; numbers are as they were.
    """
    from pandas.api.types import is_object_dtype, is_string_dtype

    named = content.rename(columns=lambda name: neutral(str(name)))
    changed = {
        str(name): column.map(lambda cell: neutral(cell) if isinstance(cell, str) else cell)
        for name, column in named.items()
        if is_object_dtype(column.dtype) or is_string_dtype(column.dtype)
    }
    return named.assign(**changed)


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    Args:
        text: Of a cell.

    Returns:
        The text, with ``'`` before it where it begins like a formula and is no number.

    Source:
        OWASP, "CSV Injection".

    Example:
        >>> neutral("=1+1"), neutral("-5.5"), neutral("shop 7")
        ("'=1+1", '-5.5', 'shop 7')
    """
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def _full_stamps(content: pd.DataFrame) -> pd.DataFrame:
    """The table with its dates as texts that all have a time of day."""
    dates = {name: column for name, column in content.items() if column.dtype.kind == "M"}
    texts = {str(name): column.map(str).where(column.notna(), None) for name, column in dates.items()}
    return content.assign(**texts)


def _write_parquet(parts: Iterable[pd.DataFrame], file: object) -> None:
    """A table that comes in parts as one Parquet file, its columns those of the first part."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    waiting = iter(parts)
    first = pa.Table.from_pandas(next(waiting), preserve_index=False)
    with pq.ParquetWriter(file, first.schema) as writer:
        writer.write_table(first)
        for part in waiting:
            writer.write_table(pa.Table.from_pandas(part, schema=first.schema, preserve_index=False))
