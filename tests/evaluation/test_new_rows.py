from __future__ import annotations

import numpy as np
import pytest

from forecaster.errors import DataError
from forecaster.evaluation.new_rows import new_span
from tests.windows.test_windows import panel_of


def test_new_rows_are_those_after_the_last_one_trained_on() -> None:
    panel = panel_of([1.0, 2, 3, 4], [5.0, 6], [7.0, 8, 9])
    steps = np.array([0, 1, 2, 3, 0, 1, 0, 1, 2])
    panel = type(panel)(**{**vars(panel), "times": steps})
    # the first was trained on up to step 1, the second is new, the third was trained on up to its end
    span = new_span(panel, np.array([1, -1, 0]), np.array([2, 1]))
    assert span.begins.tolist() == [2, 4, 9]
    assert span.ends.tolist() == [4, 6, 9]
    assert span.n_rows == 4


def test_a_file_without_new_rows_is_refused() -> None:
    panel = panel_of([1.0, 2, 3])
    panel = type(panel)(**{**vars(panel), "times": np.arange(3), "source": "old.csv"})
    with pytest.raises(DataError, match=r"^old.csv: no row is later"):
        new_span(panel, np.array([0]), np.array([2]))
