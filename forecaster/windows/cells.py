"""Cells: between which limits a waiting time lies, closed or still open, as the network learns it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecaster.data.panel import Panel
from forecaster.distributions.steps import Step
from forecaster.windows.bins import value_resolution
from forecaster.windows.outcomes import Outcomes
from forecaster.windows.waits import cell_limits, gap_cell
from forecaster.windows.windows import Span

# Width, in normalised units, of the cell that stands for a real number: its mass is the density times this.
POINT_WIDTH = 1e-3
# Beyond this, in normalised units, nothing is told apart: -inf of the logarithm of a gap of zero.
FURTHEST = 1e2


def target_cell(panel: Panel, span: Span) -> float | None:
    """Resolution of waiting times, 0 for real numbers; None for other targets.

    Args:
        panel: The rows; of events the stamps tell, of intervals the training values.
        span: Training rows.

    Returns:
        In the unit of the target.
    """
    if panel.kind == "events":
        return gap_cell(panel)
    if panel.kind == "intervals":
        y = panel.take(span.begins, span.ends).y
        return value_resolution(panel.peers.pooled(y[np.isfinite(y)])) or 0.0
    return None


def point_cells(target: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Narrow cells about targets that are numbers.

    Args:
        target: (batch, horizon) float64, normalised.
        mask: (batch, horizon) bool, where it is known.

    Returns:
        (batch, horizon, 3) as ``normalised_cells`` gives them: NaN where nothing is known.
    """
    middle = np.where(mask, target, np.nan)
    none = np.where(mask, -np.inf, np.nan)
    return np.stack([middle - POINT_WIDTH / 2, middle + POINT_WIDTH / 2, none], axis=-1)


def normalised_cells(outcomes: Outcomes, steps: Sequence[Step], cell: float) -> np.ndarray:
    """Limits of targets on the scale of the network.

    Args:
        outcomes: What came of some windows.
        steps: What their targets go through.
        cell: Resolution of the targets, 0 for real numbers.

    Returns:
        (n_windows, horizon, 3): above, at most, known to exceed from the start; see ``Batch``. A closed cell
        is ``POINT_WIDTH`` wide at least.
    """
    y, is_open = outcomes.y, outcomes.censored
    lower, upper = cell_limits(y, cell)
    low, high = _forward(steps, np.where(is_open, y, lower)), _forward(steps, upper)
    middle = y
    for step in steps:
        middle = step.forward(middle)
    narrow = ~is_open & (high - low < POINT_WIDTH)
    low = np.where(narrow, middle - POINT_WIDTH / 2, low)
    high = np.where(narrow, middle + POINT_WIDTH / 2, high)
    waited = _forward(steps, np.broadcast_to(outcomes.elapsed, y.shape))
    cells = np.stack(
        [low, np.where(is_open, np.inf, high), np.where(waited > -FURTHEST, waited, -np.inf)], axis=-1
    )
    return np.asarray(np.where(np.isnan(y)[..., None], np.nan, cells))


def _forward(steps: Sequence[Step], x: np.ndarray) -> np.ndarray:
    """Limits through the steps, kept from infinity."""
    for step in steps:
        x = step.exact(x)
    return np.asarray(np.clip(x, -FURTHEST, FURTHEST))
