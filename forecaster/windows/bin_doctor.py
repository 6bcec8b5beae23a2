"""The bin doctor: what the edges of bins of waiting times can do to a forecast."""

from __future__ import annotations

import numpy as np

from forecaster.data.panel import Note
from forecaster.windows.bins import bin_index

# Share of the targets in the last bin from which on its tail decides a forecast.
_LARGE = 0.1


def examine_bins(
    edges: np.ndarray,
    closed: np.ndarray,
    known: np.ndarray,
    *,
    cell: float = 0.0,
    n_asked: int | None = None,
    tail: str = "",
) -> tuple[Note, ...]:
    """What should be known of bins before they are trained on; empty where all is well.

    Args:
        edges: (n_bins + 1,) rising; the last bin takes all beyond its lower edge.
        closed: (n_closed,) training targets, finite; NaN is left out.
        known: (n_open,) what the open targets are known to exceed.
        cell: Smallest difference between two targets; 0 for real numbers.
        n_asked: Bins that were asked for; None where the edges were given.
        tail: How the tail beyond the last edge is set, in words that follow "its tail is ".

    Returns:
        Notes on edges that fell together, empty bins, edges moved to the resolution, and the share of
        targets, closed and open, in the last bin.

    Example:
        >>> [note.code for note in examine_bins(np.array([0.0, 1, 2, 3]), np.array([0.5, 2.5]), np.array([]))]
        ['bins_empty']
    """
    closed = closed[np.isfinite(closed)]
    n_bins = len(edges) - 1
    counts = np.bincount(bin_index(closed, edges), minlength=n_bins)
    notes = []
    if n_asked is not None and n_bins < n_asked:
        text = f"bins are left of the {n_asked} asked for, as many targets are alike and edges fell together"
        notes.append(Note("bins_merged", text, n_bins))
    n_empty = int((counts[:-1] == 0).sum())
    if n_empty:
        text = "bins hold no training target; lower --n-bins, or use --bins quantile"
        notes.append(Note("bins_empty", text, n_empty))
    notes += _snapped(edges, cell)
    notes += _last_bin(edges, int(counts[-1]), len(closed), known, tail)
    return tuple(notes)


def _snapped(edges: np.ndarray, cell: float) -> list[Note]:
    """A note of bins that the resolution makes as narrow as they can be."""
    if cell <= 0:
        return []
    inner = edges[1:-1] / cell - 0.5
    on_grid = np.abs(inner - np.round(inner)) < 1e-6
    n_narrow = int((np.diff(edges[1:-1]) < 1.5 * cell).sum())
    if not on_grid.all() or n_narrow == 0:
        return []
    text = f"bins are one step of the data wide ({cell:.4g}); edges lie halfway between two steps"
    return [Note("bins_snapped", text, n_narrow)]


def _last_bin(edges: np.ndarray, n_closed_in: int, n_closed: int, known: np.ndarray, tail: str) -> list[Note]:
    """A note of the targets in the last bin, where its tail decides what is forecast."""
    last = float(edges[-2])
    n_open_in, n_all = int((known >= last).sum()), n_closed + len(known)
    share = (n_closed_in + n_open_in) / n_all if n_all else 0.0
    if share < _LARGE or share <= 1.5 / (len(edges) - 1):
        return []
    text = (
        f"{share:.0%} of the targets lie in the last bin, beyond {last:.4g}: {n_closed_in:,} of {n_closed:,} "
        f"closed ones, {n_open_in:,} of {len(known):,} open ones"
    )
    return [Note("last_bin", f"{text}; its tail is {tail}" if tail else text)]
