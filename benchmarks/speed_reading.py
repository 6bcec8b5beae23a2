"""Row of reading: files of events and of a value panel to a panel, against Arrow reading the same file."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from speed_rounds import Asked, Bar, Found, Subject, race

from forecaster.data.load import read_panel

# Rows of a value series, and of the events of one customer.
LENGTH, N_EVENTS = 1_000, 20
# In seconds.
HOUR, DAY = 3600, 24 * 3600
BEGIN = 1_577_836_800  # 2020-01-01
KINDS, ORDERS, FORMATS = ("events", "values"), ("sorted", "shuffled"), ("csv", "parquet")
# Times that Arrow's seconds may be taken, of CSV.
MOST = {"sorted": 2.0, "shuffled": 4.0}
BARS = {
    "reading": tuple(
        Bar(f"ours / arrow, {kind}, {order}, csv", most=MOST[order]) for kind in KINDS for order in ORDERS
    )
}


def run(name: str, asked: Asked) -> Found:
    """Run the row.

    Args:
        name: ``reading``.
        asked: How; ``n_rows`` is the length of the files.

    Returns:
        Seconds of ours and of Arrow, and their ratio.
    """
    found = Found()
    for kind in KINDS:
        for order in ORDERS:
            table = make_table(kind, asked.n_rows, is_shuffled=order == "shuffled")
            for form in FORMATS:
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / f"{kind}.{form}"
                    _WRITERS[form](table, path)
                    subjects = {"ours": _seconds(read_panel, path), "arrow": _seconds(_READERS[form], path)}
                    case = race(f"{name} {kind}, {order}, {form}", "s", subjects, asked)
                found.cases.append(case)
                found.measures[f"ours / arrow, {kind}, {order}, {form}"] = case.ratio("ours", "arrow")
                rows = f"million rows a second, {kind}, {order}, {form}"
                found.measures[rows] = asked.n_rows / case.best("ours") / 1e6
    return found


def make_table(kind: str, n_rows: int, *, is_shuffled: bool) -> pa.Table:
    """Rows of a file.

    Args:
        kind: ``events`` (``id, timestamp``) or ``values`` (``unique_id, ds, y``).
        n_rows: Rows.
        is_shuffled: Whether rows come in any order; else by series, then time.

    Returns:
        A table; ids are text, stamps have seconds.
    """
    random = np.random.default_rng(0)
    length = N_EVENTS if kind == "events" else min(LENGTH, n_rows // 2)
    series, place = np.divmod(np.arange(n_rows), length)
    if kind == "events":
        gaps = (random.exponential(3.0, n_rows) * DAY).astype(np.int64)
        stamps = BEGIN + np.cumsum(gaps) % (1000 * DAY)
        stamps = stamps[np.lexsort((stamps, series))]
    else:
        stamps = BEGIN + place * HOUR
    order = random.permutation(n_rows) if is_shuffled else slice(None)
    names = np.array([f"s{number:06d}" for number in range(series[-1] + 1)])
    ids = pa.DictionaryArray.from_arrays(series.astype(np.int32)[order], names).cast(pa.string())
    times = pa.array(stamps[order].astype("datetime64[s]"))
    if kind == "events":
        return pa.table({"id": ids, "timestamp": times})
    y = np.round(random.normal(100, 5, n_rows), 2)[order]
    return pa.table({"unique_id": ids, "ds": times, "y": y})


def _seconds(read: Callable[[Path], object], path: Path) -> Subject:
    """Seconds of reading a file."""

    def seconds() -> float:
        """One run."""
        began = time.perf_counter()
        read(path)
        return time.perf_counter() - began

    return seconds


_WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    "csv": lambda table, path: pyarrow.csv.write_csv(table, path),
    "parquet": lambda table, path: pyarrow.parquet.write_table(table, path),
}
_READERS: dict[str, Callable[[Path], pa.Table]] = {
    "csv": lambda path: pyarrow.csv.read_csv(path),
    "parquet": lambda path: pyarrow.parquet.read_table(path),
}
