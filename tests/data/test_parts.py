from __future__ import annotations

import numpy as np
import pytest

from forecaster.data.parts import PART, are_multiples, count_multiples, in_parts, in_series, take_rows


@pytest.mark.parametrize("n_rows", [0, 1, 1 << 18, (1 << 18) + 1, 1_000_000])
def test_parts_cover_all_rows_in_order(n_rows: int) -> None:
    parts = in_parts(lambda part: np.arange(n_rows)[part], n_rows)
    np.testing.assert_array_equal(np.concatenate([np.empty(0, int), *parts]), np.arange(n_rows))


@pytest.mark.parametrize(
    ("lengths", "n_parts"),
    [
        ([3], 1),
        ([0, 2, 0], 1),
        ([PART], 1),
        ([PART + 5, 1], 1),
        ([PART, 1], 2),
        ([1] * (2 * PART + 1), 3),
        ([0] * 4, 1),
    ],
)
def test_parts_are_of_whole_series_in_order(lengths: list[int], n_parts: int) -> None:
    offsets = np.append(0, np.cumsum(lengths))
    parts = in_series(lambda series, rows: (series, rows), offsets)
    assert len(parts) == n_parts
    assert [rows for _, rows in parts] == [slice(offsets[s.start], offsets[s.stop]) for s, _ in parts]
    seen = [one for series, _ in parts for one in range(series.start, series.stop)]
    assert seen == (list(range(len(lengths))) if parts else [])


def test_an_error_in_one_part_is_that_of_all() -> None:
    def work(part: slice) -> None:
        if part.start:
            raise ValueError(part.start)

    with pytest.raises(ValueError, match=str(PART)):
        in_parts(work, PART + 1)


def test_lengths_are_counted_from_the_first_row_of_a_series() -> None:
    numbers, offsets = np.array([5, 11, 8, 2, 2]), np.array([0, 3, 5])
    found = count_multiples(numbers, offsets, 3)
    assert found is not None and found.tolist() == [0, 2, 1, 0, 0]
    assert count_multiples(numbers, offsets, 2) is None


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
