"""Windows: integers that say where each window starts in the panel; nothing is copied until it is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecaster.data.panel import Panel
from forecaster.data.parts import in_parts
from forecaster.data.peers import ALONE, Peers


@dataclass(frozen=True)
class Windows:
    """A set of windows of one panel.

    Attributes:
        starts: (n_windows,) int64 flat row number of each window's first input row. It lies before its
            series when the history is shorter than ``look_back``; those steps are padding.
        look_back: Input steps of a window.
        horizon: Target steps of a window.
        limits: (n_series,) int64 flat row number after the last row that a target may come from.
        as_of: Moment up to which every series is known, like ``Panel.times``, (n_series,) or one for all: a
            target at the limit of its series is then an interval that was still open at that moment. None
            where nothing is known of what comes after the limit.
        since: Moment before which nothing is to be forecast, likewise: of a target whose interval began
            earlier it is known that it lasted until then. None where all of an interval counts.
    """

    starts: np.ndarray
    look_back: int
    horizon: int
    limits: np.ndarray
    as_of: Any = None
    since: Any = None

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return len(self.starts)

    @property
    def origins(self) -> np.ndarray:
        """(n_windows,) int64 flat row number of the last input row of each window."""
        return self.starts + (self.look_back - 1)

    def select(self, positions: np.ndarray) -> Windows:
        """The windows at ``positions``, in that order.

        Args:
            positions: (n,) int64 in 0 .. n_windows - 1, or a boolean mask (n_windows,).

        Returns:
            A new set over the same panel.
        """
        return replace(self, starts=self.starts[positions])


def windows_at(panel: Panel, origins: np.ndarray, look_back: int, horizon: int) -> Windows:
    """Windows whose last input rows are ``origins``; targets may come from all rows of the panel.

    Args:
        panel: Where the rows lie.
        origins: (n_windows,) int64 flat row numbers.
        look_back: Input steps.
        horizon: Target steps; those beyond the end of the series are masked.

    Returns:
        One window an origin, in the same order.
    """
    starts = np.asarray(origins, dtype=np.int64) - (look_back - 1)
    return Windows(starts, look_back, horizon, panel.offsets[1:])


def last_origins(panel: Panel) -> np.ndarray:
    """(n_non_empty,) int64 flat row number of the last row of every series that has rows."""
    ends = panel.offsets[1:]
    return ends[panel.lengths > 0] - 1


@dataclass(frozen=True)
class Span:
    """Rows from which targets are taken: of each series, from ``begins`` up to before ``ends``.

    Attributes:
        begins: (n_series,) int64 flat row numbers.
        ends: (n_series,) int64 flat row numbers.
        as_of: Moment up to which the span reaches, and ``since`` after which it begins: see ``Windows``.
        since: See ``as_of``.
    """

    begins: np.ndarray
    ends: np.ndarray
    as_of: Any = None
    since: Any = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(np.maximum(self.ends - self.begins, 0).sum())


def make_windows(
    panel: Panel,
    span: Span,
    look_back: int,
    horizon: int = 1,
    *,
    min_history: int = 1,
    stride: int = 1,
) -> Windows:
    """All windows whose targets lie in ``span``, the latest of every series among them.

    The whole horizon lies in the span; a series whose part of the span is shorter than the horizon gives one
    window with what there is, the rest masked. Inputs may lie before the span: they are known. Where the
    span says up to which moment it reaches, the interval open then is the last target of each series.

    Args:
        panel: The rows.
        span: Where targets may come from.
        look_back: Input steps.
        horizon: Target steps.
        min_history: Values that a series must have before the first target: rows, or for events gaps
            (one fewer than rows). At least one row comes before a target.
        stride: Steps between two windows of a series.

    Returns:
        The windows in the order of the panel, without those that have no target at all.
    """
    series_begins = panel.offsets[:-1]
    before = history_rows(panel, min_history)
    first = np.maximum(span.begins, series_begins + before)  # first target row
    last = np.maximum(span.ends - horizon, np.minimum(first, span.ends - 1))
    counts = np.maximum((last - first) // stride + 1, 0) * (last >= first)
    targets = _spaced(last - (counts - 1) * stride, counts, stride)
    if np.isnan(panel.y).any():
        targets = targets[_has_known(panel, span, targets, horizon)]
    if span.as_of is not None:
        has_history = span.ends - series_begins >= before
        if span.since is not None:  # a part that ends when it begins has seen nothing
            has_history &= np.asarray(span.as_of) > np.asarray(span.since)
        targets = np.sort(np.concatenate([targets, span.ends[has_history]]), kind="stable")
    limits = np.asarray(span.ends, dtype=np.int64)
    targets -= look_back
    return Windows(targets, look_back, horizon, limits, span.as_of, span.since)


def _spaced(firsts: np.ndarray, counts: np.ndarray, stride: int) -> np.ndarray:
    """(counts.sum(),) int64 of every series ``counts`` rows from its first one on, ``stride`` apart."""
    filled = counts > 0
    firsts, counts = firsts[filled], counts[filled]
    steps = np.full(counts.sum(), stride, dtype=np.int64)
    lasts = firsts + (counts - 1) * stride
    steps[np.cumsum(counts) - counts] = firsts - np.concatenate([[0], lasts[:-1]])
    return np.cumsum(steps, out=steps)


def _has_known(panel: Panel, span: Span, targets: np.ndarray, horizon: int) -> np.ndarray:
    """(n_windows,) whether a row from the first target up to the horizon or the end of the span is known."""
    n_known = np.concatenate([[0], np.cumsum(~np.isnan(panel.y))])

    def is_known(part: slice) -> np.ndarray:
        """Of some windows."""
        first = targets[part]
        ends = np.minimum(first + horizon, span.ends[panel.series_of(first)])
        return np.asarray(n_known[ends] > n_known[first])

    return np.concatenate(in_parts(is_known, len(targets)) or [np.zeros(0, dtype=bool)])


def thin(windows: Windows, most: int, peers: Peers = ALONE) -> Windows:
    """``most`` of the windows, evenly spaced; all of them when there are fewer.

    Args:
        windows: Any set.
        most: Largest number to keep, of all holders together.
        peers: Who holds the other windows.

    Returns:
        A new set, in the same order.
    """
    before, n_windows = peers.place(windows.n_windows)
    if n_windows <= most:
        return windows
    chosen = np.linspace(0, n_windows - 1, most).round().astype(np.int64)
    return windows.select(own_positions(chosen, before, windows.n_windows))


def own_positions(positions: np.ndarray, before: int, n_own: int) -> np.ndarray:
    """Places among the own windows, of places among those of all holders.

    Args:
        positions: (n,) int64 places among all.
        before: Windows of the holders before.
        n_own: Windows of this holder.

    Returns:
        (n_kept,) int64, in the same order, without the windows of others.
    """
    own = positions - before
    return own[(own >= 0) & (own < n_own)]


def history_rows(panel: Panel, min_history: int) -> int:
    """Rows before the first target that make ``min_history`` values: one more for events.

    Args:
        panel: Its kind counts.
        min_history: Values wanted.

    Returns:
        At least 1.
    """
    return max(min_history + (panel.kind == "events"), 1)


def window_arrays(
    series: np.ndarray, look_back: int, horizon: int = 1, stride: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of every window of one series.

    Args:
        series: (n_steps,) or (n_steps, n_channels); the first channel is the target.
        look_back: Input steps.
        horizon: Target steps.
        stride: Steps between two windows.

    Returns:
        X (n_windows, look_back, n_channels) and Y (n_windows, horizon), float64; both empty when the
        series is shorter than ``look_back + horizon``.

    Raises:
        ValueError: A size is below 1, or ``series`` has more than two dimensions.

    Example:
        >>> x, y = window_arrays(np.array([0.0, 44, 18, 0, 54]), look_back=3)
        >>> x[:, :, 0].tolist(), y.tolist()
        ([[0.0, 44.0, 18.0], [44.0, 18.0, 0.0]], [[0.0], [54.0]])
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise ValueError(f"series has shape {np.shape(series)}; give (n_steps,) or (n_steps, n_channels)")
    if min(look_back, horizon, stride) < 1:
        raise ValueError(f"look_back {look_back}, horizon {horizon} and stride {stride} must be >= 1")
    starts = np.arange(0, max(len(values) - look_back - horizon + 1, 0), stride)
    x = values[starts[:, None] + np.arange(look_back)]  # (n_windows, look_back, n_channels)
    y = values[:, 0][starts[:, None] + look_back + np.arange(horizon)]  # (n_windows, horizon)
    return x, y
