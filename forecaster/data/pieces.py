"""A file of any size as tables of bounded size, one after the other."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from forecaster.config.data_settings import DataSettings
from forecaster.data.folder import is_folder, is_url, list_parts
from forecaster.data.frames import from_columns, from_frame
from forecaster.data.read import read_table
from forecaster.data.table import Table
from forecaster.errors import ConfigError, DataError

# Bytes of text, and rows of Parquet, that are held at once.
BLOCK_BYTES = 1 << 26
BATCH_ROWS = 1_000_000


def read_pieces(source: Any, settings: DataSettings) -> Iterator[Table]:
    """The rows of a source in their order, as tables of bounded size.

    Columns of text files have the types that the fields of their piece show, so that those of two pieces may
    differ; see ``wider``.

    Args:
        source: As ``read_table`` takes it.
        settings: Encoding, and the columns of ids and marks that must stay text.

    Yields:
        Tables of at least one row.

    Raises:
        DataError: The source cannot be read.
    """
    if isinstance(source, pd.DataFrame | pd.Series):
        yield read_table(source, settings)
    elif is_folder(source):
        for name in list_parts(os.fspath(source)):
            with _open(name) as file:
                yield from _parquet_pieces(name, file)
    else:
        name = "stdin" if source == "-" else str(getattr(source, "name", source))
        with _open(source) as file:
            head = file.read(4)
            rest: Any = _Again(head, file)
            if head == b"PAR1":
                yield from _parquet_pieces(name, _seekable(file, rest))
                return
            if head[:2] == b"\x1f\x8b":
                rest = gzip.GzipFile(fileobj=rest)
            yield from _text_pieces(name, rest, settings)


def wider(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """The type that holds the fields of two pieces of one column, as one reading of both would find it.

    Args:
        one: Of a piece.
        other: Of another.

    Returns:
        One of the two, or text.

    Example:
        >>> wider(pa.int64(), pa.float64())
        DataType(double)
    """
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    numbers = [pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in (one, other)]
    if all(numbers):
        return pa.float64() if pa.types.is_floating(one) or pa.types.is_floating(other) else pa.int64()
    return pa.timestamp("ns") if _is_plain_stamp(one) and _is_plain_stamp(other) else pa.string()


def _is_plain_stamp(kind: pa.DataType) -> bool:
    """Whether fields are dates or stamps without a zone."""
    return bool(pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None))


def as_type(table: Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    """A column of a piece as one of the type of all pieces.

    Args:
        table: The piece.
        name: Its column.
        kind: As ``wider`` finds it.

    Returns:
        (n_rows,) of that type; text is what is written in the file.
    """
    column = table.columns[name]
    if column.type == kind:
        return column
    return table.raw(name) if pa.types.is_string(kind) else column.cast(kind)


class _Again(io.RawIOBase):
    """A file whose first bytes have been looked at, from its beginning."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head, self._file = head, file

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Bytes of the head, then of the file."""
        head = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(head) :]
        return head + self._file.read(size - len(head) if size >= 0 else -1)


def _open(source: Any) -> Any:
    """The source for reading bytes, as a context."""
    if hasattr(source, "read"):
        return _Kept(source)
    name = os.fspath(source)
    if name == "-":
        return _Kept(sys.stdin.buffer)
    try:
        if is_url(name):
            import fsspec

            return fsspec.open(name, "rb")
        return open(name, "rb")
    except FileNotFoundError:
        raise DataError(f"{name}: there is no such file. Check the path.") from None
    except OSError as error:
        raise DataError(f"{name}: the file cannot be read ({error.strerror or error}). Check it.") from None


class _Kept:
    """A file that the caller has opened, and closes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __enter__(self) -> BinaryIO:
        return self._file

    def __exit__(self, *error: object) -> None:
        pass


def _seekable(file: BinaryIO, rest: BinaryIO) -> BinaryIO:
    """A file that Parquet can be read from: the one itself, or of a pipe all that it holds."""
    if file.seekable():
        file.seek(0)
        return file
    return io.BytesIO(rest.read())


def _parquet_pieces(name: str, file: BinaryIO) -> Iterator[Table]:
    """Some rows of a Parquet file at a time."""
    try:
        opened = pq.ParquetFile(file)
        stored = (opened.schema_arrow.pandas_metadata or {}).get("index_columns", [])
        if any(isinstance(one, str) for one in stored):
            yield from_frame(opened.read().to_pandas())  # its index is a column for the reader
            return
        for batch in opened.iter_batches(batch_size=BATCH_ROWS):
            table = pa.Table.from_batches([batch])
            if table.num_rows:
                yield from_columns(name, {one: table[one] for one in table.column_names}, table.num_rows)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{name}: the Parquet data cannot be read ({reason}). Write it again.") from None


def _text_pieces(name: str, file: BinaryIO, settings: DataSettings) -> Iterator[Table]:
    """Blocks of a delimited file, each with the header before it."""
    header = b""
    plain = settings
    for place, block in enumerate(_blocks(name, file, settings)):
        data = header + block
        if place == 0:
            header = _head_of(block)
            plain = settings.model_copy(update={"encoding": None})
        part = io.BytesIO(data)
        part.name = name
        yield read_table(part, plain)


def _head_of(block: bytes) -> bytes:
    """Lines up to the header: comments, a ``sep=`` line, and the header itself."""
    end = 0
    for line in io.BytesIO(block):
        end += len(line)
        text = line.strip().removeprefix(codecs.BOM_UTF8)
        if text and not text.startswith((b"#", b"sep=", b'"sep=')):
            break
    return block[:end]


def _blocks(name: str, file: BinaryIO, settings: DataSettings) -> Iterator[bytes]:
    """Bytes of UTF-8 in blocks that end where a row does."""
    waiting = b""
    try:
        for piece in _utf8(file, settings.encoding):
            waiting += piece
            if len(waiting) < BLOCK_BYTES:
                continue
            end = waiting.rfind(b"\n") + 1
            if end and waiting.count(b'"', 0, end) % 2 == 0:
                yield waiting[:end]
                waiting = waiting[end:]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{name}: the gzip data is damaged ({error}). Compress it again.") from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name}: byte 0x{error.object[error.start]:02x} is not {error.encoding}. "
            "Name another with --encoding."
        ) from None
    if waiting or not file.closed:
        yield from (waiting,) if waiting.strip() else ()


def _utf8(file: BinaryIO, encoding: str | None) -> Iterator[bytes]:
    """The bytes as UTF-8, some at a time; without a named encoding those of UTF-16 alone are changed."""
    size = BLOCK_BYTES // 4
    first = file.read(size)
    if encoding is None and first[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encoding = "utf-16"
    if encoding is None:
        while first:
            yield first
            first = file.read(size)
        return
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError:
        raise ConfigError(
            f"--encoding {encoding} is not known. Use a name such as utf-8, gb18030 or latin-1."
        ) from None
    while first:
        yield decoder.decode(first).lstrip("\ufeff").encode()
        first = file.read(size)
    yield decoder.decode(b"", final=True).encode()
