"""Windows of sequences: all of a short one, or pieces of a long one, with one target or one a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.data.peers import ALONE, Peers
from forecaster.windows.batch import Batch, Gathered
from forecaster.windows.gather import BLOCK_NUMBERS
from forecaster.windows.transforms import Normaliser
from forecaster.windows.windows import Span

# Standard deviations at which an input is cut off: where a channel is almost always the same, the few other
# values would drown all else.
MOST_DEVIATIONS = 10.0


@dataclass(frozen=True)
class SequenceWindows:
    """Where windows begin, and which of their targets count.

    Attributes:
        starts: (n_windows,) int64 flat row number of each window's first input row; before its series where
            that is shorter.
        series: (n_windows,) int64 series of each, -1 for one that holds nothing.
        look_back: Input steps of a window.
        begins: (n_windows,) int64 first flat row whose target counts.
        ends: (n_windows,) int64 flat row after the last.
        carries: (n_windows,) bool, whether the state of the window ``n_streams`` before goes on here; None
            where windows stand alone.
        n_streams: Windows of a batch; 0 where windows stand alone.
        after: Rows that are looked at after the last one whose target counts.
    """

    starts: np.ndarray
    series: np.ndarray
    look_back: int
    begins: np.ndarray
    ends: np.ndarray
    carries: np.ndarray | None = None
    n_streams: int = 0
    after: int = 0

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return len(self.starts)

    def select(self, positions: np.ndarray) -> SequenceWindows:
        """The windows at some positions.

        Args:
            positions: (n,) int64.

        Returns:
            A new set.
        """
        names = ("starts", "series", "begins", "ends")
        parts = {name: getattr(self, name)[positions] for name in names}
        return replace(self, **parts, carries=None if self.carries is None else self.carries[positions])

    def targets(self, panel: Panel, ahead: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows whose targets the steps of the windows put out, and which of them count.

        Args:
            panel: The rows.
            ahead: Rows that a target lies after its input; see ``Goal``.

        Returns:
            (n_windows, look_back) int64 flat rows, and bool: a target that counts is within its window's
            limits, and the input of its step is in the series.
        """
        inputs = self.starts[:, None] + np.arange(self.look_back)
        rows = inputs + ahead
        counts = (rows >= self.begins[:, None]) & (rows < self.ends[:, None])
        counts &= (self.series >= 0)[:, None] & (inputs >= panel.offsets[np.maximum(self.series, 0)][:, None])
        return rows, counts


def whole_windows(span: Span, look_back: int) -> SequenceWindows:
    """A window for each series that has rows in the span, of its last rows.

    Args:
        span: Rows that are looked at, and whose targets count.
        look_back: Input steps; earlier rows of a longer series are left out.

    Returns:
        The windows, in the order of the series.
    """
    series = np.flatnonzero(span.ends > span.begins)
    ends = span.ends[series]
    return SequenceWindows(ends - look_back, series, look_back, span.begins[series], ends)


def piece_windows(
    panel: Panel, span: Span, look_back: int, every: int, ahead: int = 0, after: int = 0
) -> SequenceWindows:
    """Windows whose counted targets are each row of the span once.

    They are laid from the first row on, so that rows that come to the end of a series move none of them.

    Args:
        panel: The rows.
        span: Rows whose targets count; inputs may lie before.
        look_back: Input steps, ``every`` and ``after`` together at least.
        every: Targets that count of a window; of the first one of a series all that have rows behind.
        ahead: Rows that a target lies after its input; see ``Goal``.
        after: Rows of a window behind its last counted target, for networks that look at them.

    Returns:
        The windows, in the order of the panel; the last one of a series is filled up at its end.
    """
    series = np.flatnonzero(span.ends > span.begins)
    first, last, offset = (one[series] for one in (span.begins, span.ends, panel.offsets))
    head = np.where(first == offset, look_back + ahead - after, every)
    n_windows = 1 + -(-np.maximum(last - first - head, 0) // every)
    owner = np.repeat(np.arange(len(series)), n_windows)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(n_windows) - n_windows, n_windows)
    ends = (first + head)[owner] + every * number
    starts = np.maximum(ends + after - ahead - look_back, offset[owner])
    begins = np.where(number == 0, first[owner], ends - every)
    ends = np.minimum(ends, last[owner])
    return SequenceWindows(starts, series[owner], look_back, begins, ends, after=after)


