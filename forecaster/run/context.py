"""The last rows of every series and its facts, so that a run predicts without its training file.

``context.parquet`` holds the rows, ``series.parquet`` one row a series; what is the same for all of
them is a dictionary for spec.json. Bits of numbers stay as they are, NaN included.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from forecaster.data.panel import Ahead, Panel
from forecaster.errors import RunError, listing
from forecaster.files import refuse_link
from forecaster.run.facts import DTYPES, read_facts

ROWS = "context.parquet"
SERIES = "series.parquet"

# Before the name of a channel, so that none can meet unique_id, ds or close; of a static number; and of a
# channel that is known ahead.
_CHANNEL = "channel_"
_STATIC = "static_"
_AHEAD = "ahead_"


def context_bytes(panel: Panel, n_rows: int) -> dict[str, bytes]:
    """The last rows and the facts of every series, ready for the run folder.

    Args:
        panel: Any panel.
        n_rows: Rows to keep of each series, at least 0; all of a shorter one.

    Returns:
        Content of context.parquet and series.parquet by name.
    """
    begins, ends = panel.offsets[:-1], panel.offsets[1:]
    kept = panel.take(np.maximum(ends - n_rows, begins), ends)
    return {ROWS: _parquet(_rows_table(kept)), SERIES: _parquet(_series_table(panel, kept))}


def _rows_table(kept: Panel) -> pa.Table:
    """One row a row of the panel."""
    index = np.repeat(np.arange(kept.n_series, dtype=np.int32), kept.lengths)
    columns = {
        "unique_id": pa.DictionaryArray.from_arrays(pa.array(index), _strings(kept.ids)),
        "ds": pa.array(kept.times),
    }
    for position, name in enumerate(kept.channels):
        columns[_CHANNEL + name] = pa.array(np.ascontiguousarray(kept.values[:, position]))
    if kept.closes is not None:
        columns["close"] = pa.array(kept.closes)
    if kept.marks is not None:
        columns["mark"] = pa.array(kept.marks)
    return pa.table(columns)


def _series_table(panel: Panel, kept: Panel) -> pa.Table:
    """One row a series; first and last are empty for a series without rows.

    Of events and intervals, ``first`` and ``n_rows`` are those of the whole series, rows cut off before
    among them.
    """
    n_rows = panel.n_before(panel.offsets[1:])
    held = panel.lengths > 0
    last = np.zeros(panel.n_series, dtype=panel.times.dtype)
    last[held] = panel.times[panel.offsets[1:][held] - 1]
    columns = {
        "unique_id": _strings(panel.ids),
        "first": pa.array(panel.first_times, mask=n_rows == 0),
        "last": pa.array(last, mask=~held),
        "n_rows": pa.array(n_rows),
        "n_context": pa.array(kept.lengths),
    }
    for name in ("as_of", "began", "n_earlier"):
        if (facts := getattr(kept, name)) is not None:
            columns[name] = pa.array(facts)
    if panel.static is not None:
        for position, name in enumerate(panel.static_names):
            columns[_STATIC + name] = pa.array(np.ascontiguousarray(panel.static[:, position]))
    if kept.ahead is not None:
        offsets = pa.array(kept.ahead.offsets)
        for position, channel in enumerate(panel.future_known):
            steps = pa.array(np.ascontiguousarray(kept.ahead.values[:, position]))
            columns[_AHEAD + panel.channels[channel]] = pa.LargeListArray.from_arrays(offsets, steps)
    return pa.table(columns)


def _strings(ids: np.ndarray) -> pa.Array:
    """Ids as an Arrow column."""
    return pa.array(ids.astype(object), type=pa.large_string())


def _parquet(table: pa.Table) -> bytes:
    """A table as a Parquet file; numbers are stored as they are, not by dictionary."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", use_dictionary=["unique_id"], version="2.6")
    return sink.getvalue()


def read_context(folder: Path, facts: Mapping[str, Any]) -> Panel:
    """The panel whose rows and facts a run folder holds.

    Args:
        folder: A version of a run; its checksums were compared before.
        facts: What ``panel_facts`` gave, out of spec.json.

    Returns:
        Every series with its last rows, as ``context_bytes`` was given it; ids as Python strings.

    Raises:
        RunError: A file is missing or is no such table, or does not fit ``facts``.
    """
    known = read_facts(folder / "spec.json", facts)
    dtype = DTYPES[known["clock"].kind]
    series = _read(folder / SERIES, None)
    channels = [_CHANNEL + name for name in known["channels"]]
    rows = _read(folder / ROWS, lambda name: name != "unique_id")
    extra = {name: name in rows.column_names for name in ("close", "mark")}
    expected = ["ds", *channels, *(name for name, is_there in extra.items() if is_there)]
    if rows.column_names != expected:
        raise RunError(
            f"{folder / ROWS}: has the columns {listing(rows.column_names)}, "
            f"spec.json says {listing(expected)}. Train the run again."
        )
    ids = _column(folder / SERIES, series, "unique_id", "object")
    if len(set(ids)) < len(ids):
        raise RunError(f"{folder / SERIES}: column 'unique_id' holds an id twice. Train the run again.")
    lengths = _column(folder / SERIES, series, "n_context", "int64")
    if (lengths < 0).any() or lengths.sum() != rows.num_rows:
        raise RunError(
            f"{folder / ROWS}: {rows.num_rows} rows, {SERIES} says {lengths.sum()}. Train the run again."
        )
    values = np.empty((rows.num_rows, len(channels)))  # (n_rows, n_channels)
    for position, name in enumerate(channels):
        values[:, position] = _column(folder / ROWS, rows, name, "float64")
    marks = _column(folder / ROWS, rows, "mark", "int64") if extra["mark"] else None
    _check_marks(folder / ROWS, marks, known["mark_names"])
    return Panel(
        values=values,
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        times=_column(folder / ROWS, rows, "ds", dtype),
        ids=ids,
        closes=_column(folder / ROWS, rows, "close", "float64") if extra["close"] else None,
        marks=marks,
        **_of_series(folder / SERIES, series, known),
        **known,
    )


