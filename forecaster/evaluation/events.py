"""When the next event comes: waiting-time distributions, conditioned on the time already waited, as dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecaster.data.clock import to_display
from forecaster.data.panel import Panel
from forecaster.data.units import parse_duration
from forecaster.distributions.base import Distribution
from forecaster.distributions.conditioned import Conditioned
from forecaster.errors import ConfigError
from forecaster.evaluation.tables import Columns, quantile_name

# Longer than any wait, in whatever unit; at infinity itself a distribution has reached even what never comes.
FOREVER = 1e200
# What a heavy tail leaves beyond FOREVER is no share of events that never come.
LEAST_NEVER = 1e-9


@dataclass(frozen=True)
class Waiting:
    """Time waited since the last event of some series, in the unit of the panel.

    Attributes:
        last: (n,) time of the last event.
        as_of: (n,) moment from which the forecast looks forward.
        elapsed: (n,) float64 time between the two, in units.
        known: (n,) float64 what the next gap is known to exceed: ``elapsed``, and half a cell more where
            stamps are whole days, say, because an event of the day of ``as_of`` would have been seen;
            half a cell less where days are counted but that day is not over.
        cell: Smallest difference between two gaps, in units; 0 for real numbers.
    """

    last: np.ndarray
    as_of: np.ndarray
    elapsed: np.ndarray
    known: np.ndarray
    cell: float


def waiting(panel: Panel, origins: np.ndarray) -> Waiting:
    """Time waited since each of ``origins``, the last events of their series.

    Args:
        panel: An events panel.
        origins: (n,) int64 flat row numbers.

    Returns:
        Times and elapsed time, never negative.

    Raises:
        ValueError: The panel has no ``as_of`` or no ``unit_length``.
    """
    if panel.as_of is None or panel.unit_length is None:
        raise ValueError(f"a panel of kind {panel.kind} has no open interval")
    last = panel.times[origins]
    as_of = panel.as_of[panel.series_of(origins)]
    counted = floor_to_unit(panel, last), floor_to_unit(panel, as_of)
    elapsed = np.maximum((counted[1] - counted[0]).astype(np.float64) / panel.unit_length, 0.0)
    stamp = _stamp_cell(panel)
    cell = max(stamp, 1.0) if panel.gap == "calendar" else stamp
    half = cell / 2 if stamp >= cell else -cell / 2
    return Waiting(last, as_of, elapsed, elapsed + half, cell)


def _stamp_cell(panel: Panel) -> float:
    """Resolution of the stamps in units; 0 where they are real numbers."""
    if panel.clock.kind == "float" or panel.clock.resolution is None or panel.unit_length is None:
        return 0.0
    return panel.clock.resolution / panel.unit_length


def floor_to_unit(panel: Panel, times: np.ndarray) -> np.ndarray:
    """``times``, cut down to whole units where gaps are counted by the calendar.

    Args:
        panel: Gives ``gap`` and ``unit_length``.
        times: Like ``panel.times``.

    Returns:
        Array like ``times``.
    """
    if panel.gap != "calendar" or panel.clock.kind != "date" or panel.unit_length is None:
        return times
    unit = np.int64(panel.unit_length)
    return (times.astype("datetime64[ns]").astype(np.int64) // unit * unit).astype("datetime64[ns]")


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
    wait = waiting(panel, origins)
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


def event_times(panel: Panel, wait: Waiting, gap: np.ndarray) -> np.ndarray:
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
    if wait.cell > 0:  # to the middle of its cell: gaps within half a day of n days are n days
        gap = np.floor(gap / wait.cell + 0.5) * wait.cell
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
