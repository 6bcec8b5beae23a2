"""What the network is told of the steps to come: columns known in advance, and the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecaster.data.clock import advance
from forecaster.data.panel import Panel
from forecaster.windows.features import calendar_channels, calendar_numbers, check_features, n_static
from forecaster.windows.scales import channel_scales
from forecaster.windows.transforms import Normaliser
from forecaster.windows.windows import Span, Windows


def future_width(panel: Panel, calendar: Sequence[str]) -> int:
    """Numbers that are known of every step to come.

    Args:
        panel: Says which channels are known in advance.
        calendar: Calendar features.

    Returns:
        A number for each such channel, one that says whether all of them are there, and the calendar.
    """
    n_known = len(panel.future_known)
    return n_known + (n_known > 0) + n_static(calendar)


def input_channels(panel: Panel, calendar: Sequence[str]) -> tuple[str, ...]:
    """Names of what the network is fed of every step of the look-back.

    Args:
        panel: With its channels.
        calendar: Calendar features.

    Returns:
        The channels, then the calendar.
    """
    return (*panel.channels, *calendar_channels(calendar))


def with_known(normaliser: Normaliser, panel: Panel, span: Span, names: Sequence[str]) -> Normaliser:
    """The transforms with what is known of a series beside its rows.

    Args:
        normaliser: Fitted on ``span``.
        panel: The rows.
        span: Training rows.
        names: History features of events, which are still to be scaled, or calendar features of others.

    Returns:
        A new normaliser; static numbers are brought to mean 0, spread 1 over the series trained on.

    Raises:
        ConfigError: A feature does not fit the panel.
    """
    check_features(panel, names)
    history = tuple(names) if panel.kind == "events" else ()
    shift, scale = np.zeros(n_static(history)), np.ones(n_static(history))
    if panel.static is not None:
        own = channel_scales(panel.static[span.ends > span.begins], panel.peers)
        shift, scale = np.append(shift, own[0]), np.append(scale, own[1])
    calendar = tuple(names) if panel.kind != "events" else ()
    return replace(normaliser, features=history, calendar=calendar, static_shift=shift, static_scale=scale)


class Calendar:
    """Calendar numbers of the rows of a panel and of the steps after them."""

    def __init__(self, panel: Panel, names: Sequence[str], n_asked: int) -> None:
        """Args: the rows, the features, and how many rows are asked for in all, some of them often."""
        self.panel, self.names = panel, tuple(names)
        self.width = n_static(names)
        self._rows = self._of(panel.times) if panel.n_rows <= n_asked else None

    def past(self, windows: Windows, series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the look-backs of windows, and where they are real.

        Args:
            windows: A few.
            series: (batch,) of each.

        Returns:
            (batch, look_back, width) float32, 0 before the series begins; and (batch, look_back, 1) 1 or 0.
        """
        rows = windows.starts[:, None] + np.arange(windows.look_back)
        begins = self.panel.offsets[series][:, None]
        is_real = (rows >= begins)[:, :, None].astype(np.float32)
        return self._at(np.maximum(rows, begins)) * is_real, is_real

    def future(self, windows: Windows, series: np.ndarray) -> np.ndarray:
        """Numbers of the steps to come.

        Args:
            windows: A few.
            series: (batch,) of each.

        Returns:
            (batch, horizon, width) float32; beyond the last row by the clock.
        """
        panel = self.panel
        rows = windows.origins[:, None] + 1 + np.arange(windows.horizon)
        last = panel.offsets[1:][series][:, None] - 1
        numbers = self._at(np.minimum(rows, last))
        beyond = rows > last
        if beyond.any():
            base = np.broadcast_to(last, rows.shape)[beyond]
            numbers[beyond] = self._of(advance(panel.clock, panel.times[base], rows[beyond] - base))
        return numbers

    def _at(self, rows: np.ndarray) -> np.ndarray:
        """(..., width) numbers of some rows."""
        if self._rows is not None:
            return np.asarray(self._rows[rows])
        return self._of(self.panel.times[rows.ravel()]).reshape(*rows.shape, self.width)

    def _of(self, times: np.ndarray) -> np.ndarray:
        """(n, width) numbers of some times."""
        return calendar_numbers(times, self.panel.clock.zone, self.names).astype(np.float32)


def gather_known(
    panel: Panel, windows: Windows, series: np.ndarray, normaliser: Normaliser
) -> np.ndarray | None:
    """What columns known in advance hold for the steps to come.

    Args:
        panel: The rows.
        windows: A few.
        series: (batch,) of each.
        normaliser: Fitted.

    Returns:
        (batch, horizon, n_future_known + 1) float32, normalised, 0 where not known; the last number is 1
        where all of them are known. None for a panel without such columns.
    """
    if not panel.future_known:
        return None
    channels = list(panel.future_known)
    rows = windows.origins[:, None] + 1 + np.arange(windows.horizon)
    limits, ends = windows.limits[series][:, None], panel.offsets[1:][series][:, None]
    known = panel.values[np.minimum(rows, panel.n_rows - 1)[:, :, None], channels]
    known[rows >= limits] = np.nan
    if panel.ahead is not None:
        steps = rows - ends + panel.ahead.offsets[series][:, None]
        is_ahead = (rows >= ends) & (limits == ends) & (steps < panel.ahead.offsets[series + 1][:, None])
        known[is_ahead] = panel.ahead.values[steps[is_ahead]]
    normal = (known - normaliser.covariate_shift[channels]) / normaliser.covariate_scale[channels]
    is_known = ~np.isnan(normal)
    parts = [np.where(is_known, normal, 0.0), is_known.all(axis=2, keepdims=True)]
    return np.concatenate(parts, axis=2).astype(np.float32)
