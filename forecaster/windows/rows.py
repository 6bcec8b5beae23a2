"""Rows of windows: raw inputs and targets, gathered from the flat panel."""

from __future__ import annotations

import numpy as np

from forecaster.data.panel import Panel
from forecaster.windows.windows import Windows


def gather_past(panel: Panel, starts: np.ndarray, series: np.ndarray, look_back: int) -> np.ndarray:
    """Raw inputs of windows.

    Args:
        panel: The rows.
        starts: (batch,) int64 first rows of the windows.
        series: (batch,) int64 series they belong to.
        look_back: Input steps.

    Returns:
        (batch, look_back, n_channels) float64, NaN before the series begins and where nothing was observed.
    """
    rows = starts[:, None] + np.arange(look_back)
    begins = panel.offsets[series]
    past: np.ndarray = panel.values[np.maximum(rows, begins[:, None])]  # (batch, look_back, n_channels)
    if (starts < begins).any():
        past[rows < begins[:, None]] = np.nan
    return past


def gather_targets(panel: Panel, starts: np.ndarray, series: np.ndarray, windows: Windows) -> np.ndarray:
    """Raw targets of windows.

    Args:
        panel: The rows.
        starts: (batch,) int64 first rows of the windows.
        series: (batch,) int64 series they belong to.
        windows: Gives ``look_back``, ``horizon`` and the rows that targets may come from.

    Returns:
        (batch, horizon) float64, NaN beyond the limit of the series and where nothing was observed.
    """
    rows = starts[:, None] + windows.look_back + np.arange(windows.horizon)
    inside = rows < windows.limits[series][:, None]
    y = panel.y[np.minimum(rows, panel.n_rows - 1)]
    return np.where(inside, y, np.nan)
