"""Gaps: the waiting times of training rows, closed or still open, as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.data.panel import Panel
from forecaster.windows.cells import target_cell
from forecaster.windows.waits import cell_limits, waits_since
from forecaster.windows.windows import Span

# Least gap that logarithms are taken of where no gap is above 0, in units.
LEAST_FLOOR = 1e-6


@dataclass(frozen=True)
class Gaps:
    """Waiting times of training rows.

    Attributes:
        value: (n,) the gap; what it is known to exceed where it is open.
        lower: (n,) lower limit of the cell that it lies in, 0 at least; ``value`` for real numbers and
            where it is open.
        upper: (n,) upper limit of the cell; inf where it is open.
        is_open: (n,) bool.
        previous: (n,) the gap before it; NaN where there is none.
        series: (n,) int64 series.
        cell: Resolution of the gaps, 0 for real numbers.
    """

    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    is_open: np.ndarray
    previous: np.ndarray
    series: np.ndarray
    cell: float

    @property
    def closed(self) -> np.ndarray:
        """(n_closed,) gaps that have ended."""
        return np.asarray(self.value[~self.is_open])

    @property
    def floor(self) -> float:
        """Lowest number that a logarithm is taken of: half a cell, or half the smallest gap above 0."""
        if self.cell > 0:
            return self.cell / 2
        positive = self.closed[self.closed > 0]
        return float(positive.min()) / 2 if len(positive) else LEAST_FLOOR

    @property
    def mean_wait(self) -> float:
        """Time waited for each closed gap, the open ones counted: the maximum likelihood of an exponential.

        Where nothing was waited it is one unit; where no gap is closed, one counts as if it were.
        """
        waited = float(np.maximum(self.value, 0.0).sum())
        n_closed = int((~self.is_open).sum())
        if waited == 0:
            return 1.0 if n_closed == 0 else self.floor
        return waited / max(n_closed, 1)


def training_gaps(panel: Panel, train_ends: np.ndarray) -> Gaps:
    """The gaps of training rows, and for events the one that each series ends with.

    Args:
        panel: Events, whose ``as_of`` is the end of observation of the training part, or intervals.
        train_ends: (n_series,) int64 flat row number after the last training row of each series.

    Returns:
        Closed gaps in the order of rows, then open ones; those open for no time at all are left out.
    """
    kept = panel.take(panel.offsets[:-1], np.maximum(train_ends, panel.offsets[:-1]))
    cell = target_cell(panel, Span(panel.offsets[:-1], train_ends)) or 0.0
    before = _before(kept)
    rows = np.flatnonzero(~np.isnan(kept.y))
    value, previous, series = kept.y[rows], before[rows], kept.series_of(rows)
    lower, upper = cell_limits(value, cell)
    lower = np.maximum(lower, 0.0)
    is_open = np.zeros(len(value), dtype=bool)
    if panel.kind == "events" and panel.as_of is not None and panel.unit_length is not None:
        held = np.flatnonzero(kept.lengths > 0)
        last = kept.offsets[1:][held] - 1
        known = waits_since(kept, last, panel.as_of[held]).known
        late = known > 0
        known, last = known[late], last[late]
        value, lower = np.concatenate([value, known]), np.concatenate([lower, known])
        upper = np.concatenate([upper, np.full(len(known), np.inf)])
        is_open = np.concatenate([is_open, np.ones(len(known), dtype=bool)])
        previous = np.concatenate([previous, kept.y[last]])
        series = np.concatenate([series, held[late]])
    return Gaps(value, lower, upper, is_open, previous, series, float(cell))


def _before(panel: Panel) -> np.ndarray:
    """(n_rows,) the value one row before in the same series; NaN where there is none."""
    before = np.full(panel.n_rows, np.nan)
    before[1:] = panel.y[:-1]
    begins = panel.offsets[:-1]
    before[begins[begins < panel.n_rows]] = np.nan
    return before
