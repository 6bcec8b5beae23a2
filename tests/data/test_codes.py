from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.data.codes import encode

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


def code(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """Code of each row, and the names."""
    codes, lengths, names = encode(column)
    return (codes if lengths is None else np.repeat(codes, lengths)), names


def check(fields: list[str], n_blocks: int = 1) -> None:
    """Codes and names against those of a dictionary in plain Python."""
    blocks = [fields[block::n_blocks] for block in range(n_blocks)]
    codes, names = code(pa.chunked_array([pa.array(block, pa.string()) for block in blocks]))
    joined = [field for block in blocks for field in block]
    places = {name: place for place, name in enumerate(dict.fromkeys(joined))}
    assert names.to_pylist() == list(places)
    assert codes.dtype == np.int64 and codes.tolist() == [places[field] for field in joined]


@given(st.lists(WORDS, min_size=1, max_size=30))
def test_texts_of_any_length_have_the_place_of_their_first(fields: list[str]) -> None:
    check(fields)
    check(sorted(fields * 3))


@pytest.mark.parametrize(
    "fields", [["a", "a\0"], ["\0", ""], ["", ""], ["12345678", "1234567"], ["é" * 4, "é" * 5]]
)
def test_texts_are_not_taken_for_their_beginnings(fields: list[str]) -> None:
    check(fields * 2)


def test_fields_that_rise_or_fall_have_the_place_of_their_first() -> None:
    rising = [name for name in ("a", "b", "ba", "c", "é") for _ in range(3)]
    check(rising)
    check(rising, n_blocks=2)
    check(rising[::-1])
    check([*rising, "a"])
    check(["a"] * 5)


@pytest.mark.parametrize("name", ["s{}", "series-number-{}"])
def test_many_rows_in_blocks_have_one_dictionary(name: str) -> None:
    random = np.random.default_rng(0)
    numbers = random.integers(0, 70_000, 600_000)
    check([name.format(number) for number in numbers], n_blocks=3)
    check([name.format(number) for number in np.sort(numbers)])


def test_numbers_are_named_by_their_digits() -> None:
    codes, names = code(pa.chunked_array([pa.array([7, -3, 7])]))
    assert (codes.tolist(), names.to_pylist()) == ([0, 1, 0], ["7", "-3"])


def test_rows_of_a_slice_are_those_of_the_slice() -> None:
    column = pa.chunked_array([pa.array(["a", "bb", "ccc", "bb"]).slice(1)])
    codes, names = code(column)
    assert (codes.tolist(), names.to_pylist()) == ([0, 1, 0], ["bb", "ccc"])
