from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.config.data_settings import DataSettings
from forecaster.data.read import read_table
from forecaster.data.rows import Ids, radix_order, read_ids, sort_rows
from forecaster.errors import DataError


def ids(*names: str) -> Ids:
    lines = ["id,value", *(f"{name},1" for name in names)]
    return read_ids(read_table(io.BytesIO("\n".join(lines).encode()), DataSettings()), "id")


def test_ids_are_in_the_order_of_first_appearance() -> None:
    found = ids("b", "a", "b", "NA", "007")
    assert found.names.tolist() == ["b", "a", "NA", "007"]
    assert found.codes is not None and found.codes.tolist() == [0, 1, 0, 2, 3]


def test_blanks_around_ids_are_left_out_and_counted() -> None:
    found = ids("b", " a", "a", "b ")
    assert found.names.tolist() == ["b", "a"]
    assert found.codes is not None and found.codes.tolist() == [0, 1, 1, 0]
    assert [(note.code, note.count) for note in found.notes] == [("trimmed", 2)]


def test_missing_id_is_an_error_with_its_line() -> None:
    with pytest.raises(DataError, match=r"data, line 3, column 'id': no id \(2 rows have none\)\. Complete"):
        ids("a", "", "b", " ")


def test_ids_over_many_blocks_are_one_set() -> None:
    names = [f"n{row % 5000}" for row in range(300_000)]
    found = ids(*names)
    assert len(found.names) == 5000
    assert found.codes is not None
    np.testing.assert_array_equal(found.codes, np.arange(300_000) % 5000)


def test_rows_of_runs_are_ordered_like_rows() -> None:
    found = ids("b", "b", "b", "a", "a", "a", "b", "c", "c")
    assert found.lengths is not None and found.lengths.tolist() == [3, 3, 1, 2]
    order = sort_rows(found, np.arange(9), 9)
    assert order.rows is not None and order.rows.tolist() == [0, 1, 2, 6, 3, 4, 5, 7, 8]
    assert order.offsets.tolist() == [0, 4, 7, 9]
    with pytest.raises(ValueError, match="no codes"):
        _ = Ids(None, np.array(["series"])).codes


def test_rows_in_order_are_not_moved() -> None:
    order = sort_rows(Ids(np.array([0, 0, 1]), np.array(["a", "b"])), np.array([3, 4, 1]), 3)
    assert order.rows is None and order.notes == ()
    assert order.offsets.tolist() == [0, 2, 3]


def test_series_that_alternate_are_not_called_unsorted() -> None:
    order = sort_rows(Ids(np.array([0, 1, 0, 1]), np.array(["a", "b"])), np.array([1.0, 1.0, 2.0, 2.0]), 4)
    assert order.rows is not None and order.rows.tolist() == [0, 2, 1, 3]
    assert order.notes == ()


def test_descending_rows_are_sorted_and_counted() -> None:
    days = np.array(["2020-01-03", "2020-01-02", "2020-01-01"], dtype="datetime64[ns]")
    order = sort_rows(Ids(None, np.array(["series"])), days, 3)
    assert order.take(np.arange(3)).tolist() == [2, 1, 0]
    assert [(note.code, note.count) for note in order.notes] == [("sorted", 2)]
    assert order.row(0) == 2


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=50),
    st.sampled_from(["int64", "float64", "datetime64[ns]"]),
)
def test_sorting_is_that_of_numpy(rows: list[tuple[int, int]], kind: str) -> None:
    codes = np.unique([code for code, _ in rows], return_inverse=True)[1]
    times = np.array([time for _, time in rows])
    if kind == "datetime64[ns]":
        times = np.clip(times, -(2**62), 2**62)
    times = times.astype(kind)
    order = sort_rows(Ids(codes, np.unique(codes)), times, len(rows))
    expected = np.lexsort((times, codes))
    np.testing.assert_array_equal(order.take(np.arange(len(rows))), expected)


@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=40))
def test_radix_order_is_the_stable_order(keys: list[int]) -> None:
    array = np.array(keys, dtype=np.int64)
    np.testing.assert_array_equal(radix_order(array), np.argsort(array, kind="stable"))


@pytest.mark.parametrize("scale", [1.0, 0.001, 1 / 3])
def test_real_times_of_many_series_are_sorted(scale: float) -> None:
    random = np.random.default_rng(0)
    codes = np.append(np.arange(50), random.integers(0, 50, 4950))
    times = random.integers(-500, 500, 5000) * scale
    order = sort_rows(Ids(codes, np.unique(codes)), times, 5000)
    np.testing.assert_array_equal(order.take(np.arange(5000)), np.lexsort((times, codes)))
