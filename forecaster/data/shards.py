"""A data set cut by series into Parquet parts: whole series in one part, in bounded memory."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from forecaster.config.data_settings import DataSettings
from forecaster.data.date_time import join_date_and_time
from forecaster.data.detect import Detection, detect
from forecaster.data.folder import MANIFEST, Manifest, part_name
from forecaster.data.pieces import as_type, read_pieces, wider
from forecaster.data.read import read_table
from forecaster.data.rows import Ids, read_ids
from forecaster.data.table import Table
from forecaster.errors import DataError, RunError
from forecaster.files import explained, flush_folder, write_new

# How the part of a series is found, in words and below in code.
HASH = "CRC-32 of the id in UTF-8, modulo the number of parts"


def shard_of(ids: np.ndarray, n_shards: int) -> np.ndarray:
    """Part that each series belongs to, the same in every file, version and place.

    Args:
        ids: (n,) str.
        n_shards: Number of parts.

    Returns:
        (n,) int64 in 0 .. n_shards - 1.

    Example:
        >>> shard_of(np.array(["shop 1", "shop 2"]), 8)
        array([5, 7])
    """
    return np.fromiter((zlib.crc32(str(name).encode()) % n_shards for name in ids), np.int64, len(ids))


@dataclass
class _Writing:
    """Parts as they are being written."""

    folder: Path
    n_shards: int
    id: str
    types: dict[str, pa.DataType]
    stack: ExitStack
    writers: dict[int, pq.ParquetWriter] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, table: Table) -> None:
        """The rows of a piece, each to its part; those of a series stay in their order."""
        ids = read_ids(table, self.id)
        codes = self._codes(ids, table.n_rows)
        for name in ids.names:
            self.order.setdefault(name, len(self.order))
        shards = shard_of(ids.names, self.n_shards)[codes]
        rows = np.argsort(shards, kind="stable")
        ends = np.cumsum(np.bincount(shards, minlength=self.n_shards))
        columns = {name: as_type(table, name, kind) for name, kind in self.types.items()}
        if pa.types.is_string(columns[self.id].type):
            columns[self.id] = pa.chunked_array([pa.array(ids.names, pa.string()).take(pa.array(codes))])
        moved = pa.table(columns).take(pa.array(rows))
        begin = 0
        for shard, end in enumerate(ends.tolist()):
            if end > begin:
                self._writer(shard).write_table(moved.slice(begin, end - begin))
                self.rows[shard] += end - begin
            begin = end

    def close(self) -> None:
        """Write parts without a row too, so that every part is there."""
        for shard in range(self.n_shards):
            self._writer(shard)

    def _codes(self, ids: Ids, n_rows: int) -> np.ndarray:
        """(n_rows,) place of each row's id in its names."""
        return np.zeros(n_rows, np.int64) if ids.runs is None else ids.codes

    def _writer(self, shard: int) -> pq.ParquetWriter:
        """The open part."""
        if shard not in self.writers:
            schema = pa.schema(list(self.types.items()))
            place = self.folder / part_name(shard)
            write_new(place, b"", 0o600)
            self.writers[shard] = self.stack.enter_context(pq.ParquetWriter(place, schema))
        return self.writers[shard]


class _WiderError(Exception):
    """A piece has columns that those so far do not hold."""

    def __init__(self, types: dict[str, pa.DataType]) -> None:
        super().__init__("other types")
        self.types = types


def write_shards(
    source: Any,
    folder: Path,
    n_shards: int,
    settings: DataSettings,
    trained: tuple[Mapping[str, str], str] | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    order: str | None = None,
) -> tuple[Manifest, int]:
    """Cut a data set into parts of whole series.

    Text is read as a whole file would be: where a later piece shows that a column has another type than the
    first ones said, the parts are written once more from the beginning.

    Args:
        source: As ``read_panel`` takes it; standard input and open files only if they can be read again, or
            their columns have one type.
        folder: Where to; it must not be there.
        n_shards: Number of parts.
        settings: What was said of the data.
        trained: Columns by role of a trained run, for which the data is, and its name; None to find them.
        progress: Called with the number of rows written so far.
        order: Name of a further file with all ids in the order of their first rows; None for none.

    Returns:
        The manifest, and the number of series.

    Raises:
        DataError: The data cannot be read, or is one series only.
        RunError: The folder cannot be written, or is there.
    """
    types: dict[str, pa.DataType] | None = None
    while True:
        try:
            with _whole(folder) as temporary:
                asked = _Asked(n_shards, settings, trained, order)
                return _write(source, temporary, asked, types, progress)
        except _WiderError as found:
            _rewind(source, found)
            types = found.types


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


@dataclass(frozen=True)
class _Asked:
    """How many parts, of what data, for which run, and what else is written."""

    n_shards: int
    settings: DataSettings
    trained: tuple[Mapping[str, str], str] | None
    order: str | None


def _write(
    source: Any,
    folder: Path,
    asked: _Asked,
    types: dict[str, pa.DataType] | None,
    progress: Callable[[int], None] | None,
) -> tuple[Manifest, int]:
    """All parts and the manifest."""
    n_shards, settings = asked.n_shards, asked.settings
    with explained(folder), ExitStack() as stack:
        writing, found = None, None
        for table in _pieces(source, settings):
            if writing is None:
                found = detect(join_date_and_time(table, settings), settings, *(asked.trained or ()))
                name = _id_of(table, found)
                begun = types or {one: column.type for one, column in table.columns.items()}
                writing = _Writing(folder, n_shards, name, begun, stack, rows=np.zeros(n_shards, np.int64))
            _check_types(writing.types, table)
            writing.add(table)
            if progress is not None:
                progress(int(writing.rows.sum()))
        if writing is None or found is None:
            raise DataError(f"{source}: there are no rows. Bring a table with rows.")
        writing.close()
    ids = list(writing.order)
    manifest = Manifest(
        format_version=1,
        hash=HASH,
        id=writing.id,
        columns={name: str(kind) for name, kind in writing.types.items()},
        rows=tuple(writing.rows.tolist()),
        series=tuple(np.bincount(shard_of(np.array(ids), n_shards), minlength=n_shards).tolist()),
        kind=found.kind,
        roles=dict(found.columns),
        unit=settings.unit,
        settings=settings.model_dump(mode="json", exclude_unset=True, exclude={"as_of", "encoding"}),
    )
    write_new(folder / MANIFEST, manifest.model_dump_json(indent=1).encode(), 0o600)
    if asked.order is not None:
        pq.write_table(pa.table({"unique_id": pa.array(ids, pa.string())}), folder / asked.order)
    return manifest, len(ids)


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


def _id_of(table: Table, found: Detection) -> str:
    """The column of ids; an error where there is none."""
    if "id" not in found.columns:
        raise DataError(
            f"{table.source}: one series, as no column names several; it cannot be cut. Name the column of "
            "ids with --id."
        )
    return found.columns["id"]


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
