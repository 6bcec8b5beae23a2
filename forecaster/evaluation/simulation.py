"""Series that are gone on with by what was drawn for them: the panel that the next step is forecast from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.data.panel import Panel
from forecaster.windows.waits import floor_to_unit, gap_cell


@dataclass(frozen=True)
class Simulation:
    """The last rows of many series, of which each is gone on with by what was drawn for it.

    Attributes:
        values: (n, look_back, n_channels) rows, the latest last; those before the series began do not count.
        times: (n, look_back) likewise.
        counts: (n,) rows that count.
        n_earlier: (n,) rows of the series before those.
        marks: (n, look_back) likewise, or None.
    """

    values: np.ndarray
    times: np.ndarray
    counts: np.ndarray
    n_earlier: np.ndarray
    marks: np.ndarray | None

    def panel(self, base: Panel, series: np.ndarray) -> Panel:
        """These rows as series of a panel.

        Args:
            base: The panel that they were begun from.
            series: (n,) int64 index in it of the series that each goes on.

        Returns:
            A panel of n series.
        """
        look_back = self.times.shape[1]
        real = np.arange(look_back) >= (look_back - self.counts)[:, None]
        return replace(
            base,
            values=self.values[real],
            times=self.times[real],
            offsets=np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64),
            ids=base.ids[series],
            as_of=None if base.as_of is None else base.as_of[series],
            began=base.first_times[series] if base.kind == "events" else None,
            n_earlier=self.n_earlier if base.kind == "events" else None,
            marks=None if self.marks is None else self.marks[real],
        )

    def after(self, base: Panel, gap: np.ndarray, mark: np.ndarray | None) -> Simulation:
        """The rows with one more each.

        Args:
            base: The panel that they were begun from.
            gap: (n,) time from the last row to the new one; one without end is not observed.
            mark: (n,) int64 mark of the new one; None for one that is not known.

        Returns:
            New rows.
        """
        n, look_back, n_channels = self.values.shape
        row = np.full((n, 1, n_channels), np.nan)
        row[:, 0, base.target] = np.where(np.isfinite(gap), gap, np.nan)
        later = moments_after(base, self.times[:, -1], gap)[:, None]
        if mark is None:
            mark = np.full(n, -1, dtype=np.int64)
        return Simulation(
            np.concatenate([self.values[:, 1:], row], axis=1),
            np.concatenate([self.times[:, 1:], later], axis=1),
            np.minimum(self.counts + 1, look_back),
            self.n_earlier + (self.counts == look_back),
            None if self.marks is None else np.concatenate([self.marks[:, 1:], mark[:, None]], axis=1),
        )


def begin_simulation(panel: Panel, origins: np.ndarray, series: np.ndarray, look_back: int) -> Simulation:
    """The last rows up to some.

    Args:
        panel: The rows.
        origins: (n,) int64 flat row numbers.
        series: (n,) int64 index of the series of each.
        look_back: Rows to keep of each.

    Returns:
        The rows, to go on from.
    """
    begins = panel.offsets[:-1][series]
    rows = np.maximum(origins[:, None] - (look_back - 1) + np.arange(look_back), begins[:, None])
    counts = np.minimum(origins + 1 - begins, look_back)
    n_earlier = panel.n_before(origins + 1 - counts, series)
    marks = None if panel.marks is None else panel.marks[rows]
    return Simulation(panel.values[rows], panel.times[rows], counts, n_earlier, marks)


def on_resolution(panel: Panel, gap: np.ndarray) -> np.ndarray:
    """Gaps as they could have been observed.

    Args:
        panel: Events or intervals.
        gap: (n,) in units.

    Returns:
        (n,) of at least 0, those of events on the resolution of the stamps.
    """
    gap = np.maximum(gap, 0.0)
    cell = gap_cell(panel) if panel.kind == "events" else 0.0
    return np.floor(gap / cell + 0.5) * cell if cell > 0 else gap


def moments_after(panel: Panel, last: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Times of the rows that end gaps.

    Args:
        panel: Gives clock and unit. Times of intervals are not looked at by any network, and stay.
        last: (n,) like ``panel.times``.
        gap: (n,) in units, at least 0; inf stays where it is.

    Returns:
        (n,) like ``panel.times``, never before ``last``; what is beyond the calendar is at its end.
    """
    if panel.kind != "events" or panel.unit_length is None:
        return last
    start = floor_to_unit(panel, last)
    distance = np.where(np.isfinite(gap), gap, 0.0) * panel.unit_length
    if panel.clock.kind == "float":
        return np.asarray(np.maximum(start + distance, last))
    room = (np.iinfo(np.int64).max - np.maximum(start.astype(np.int64), 0)) * 0.999
    whole = np.rint(np.minimum(distance, room)).astype(np.int64)
    if panel.clock.kind == "date":
        whole = whole.astype("timedelta64[ns]")
    return np.asarray(np.maximum(start + whole, last))
