"""Rows of events in order, with what belongs to each, and some of them left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.data.parts import in_series


@dataclass(frozen=True)
class EventRows:
    """Events by series and time.

    Attributes:
        times: (n_rows,) rising within a series.
        offsets: (n_series + 1,); every series has a row.
        ids: (n_series,) str.
        values: (n_rows, n_past) float64, numbers that belong to each event.
        marks: (n_rows,) int64 index in ``mark_names`` of each event's mark, -1 for none; None without.
        mark_names: (n_marks,) str, all marks of the file.
        places: (n_rows,) int64 row that each had before any was left out; None when all are there.
    """

    times: np.ndarray
    offsets: np.ndarray
    ids: np.ndarray
    values: np.ndarray
    marks: np.ndarray | None = None
    mark_names: np.ndarray | None = None
    places: np.ndarray | None = None

    @property
    def series(self) -> np.ndarray:
        """(n_rows,) int64 series of each row."""
        return np.repeat(np.arange(len(self.ids)), np.diff(self.offsets))

    @property
    def is_tied(self) -> np.ndarray:
        """(n_rows,) bool, whether a row has the stamp of the row before in its series."""
        tied = np.empty(len(self.times), dtype=bool)

        def compare(series: slice, rows: slice) -> None:
            """See which of some series are."""
            np.equal(self.times[rows][1:], self.times[rows][:-1], out=tied[rows][1:])
            tied[self.offsets[series]] = False

        in_series(compare, self.offsets)
        return tied

    def counts(self, kept: np.ndarray) -> np.ndarray:
        """(n_series,) int64 rows of each series for which ``kept`` is true."""
        return np.add.reduceat(kept, self.offsets[:-1], dtype=np.int64)

    def select(self, kept: np.ndarray) -> EventRows:
        """The rows for which ``kept``, (n_rows,) bool, is true, and the series that have one."""
        counts = self.counts(kept)
        return replace(
            self,
            times=self.times[kept],
            offsets=np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64),
            ids=self.ids[counts > 0],
            values=self.values[kept],
            marks=None if self.marks is None else self.marks[kept],
            places=np.flatnonzero(kept) if self.places is None else self.places[kept],
        )
