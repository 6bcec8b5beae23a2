"""Some series of a panel as a panel of their own, and such panels as one again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from forecaster.data.panel import Ahead, Panel
from forecaster.data.peers import ALONE

# Fields of a panel that hold something of every row, and of every series.
ROWS = ("values", "times", "marks", "closes")
SERIES = ("ids", "as_of", "began", "n_earlier", "static")


def pick_series(panel: Panel, series: np.ndarray) -> Panel:
    """Some series, as a panel of their own.

    Args:
        panel: Any panel.
        series: (n,) int64 their indices.

    Returns:
        A panel of ``n`` series in that order; facts of all stay as they are.
    """
    rows, offsets = _rows_of(panel.offsets, series)
    found: dict[str, Any] = {name: getattr(panel, name) for name in (*ROWS, *SERIES)}
    for name, part in found.items():
        if part is not None:
            found[name] = part[rows if name in ROWS else series]
    ahead = panel.ahead
    if ahead is not None:
        steps, ends = _rows_of(ahead.offsets, series)
        ahead = Ahead(ahead.values[steps], ends)
    return replace(panel, offsets=offsets, ahead=ahead, **found)


def join_panels(panels: Sequence[Panel]) -> Panel:
    """Panels of different series as one.

    Args:
        panels: With the same facts, one at least, such as ``pick_series`` gives.

    Returns:
        A panel of all their series, in that order, that is whole.
    """
    if any(one.began is not None for one in panels):
        panels = [
            replace(one, began=one.first_times, n_earlier=one.n_before(one.offsets[:-1])) for one in panels
        ]
    found: dict[str, Any] = {}
    for name in (*ROWS, *SERIES):
        parts = [getattr(one, name) for one in panels]
        found[name] = None if any(part is None for part in parts) else np.concatenate(parts)
    known = [one.ahead for one in panels if one.ahead is not None]
    ahead = None
    if len(known) == len(panels):
        lengths = np.concatenate([np.diff(one.offsets) for one in known])
        ahead = Ahead(np.concatenate([one.values for one in known]), _offsets_of(lengths))
    lengths = np.concatenate([one.lengths for one in panels])
    return replace(panels[0], offsets=_offsets_of(lengths), ahead=ahead, peers=ALONE, **found)


def _rows_of(offsets: np.ndarray, series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of some series one after the other, and their offsets."""
    lengths = np.diff(offsets)[series]
    ends = _offsets_of(lengths)
    return np.repeat(offsets[series] - ends[:-1], lengths) + np.arange(ends[-1]), ends


def _offsets_of(lengths: np.ndarray) -> np.ndarray:
    """(n + 1,) int64 offsets of series of such lengths."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
