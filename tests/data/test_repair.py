from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.data.repair import fill_missing

NAN = np.nan
VALUES = np.array([NAN, 1, NAN, NAN, 4, NAN, NAN, 8, NAN])[:, None]
OFFSETS = np.array([0, 6, 9])


@pytest.mark.parametrize(
    ("how", "expected", "filled", "left"),
    [
        ("none", [NAN, 1, NAN, NAN, 4, NAN, NAN, 8, NAN], 0, 6),
        ("previous", [NAN, 1, 1, 1, 4, 4, NAN, 8, 8], 4, 2),
        ("linear", [NAN, 1, 2, 3, 4, 4, NAN, 8, 8], 4, 2),
        ("zero", [0, 1, 0, 0, 4, 0, 0, 8, 0], 6, 0),
    ],
)
def test_gaps_are_filled_within_a_series(how: str, expected: list[float], filled: int, left: int) -> None:
    values, repairs, warnings = fill_missing(VALUES, OFFSETS, how)
    np.testing.assert_array_equal(values[:, 0], expected)
    assert [(note.code, note.count) for note in repairs] == ([("filled", filled)] if filled else [])
    assert [(note.code, note.count) for note in warnings] == ([("missing_values", left)] if left else [])


@given(st.lists(st.one_of(st.none(), st.integers(-5, 5)), min_size=1, max_size=30))
def test_filling_changes_no_value_that_is_there(values: list[int | None]) -> None:
    array = np.array([NAN if value is None else value for value in values])[:, None]
    offsets = np.array([0, len(values)])
    for how in ("previous", "linear", "zero"):
        filled = fill_missing(array, offsets, how)[0]
        known = ~np.isnan(array)
        np.testing.assert_array_equal(filled[known], array[known])
        first = int(np.argmax(known[:, 0])) if known.any() else len(values)
        assert not np.isnan(filled[first:]).any()
