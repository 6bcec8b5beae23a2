"""What sequences hold, in plain values: for `forecast inspect`."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecaster.data.clock import moment_text
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.data.summary import spread

# Classes and symbols that are named, the most frequent first.
MOST_NAMED = 10


def summarise_sequences(panel: Panel, goal: Goal) -> dict[str, Any]:
    """Kind, columns, lengths, channels, and what is to be learnt.

    Args:
        panel: As it was read.
        goal: Its goal.

    Returns:
        Plain values by name, in the order in which they are shown.
    """
    facts: dict[str, Any] = {
        "kind": panel.kind,
        "why": panel.why,
        "columns": dict(panel.columns),
        "rows": panel.n_rows,
        "series": panel.n_series,
        "rows_per_series": spread(panel.lengths.astype(np.float64)),
        "channels": list(panel.channels),
    }
    if "time" in panel.columns and panel.n_rows:
        span = (moment_text(panel.clock, time) for time in (panel.times.min(), panel.times.max()))
        facts |= dict(zip(("first", "last"), map(str, span), strict=True))
    if panel.marks is not None:
        facts |= {"n_symbols": len(panel.mark_names), "symbols": _shares(panel.marks, panel.mark_names)}
    facts["learnt"] = {"label": "labels", "marks": "symbols"}.get(goal.kind, goal.kind)
    if goal.kind in ("label", "tags"):
        facts |= {"n_classes": len(goal.names), "classes": _shares(goal.values, goal.names)}
        facts["without_class"] = int((goal.values < 0).sum())
    if goal.kind == "outputs":
        facts["outputs"] = {name: spread(column[np.isfinite(column)]) for name, column in _columns(goal)}
    if goal.held_out is not None:
        facts["held_out_series"] = int(goal.held_out.sum())
    return facts | {
        "missing": int(np.isnan(panel.values).sum()),
        "repairs": [{"code": note.code, "text": note.text, "count": note.count} for note in panel.repairs],
        "warnings": [{"code": note.code, "text": note.text, "count": note.count} for note in panel.warnings],
    }


def _columns(goal: Goal) -> list[tuple[str, np.ndarray]]:
    """Outputs by name."""
    return list(zip(goal.names, goal.values.T, strict=True))


def _shares(codes: np.ndarray, names: tuple[str, ...]) -> dict[str, float]:
    """The most frequent names, and the share of those known that each has."""
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    order = np.argsort(-counts, kind="stable")[:MOST_NAMED]
    return {names[place]: round(float(counts[place] / max(counts.sum(), 1)), 4) for place in order}
