"""Timestamps of events -> Panel of their counts per period."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecaster.config.data_settings import DataSettings
from forecaster.data.calendar import DAY, from_wall, to_wall
from forecaster.data.detect import Detection
from forecaster.data.events import find_periods, order_events
from forecaster.data.panel import Panel
from forecaster.data.table import Table
from forecaster.data.units import UNIT_LENGTHS
from forecaster.errors import ConfigError, DataError

_STEPS = {"minute": "min", "hour": "h", "day": "D", "week": "W-MON", "month": "MS"}
_CALENDAR = ("day", "week", "month")
_MOST_ROWS = 200_000_000


def count_events(table: Table, found: Detection, settings: DataSettings) -> Panel:
    """Panel of counts: one row per period, from a series' first event to the end of observation.

    Args:
        table: The file.
        found: Its columns by role.
        settings: With ``count_per``.

    Returns:
        A panel of kind ``values``; periods without an event are 0.

    Raises:
        ConfigError: The times are not dates.
        DataError: There would be too many periods.
    """
    unit = str(settings.count_per)
    if settings.ties == "auto":  # a customer's events of one day all count
        settings = settings.model_copy(update={"ties": "keep"})
    events = order_events(table, found, settings)
    rows = events.rows
    if events.clock.kind != "date":
        raise ConfigError(
            f"--count-per {unit}: the times of {table.source} are numbers, not dates. Leave it out."
        )
    zone = events.clock.zone if unit in _CALENDAR else None
    period = find_periods(to_wall(rows.times, zone), unit)
    firsts = period[rows.offsets[:-1]]
    lengths = find_periods(to_wall(events.as_of, zone), unit) - firsts + 1
    offsets = _offsets(table.source, unit, lengths)
    shift = np.repeat(offsets[:-1] - firsts, np.diff(rows.offsets))
    counts = np.bincount(period + shift, minlength=int(offsets[-1])).astype(np.float64)
    periods = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - firsts, lengths)
    return Panel(
        kind="values",
        values=counts[:, None],
        offsets=offsets,
        times=from_wall(_begins(periods, unit), zone),
        ids=rows.ids,
        channels=("count",),
        target=0,
        clock=replace(events.clock, step=_STEPS[unit]),
        unit=f"events per {unit}",
        lowest=0.0,
        season_length=settings.season or 1,
        source=table.source,
        columns=dict(found.columns),
        repairs=events.repairs,
        warnings=tuple(note for note in events.warnings if note.code != "ties"),
    )


def _offsets(source: str, unit: str, lengths: np.ndarray) -> np.ndarray:
    """Where series of so many periods begin; too many are refused."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    if offsets[-1] > _MOST_ROWS:
        raise DataError(
            f"{source}: --count-per {unit} would make {offsets[-1]:,} rows. Count per a longer period."
        )
    return offsets


def _begins(periods: np.ndarray, unit: str) -> np.ndarray:
    """First moments of numbered calendar units, in wall time."""
    if unit == "month":
        return periods.astype("datetime64[M]").astype("datetime64[ns]")
    shift = 3 * DAY if unit == "week" else 0
    return (periods * UNIT_LENGTHS[unit] - shift).astype("datetime64[ns]")
