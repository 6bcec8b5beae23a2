"""Sequences as scaled series and as vectors of one length, for methods that know no sequences."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.data.panel import Panel
from forecaster.windows.scales import channel_scales
from forecaster.windows.windows import Span


@dataclass(frozen=True)
class SeriesScale:
    """Mean and deviation of every channel, and how long a sequence is, from training rows.

    Attributes:
        shift: (n_channels,) mean.
        scale: (n_channels,) standard deviation, none 0.
        n_steps: Rows of the longest.
    """

    shift: np.ndarray
    scale: np.ndarray
    n_steps: int

    def series(self, panel: Panel, one: int) -> np.ndarray:
        """The scaled rows of a series.

        Args:
            panel: The rows.
            one: Number of the series.

        Returns:
            (n_steps, n_channels) float64; missing values are the mean.
        """
        rows = panel.values[panel.offsets[one] : panel.offsets[one + 1]]
        return np.asarray(np.nan_to_num((rows - self.shift) / self.scale))

    def vectors(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """Whole series as vectors; shorter and longer ones are stretched to the length, between their rows.

        Args:
            panel: The rows.
            index: (n,) int64 series.

        Returns:
            (n, n_steps * n_channels) float32.

        Source:
            Tan, Petitjean, Keogh and Webb, "Time series classification for varying length series", arXiv
            1910.04341, 2019: stretching to one length, the simplest of those that do as well as any.
        """
        stretched = np.empty((len(index), self.n_steps, len(self.shift)), dtype=np.float32)
        for place, one in enumerate(index):
            stretched[place] = _stretched(self.series(panel, int(one)), self.n_steps)
        return stretched.reshape(len(index), -1)  # (n, n_steps * n_channels)


def fit_scale(panel: Panel, train: Span) -> SeriesScale:
    """The scale of the training rows.

    Args:
        panel: The rows.
        train: Rows that may be read.

    Returns:
        The scale.
    """
    shift, scale = channel_scales(panel.take(train.begins, train.ends).values)
    return SeriesScale(shift, scale, max(int((train.ends - train.begins).max(initial=1)), 1))


def unscaled(scale: SeriesScale) -> SeriesScale:
    """One that leaves every channel its size.

    Args:
        scale: Of the training rows.

    Returns:
        The same mean, so that what is missing is the mean, and a deviation of 1.
    """
    return replace(scale, scale=np.ones_like(scale.scale))


def count_marks(panel: Panel, index: np.ndarray, n_marks: int) -> np.ndarray:
    """How often each symbol comes in each sequence, wherever it stands.

    Args:
        panel: The rows, with symbols.
        index: (n,) int64 series.
        n_marks: Symbols.

    Returns:
        (n, n_marks) float32; unknown symbols are not counted.
    """
    if panel.marks is None:
        return np.zeros((len(index), 0), dtype=np.float32)
    counts = np.zeros((len(index), n_marks), dtype=np.float32)
    for place, one in enumerate(index):
        codes = panel.marks[panel.offsets[one] : panel.offsets[one + 1]]
        counts[place] = np.bincount(codes[codes >= 0], minlength=n_marks)
    return counts


def _stretched(rows: np.ndarray, n_steps: int) -> np.ndarray:
    """(n_steps, n_channels): rows read off at evenly spaced places from the first to the last."""
    if len(rows) == n_steps:
        return rows
    place = np.linspace(0, len(rows) - 1, n_steps)
    left = np.minimum(place.astype(np.int64), max(len(rows) - 2, 0))
    right = np.minimum(left + 1, len(rows) - 1)
    share = (place - left)[:, None]
    return np.asarray(rows[left] * (1 - share) + rows[right] * share)
