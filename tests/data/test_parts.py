from __future__ import annotations

import numpy as np
import pytest

from forecaster.data.parts import are_multiples, in_parts, take_rows


@pytest.mark.parametrize("n_rows", [0, 1, 1 << 18, (1 << 18) + 1, 1_000_000])
def test_parts_cover_all_rows_in_order(n_rows: int) -> None:
    parts = in_parts(lambda part: np.arange(n_rows)[part], n_rows)
    np.testing.assert_array_equal(np.concatenate([np.empty(0, int), *parts]), np.arange(n_rows))


def test_taken_rows_are_those_of_numpy() -> None:
    values = np.arange(600_000.0).reshape(-1, 2)
    rows = np.arange(300_000)[::-1].copy()
    np.testing.assert_array_equal(take_rows(values, rows), values[::-1])
    assert take_rows(np.empty((3, 0)), np.array([2, 0])).shape == (2, 0)
    stamps = np.array(["2020-01-02", "2020-01-01"], dtype="datetime64[ns]")
    assert take_rows(stamps, np.array([1])).tolist() == [stamps[1].tolist()]


def test_one_number_that_is_no_multiple_is_found_in_any_part() -> None:
    numbers = np.arange(-300_000, 300_000) * 60
    assert are_multiples(numbers, 60)
    for place in (0, 5000, 599_999):
        other = numbers.copy()
        other[place] += 1
        assert not are_multiples(other, 60)
