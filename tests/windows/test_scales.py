import numpy as np
import pytest

from forecaster.windows.gather import with_scales
from forecaster.windows.scales import channel_scales, fit_recent, fit_scales, of_series, own_scales
from tests.windows.test_transforms import panel_of, source_of

NAN = np.nan


def test_series_that_does_not_move_is_left_to_its_windows():
    x = np.array([1.0, 3.0, 42.0, 42.0, 0.0, 0.0, NAN, 5.0])
    shift, scale = fit_scales(x, np.array([0, 2, 4, 6, 7, 8]), "standard")
    # Series 3 has no value: the median of 2, 42, 0 and 5. Series 4 has one: its spread is the usual one.
    assert shift.tolist() == [2.0, 42.0, 0.0, 3.5, 5.0]
    assert scale.tolist() == [1.0, 0.0, 0.0, 0.0, 1.0]


def test_one_scale_over_all_rows_does_not_vanish():
    assert fit_scales(np.full(3, 42.0), None, "standard")[1].tolist() == [0.042]
    assert fit_scales(np.zeros(3), None, "minmax")[1].tolist() == [1.0]
    assert fit_scales(np.zeros(3), np.array([0, 3]), "standard")[1].tolist() == [1.0]


def test_windows_go_by_their_own_values_where_training_says_nothing():
    trained = np.array([10.0, 0.0, 30.0]), np.array([4.0, 0.0, 8.0])
    x = np.array([[1.0, 3.0], [0.0, 0.0], [NAN, NAN], [NAN, NAN], [NAN, 5.0], [NAN, 7.0]])
    shift, scale = own_scales(x, np.array([1, 1, 1, -1, -1, 1]), trained, "standard")
    assert shift.tolist() == [2.0, 0.0, 0.0, 10.0, 5.0, 7.0]  # unknown and empty: the median, 10
    # Moving 1; zeros 0.001 of the usual spread, 6; one value of an unknown series at most itself.
    assert scale == pytest.approx([1.0, 0.006, 0.006, 6.0, 5.0, 0.007])


def test_number_of_an_unknown_series_is_the_median():
    assert of_series(np.array([1.0, 2.0, 9.0]), np.array([2, -1, 0])).tolist() == [9.0, 2.0, 1.0]
    assert of_series(np.array([1.0, 9.0]), np.array([1, 0])).tolist() == [9.0, 1.0]


def test_level_and_last_of_a_series_are_those_of_its_last_values():
    x = np.concatenate([np.arange(1.0, 13.0), [NAN], [-4.0, 4.0], [NAN], [0.0]])
    offsets = np.array([0, 13, 15, 16, 17])
    shift, scale = fit_recent(x, offsets, "level", 2)
    assert shift.tolist() == [0.0] * 4
    assert scale.tolist() == [7.5, 4.0, 5.75, 5.75]  # 3 .. 12, the last ten; no value, or only 0: the median
    shift, scale = fit_recent(x, offsets, "last", 2)
    assert shift.tolist() == [12.0, 4.0, 4.0, 0.0]
    assert scale.tolist() == [1.0] * 4
    assert fit_recent(np.full(2, NAN), np.array([0, 2]), "level", 1)[1].tolist() == [1.0]


def test_channel_never_observed_is_neutral():
    shift, scale = channel_scales(np.array([[1.0, NAN], [3.0, NAN]]))
    assert (shift.tolist(), scale.tolist()) == ([2.0, 0.0], [1.0, 1.0])


@pytest.mark.parametrize(("name", "expected"), [("level", 1804 / 6), ("last", 303.0)])
def test_window_without_a_value_is_taken_at_the_level_of_its_series(name, expected):
    source = source_of(panel_of([302.0, 298, 302, 298, 302, NAN, NAN, 302], [1.0, 2, 3, 4]), [name])
    _, steps = source.gather(np.flatnonzero(source.windows.starts == 5))
    assert steps[0].undo(np.ones((1, 1)))[0, 0] == pytest.approx(expected)


def test_targets_that_never_move_have_a_small_scale():
    source = with_scales(source_of(panel_of([42.0] * 8), ["level", "log"]))
    assert source.normaliser.target_scale == (0.0, 1e-3)
    assert source.normaliser.input_scale == (0.0, 1.0)
