"""A DataFrame or a Parquet file -> a ``Table``."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from forecaster.data.table import Column, Table
from forecaster.errors import DataError, listing


def from_parquet(source: str, data: memoryview) -> Table:
    """Columns of a Parquet file; a dated index becomes the column ``ds``.

    Args:
        source: The file as the user typed it.
        data: Its bytes.

    Returns:
        The table, with at least one row.

    Raises:
        DataError: The data are damaged or have no rows.
    """
    columns = parquet_columns(source, data)
    return from_columns(source, columns, max((len(column) for column in columns.values()), default=0))


def parquet_columns(source: str, data: bytes | memoryview) -> dict[str, Column]:
    """Columns of a Parquet file as it holds them, but for its index.

    Args:
        source: The file as the user typed it.
        data: Its bytes.

    Returns:
        By name, in the order of the file; there may be no rows.

    Raises:
        DataError: The data are damaged.
    """
    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{source}: the Parquet data cannot be read ({reason}). Write it again.") from None
    stored = (table.schema.pandas_metadata or {}).get("index_columns", [])
    if stored and all(isinstance(name, str) for name in stored):
        hidden = [name for name in stored if name.startswith("__index_level_")]
        dated = [name for name in hidden if pa.types.is_timestamp(table.schema.field(name).type)]
        table = table.rename_columns(["ds" if name in dated else name for name in table.column_names])
        table = table.drop_columns([name for name in hidden if name not in dated])
    return {name: table[name] for name in table.column_names}


def from_frame(frame: pd.DataFrame) -> Table:
    """Columns of a DataFrame; a named or dated index becomes a column.

    Args:
        frame: With columns of one level.

    Returns:
        The table, with at least one row.

    Raises:
        DataError: The frame has no rows, several levels, or a column twice.
    """
    if isinstance(frame.columns, pd.MultiIndex):
        raise DataError("data: the columns have several levels. Keep one, as in frame.droplevel(1, axis=1).")
    index = frame.index
    dated = isinstance(index, pd.DatetimeIndex | pd.PeriodIndex)
    if dated or any(name is not None for name in index.names):
        if index.nlevels == 1 and index.name is None:
            frame = frame.rename_axis("ds")
        clash = [name for name in frame.index.names if name in frame.columns]
        frame = frame.reset_index(drop=bool(clash))
    names = [str(name).strip() for name in frame.columns]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise DataError(f"data: column {listing(twice)} is there twice. Give every column a name of its own.")
    columns = {name: _from_series(frame.iloc[:, place]) for place, name in enumerate(names)}
    return from_columns("data", columns, len(frame))


def _from_series(series: pd.Series) -> Column:
    """One column of a frame as arrow holds it; mixed objects become text."""
    if isinstance(series.dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
    try:
        array = pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        kept = series.where(series.isna(), series.astype(str))
        array = pa.array(kept.astype(object), type=pa.string(), from_pandas=True)
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def from_columns(
    source: str,
    columns: dict[str, Column],
    n_rows: int,
    place_of: Callable[[int], str] | None = None,
    *,
    may_be_empty: bool = False,
) -> Table:
    """A table of columns that have types already.

    Args:
        source: Where they come from, for messages.
        columns: By name, each (n_rows,).
        n_rows: Number of rows.
        place_of: Row number -> where that is; None to count rows of ``source``.
        may_be_empty: Whether there may be no rows.

    Returns:
        The table.

    Raises:
        DataError: There are no rows.
    """
    if n_rows == 0 and not may_be_empty:
        raise DataError(f"{source}: there are no rows. Bring a table with rows.")
    plain = {name: _plain(column) for name, column in columns.items()}

    def raw(name: str) -> Column:
        return pa.chunked_array([pa.array([_shown(v) for v in plain[name].to_pylist()], pa.string())])

    def counted(row: int) -> str:
        return f"{source}, row {row} (from 0)"

    return Table(source, plain, n_rows, "", place_of or counted, raw)


def _shown(value: object) -> str | None:
    """A value of a typed column as text."""
    return None if value is None else str(value)


def _plain(column: Column) -> Column:
    """A column in one of the types that the parser of text gives."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return column.cast(pa.float64())
    if pa.types.is_date64(kind):
        return column.cast(pa.timestamp("ms"))
    return column
