from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.config.data_settings import DataSettings
from forecaster.data.numbers import read_numbers
from forecaster.data.panel import Note
from forecaster.data.read import read_table
from forecaster.errors import DataError


def read(*fields: str, delimiter: str = ",") -> tuple[np.ndarray, tuple[Note, ...]]:
    lines = [f"name{delimiter}value", *(f"n{delimiter}{field}" for field in fields)]
    table = read_table(io.BytesIO("\n".join(lines).encode()), DataSettings())
    return read_numbers(table, "value")


def test_numbers_are_read_as_written() -> None:
    numbers, notes = read("1", "+5", " .5 ", "-2.5e3", "1.")
    np.testing.assert_array_equal(numbers, [1, 5, 0.5, -2500, 1])
    assert numbers.dtype == np.float64 and notes == ()


@pytest.mark.parametrize("word", ["", "NA", "NaN", "null", "-", "None", "N/A", "?"])
@pytest.mark.parametrize("other", ["2", "+2"])
def test_spellings_of_missing_are_nan(word: str, other: str) -> None:
    np.testing.assert_array_equal(read(word, other)[0], [np.nan, 2])


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("abc", "is not a number. Correct it, or leave the field empty if the value is missing."),
        ('"1,234"', "is not a number. Write it without thousands separators."),
        ("1_000", "is not a number. Write it without thousands separators."),
        ("1\u00a0000", "is not a number. Write it without thousands separators."),
        ("12%", "is not a number. Write it without the percent sign."),
        ("$3", "is not a number. Write it without the currency sign."),
        ('"1,5"', "is not a number. Write it with a decimal point."),
        ("−5", "is not a number. Write the minus as -."),
        ("٣", "is not a number. Write it with the digits 0 to 9."),
        ("0x1F", "is not a number. Write it with the digits 0 to 9."),
        ("=1+1", "is not a number. Save the file with values in place of formulas."),
        ("true", "is not a number. Write 1 and 0, or name another column with --target."),
        ("inf", "is not a finite number. Correct it, or leave the field empty."),
        ("-Infinity", "is not a finite number. Correct it, or leave the field empty."),
        ("1e400", "is not a finite number. Correct it, or leave the field empty."),
    ],
)
def test_what_is_not_a_number_is_an_error_with_its_line(field: str, what: str) -> None:
    with pytest.raises(DataError) as caught:
        read("1", field, "2")
    bare = field.strip('"')
    assert str(caught.value) == f"data, line 3, column 'value': '{bare}' {what}"


def test_column_of_flags_is_no_number() -> None:
    with pytest.raises(DataError, match="line 2, column 'value': 'true' is not a number"):
        read("true", "false")


def test_column_without_values_is_an_error() -> None:
    with pytest.raises(DataError, match="column 'value' holds no value"):
        read("", "NA")


def test_decimal_comma_beyond_the_sample_is_read_and_noted() -> None:
    numbers, notes = read(*["1"] * 100, "2,5", delimiter=";")
    assert numbers[-1] == 2.5
    assert notes[0].code == "decimal_comma"


def test_thousands_in_a_semicolon_file_are_an_error() -> None:
    with pytest.raises(DataError, match=r"'1\.234,5' is not a number\. Write it without thousands"):
        read("1.234,5", "2,5", delimiter=";")


def test_integers_too_large_to_be_exact_are_counted() -> None:
    assert read("9007199254740993", "1")[1][0].count == 1
    assert read("9007199254740992", "1")[1] == ()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_any_float_survives_the_file(values: list[float]) -> None:
    np.testing.assert_array_equal(read(*(repr(value) for value in values))[0], values)
