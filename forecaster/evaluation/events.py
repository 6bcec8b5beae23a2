"""When the next event comes: waiting-time distributions, conditioned on the time already waited, as dates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecaster.data.clock import to_display
from forecaster.data.panel import Panel
from forecaster.data.units import parse_duration
from forecaster.distributions.base import Distribution
from forecaster.distributions.conditioned import Conditioned
from forecaster.errors import ConfigError
from forecaster.evaluation.tables import Columns, quantile_name
from forecaster.windows.waits import Waits, floor_to_unit, gap_cell, open_waits

# Longer than any wait, in whatever unit; at infinity itself a distribution has reached even what never comes.
FOREVER = 1e200
# What a heavy tail leaves beyond FOREVER is no share of events that never come.
LEAST_NEVER = 1e-9


def event_table(
    panel: Panel,
    origins: np.ndarray,
    forecast: Distribution,
    columns: Columns,
    within: Sequence[str] = (),
) -> pd.DataFrame:
    """The next event of every series: one row a series.

    Args:
        panel: The events that were forecast from.
        origins: (n,) int64 flat row number of the last event of each series.
        forecast: Of shape (n, 1): the gap after that event, in units, whatever has been waited.
        columns: Which intervals and quantiles.
        within: Durations K such as ``7d``; plain numbers where times are numbers.

    Returns:
        ``unique_id, step, last_event, as_of, elapsed, next_event, next_event-lo-80, ..., never,
        overdue, within_7d, ...``; all given that nothing has come since ``last_event``.

    Raises:
        ConfigError: A duration cannot be read.
    """
    wait = open_waits(panel, origins)
    known = wait.known[:, None]  # (n, 1)
    conditioned = Conditioned(forecast, known)
    table: dict[str, object] = {
        "unique_id": panel.ids[panel.series_of(origins)],
        "step": np.ones(len(origins), dtype=np.int64),
        "last_event": to_display(panel.clock, wait.last),
        "as_of": to_display(panel.clock, wait.as_of),
        "elapsed": wait.elapsed,
    }
    for name, level in _date_columns(columns):
        gap = conditioned.quantile(level)[:, 0]
        table[name] = to_display(panel.clock, event_times(panel, wait, gap))
    never = np.clip(conditioned.survival(FOREVER)[:, 0], 0.0, 1.0)
    table["never"] = np.where(never > LEAST_NEVER, never, 0.0)
    table["overdue"] = forecast.cdf(known)[:, 0]
    for text in within:
        duration = _duration(panel, text)
        table[f"within_{text}"] = np.clip(conditioned.cdf(known + duration)[:, 0], 0.0, 1.0)
    return pd.DataFrame(table)


def _date_columns(columns: Columns) -> list[tuple[str, float]]:
    """Columns that are dates, with the quantile level of each."""
    dates = [("next_event", 0.5)]
    for level in columns.levels:
        share = level / 100
        dates.append((f"next_event-lo-{level:g}", (1 - share) / 2))
        dates.append((f"next_event-hi-{level:g}", (1 + share) / 2))
    return dates + [(quantile_name(quantile), quantile) for quantile in columns.quantiles]


def event_times(panel: Panel, wait: Waits, gap: np.ndarray) -> np.ndarray:
    """Moments ``gap`` after the last events, on the resolution of the stamps, never before ``as_of``.

    Args:
        panel: Gives clock and unit.
        wait: Last events.
        gap: (n,) in units; inf for never.

    Returns:
        (n,) like ``panel.times``, float64 for integer times; NaT or NaN where the date is beyond what
        can be written.

    Raises:
        ValueError: The panel has no ``unit_length``.
    """
    if panel.unit_length is None:
        raise ValueError(f"a panel of kind {panel.kind} has no unit of time")
    cell = gap_cell(panel)
    if cell > 0:  # to the middle of its cell: gaps within half a day of n days are n days
        gap = np.floor(gap / cell + 0.5) * cell
    start = floor_to_unit(panel, wait.last)
    if panel.clock.kind != "date":
        moment = start.astype(np.float64) + gap * panel.unit_length
        return np.where(np.isfinite(moment), np.maximum(moment, wait.as_of), np.nan)
    nanoseconds = gap * panel.unit_length
    limit = np.iinfo(np.int64).max - np.maximum(start.astype(np.int64), 0)
    fits = nanoseconds < limit * 0.999
    moment = start + np.where(fits, nanoseconds, 0).astype(np.int64).astype("timedelta64[ns]")
    return np.where(fits, np.maximum(moment, wait.as_of), np.datetime64("NaT", "ns"))


def _duration(panel: Panel, text: str) -> float:
    """A duration in units of the panel."""
    if panel.clock.kind == "date":
        return parse_duration(text) / (panel.unit_length or 1.0)
    try:
        return float(text)
    except ValueError:
        raise ConfigError(
            f"--within {text}: times are plain numbers here. Give a number in the same unit."
        ) from None
