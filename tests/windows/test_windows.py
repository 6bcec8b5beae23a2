import numpy as np
import pytest

from forecaster.data.panel import Clock, Panel
from forecaster.windows.windows import (
    Span,
    last_origins,
    make_windows,
    thin,
    window_arrays,
    windows_at,
)


def panel_of(*series: list[float], kind: str = "values") -> Panel:
    lengths = [len(one) for one in series]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    values = np.array([value for one in series for value in one], dtype=np.float64)[:, None]
    times = np.concatenate([np.arange(length) for length in lengths]).astype(np.int64)
    ids = np.array([f"s{number}" for number in range(len(series))], dtype=object)
    return Panel(kind, values, offsets, times, ids, ("y",), 0, Clock("integer", 1))


def everything(panel: Panel) -> Span:
    return Span(panel.offsets[:-1], panel.offsets[1:])


def test_window_target_follows_last_input():
    x, y = window_arrays(np.arange(6.0), look_back=2, horizon=2)
    assert x.shape == (3, 2, 1) and y.shape == (3, 2)
    assert x[1, :, 0].tolist() == [1.0, 2.0] and y[1].tolist() == [3.0, 4.0]


def test_textbook_gaps_make_two_windows():
    x, y = window_arrays(np.array([0.0, 44, 18, 0, 54]), look_back=3)
    assert x[:, :, 0].tolist() == [[0, 44, 18], [44, 18, 0]]
    assert y.tolist() == [[0], [54]]


def test_series_too_short_gives_no_window():
    x, y = window_arrays(np.arange(3.0), look_back=3)
    assert x.shape == (0, 3, 1) and y.shape == (0, 1)


def test_wrong_sizes_are_refused():
    with pytest.raises(ValueError, match="look_back 0"):
        window_arrays(np.arange(3.0), look_back=0)
    with pytest.raises(ValueError, match="shape"):
        window_arrays(np.zeros((2, 2, 2)), look_back=1)


def test_windows_are_start_rows_and_never_cross_series():
    panel = panel_of([1.0, 2, 3, 4], [5.0, 6, 7])
    windows = make_windows(panel, everything(panel), look_back=2, horizon=1, min_history=2)
    assert windows.starts.tolist() == [0, 1, 4]
    assert windows.origins.tolist() == [1, 2, 5]


@pytest.mark.parametrize(("horizon", "stride"), [(1, 1), (3, 1), (2, 4)])
def test_windows_are_those_of_a_loop_over_the_rows(horizon: int, stride: int):
    random = np.random.default_rng(0)
    panel = panel_of(
        *[list(np.where(random.random(n) < 0.4, np.nan, 1.0)) for n in [5, 0, 1, 12, 3, 0, 9, 2]]
    )
    begins = panel.offsets[:-1] + np.array([0, 0, 0, 4, 2, 0, 0, 1])
    found = make_windows(panel, Span(begins, panel.offsets[1:]), 2, horizon, min_history=2, stride=stride)
    expected: list[int] = []
    for offset, begin, end in zip(panel.offsets[:-1], begins, panel.offsets[1:], strict=True):
        first = max(begin, offset + 2)
        last = max(end - horizon, min(first, end - 1))
        targets = range(last, first - 1, -stride)[::-1]
        expected += [row for row in targets if not np.isnan(panel.y[row : min(row + horizon, end)]).all()]
    assert (found.origins + 1).tolist() == expected


def test_short_history_starts_before_its_series():
    panel = panel_of([1.0, 2, 3], [5.0, 6])
    windows = make_windows(panel, everything(panel), look_back=3, horizon=1, min_history=1)
    assert windows.origins.tolist() == [0, 1, 3]
    assert windows.starts.tolist() == [-2, -1, 1]


def test_series_shorter_than_the_horizon_gives_one_masked_window():
    panel = panel_of([1.0, 2, 3])
    windows = make_windows(panel, everything(panel), look_back=1, horizon=5, min_history=1)
    assert windows.origins.tolist() == [0]


def test_stride_keeps_the_latest_window():
    panel = panel_of(list(np.arange(10.0)))
    windows = make_windows(panel, everything(panel), look_back=1, horizon=1, stride=4)
    assert windows.origins.tolist() == [0, 4, 8]


def test_targets_that_are_all_missing_give_no_window():
    panel = panel_of([1.0, 2, np.nan, 4])
    windows = make_windows(panel, everything(panel), look_back=1, horizon=1)
    assert windows.origins.tolist() == [0, 2]


def test_history_of_events_counts_gaps():
    panel = panel_of([np.nan, 0, 44, 18, 0, 54], kind="events")
    windows = make_windows(panel, everything(panel), look_back=3, horizon=1, min_history=3)
    assert windows.starts.tolist() == [1, 2]


def test_span_limits_targets_but_not_inputs():
    panel = panel_of(list(np.arange(10.0)))
    windows = make_windows(panel, Span(np.array([6]), np.array([9])), look_back=3, horizon=2)
    assert (windows.origins + 1).tolist() == [6, 7]


def test_last_origins_leave_out_empty_series():
    panel = panel_of([1.0, 2], [], [3.0])
    assert last_origins(panel).tolist() == [1, 2]
    assert windows_at(panel, last_origins(panel), 2, 1).starts.tolist() == [0, 1]


def test_thin_keeps_first_and_last():
    panel = panel_of(list(np.arange(100.0)))
    windows = make_windows(panel, everything(panel), look_back=1, horizon=1)
    few = thin(windows, 3)
    assert few.starts.tolist() == [0, 49, 98]
    assert thin(windows, 1000) is windows


# Open intervals.


def open_windows(panel: Panel, as_of: int, since: int | None = None, begins: list[int] | None = None):
    span = Span(panel.offsets[:-1] if begins is None else np.array(begins), panel.offsets[1:], as_of, since)
    return make_windows(panel, span, look_back=2, horizon=1, min_history=0)


def test_open_interval_is_the_last_target_of_each_series() -> None:
    panel = panel_of([np.nan, 1, 2], [np.nan], [], kind="events")
    windows = open_windows(panel, as_of=9)
    assert windows.origins.tolist() == [0, 1, 2, 3]
    assert (windows.as_of, windows.since, windows.limits.tolist()) == (9, None, [3, 4, 4])
    assert windows.select(np.array([1])).as_of == 9
    everything_closed = make_windows(panel, everything(panel), 2, 1, min_history=0)
    assert everything_closed.origins.tolist() == [0, 1]


def test_part_without_rows_has_open_intervals_alone() -> None:
    panel = panel_of([np.nan, 1, 2], [np.nan], kind="events")
    assert open_windows(panel, 9, 5, begins=[3, 4]).origins.tolist() == [2, 3]


def test_moment_equal_to_the_beginning_leaves_no_open_interval() -> None:
    panel = panel_of([np.nan, 1, 2], [np.nan], kind="events")
    assert open_windows(panel, 9, 9).origins.tolist() == [0, 1]
    each = Span(panel.offsets[:-1], panel.offsets[1:], np.array([9, 8]), np.array([8, 8]))
    assert make_windows(panel, each, 2, 1, min_history=0).origins.tolist() == [0, 1, 2]


def test_stride_keeps_every_open_interval() -> None:
    panel = panel_of([np.nan, *np.arange(9.0)], kind="events")
    span = Span(panel.offsets[:-1], panel.offsets[1:], 20)
    assert make_windows(panel, span, 2, 1, min_history=0, stride=4).origins.tolist() == [0, 4, 8, 9]
