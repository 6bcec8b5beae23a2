from dataclasses import replace

import numpy as np
import pytest

from forecaster.baselines.gaps import training_gaps


def test_every_series_ends_with_an_open_gap(event_panel):
    panel = event_panel([0, 2, 7], [3], [1, 9], as_of=10, whole=True)
    gaps = training_gaps(panel, panel.offsets[1:])
    # A whole day is seen to its end: half a cell more than the 3, 7 and 1 that were waited.
    assert gaps.value.tolist() == [2, 5, 8, 3.5, 7.5, 1.5]
    assert gaps.is_open.tolist() == [False] * 3 + [True] * 3
    assert gaps.lower.tolist() == [1.5, 4.5, 7.5, 3.5, 7.5, 1.5]
    assert gaps.upper.tolist() == [2.5, 5.5, 8.5, np.inf, np.inf, np.inf]
    assert gaps.previous.tolist() == pytest.approx([np.nan, 2, np.nan, 5, np.nan, 8], nan_ok=True)
    assert gaps.series.tolist() == [0, 0, 2, 0, 1, 2]
    assert (gaps.cell, gaps.floor) == (1.0, 0.5)
    assert gaps.mean_wait == 27.5 / 3


def test_rows_after_training_are_not_read(event_panel):
    panel = event_panel([0.0, 2.0, 7.0], [3.0, 4.0], as_of=5.0)
    gaps = training_gaps(panel, np.array([2, 3]))
    assert gaps.value.tolist() == [2.0, 3.0]  # s1 was not seen before 5.0 in these rows
    assert gaps.is_open.tolist() == [False, True]
    gaps = training_gaps(panel, np.array([2, 4]))
    assert gaps.value.tolist() == [2.0, 3.0, 2.0]
    assert gaps.cell == 0.0


def test_what_was_not_waited_is_no_open_gap(event_panel):
    panel = event_panel([0.0, 4.0], [1.0, 3.0])
    assert training_gaps(panel, panel.offsets[1:]).value.tolist() == [4.0, 2.0, 1.0]


def test_intervals_have_no_open_gap_and_the_resolution_of_their_values(event_panel):
    panel = replace(event_panel([0.0, 0.0, 15.0, 20.0]), kind="intervals", as_of=None, unit_length=None)
    gaps = training_gaps(panel, panel.offsets[1:])
    assert not gaps.is_open.any()
    assert gaps.cell == 1.0
    assert gaps.lower.tolist() == [0.0, 14.5, 4.5]


def test_floor_is_half_the_smallest_gap_above_zero(event_panel):
    panel = event_panel([0.0, 0.0, 1.5, 4.2])
    assert training_gaps(panel, panel.offsets[1:]).floor == 0.75
    nothing = event_panel([0.0, 0.0])
    gaps = training_gaps(nothing, nothing.offsets[1:])
    assert 0 < gaps.floor < 1e-3
    assert gaps.mean_wait == gaps.floor
    assert training_gaps(event_panel([0.0]), np.array([1])).mean_wait == 1.0
