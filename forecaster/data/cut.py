"""The rows of a source cut by id into Parquet files, in bounded memory: whole, or not there."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from forecaster.config.data_settings import DataSettings
from forecaster.data.folder import part_name
from forecaster.data.pieces import as_type, read_pieces, wider
from forecaster.data.read import read_table
from forecaster.data.rows import Ids, read_ids
from forecaster.data.table import Table
from forecaster.errors import DataError, RunError
from forecaster.files import explained, flush_folder, write_new


@dataclass(frozen=True)
class Knife:
    """How rows are cut.

    Attributes:
        n_parts: Files that are written, those without a row too.
        settings: Encoding, and the columns that must stay text.
        id_of: Column of ids of the first piece; None where it is of one series. What it raises ends the cut.
        part_of: (n,) ids -> (n,) int64 part of each, in 0 .. n_parts - 1.
        progress: Called with the number of rows written so far.
    """

    n_parts: int
    settings: DataSettings
    id_of: Callable[[Table], str | None]
    part_of: Callable[[np.ndarray], np.ndarray]
    progress: Callable[[int], None] = lambda _: None


@dataclass
class Cut:
    """Rows as they are cut, and what is known of them when all are.

    Attributes:
        folder: Of the parts.
        knife: How they are cut.
        id: Column of ids; None where they are of one series.
        types: Of each column.
        stack: Closes the files.
        writers: Of the parts that were begun.
        order: Ids in the order of their first rows, each with its place.
        rows: (n_parts,) int64 of each part.
    """

    folder: Path
    knife: Knife
    id: str | None
    types: dict[str, pa.DataType]
    stack: ExitStack
    writers: dict[int, pq.ParquetWriter] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, table: Table) -> None:
        """The rows of a piece, each to its part; those of a series stay in their order."""
        ids = read_ids(table, self.id)
        codes = _codes(ids, table.n_rows)
        for name in ids.names:
            self.order.setdefault(name, len(self.order))
        parts = self.knife.part_of(ids.names)[codes]
        rows = np.argsort(parts, kind="stable")
        ends = np.cumsum(np.bincount(parts, minlength=self.knife.n_parts))
        columns = {name: as_type(table, name, kind) for name, kind in self.types.items()}
        if self.id is not None and pa.types.is_string(columns[self.id].type):
            columns[self.id] = pa.chunked_array([pa.array(ids.names, pa.string()).take(pa.array(codes))])
        moved = pa.table(columns).take(pa.array(rows))
        begin = 0
        for part, end in enumerate(ends.tolist()):
            if end > begin:
                self._writer(part).write_table(moved.slice(begin, end - begin))
                self.rows[part] += end - begin
            begin = end

    def close(self) -> None:
        """Write parts without a row too, so that every part is there."""
        for part in range(self.knife.n_parts):
            self._writer(part)

    def _writer(self, part: int) -> pq.ParquetWriter:
        """The open part."""
        if part not in self.writers:
            schema = pa.schema(list(self.types.items()))
            place = self.folder / part_name(part)
            write_new(place, b"", 0o600)
            self.writers[part] = self.stack.enter_context(pq.ParquetWriter(place, schema))
        return self.writers[part]


class _WiderError(Exception):
    """A piece has columns that those so far do not hold."""

    def __init__(self, types: dict[str, pa.DataType]) -> None:
        super().__init__("other types")
        self.types = types


@contextmanager
def cut_rows(source: Any, folder: Path, knife: Knife) -> Iterator[tuple[Cut, Path]]:
    """Cut a source into files of whole series.

    Text is read as a whole file would be: where a later piece shows that a column has another type than the
    first ones said, the parts are written once more from the beginning.

    Args:
        source: As ``read_panel`` takes it; standard input and open files only if they can be read again, or
            their columns have one type.
        folder: Where to; it must not be there.
        knife: How.

    Yields:
        What was cut, and where it lies until the block ends well and it takes its place; further files may be
        put there.

    Raises:
        DataError: The source cannot be read.
        RunError: The folder cannot be written, or is there.
    """
    types: dict[str, pa.DataType] | None = None
    with _whole(folder) as temporary:
        while True:
            try:
                found = _cut(source, temporary, knife, types)
                break
            except _WiderError as wider_found:
                _rewind(source, wider_found)
                types = wider_found.types
                for part in temporary.iterdir():
                    part.unlink()
        yield found, temporary


def _cut(source: Any, folder: Path, knife: Knife, types: dict[str, pa.DataType] | None) -> Cut:
    """All parts, of columns of these types; of those that the first piece shows when None."""
    with explained(folder), ExitStack() as stack:
        cut = None
        for table in _pieces(source, knife.settings):
            if cut is None:
                begun = types or {one: column.type for one, column in table.columns.items()}
                rows = np.zeros(knife.n_parts, np.int64)
                cut = Cut(folder, knife, knife.id_of(table), begun, stack, rows=rows)
            _check_types(cut.types, table)
            cut.add(table)
            knife.progress(int(cut.rows.sum()))
        if cut is None:
            raise DataError(f"{source}: there are no rows. Bring a table with rows.")
        cut.close()
    return cut


def _codes(ids: Ids, n_rows: int) -> np.ndarray:
    """(n_rows,) place of each row's id in its names."""
    return np.zeros(n_rows, np.int64) if ids.runs is None else ids.codes


def _rewind(source: Any, found: _WiderError) -> None:
    """Go back to the beginning of an open file; a pipe has none."""
    stream = sys.stdin.buffer if isinstance(source, str) and source == "-" else source
    if not hasattr(stream, "read"):
        return
    if not stream.seekable():
        name = getattr(stream, "name", "data")
        kinds = ", ".join(f"'{column}' {kind}" for column, kind in found.types.items())
        raise DataError(
            f"{name}: only later rows show what the columns hold ({kinds}), and this is read once. Bring it "
            "as a file."
        )
    stream.seek(0)


def _pieces(source: Any, settings: DataSettings) -> Iterator[Table]:
    """Pieces of the source; what is wrong with a later one is said as the whole file would say it."""
    is_later = False
    try:
        for table in read_pieces(source, settings):
            yield table
            is_later = True
    except DataError:
        if is_later and isinstance(source, str | os.PathLike) and source != "-":
            read_table(source, settings)  # its message has the physical line
        raise


def _check_types(types: dict[str, pa.DataType], table: Table) -> None:
    """Stop where a piece needs wider types than those being written."""
    if set(types) != set(table.columns):
        wrong = sorted(set(types) ^ set(table.columns))
        raise DataError(
            f"{table.source}: column '{wrong[0]}' is not in all of its parts. Write all parts with the same "
            "columns."
        )
    needed = {name: wider(kind, table.columns[name].type) for name, kind in types.items()}
    if needed != types:
        raise _WiderError(needed)


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder to write in that takes its place when the block ends well, and is removed else."""
    if folder.exists():
        raise RunError(f"{folder}: something is there already. Name another --out, or remove it.")
    temporary = folder.parent / f".{folder.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        with explained(folder):
            temporary.mkdir(mode=0o700)
            yield temporary
            flush_folder(temporary)
            temporary.rename(folder)
            flush_folder(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
