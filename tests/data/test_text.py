from __future__ import annotations

import gzip

import pytest

from forecaster.data.text import Text, open_text, unzip
from forecaster.errors import ConfigError, DataError

ROWS = "date,value\n2020-01-01,1\n"


def read(data: str | bytes, encoding: str | None = None) -> Text:
    return open_text("f.csv", data.encode() if isinstance(data, str) else data, encoding)


def codes(text: Text) -> list[tuple[str, int | None]]:
    return [(note.code, note.count) for note in text.notes]


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-8"])
def test_encodings_with_a_mark_are_read(mark: str) -> None:
    text = read(ROWS.encode(mark))
    assert text.header == ("date", "value")
    assert codes(text) == ([("encoding", None)] if mark == "utf-16" else [])


def test_gb18030_is_found_and_said() -> None:
    text = read("用户,消费时间\n张三,2020-01-01\n".encode("gb18030"))
    assert text.header == ("用户", "消费时间")
    assert text.notes[0].text == (
        "read as GB18030, because byte 0xd3 at offset 0 is not UTF-8; --encoding names another"
    )


@pytest.mark.parametrize("word", ["Müller", "Café", "Ångström", "naïve"])
def test_latin_text_is_not_taken_for_chinese(word: str) -> None:
    data = f"id,value\n{word},1\n".encode("latin-1")
    with pytest.raises(DataError, match=r"f\.csv: byte 0x.. at offset \d+ is not UTF-8\. Name the encoding"):
        read(data)
    assert word.encode() in bytes(read(data, "latin-1").data)


def test_wrong_and_unknown_encodings_are_refused() -> None:
    with pytest.raises(DataError, match=r"f\.csv: byte 0xe9 at offset 3 is not utf-8\. Name another"):
        read(b"caf\xe9", "utf-8")
    with pytest.raises(ConfigError, match="--encoding foo is not known"):
        read(ROWS, "foo")


def test_nul_byte_is_an_error_with_its_line() -> None:
    with pytest.raises(DataError, match=r"f\.csv, line 2: a NUL byte"):
        read("date,value\n2020\0,1\n")


@pytest.mark.parametrize("data", ["", "\n\n  \n", "# only a comment\n"])
def test_file_without_text_is_empty(data: str) -> None:
    with pytest.raises(DataError, match=r"f\.csv: the file is empty\. Bring a file with a header"):
        read(data)


@pytest.mark.parametrize(
    ("data", "delimiter", "decimal"),
    [
        ("a,b\n1,2\n", ",", "."),
        ("a\tb\n1\t2\n", "\t", "."),
        ("a;b\n1,5;2\n", ";", ","),
        ("a;b\n1.5;2\n", ";", "."),
        ("a\n1\n", ",", "."),
        ('a;"b,c"\n1;2\n', ";", "."),
    ],
)
def test_delimiter_and_decimal_are_found(data: str, delimiter: str, decimal: str) -> None:
    text = read(data)
    assert (text.delimiter, text.decimal) == (delimiter, decimal)


def test_two_possible_delimiters_are_an_error() -> None:
    with pytest.raises(DataError, match=r"line 1: both comma and semicolon could separate"):
        read("a;b,c\n1;5,2\n")


def test_lines_above_the_header_are_left_out_and_counted() -> None:
    text = read("# made by x\n\n# y\n" + ROWS)
    assert (text.first_line, codes(text)) == (4, [("comments", 2)])
    text = read("sep=;\na;b\n1;2\n")
    assert (text.first_line, text.delimiter) == (2, ";")


@pytest.mark.parametrize("data", ["2020-01-01,1\n", "5\n7\n", "A,2020-01-01 10:00,5\n", "1/2/2020;3\n"])
def test_first_row_of_data_is_no_header(data: str) -> None:
    with pytest.raises(DataError, match=r"line 1: the first row is data \(.*\), not column names\. Add a"):
        read(data)


def test_column_there_twice_is_an_error() -> None:
    with pytest.raises(DataError, match=r"line 1: column 'a' is there 2 times"):
        read("a,b, a \n1,2,3\n")


def test_gzip_is_opened_and_damage_is_said() -> None:
    assert unzip("f.gz", memoryview(gzip.compress(b"a\n1\n"))) == b"a\n1\n"
    with pytest.raises(DataError, match=r"f\.gz: the gzip data is damaged"):
        unzip("f.gz", memoryview(gzip.compress(b"a\n1\n" * 99)[:-9]))
    with pytest.raises(DataError, match="this is a workbook or a zip archive"):
        unzip("f.xlsx", memoryview(b"PK\x03\x04"))
