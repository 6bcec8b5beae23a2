import numpy as np
import pytest

from tests.windows.test_windows import panel_of


def test_rows_taken_are_those_between_the_cuts_of_every_series():
    random = np.random.default_rng(0)
    lengths = random.integers(0, 6, 50)
    panel = panel_of(*[list(random.normal(size=length)) for length in lengths])
    begins = panel.offsets[:-1] + random.integers(0, 3, 50)  # beyond the end of some
    ends = np.minimum(begins + random.integers(-1, 4, 50), panel.offsets[1:])
    taken = panel.take(begins, ends)
    runs = [np.arange(begin, end) for begin, end in zip(begins, ends, strict=True)]
    assert taken.lengths.tolist() == [len(run) for run in runs]
    np.testing.assert_array_equal(taken.y, panel.y[np.concatenate(runs)])
    np.testing.assert_array_equal(taken.times, panel.times[np.concatenate(runs)])


def test_a_panel_of_which_all_is_taken_is_not_copied():
    panel = panel_of([1.0, 2.0], [], [3.0])
    taken = panel.take(panel.offsets[:-1], panel.offsets[1:])
    assert np.shares_memory(taken.values, panel.values)
    assert taken.offsets.tolist() == panel.offsets.tolist()


@pytest.mark.parametrize("begin", [0, 2])
def test_nothing_can_be_taken(begin: int):
    panel = panel_of([1.0, 2.0])
    taken = panel.take(np.array([begin]), np.array([0]))
    assert (taken.n_rows, taken.offsets.tolist()) == (0, [0, 0])
