from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.windows.gather import WindowSource
from forecaster.windows.marks import gather_marks, gather_next_marks
from forecaster.windows.transforms import fit_normaliser
from forecaster.windows.windows import windows_at
from tests.windows.test_windows import everything, panel_of


@pytest.fixture
def marked() -> Panel:
    """Two series with marks x y ? x and y y; the question mark is not known."""
    panel = panel_of([1.0, 2, 3, 4], [5.0, 6])
    return replace(panel, marks=np.array([0, 1, -1, 0, 1, 1]), mark_names=("x", "y"))


def test_marks_count_from_one_and_never_cross_series(marked: Panel) -> None:
    windows = windows_at(marked, np.array([0, 2, 3, 4]), look_back=3, horizon=1)
    found = gather_marks(marked, windows)
    assert found is not None and found.dtype == np.int32
    assert found.tolist() == [[0, 0, 1], [1, 2, 0], [2, 0, 1], [0, 0, 2]]


def test_next_mark_is_that_of_the_target_where_it_came_and_is_known(marked: Panel) -> None:
    windows = windows_at(marked, np.array([0, 1, 2, 3, 4, 5]), look_back=1, horizon=1)
    found = gather_next_marks(marked, windows)
    assert found is not None and found.dtype == np.int32
    assert found[:, 0].tolist() == [2, 0, 1, 0, 2, 0]
    cut = replace(windows, limits=np.array([1, 6]))  # nothing is known of the first series from row 1 on
    found = gather_next_marks(marked, cut)
    assert found is not None and found[:, 0].tolist() == [0, 0, 0, 0, 2, 0]


def test_batches_hold_marks_only_where_there_are_any(marked: Panel) -> None:
    windows = windows_at(marked, np.array([1, 4]), look_back=2, horizon=1)
    normaliser = fit_normaliser(marked, everything(marked), ("standard",), scope="panel", residual="none")
    batch, _ = WindowSource(marked, windows, normaliser, np.arange(2)).gather_all()
    assert batch.marks is not None and batch.marks.tolist() == [[1, 2], [0, 2]]
    assert batch.next_mark is not None and batch.next_mark.tolist() == [[0], [2]]
    assert sorted(batch.inputs) == ["marks", "observed", "past"]
    assert batch.take(slice(1, 2)).inputs["marks"].tolist() == [[0, 2]]
    without = replace(marked, marks=None, mark_names=())
    batch, _ = WindowSource(without, windows, normaliser, np.arange(2)).gather_all()
    assert batch.marks is None and batch.next_mark is None
    assert sorted(batch.inputs) == ["observed", "past"]


def test_later_marks_change_no_earlier_window(marked: Panel) -> None:
    windows = windows_at(marked, np.array([1]), look_back=2, horizon=1)
    assert marked.marks is not None
    later = replace(marked, marks=np.where(np.arange(6) > 1, 1, marked.marks))
    before, after = gather_marks(marked, windows), gather_marks(later, windows)
    assert before is not None and after is not None and (before == after).all()