def overlapping_windows(
    panel: Panel, span: Span, look_back: int, ahead: int = 0, *, looks_back: bool = True
) -> SequenceWindows:
    """The windows of ``piece_windows`` by which a network is used: half of each one's rows lie before.

    Args:
        panel: The rows.
        span: Rows whose targets count.
        look_back: Input steps.
        ahead: Rows that a target lies after its input; see ``Goal``.
        looks_back: Whether rows before alone are looked at; else half of the others lie behind.

    Returns:
        The windows, in the order of the panel.
    """
    after = 0 if looks_back else look_back // 4
    return piece_windows(panel, span, look_back, max(look_back // 2, 1), ahead, after)


def stream_windows(
    span: Span, look_back: int, n_streams: int, ahead: int = 0, *, cuts_series: bool = True
) -> SequenceWindows:
    """Windows side by side in streams, each going on where the one ``n_streams`` before ended.

    Args:
        span: Rows that are run through, and whose targets count.
        look_back: Steps of a window; the last one of a series is filled up at its end.
        n_streams: Windows of a batch.
        ahead: Rows that a target lies after its input; see ``Goal``.
        cuts_series: Whether a series longer than its share of all windows is cut between streams, the state
            beginning anew there.

    Returns:
        (n_steps * n_streams) windows, those of one batch one after the other; those that fill up a stream
        hold nothing.
    """
    runs = _runs(span, look_back, n_streams if cuts_series else 1)
    streams: list[list[tuple[int, int, int]]] = [[] for _ in range(n_streams)]
    for run in sorted(runs, key=lambda one: one[1] - one[2]):  # longest first, to the shortest stream
        min(streams, key=lambda one: sum(end - begin for _, begin, end in one)).append(run)
    columns = [_stream(stream, look_back, ahead) for stream in streams]
    longest = max((len(column) for column in columns), default=0)
    table = np.zeros((longest, n_streams, 5), dtype=np.int64)
    table[:, :, 1] = -1
    for place, column in enumerate(columns):
        table[: len(column), place] = column
    flat = table.reshape(-1, 5)
    return SequenceWindows(
        flat[:, 0], flat[:, 1], look_back, flat[:, 2], flat[:, 3], flat[:, 4] > 0, n_streams
    )


def _runs(span: Span, look_back: int, n_streams: int) -> list[tuple[int, int, int]]:
    """Series, first and last row of what goes through one stream in one go."""
    counts = -(-np.maximum(span.ends - span.begins, 0) // look_back)
    share = max(-(-int(counts.sum()) // n_streams), 1) * look_back
    runs = []
    for one in np.flatnonzero(counts):
        cuts = [*range(int(span.begins[one]), int(span.ends[one]), share), int(span.ends[one])]
        runs += [(int(one), begin, end) for begin, end in pairwise(cuts)]
    return runs


def _stream(runs: list[tuple[int, int, int]], look_back: int, ahead: int) -> np.ndarray:
    """(n, 5) start, series, first counted row, row after the last, and whether the state goes on."""
    rows = [
        (start, series, start + ahead, min(start + look_back + ahead, end), start > begin)
        for series, begin, end in runs
        for start in range(begin, end, look_back)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 5)


@dataclass(frozen=True)
class SequenceSource:
    """Windows of sequences with the transforms that they go through, as a source of batches.

    Attributes:
        panel: The rows.
        windows: Where the windows are.
        normaliser: Of the inputs.
        goal: What is learnt; that of the panel it was trained on.
    """

    panel: Panel
    windows: SequenceWindows
    normaliser: Normaliser
    goal: Goal

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return self.windows.n_windows

    @property
    def peers(self) -> Peers:
        """Nobody else: sequences are whole."""
        return ALONE

    def batches(self, batch_size: int, order: np.ndarray | None = None) -> Iterator[Batch]:
        """The windows in ``order`` (as they are when None), ``batch_size`` at a time.

        Args:
            batch_size: Windows of every batch but the last.
            order: (n,) int64 positions in 0 .. n_windows - 1.

        Yields:
            Batches; several are gathered at once and cut apart without a copy.
        """
        order = np.arange(self.n_windows) if order is None else order
        numbers = self.windows.look_back * max(self.panel.values.shape[1], 1)
        block = max(BLOCK_NUMBERS // numbers // batch_size, 1) * batch_size
        for begin in range(0, len(order), block):
            yield from Gathered(self.gather(order[begin : begin + block])).batches(batch_size)

    def gather(self, positions: np.ndarray) -> Batch:
        """The windows at some positions, normalised.

        Args:
            positions: (batch,) int64 in 0 .. n_windows - 1.

        Returns:
            The batch; its targets are ``classes`` or ``numbers``, one a window or one a step.
        """
        windows, panel = self.windows.select(positions), self.panel
        rows = windows.starts[:, None] + np.arange(windows.look_back)
        series = np.maximum(windows.series, 0)
        begins = panel.offsets[series][:, None]
        ends = np.minimum(panel.offsets[series + 1], windows.ends + windows.after)[:, None]
        inside = (rows >= begins) & (rows < ends) & (windows.series >= 0)[:, None]
        safe = np.where(inside, rows, 0)
        past = np.where(inside[:, :, None], panel.values[safe], np.nan)
        observed = ~np.isnan(past)
        shift, scale = self.normaliser.covariate_shift, self.normaliser.covariate_scale
        normal = np.where(observed, (past - shift) / scale, 0.0)
        normal = np.clip(normal, -MOST_DEVIATIONS, MOST_DEVIATIONS)
        marks = None if panel.marks is None else np.where(inside, panel.marks[safe] + 1, 0).astype(np.int32)
        counts, classes, numbers = self._targets(windows)
        return Batch(
            past=normal.astype(np.float32),
            observed=observed.astype(np.float32),
            target=np.zeros(counts.shape),
            mask=counts,
            series=windows.series,
            marks=marks,
            carries=None if windows.carries is None else windows.carries.astype(np.float32),
            classes=classes,
            numbers=numbers,
        )

    def _targets(self, windows: SequenceWindows) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        """Which targets are known, their classes and their numbers."""
        goal, panel = self.goal, self.panel
        values = panel.goal.values if panel.goal is not None else goal.values
        if goal.kind == "label":
            classes = np.where(windows.series >= 0, values[np.maximum(windows.series, 0)], -1)[:, None]
            return np.asarray(classes >= 0), np.maximum(classes, 0), None
        rows, counts = windows.targets(panel, goal.ahead)
        safe = np.where(counts, rows, 0)
        if goal.kind == "outputs":
            numbers = np.where(counts[:, :, None], values[safe], np.nan)
            return np.asarray(np.isfinite(numbers).any(axis=2)), None, numbers
        codes = panel.marks if goal.kind == "marks" and panel.marks is not None else values
        classes = np.where(counts, codes[safe], -1)
        return classes >= 0, np.maximum(classes, 0), None
