from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from forecaster.config.data_settings import DataSettings
from forecaster.data.read import read_table
from forecaster.data.table import Table
from forecaster.errors import DataError

Write = Callable[..., Path]


def read(data: str) -> Table:
    return read_table(io.BytesIO(data.encode()), DataSettings())


def test_columns_are_typed_and_ids_stay_text() -> None:
    table = read("id,date,value\n007,2020-01-01,1\n7,2020-01-02,2.5\n")
    assert [str(column.type) for column in table.columns.values()] == ["string", "date32[day]", "double"]
    assert table.columns["id"].to_pylist() == ["007", "7"]


def test_column_named_as_id_stays_text() -> None:
    table = read_table(io.BytesIO(b"shop,value\n01,1\n"), DataSettings(id="shop"))
    assert table.columns["shop"].to_pylist() == ["01"]
    assert (
        read_table(io.BytesIO(b"shop,value\n01,1\n"), DataSettings(), ["shop"]).columns["shop"][0].as_py()
        == "01"
    )


def test_place_and_field_are_those_of_the_file(write_csv: Write) -> None:
    path = write_csv("a,b", "1,x", "", "2, 1e400 ")
    table = read_table(path, DataSettings())
    assert table.place(1, "b") == f"{path}, line 4, column 'b'"
    assert table.field(1, "b") == " 1e400 "


def test_unnamed_columns_are_left_out_when_empty_or_counting() -> None:
    table = read(",value,\n0,5,\n1,6,\n")
    assert list(table.columns) == ["value"]
    assert [note.code for note in table.notes] == ["row_numbers", "empty_columns"]
    with pytest.raises(DataError, match=r"data, line 1: column 1 has no name\. Write one in the header"):
        read(",value\nx,5\n")


def test_hexadecimal_is_not_taken_for_a_number() -> None:
    assert str(read("id,value\na0x,0x1F\nb,2\n").columns["value"].type) == "string"
    assert str(read("id,value\na0x,1\nb,2\n").columns["value"].type) == "int64"


def test_blank_lines_of_a_single_column_are_missing_but_not_at_the_end() -> None:
    assert read("value\n1\n\n3\n\n\n").columns["value"].to_pylist() == [1, None, 3]


@pytest.mark.parametrize("data", ["date,value", "date,value\n", "value\n\n\n"])
def test_header_alone_is_an_error(data: str) -> None:
    with pytest.raises(DataError, match=r"data: there are no rows under the header\. Bring a file with rows"):
        read(data)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_is_read(end: str) -> None:
    assert read(f"a,b{end}1,2{end}3,4{end}").columns["b"].to_pylist() == [2, 4]


def test_sources_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nope\.csv: there is no such file\. Check the path"):
        read_table("nope.csv", DataSettings())
    with pytest.raises(DataError, match="this is a folder"):
        read_table(tmp_path, DataSettings())
    with pytest.raises(DataError, match=r"data: the file is empty"):
        read_table(io.BytesIO(b""), DataSettings())
    with pytest.raises(TypeError, match="cannot read a table from int"):
        read_table(3, DataSettings())


def test_standard_input_is_called_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b"a\n1\n")

    monkeypatch.setattr("sys.stdin", Stdin())
    table = read_table("-", DataSettings())
    assert (table.source, table.place(0)) == ("stdin", "stdin, line 2")


def test_row_too_long_is_an_error_with_its_line() -> None:
    with pytest.raises(DataError, match=r"data, line 3: 3 fields, but the header names 2 columns"):
        read("a,b\n1,2\n3,4,5\n")


def test_name_of_a_column_may_span_lines() -> None:
    table = read('"a\nb",c\n1,"x"\n3,"y"\n')
    assert {name: column.to_pylist() for name, column in table.columns.items()} == {
        "a\nb": [1, 3],
        "c": ["x", "y"],
    }


def test_odd_quote_inside_a_field_is_text() -> None:
    assert read('id,value\n5" pipe,2\n').columns["id"].to_pylist() == ['5" pipe']


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_newlines_in_quotes_are_kept_where_blocks_of_a_large_file_meet(end: str) -> None:
    n_rows = 200_000
    lines = ["name,y", *(f'"a{end}{row}, and some words",{row}' for row in range(n_rows))]
    table = read_table(io.BytesIO(end.join(lines).encode()), DataSettings())
    assert table.n_rows == n_rows
    np.testing.assert_array_equal(table.columns["y"].to_numpy(), np.arange(n_rows))
    assert table.columns["name"][n_rows - 1].as_py() == f"a{end}{n_rows - 1}, and some words"


def test_quoted_ids_of_a_large_file_are_read() -> None:
    lines = ["id,y", *(f'"s{row % 7}",{row}' for row in range(200_000))]
    table = read_table(io.BytesIO("\n".join(lines).encode()), DataSettings())
    np.testing.assert_array_equal(table.columns["y"].to_numpy(), np.arange(200_000))
    assert table.columns["id"][199_999].as_py() == f"s{199_999 % 7}"
