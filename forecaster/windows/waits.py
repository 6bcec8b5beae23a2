"""Waits: the time since the last event, and the cell of a gap that is only known to a resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.data.calendar import DAY, from_wall, to_wall
from forecaster.data.panel import Panel

# Cells below this share of a unit, which the usual gap fills, are not told from real numbers.
FINEST = 1e-6


@dataclass(frozen=True)
class Waits:
    """Time waited since the last event of some series, in the unit of the panel.

    Attributes:
        last: (n,) time of the last event.
        as_of: (n,) moment up to which nothing came after it.
        elapsed: (n,) float64 time between the two, in units; below 0 where ``as_of`` is the earlier.
        known: (n,) float64 what the next gap is known to exceed: ``elapsed``, and half a cell more where
            stamps are whole days, say, because an event of the day of ``as_of`` would have been seen;
            half a cell less where days are counted but that day is not over.
    """

    last: np.ndarray
    as_of: np.ndarray
    elapsed: np.ndarray
    known: np.ndarray


def waits_since(panel: Panel, origins: np.ndarray, as_of: np.ndarray) -> Waits:
    """Time from each of ``origins`` to a moment at which no other event had come.

    Args:
        panel: An events panel.
        origins: (n,) int64 flat row numbers.
        as_of: (n,) like ``panel.times``.

    Returns:
        Times and elapsed time.

    Raises:
        ValueError: The panel has no ``unit_length``.
    """
    if panel.unit_length is None:
        raise ValueError(f"a panel of kind {panel.kind} has no open interval")
    last = panel.times[origins]
    counted = (_wall_units(panel, last), _wall_units(panel, as_of)) if _counts_units(panel) else (last, as_of)
    elapsed = (counted[1] - counted[0]).astype(np.float64) / panel.unit_length
    stamp, cell = _stamp_cell(panel), gap_cell(panel)
    half = cell / 2 if stamp >= cell else -cell / 2
    return Waits(last, as_of, elapsed, elapsed + half)


def open_waits(panel: Panel, origins: np.ndarray) -> Waits:
    """Time from each of ``origins``, the last events of their series, to the end of observation.

    Args:
        panel: An events panel.
        origins: (n,) int64 flat row numbers.

    Returns:
        Times and elapsed time.

    Raises:
        ValueError: The panel has no ``as_of`` or no ``unit_length``.
    """
    if panel.as_of is None:
        raise ValueError(f"a panel of kind {panel.kind} has no open interval")
    return waits_since(panel, origins, panel.as_of[panel.series_of(origins)])


def gap_cell(panel: Panel) -> float:
    """Smallest difference between two gaps of an events panel, in units; 0 for real numbers.

    Stamps so fine that the mass of a cell is lost in the rounding of a probability count as real numbers.
    """
    stamp = _stamp_cell(panel)
    if panel.gap == "calendar":
        return max(stamp, 1.0)
    return stamp if stamp > FINEST else 0.0


def cell_limits(y: np.ndarray, cell: float) -> tuple[np.ndarray, np.ndarray]:
    """What gaps that are known to a resolution lie between.

    Args:
        y: Gaps, any shape.
        cell: Smallest difference between two of them; 0 for real numbers.

    Returns:
        Lower and upper limit, each like ``y``; -inf below a cell that reaches down to 0.
    """
    lower = y - cell / 2
    return np.where(lower <= 0, -np.inf, lower) if cell > 0 else lower, y + cell / 2


def _stamp_cell(panel: Panel) -> float:
    """Resolution of the stamps in units; 0 where they are real numbers."""
    if panel.clock.kind == "float" or panel.clock.resolution is None or panel.unit_length is None:
        return 0.0
    return panel.clock.resolution / panel.unit_length


def floor_to_unit(panel: Panel, times: np.ndarray) -> np.ndarray:
    """``times``, cut down to whole units where gaps are counted by the calendar.

    Args:
        panel: Gives ``gap``, the unit and the zone.
        times: (n,) like ``panel.times``.

    Returns:
        Array like ``times``.
    """
    if not _counts_units(panel):
        return times
    return from_wall(_wall_units(panel, times), panel.clock.zone)


def _counts_units(panel: Panel) -> bool:
    """Whether gaps are differences of calendar units."""
    return panel.gap == "calendar" and panel.clock.kind == "date" and panel.unit_length is not None


def _wall_units(panel: Panel, times: np.ndarray) -> np.ndarray:
    """Beginning, as clocks in the zone show it, of the unit that each time lies in; weeks begin on Monday."""
    unit = np.int64(panel.unit_length or 1)
    shift = np.int64(3 * DAY if unit == 7 * DAY else 0)  # 1970-01-01 was a Thursday
    wall = to_wall(times.astype("datetime64[ns]"), panel.clock.zone).astype(np.int64)
    return np.asarray(((wall + shift) // unit * unit - shift).astype("datetime64[ns]"))
