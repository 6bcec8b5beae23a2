from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from forecaster.data.goals import Goal
from forecaster.data.panel import Clock, Panel
from forecaster.windows.sequences import (
    SequenceSource,
    SequenceWindows,
    overlapping_windows,
    piece_windows,
    stream_windows,
    whole_windows,
)
from forecaster.windows.transforms import Normaliser
from forecaster.windows.windows import Span

PLAIN = Normaliser((), "none", 1, 0, np.zeros(1), np.ones(1))


def panel_of(*lengths: int, goal: str = "outputs") -> Panel:
    """Series whose input is the number of the row, and whose output is ten times as much."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows = np.arange(offsets[-1], dtype=np.float64)[:, None]
    goals = {
        "outputs": Goal("outputs", ("y",), values=10 * rows),
        "tags": Goal("tags", ("a", "b"), "tag", np.arange(len(rows)) % 2),
        "marks": Goal("marks", ("a", "b", "c")),
        "label": Goal("label", ("a", "b"), "kind", np.arange(len(lengths)) % 2),
    }
    return Panel(
        kind="sequences",
        values=rows,
        offsets=offsets,
        times=np.concatenate([np.arange(length) for length in lengths]),
        ids=np.array([f"s{number}" for number in range(len(lengths))], dtype=object),
        channels=("x",),
        target=0,
        clock=Clock("integer", 1, None, 1.0),
        marks=np.arange(len(rows)) % 3 if goal == "marks" else None,
        mark_names=("a", "b", "c") if goal == "marks" else (),
        goal=goals[goal],
    )


def everything(panel: Panel) -> Span:
    return Span(panel.offsets[:-1], panel.offsets[1:])


def source_of(panel: Panel, windows: SequenceWindows) -> SequenceSource:
    assert panel.goal is not None
    return SequenceSource(panel, windows, PLAIN, panel.goal)


def test_a_whole_window_holds_the_last_rows_of_its_series() -> None:
    panel = panel_of(2, 4, goal="label")
    windows = whole_windows(everything(panel), 3)
    batch = source_of(panel, windows).gather(np.arange(2))
    assert batch.past[:, :, 0].tolist() == [[0, 0, 1], [3, 4, 5]]
    assert batch.observed[:, :, 0].tolist() == [[0, 1, 1], [1, 1, 1]]
    assert batch.classes is not None and batch.classes.tolist() == [[0], [1]]
    assert batch.mask.all()


def test_pieces_lie_side_by_side_and_the_last_is_filled_up_at_its_end() -> None:
    panel = panel_of(5, 2)
    windows = piece_windows(panel, everything(panel), look_back=3, every=3)
    assert windows.starts.tolist() == [0, 3, 5] and windows.series.tolist() == [0, 0, 1]
    assert windows.begins.tolist() == [0, 3, 5] and windows.ends.tolist() == [3, 5, 7]
    batch = source_of(panel, windows).gather(np.arange(3))
    assert batch.past[:, :, 0].tolist() == [[0, 1, 2], [3, 4, 0], [5, 6, 0]]
    assert batch.observed[:, :, 0].tolist() == [[1, 1, 1], [1, 1, 0], [1, 1, 0]]
    assert batch.mask.tolist() == [[True, True, True], [True, True, False], [True, True, False]]
    assert batch.numbers is not None and batch.numbers[1, :2, 0].tolist() == [30, 40]


def test_overlapping_pieces_count_their_last_rows_alone() -> None:
    panel = panel_of(9)
    windows = piece_windows(panel, everything(panel), look_back=4, every=2)
    assert windows.starts.tolist() == [0, 2, 4, 6]
    assert windows.begins.tolist() == [0, 4, 6, 8] and windows.ends.tolist() == [4, 6, 8, 9]
    mask = source_of(panel, windows).gather(np.arange(4)).mask
    assert mask.tolist() == [
        [True] * 4,
        [False, False, True, True],
        [False, False, True, True],
        [False] * 2 + [True, False],
    ]


def test_pieces_of_a_later_part_look_at_rows_before_it() -> None:
    panel = panel_of(10)
    span = Span(np.array([5]), np.array([9]))
    windows = piece_windows(panel, span, look_back=4, every=2)
    assert windows.starts.tolist() == [3, 5]
    assert windows.begins.tolist() == [5, 7] and windows.ends.tolist() == [7, 9]


def test_a_target_ahead_is_that_of_the_row_after() -> None:
    panel = panel_of(7, goal="marks")
    windows = piece_windows(panel, everything(panel), look_back=3, every=3, ahead=1)
    assert windows.starts.tolist() == [0, 3] and windows.ends.tolist() == [4, 7]
    batch = source_of(panel, windows).gather(np.arange(2))
    assert batch.marks is not None and batch.marks.tolist() == [[1, 2, 3], [1, 2, 3]]
    assert batch.classes is not None and batch.classes.tolist() == [[1, 2, 0], [1, 2, 0]]
    assert batch.mask.all()


def test_a_window_that_looks_ahead_counts_the_rows_in_its_middle() -> None:
    panel = panel_of(16, goal="tags")
    windows = overlapping_windows(panel, everything(panel), look_back=8, looks_back=False)
    assert windows.starts.tolist() == [0, 4, 8, 12]
    assert windows.begins.tolist() == [0, 6, 10, 14] and windows.ends.tolist() == [6, 10, 14, 16]
    assert (windows.ends + windows.after - windows.starts <= 8).all()


def test_rows_after_the_last_that_counts_are_not_looked_at() -> None:
    panel = panel_of(8, goal="tags")
    windows = piece_windows(panel, Span(np.array([0]), np.array([5])), look_back=4, every=4)
    batch = source_of(panel, windows).gather(np.arange(windows.n_windows))
    assert batch.observed[:, :, 0].tolist() == [[1, 1, 1, 1], [1, 0, 0, 0]]


def test_more_rows_at_the_end_move_no_window() -> None:
    short, long = panel_of(9), panel_of(23)
    one = overlapping_windows(short, everything(short), look_back=6)
    more = overlapping_windows(long, everything(long), look_back=6)
    n = one.n_windows
    assert one.starts.tolist() == more.starts[:n].tolist()
    assert one.begins.tolist() == more.begins[:n].tolist()


def test_streams_lie_side_by_side_and_say_where_the_state_goes_on() -> None:
    panel = panel_of(4, 2)
    windows = stream_windows(everything(panel), look_back=2, n_streams=2)
    # the first stream holds rows 0 to 3, the second 4 and 5 and then nothing
    assert windows.starts.tolist() == [0, 4, 2, 0] and windows.series.tolist() == [0, 1, 0, -1]
    assert windows.carries is not None and windows.carries.tolist() == [False, False, True, False]
    batch = source_of(panel, windows).gather(np.arange(4))
    assert batch.past[:, :, 0].tolist() == [[0, 1], [4, 5], [2, 3], [0, 0]]
    assert batch.mask.tolist() == [[True, True], [True, True], [True, True], [False, False]]


def test_a_long_series_is_cut_between_streams_unless_it_must_not() -> None:
    panel = panel_of(8)
    cut = stream_windows(everything(panel), look_back=2, n_streams=2)
    assert cut.starts.tolist() == [0, 4, 2, 6] and cut.carries is not None
    assert cut.carries.tolist() == [False, False, True, True]
    whole = stream_windows(everything(panel), look_back=2, n_streams=2, cuts_series=False)
    assert whole.starts[::2].tolist() == [0, 2, 4, 6] and (whole.series[1::2] == -1).all()


Make = Callable[[Panel, Span], SequenceWindows]
WAYS: dict[str, Make] = {
    "side by side": lambda panel, span: piece_windows(panel, span, 5, 5, _ahead(panel)),
    "overlapping": lambda panel, span: overlapping_windows(panel, span, 6, _ahead(panel)),
    "looking ahead": lambda panel, span: overlapping_windows(panel, span, 8, _ahead(panel), looks_back=False),
    "apart by 2": lambda panel, span: piece_windows(panel, span, 5, 2, _ahead(panel)),
    "one step": lambda panel, span: overlapping_windows(panel, span, 1, _ahead(panel)),
    "streams": lambda panel, span: stream_windows(span, 4, 3, _ahead(panel)),
    "whole streams": lambda panel, span: stream_windows(span, 4, 3, _ahead(panel), cuts_series=False),
}


def _ahead(panel: Panel) -> int:
    assert panel.goal is not None
    return panel.goal.ahead


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("goal", ["outputs", "tags", "marks"])
def test_every_target_counts_exactly_once_in_an_epoch(way: str, goal: str) -> None:
    panel = panel_of(1, 4, 5, 6, 17, 31, 2, goal=goal)
    windows = WAYS[way](panel, everything(panel))
    rows, counts = windows.targets(panel, _ahead(panel))
    seen = np.bincount(rows[counts], minlength=panel.n_rows)
    wanted = np.ones(panel.n_rows, dtype=np.int64)
    if goal == "marks":
        wanted[panel.offsets[:-1]] = 0  # nothing comes before it
    if way == "streams" and goal == "marks":  # where a stream begins nothing comes before either
        assert (seen <= wanted).all() and seen.sum() >= wanted.sum() - 3
    else:
        assert seen.tolist() == wanted.tolist()
    assert (source_of(panel, windows).gather(np.arange(windows.n_windows)).mask.sum()) == seen.sum()


@pytest.mark.parametrize("way", ["side by side", "overlapping", "looking ahead", "apart by 2"])
def test_every_target_of_a_part_counts_exactly_once(way: str) -> None:
    panel = panel_of(20, 9, 13)
    span = Span(np.array([3, 20, 40]), np.array([18, 20, 42]))
    rows, counts = WAYS[way](panel, span).targets(panel, 0)
    assert sorted(rows[counts].tolist()) == [*range(3, 18), 40, 41]


def test_missing_outputs_do_not_count() -> None:
    panel = panel_of(3)
    assert panel.goal is not None
    panel.goal.values[1] = np.nan
    batch = source_of(panel, piece_windows(panel, everything(panel), 3, 3)).gather(np.arange(1))
    assert batch.mask.tolist() == [[True, False, True]]


def test_no_rows_make_no_windows() -> None:
    panel = panel_of(3)
    none = Span(panel.offsets[:-1], panel.offsets[:-1])
    assert piece_windows(panel, none, 3, 3).n_windows == 0
    assert stream_windows(none, 3, 2).n_windows == 0
    assert whole_windows(none, 3).n_windows == 0
