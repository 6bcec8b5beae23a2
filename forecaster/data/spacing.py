"""How alike the steps from row to row are, which tells values from events."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecaster.config.data_settings import DataSettings
from forecaster.data.clock import find_positions, infer_clock
from forecaster.data.rows import read_ids, sort_rows
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table

_SAMPLE = 5000


def regular_share(table: Table, time: str, ids: str | None, settings: DataSettings) -> float:
    """Share of steps from row to row that are the most common one.

    Args:
        table: The file; its first rows are looked at.
        time: Its time column.
        ids: Its id column; None for one series.
        settings: Format and zone of the stamps.

    Returns:
        0 to 1; NaN for fewer than three steps.
    """
    n_rows = min(table.n_rows, _SAMPLE)
    columns = {name: column.slice(0, n_rows) for name, column in table.columns.items()}
    sample = replace(table, columns=columns, n_rows=n_rows)
    stamps = read_stamps(sample, time, settings)
    found = read_ids(sample, ids)
    order = sort_rows(found, stamps.values, n_rows)
    times = order.times
    clock = infer_clock(times, order.offsets, stamps.kind, stamps.zone)
    positions = find_positions(clock, times, order.offsets)
    inside = np.ones(max(n_rows - 1, 0), dtype=bool)
    inside[order.offsets[1:-1] - 1] = False
    if inside.sum() < 3:
        return float("nan")
    if positions is not None:
        return float((np.diff(positions)[inside] == 1).mean())
    steps = np.diff(times.astype(np.int64) if stamps.kind == "date" else times)[inside]
    _, counts = np.unique(steps[steps > 0], return_counts=True)
    return float(counts.max() / len(steps)) if len(counts) else 0.0
