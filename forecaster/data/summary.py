"""What a panel holds, in plain values: for `forecast inspect`."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecaster.data.clock import moment_text
from forecaster.data.doctor import examine_events
from forecaster.data.panel import Panel
from forecaster.data.roles import covariates_of
from forecaster.data.stationarity import level_hint


def summarise(panel: Panel) -> dict[str, Any]:
    """Kind, columns, span, spacing and spread of a panel.

    Args:
        panel: As it was read.

    Returns:
        Plain values by name, in the order in which they are shown.
    """
    y = panel.y[np.isfinite(panel.y)]
    lengths = panel.lengths
    facts: dict[str, Any] = {
        "kind": panel.kind,
        "why": panel.why,
        "columns": dict(panel.columns),
        "channels": list(panel.channels),
        "covariates": covariates_of(panel.columns),
        "rows": panel.n_rows,
        "series": panel.n_series,
        "rows_per_series": spread(lengths.astype(np.float64)),
    }
    if panel.n_rows:
        span = (moment_text(panel.clock, time) for time in (panel.times.min(), panel.times.max()))
        facts |= dict(zip(("first", "last"), map(str, span), strict=True))
    facts |= {
        "step": panel.clock.step,
        "zone": panel.clock.zone,
        "season": panel.season_length,
        "unit": panel.unit,
        "target": panel.channels[panel.target],
        "values": spread(y),
        "missing": int(np.isnan(panel.y).sum()) - _first_rows(panel),
        "zeros": int((y == 0).sum()),
        "gaps": gaps_text(panel),
        "ties": n_ties(panel),
        "outliers": n_outliers(y),
        "stationarity": level_hint(panel),
    }
    if panel.kind == "events" and panel.n_rows:
        facts["events"] = examine_events(panel).to_json()
    return facts | {
        "repairs": [{"code": note.code, "text": note.text, "count": note.count} for note in panel.repairs],
        "warnings": [{"code": note.code, "text": note.text, "count": note.count} for note in panel.warnings],
    }


def n_outliers(y: np.ndarray) -> int:
    """Values more than three interquartile ranges beyond the quartiles.

    Args:
        y: (n,) finite.

    Returns:
        How many; 0 where half of the values are alike.

    Source:
        Tukey, "Exploratory Data Analysis", 1977: the outer fences.
    """
    if len(y) == 0:
        return 0
    low, high = np.quantile(y, [0.25, 0.75])
    with np.errstate(over="ignore"):  # nothing is beyond what is too large to be a number
        reach = 3 * (high - low)
        return int(((y < low - reach) | (y > high + reach)).sum()) if reach > 0 else 0


def gaps_text(panel: Panel) -> str:
    """Runs of rows without a value of the target, in words.

    Args:
        panel: Rows that a regular series lacks were put in without a value.

    Returns:
        How many runs, and the rows of the longest; ``none`` for none. The first row of a series of events or
        prices, which has no value by nature, is none.
    """
    empty = np.isnan(panel.y)
    begins = panel.offsets[:-1][panel.lengths > 0]
    if panel.kind in ("events", "ohlc"):
        empty[begins] = False
    follows = np.concatenate([[False], empty[:-1]])
    follows[begins] = False
    first = np.flatnonzero(empty & ~follows)
    if len(first) == 0:
        return "none"
    lengths = np.add.reduceat(empty.astype(np.int64), first)
    # rows that follow the last empty one of a run are 0, so that each sum is the length of its run
    return f"{len(first):,}, the longest of {lengths.max():,} row{'s' * int(lengths.max() > 1)}"


def n_ties(panel: Panel) -> int:
    """Rows at the stamp of the row before in their series.

    Args:
        panel: Of events; other kinds have none.

    Returns:
        How many.
    """
    if panel.n_rows == 0:
        return 0
    same = np.concatenate([[False], panel.times[1:] == panel.times[:-1]])
    same[panel.offsets[:-1][panel.lengths > 0]] = False
    return int(same.sum())


def _first_rows(panel: Panel) -> int:
    """Rows without a value by nature: the first event, or the first close, of every series."""
    return int((panel.lengths > 0).sum()) if panel.kind in ("events", "ohlc") else 0


def spread(values: np.ndarray) -> str:
    """Smallest, largest and median in words.

    Args:
        values: (n,) finite.

    Returns:
        A text; ``none`` for none.
    """
    if len(values) == 0:
        return "none"
    return f"{values.min():,.6g} to {values.max():,.6g}, median {np.median(values):,.6g}"
