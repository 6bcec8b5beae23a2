"""Marks of windows: the categories of the events that a network sees, and of those that follow."""

from __future__ import annotations

import numpy as np

from forecaster.data.panel import Panel
from forecaster.windows.windows import Windows


def gather_marks(panel: Panel, windows: Windows) -> np.ndarray | None:
    """Marks of the input rows.

    Args:
        panel: The rows.
        windows: Any set.

    Returns:
        (n_windows, look_back) int32, 1 for the first of ``panel.mark_names``; 0 before the series begins and
        for a mark that is not known. None for a panel without marks.
    """
    if panel.marks is None:
        return None
    rows = windows.starts[:, None] + np.arange(windows.look_back)
    begins = panel.offsets[panel.series_of(windows.origins)][:, None]
    return _codes(panel.marks, np.maximum(rows, begins), rows >= begins)


def gather_next_marks(panel: Panel, windows: Windows) -> np.ndarray | None:
    """Marks of the target rows.

    Args:
        panel: The rows.
        windows: Any set.

    Returns:
        (n_windows, horizon) int32 as in ``gather_marks``, 0 too for events that had not come by the limit of
        the series. None for a panel without marks.
    """
    if panel.marks is None:
        return None
    rows = windows.origins[:, None] + 1 + np.arange(windows.horizon)
    inside = rows < windows.limits[panel.series_of(windows.origins)][:, None]
    return _codes(panel.marks, np.minimum(rows, panel.n_rows - 1), inside)


def _codes(marks: np.ndarray, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Marks of some rows, from 1; 0 where the row does not count."""
    return np.where(counts, marks[rows] + 1, 0).astype(np.int32)
