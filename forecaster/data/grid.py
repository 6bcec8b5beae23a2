"""Rows of value series in time order: gaps filled, the future cut off, a series made of each target."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.data.detect import Detection
from forecaster.data.panel import Ahead, Note, Panel
from forecaster.data.repair import fill_missing


@dataclass(frozen=True)
class Grid:
    """Rows of all series in time order, with a column for each target and, behind them, each covariate.

    Attributes:
        times: (n_rows,).
        values: (n_rows, n_columns).
        offsets: (n_series + 1,).
    """

    times: np.ndarray
    values: np.ndarray
    offsets: np.ndarray


@dataclass(frozen=True)
class Notes:
    """What was done to rows, and what should be known of them."""

    repairs: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()


def settle_grid(
    grid: Grid, sizes: tuple[int, int], how: str, n_added: int
) -> tuple[Grid, Ahead | None, Notes]:
    """Rows up to the last target with their gaps filled, and what is known of those after it.

    Args:
        grid: All rows.
        sizes: How many columns are targets, the first ones, and known in advance, the last ones.
        how: As ``fill_missing`` takes it.
        n_added: Rows that were put in, which is said elsewhere.

    Returns:
        The rows, what is known ahead, None for nothing, and what was filled, cut off or is missing.
    """
    n_targets, n_future = sizes
    n_beside = grid.values.shape[1] - n_targets
    beside, repairs, warnings = fill_missing(
        grid.values[:, n_targets:], grid.offsets, how, n_added * n_beside
    )
    text = f"missing values of covariates were filled ({how})"
    repairs = tuple(Note("filled_covariates", text, note.count) for note in repairs)
    text = "values of covariates are missing, and shown to the network as not observed; --fill fills them in"
    warnings = tuple(Note("missing_covariates", text, note.count) for note in warnings)
    ends = _ends(grid, sizes)
    if n_beside:
        grid = replace(grid, values=np.column_stack([grid.values[:, :n_targets], beside]))
    grid, ahead = _cut(grid, ends, n_future)
    targets, filled, missing = fill_missing(
        grid.values[:, :n_targets], grid.offsets, how, n_added * n_targets
    )
    if ahead is not None:
        text = "rows without a target at the end of their series are taken as its future"
        repairs = (Note("future_rows", text, len(ahead.values)), *repairs)
    values = np.column_stack([targets, grid.values[:, n_targets:]]) if n_beside else targets
    notes = Notes((*repairs, *filled), (*missing, *warnings))
    return replace(grid, values=values), ahead, notes


def _ends(grid: Grid, sizes: tuple[int, int]) -> np.ndarray:
    """(n_series,) row after the last one with a target, where rows after it have columns known in advance."""
    n_targets, n_future = sizes
    begins, ends = grid.offsets[:-1], grid.offsets[1:]
    if n_future == 0:
        return ends
    rows = np.arange(len(grid.values))

    def last(columns: np.ndarray) -> np.ndarray:
        """Last row of each series in which one of the columns has a value; -1 for none."""
        return np.maximum.reduceat(np.where(np.isnan(columns).all(axis=1), -1, rows), begins)

    target, known = last(grid.values[:, :n_targets]), last(grid.values[:, -n_future:])
    return np.where((target >= 0) & (known > target), target + 1, ends)


def _cut(grid: Grid, ends: np.ndarray, n_future: int) -> tuple[Grid, Ahead | None]:
    """The rows before ``ends``, (n_series,), and what is known of those after them."""
    lengths = ends - grid.offsets[:-1]
    left = grid.offsets[1:] - ends
    if not left.any():
        return grid, None
    kept = np.arange(len(grid.values)) < np.repeat(ends, np.diff(grid.offsets))
    ahead = Ahead(grid.values[~kept, -n_future:], _offsets(left))
    return Grid(grid.times[kept], grid.values[kept], _offsets(lengths)), ahead


def by_target(panel: Panel, found: Detection) -> Panel:
    """A panel with a series of each target, named by its column, or id/column.

    Args:
        panel: Its first channels are the targets.
        found: Columns by role.

    Returns:
        A panel of one channel for all targets, ``value``, and of the covariates.
    """
    n_targets, alone = len(found.targets), "id" not in found.columns
    lengths = np.repeat(panel.lengths, n_targets)
    offsets = _offsets(lengths)
    rows = np.arange(offsets[-1]) + np.repeat(
        np.repeat(panel.offsets[:-1], n_targets) - offsets[:-1], lengths
    )
    column = np.repeat(np.tile(np.arange(n_targets), panel.n_series), lengths)
    joined = [name if alone else f"{one}/{name}" for one in panel.ids for name in found.targets]
    n_left_out = n_targets - 1
    return replace(
        panel,
        values=np.column_stack([panel.values[rows, column], panel.values[rows, n_targets:]]),
        offsets=offsets,
        times=panel.times[rows],
        ids=np.array(joined, dtype=object),
        channels=("value", *panel.channels[n_targets:]),
        future_known=tuple(channel - n_left_out for channel in panel.future_known),
        ahead=None if panel.ahead is None else repeat_ahead(panel.ahead, n_targets),
        static=None if panel.static is None else np.repeat(panel.static, n_targets, axis=0),
    )


def repeat_ahead(ahead: Ahead, n_targets: int) -> Ahead:
    """What is known ahead, for a series of each target.

    Args:
        ahead: Of every id.
        n_targets: Series of each id, one after the other.

    Returns:
        The same steps ``n_targets`` times for each id.
    """
    lengths = np.repeat(np.diff(ahead.offsets), n_targets)
    offsets = _offsets(lengths)
    steps = np.arange(offsets[-1]) + np.repeat(
        np.repeat(ahead.offsets[:-1], n_targets) - offsets[:-1], lengths
    )
    return Ahead(ahead.values[steps], offsets)


def _offsets(lengths: np.ndarray) -> np.ndarray:
    """(n + 1,) where parts of these lengths begin when they lie end to end."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