def _of_series(path: Path, series: pa.Table, known: Mapping[str, Any]) -> dict[str, Any]:
    """What a panel knows of each series beside its rows, where it does."""
    dtype = DTYPES[known["clock"].kind]
    found: dict[str, Any] = {
        name: _column(path, series, name, kind)
        for name, kind in (("as_of", dtype), ("began", dtype), ("n_earlier", "int64"))
        if name in series.column_names or (name == "as_of" and known["kind"] == "events")
    }
    if ("began" in found) != ("n_earlier" in found):
        raise RunError(f"{path}: has one of the columns began, n_earlier alone. Train the run again.")
    channels = [known["channels"][place] for place in known["future_known"]]
    static = _static(path, series, known["static_names"])
    return {**found, "static": static, "ahead": _ahead(path, series, channels)}


def _static(path: Path, series: pa.Table, names: tuple[str, ...]) -> np.ndarray | None:
    """(n_series, n_static) static numbers; None without."""
    if not names:
        return None
    return np.stack([_column(path, series, _STATIC + name, "float64") for name in names], axis=1)


def _ahead(path: Path, series: pa.Table, names: list[str]) -> Ahead | None:
    """What is known after the last rows; None where nothing was kept."""
    if not names or not any(name.startswith(_AHEAD) for name in series.column_names):
        return None
    lists = []
    for name in (_AHEAD + name for name in names):
        if name not in series.column_names or series.schema.field(name).type != pa.large_list(pa.float64()):
            raise RunError(f"{path}: column '{name}' holds no lists of numbers. Train the run again.")
        lists.append(series.column(name).combine_chunks())
    offsets = [_list_offsets(one) for one in lists]
    if any(one.null_count for one in lists) or any(not np.array_equal(offsets[0], one) for one in offsets):
        raise RunError(f"{path}: columns {_AHEAD}NAME are of different lengths. Train the run again.")
    values = np.stack([one.flatten().to_numpy(zero_copy_only=False) for one in lists], axis=1)
    return Ahead(values, offsets[0])


def _list_offsets(lists: pa.LargeListArray) -> np.ndarray:
    """(n + 1,) where each list begins, from 0."""
    lengths = np.asarray(pc.list_value_length(lists).fill_null(0))
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _check_marks(path: Path, marks: np.ndarray | None, names: tuple[str, ...]) -> None:
    """Refuse marks that have no name, and names without marks."""
    if marks is None and not names:
        return
    if marks is None or (marks < -1).any() or (marks >= len(names)).any():
        raise RunError(f"{path}: marks and the names of spec.json do not fit. Train the run again.")


def read_last_times(folder: Path, facts: Mapping[str, Any]) -> np.ndarray:
    """Time of the last training row of every series, whether its rows were kept or not.

    Args:
        folder: A version of a run; its checksums were compared before.
        facts: What ``panel_facts`` gave, out of spec.json.

    Returns:
        (n_series,) as ``Panel.times``.

    Raises:
        RunError: The file is missing or is no such table.
    """
    dtype = DTYPES[read_facts(folder / "spec.json", facts)["clock"].kind]
    return _column(folder / SERIES, _read(folder / SERIES, None), "last", dtype)


def _read(path: Path, wanted: Any) -> pa.Table:
    """A Parquet file as a table, only the columns for which ``wanted`` is true."""
    refuse_link(path)
    if not path.is_file():
        raise RunError(f"{path}: the file is missing. Train the run again, with its last rows kept.")
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            return file.read([name for name in names if wanted is None or wanted(name)])
    except (pa.ArrowException, OSError) as error:
        text = (str(error).splitlines() or [""])[0][:200]
        raise RunError(f"{path}: not a Parquet file ({text}). Train the run again.") from None


# What a column of that dtype is in the file; ids are texts, by dictionary or not.
_TYPES = {
    "float64": (pa.float64(),),
    "int64": (pa.int64(),),
    "datetime64[ns]": (pa.timestamp("ns"),),
    "object": (pa.string(), pa.large_string()),
}
# The columns that may be empty for a series: those of one that has no rows.
_MAY_BE_EMPTY = ("last",)


def _column(path: Path, table: pa.Table, name: str, dtype: str) -> np.ndarray:
    """One column as an array of that dtype, refused when it is of another or lacks a value."""
    if name not in table.column_names:
        raise RunError(f"{path}: column '{name}' is missing. Train the run again.")
    column = table.column(name)
    if column.type not in _TYPES[dtype]:
        raise RunError(f"{path}: column '{name}' is {str(column.type)[:60]}, not {dtype}. Train it again.")
    if column.null_count and name not in _MAY_BE_EMPTY:
        raise RunError(
            f"{path}: column '{name}' lacks {column.null_count:,} of its values. Train the run again."
        )
    if column.null_count and dtype == "int64":  # to_numpy would make them floats
        column = pc.fill_null(column, 0)
    return np.asarray(column.to_numpy(), dtype=dtype)
