from __future__ import annotations

import pytest

from forecaster.data.lines import find_fault, find_line
from forecaster.data.text import open_text


def test_line_counts_blank_lines_and_newlines_in_quotes() -> None:
    text = open_text("f.csv", b'# c\na,b\n1,"x\ny"\n\r\n2,z\n', None)
    assert [find_line(text, row) for row in (0, 1)] == [3, 6]


def test_blank_line_of_a_single_column_is_a_row() -> None:
    text = open_text("f.csv", b"a\n1\n\n3\n", None)
    assert find_line(text, 2) == 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b\n1,2\n1,2,3\n", "f.csv, line 3: 3 fields, but the header names 2 columns. Remove what is too"),
        (b"a,b\n1,2\n\n1\n", "f.csv, line 4: 1 field, but the header names 2 columns. Complete the row"),
        (b'a,b\n1,2\n"1,2\n3,4\n', "f.csv, line 3: a quote is opened and never closed. Close or remove it."),
        (b"a,b\n1," + b"9" * 200_000 + b"\n", "f.csv, line 2: a field is too long"),
    ],
)
def test_fault_names_the_physical_line(data: bytes, message: str) -> None:
    assert str(find_fault(open_text("f.csv", data, None))).startswith(message)


def test_file_in_order_has_no_fault() -> None:
    assert find_fault(open_text("f.csv", b'a,b\n1,5"\n', None)) is None
