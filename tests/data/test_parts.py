from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from forecaster.data.parts import (
    PART,
    are_multiples,
    cast_rows,
    count_multiples,
    in_parts,
    in_series,
    positive_median,
    take_rows,
)


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


@pytest.mark.parametrize(
    ("numbers", "median"),
    [
        ([5], 5.0),
        ([2, 5], 3.5),
        ([0, 0, 0, 7, 3], 5.0),
        ([-9, 4, 1, 2], 2.0),
        ([2**62, 2**62], 2.0**62),
        ([float("nan"), 0.5, 1.5, float("inf")], 1.5),
        ([float("nan"), -1.0, 0.5, 1.5], 1.0),
    ],
)
def test_the_median_above_zero_leaves_out_the_others(numbers: list[float], median: float) -> None:
    assert positive_median(np.array(numbers)) == median


@pytest.mark.parametrize("n_rows", [PART + 1, 2 * PART + 10])
def test_the_median_of_many_is_that_of_numpy(n_rows: int) -> None:
    random = np.random.default_rng(0)
    whole = random.integers(-(10**6), 10**7, n_rows)
    real = np.where(random.random(n_rows) < 0.1, np.nan, random.normal(0, 1, n_rows))
    alike = np.where(random.random(n_rows) < 0.7, 5, whole)
    split = np.where(np.arange(n_rows) % 2, 1, 10**9)  # the two in the middle are far from each other
    for numbers in (whole, real, alike, split, np.arange(n_rows), np.zeros(n_rows)):
        positive = numbers[numbers > 0]
        expected = np.median(positive) if len(positive) else np.nan
        np.testing.assert_equal(positive_median(numbers), expected)


@pytest.mark.parametrize("numbers", [[], [0, -1], [float("nan"), 0.0]])
def test_nothing_above_zero_has_no_median(numbers: list[float]) -> None:
    assert np.isnan(positive_median(np.array(numbers)))


def test_columns_of_any_blocks_are_cast_in_their_order() -> None:
    seconds = pa.array(np.arange(PART + 5), pa.timestamp("s"))
    column = pa.chunked_array([seconds.slice(0, 7), seconds.slice(7)])
    expected = np.arange(PART + 5).astype("datetime64[s]").astype("datetime64[ns]")
    np.testing.assert_array_equal(cast_rows(column, pa.timestamp("ns")), expected)
    numbers = cast_rows(pa.chunked_array([[1, None], [3]]), pa.float64())
    np.testing.assert_array_equal(numbers, [1.0, np.nan, 3.0])
    with pytest.raises(pa.ArrowInvalid):
        cast_rows(pa.chunked_array([pa.array([2**40], pa.timestamp("s"))]), pa.timestamp("ns"))
