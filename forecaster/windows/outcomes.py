"""Outcomes: what came of windows, and for waiting times what is known of those that are still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.data.panel import Panel
from forecaster.windows.rows import gather_targets
from forecaster.windows.waits import waits_since
from forecaster.windows.windows import Windows


@dataclass(frozen=True)
class Outcomes:
    """What came of some windows, in the unit of the target.

    Attributes:
        y: (n_windows, horizon) observed target; what it is known to exceed where it is censored; NaN where
            nothing is known.
        censored: (n_windows, horizon) bool, where the interval was still open.
        elapsed: (n_windows, 1) what the target was known to exceed when the part began; -inf where the
            interval began within it.
        until: (n_windows, 1) time from the origin to the end of observation: longer targets cannot have
            been seen; inf where there is no such limit.
    """

    y: np.ndarray
    censored: np.ndarray
    elapsed: np.ndarray
    until: np.ndarray


def gather_outcomes(panel: Panel, windows: Windows) -> Outcomes:
    """What came of windows.

    Args:
        panel: The rows.
        windows: Any set.

    Returns:
        The outcomes, in the order of the windows.
    """
    series = panel.series_of(windows.origins)
    y = gather_targets(panel, windows.starts, series, windows)
    censored = np.zeros(y.shape, dtype=bool)
    elapsed = np.full((len(y), 1), -np.inf)
    until = np.full((len(y), 1), np.inf)
    if windows.as_of is not None:
        is_open = windows.origins + 1 == windows.limits[series]
        until[:, 0] = _known(panel, windows, windows.as_of, series)
        y[is_open, 0] = until[is_open, 0]
        censored[:, 0] = is_open
    if windows.since is not None:
        known = _known(panel, windows, windows.since, series)
        elapsed[:, 0] = np.where(known > 0, known, -np.inf)
    return Outcomes(y, censored, elapsed, until)


def _known(panel: Panel, windows: Windows, moment: Any, series: np.ndarray) -> np.ndarray:
    """(n_windows,) what a gap after each origin exceeds if nothing has come by a moment."""
    moments = np.broadcast_to(np.asarray(moment, dtype=panel.times.dtype), panel.n_series)
    return waits_since(panel, windows.origins, moments[series]).known
