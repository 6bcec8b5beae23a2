"""Panel: every series of a data set end to end in one flat array, however many and however long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from forecaster.config.facts import WAITING
from forecaster.data.goals import Goal
from forecaster.data.peers import ALONE, Peers

Kind = Literal["events", "intervals", "values", "ohlc", "sequences"]
KINDS: tuple[Kind, ...] = ("events", "intervals", "values", "ohlc", "sequences")

TimeKind = Literal["date", "integer", "float"]


@dataclass(frozen=True)
class Clock:
    """How the rows of a panel are spaced, and how to continue them.

    Attributes:
        kind: What ``Panel.times`` holds: ``date`` datetime64[ns] (UTC when ``zone`` is set, as written
            otherwise), ``integer`` int64, ``float`` float64.
        step: Spacing of regular rows: a pandas frequency such as ``h``, ``30min``, ``MS`` for dates, a
            number for integers and floats; None where rows are irregular (events).
        weekmask: For sessions (daily rows on some weekdays only): seven characters 0 or 1 from Monday,
            as numpy's business-day functions take them; None otherwise.
        resolution: Smallest spacing that the stamps carry: ns for dates, a number otherwise; None when
            not known.
        zone: IANA name or offset of the zone that dates are shown in; None when they carry none.
        calendar: Name of the exchange whose sessions daily rows are, such as XNYS; None for weekdays.
        slots: Times of day that intraday rows of sessions come at, rising, in ns since midnight where the
            data are; empty for rows that go on through the night.
    """

    kind: TimeKind
    step: str | int | float | None = None
    weekmask: str | None = None
    resolution: float | None = None
    zone: str | None = None
    calendar: str | None = None
    slots: tuple[int, ...] = ()


@dataclass(frozen=True)
class Note:
    """Something the user must know about what was read: a repair, with its count, or a warning."""

    code: str
    text: str
    count: int | None = None

    @property
    def line(self) -> str:
        """The text and its count, as users see it."""
        return self.text if self.count is None else f"{self.text} ({self.count:,})"


@dataclass(frozen=True)
class Ahead:
    """What is known of the steps after the last row of every series.

    Attributes:
        values: (n_steps, n_future_known) float64, series end to end, each from its first step on; NaN for
            what is missing.
        offsets: (n_series + 1,) int64; series ``i`` is steps ``offsets[i]`` to ``offsets[i + 1]``.
    """

    values: np.ndarray
    offsets: np.ndarray


@dataclass(frozen=True)
class Panel:
    """All series of a data set, end to end, in the order of ``ids``; rows of a series in time order.

    Attributes:
        kind: What the rows were read as.
        values: (n_rows, n_channels) float64, NaN where nothing was observed (a gap in the rows, a missing
            value, the gap before the first event of a series).
        offsets: (n_series + 1,) int64; series ``i`` is rows ``offsets[i]`` to ``offsets[i + 1]``.
        times: (n_rows,) as ``clock.kind`` says, rising within a series (equal stamps only in events and
            sequences).
        ids: (n_series,) str; ``series`` when the file has no id column.
        channels: Names of the columns of ``values``; sequences of marks alone have none.
        target: Index in ``channels`` of the one to forecast; of sequences, which have a goal, any.
        unit: Unit of the target in words (``day``, ``minutes``), empty when not known.
        clock: How rows are spaced.
        season_length: Steps in one season as given or found; 1 when there is none.
        unit_length: Length of one unit of a gap: ns for dates, 1 otherwise. Events, and intervals that
            have dates; None for the other kinds.
        lowest: Lowest value that the target can have (0 for gaps and counts); None where there is none.
        as_of: (n_series,) like ``times``: the moment up to which each series was observed. Events only.
        began: (n_series,) like ``times``: the first event of each series, where rows before those held were
            cut off; None where every series is whole. Events and intervals only.
        n_earlier: (n_series,) int64 rows that were cut off before those held; None likewise.
        marks: (n_rows,) int64 index in ``mark_names`` of each row's mark, -1 for one that is not among
            them; None without marks. Events and sequences only.
        mark_names: Names of the marks.
        goal: What is learnt of sequences; None for other kinds, of which what comes next is forecast.
        closes: (n_rows,) price that the log returns of an ``ohlc`` panel refer to; None otherwise.
        predict: What of prices is forecast: ``return``, ``direction``, ``range`` or ``close``; empty for
            other kinds.
        returns: Indices in ``channels`` of changes of a price, which grow with its volatility.
        volatility: Index in ``channels`` of the log of the size that the next change is expected to have;
            None without. Of ``ohlc`` only, like ``returns``.
        gap: ``exact`` or ``calendar``, how gaps between events were counted.
        source: The file as the user typed it, for messages.
        why: The kind that was decided on and the reason, in one line.
        future_known: Indices in ``channels`` of those known over the horizon too.
        ahead: What is known of them after the last rows; None for nothing.
        static: (n_series, n_static) float64 numbers that each series has one of, NaN for a missing one; None
            without.
        static_names: Names of the columns of ``static``.
        levels: Categories of each column that became a channel, or static number, a category: 1 or 0.
        columns: The columns of the file by role (id, time, target, past, future, static, open, ...), so that
            the next file is read the same way.
        repairs: What was changed in reading, each with its count.
        warnings: What was left alone but should be known.
        peers: Who holds the series before and after these, where this is a part of a panel; the facts that
            are found on it are then those of the whole. All other fields are of this part.
    """

    kind: Kind
    values: np.ndarray
    offsets: np.ndarray
    times: np.ndarray
    ids: np.ndarray
    channels: tuple[str, ...]
    target: int
    clock: Clock
    unit: str = ""
    season_length: int = 1
    unit_length: float | None = None
    lowest: float | None = None
    as_of: np.ndarray | None = None
    began: np.ndarray | None = None
    n_earlier: np.ndarray | None = None
    marks: np.ndarray | None = None
    mark_names: tuple[str, ...] = ()
    goal: Goal | None = None
    closes: np.ndarray | None = None
    predict: str = ""
    returns: tuple[int, ...] = ()
    volatility: int | None = None
    gap: Literal["exact", "calendar"] = "exact"
    future_known: tuple[int, ...] = ()
    ahead: Ahead | None = None
    static: np.ndarray | None = None
    static_names: tuple[str, ...] = ()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = "data"
    why: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    repairs: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    peers: Peers = ALONE

    @property
    def n_rows(self) -> int:
        """Number of rows over all series."""
        return len(self.values)

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """(n_series,) number of rows of each series."""
        return np.diff(self.offsets)

    @property
    def y(self) -> np.ndarray:
        """(n_rows,) the target channel, a view."""
        return self.values[:, self.target]

    def series_of(self, rows: np.ndarray) -> np.ndarray:
        """Series that each flat row number lies in.

        Args:
            rows: (n,) int64 flat row numbers, 0 .. n_rows - 1.

        Returns:
            (n,) int64 index into ``ids``.
        """
        return np.searchsorted(self.offsets, rows, side="right") - 1

    def take(self, begins: np.ndarray, ends: np.ndarray) -> Panel:
        """The rows ``begins[i] .. ends[i]`` of every series, as a panel of the same series.

        Args:
            begins: (n_series,) int64 flat row number of the first row to keep of each series.
            ends: (n_series,) int64 flat row number after the last; a series may become empty.

        Returns:
            A new panel, whose arrays are those of this one where all rows are kept; facts other than rows
            (``as_of`` too) are those of this one. Of events and intervals that are cut off at the beginning
            it knows how many they were, and when the first was. What is known of the steps ahead stays where
            no row is cut off at the end.
        """
        began, n_earlier = self.began, self.n_earlier
        if self.kind in WAITING and (begins > self.offsets[:-1]).any():
            began, n_earlier = self.first_times, self.n_before(begins)
        offsets = np.concatenate([[0], np.cumsum(np.maximum(ends - begins, 0))]).astype(np.int64)
        rows = self._between(begins, ends)
        return replace(
            self,
            values=self.values[rows],
            times=self.times[rows],
            offsets=offsets,
            closes=None if self.closes is None else self.closes[rows],
            marks=None if self.marks is None else self.marks[rows],
            goal=None if self.goal is None else self.goal.of_rows(rows),
            ahead=self.ahead if np.array_equal(ends, self.offsets[1:]) else None,
            began=began,
            n_earlier=n_earlier,
        )

    def _between(self, begins: np.ndarray, ends: np.ndarray) -> slice | np.ndarray:
        """Index of the rows ``begins[i] .. ends[i]``: all of them, or a mask, an eighth of row numbers."""
        kept = begins < ends
        if len(self.values) == (ends - begins)[kept].sum():
            return slice(None)
        steps = np.zeros(self.n_rows + 1, dtype=np.int8)
        steps[begins[kept]] += 1
        steps[ends[kept]] -= 1
        return np.cumsum(steps[:-1], dtype=np.int8).view(bool)

    @property
    def first_times(self) -> np.ndarray:
        """(n_series,) time of the first row that each series ever had; any time for one without rows."""
        if self.began is not None:
            return self.began
        if self.n_rows == 0:
            return np.zeros(self.n_series, dtype=self.times.dtype)
        return np.asarray(self.times[np.minimum(self.offsets[:-1], self.n_rows - 1)])

    def n_before(self, rows: np.ndarray, series: np.ndarray | None = None) -> np.ndarray:
        """How many rows a series had before some, those cut off among them.

        Args:
            rows: (n,) int64 flat row numbers.
            series: (n,) int64 series of each; None for one row of each series, in their order.

        Returns:
            (n,) int64.
        """
        which = slice(None) if series is None else series
        n_earlier = 0 if self.n_earlier is None else self.n_earlier[which]
        return np.asarray(rows - self.offsets[:-1][which] + n_earlier)
