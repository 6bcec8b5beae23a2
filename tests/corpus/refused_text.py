"""Files whose text is refused before any field is looked at, each with its message."""

# ruff: noqa: E501 - a message stands in one line, to be searched for

from __future__ import annotations

from tests.corpus.cases import DAYS, ROWS, Case, csv, field

REFUSED = (
    Case("empty", b"", "d.csv: the file is empty. Bring a file with a header line and rows."),
    Case(
        "only blank lines", b"\n\n  \n", "d.csv: the file is empty. Bring a file with a header line and rows."
    ),
    Case(
        "only a blank that is not plain",
        "\u00a0\n".encode(),
        "d.csv: the file is empty. Bring a file with a header line and rows.",
    ),
    Case("header only", b"ds,y\n", "d.csv: there are no rows under the header. Bring a file with rows."),
    Case(
        "only a byte order mark",
        b"\xef\xbb\xbf",
        "d.csv: the file is empty. Bring a file with a header line and rows.",
    ),
    Case(
        "UTF-16 without a mark",
        csv("ds,y", *ROWS).decode().encode("utf-16-le"),
        "d.csv, line 1: a NUL byte; this is no text, or UTF-16 without its mark. Name its encoding with --encoding.",
    ),
    Case(
        "UTF-16 cut in a letter",
        csv("ds,y", *ROWS).decode().encode("utf-16")[:-1],
        "d.csv: byte 0x0a at offset 738 is not utf-16. Name another with --encoding.",
    ),
    Case(
        "Latin-1",
        csv("ds,y,café", *(row + ",x" for row in ROWS)).decode().encode("latin-1"),
        "d.csv: byte 0xe9 at offset 8 is not UTF-8. Name the encoding, such as --encoding latin-1.",
    ),
    Case(
        "encoding that is none",
        csv("ds,y", *ROWS),
        "--encoding klingon is not known. Use a name such as utf-8, gb18030 or latin-1.",
        options=("--encoding", "klingon"),
    ),
    Case(
        "NUL",
        field("1\0"),
        "d.csv, line 6: a NUL byte; this is no text, or UTF-16 without its mark. Name its encoding with --encoding.",
    ),
    Case(
        "unclosed quote",
        field('"4'),
        "d.csv, line 6: a quote is opened and never closed. Close or remove it.",
    ),
    Case(
        "quote inside a number",
        field('4"'),
        "d.csv, line 6, column 'y': '4\"' is not a number. Correct it, or leave the field empty if the value is missing.",
    ),
    Case(
        "comma with decimal comma",
        csv("ds,y", *(f"{day},1,5" for day in DAYS)),
        "d.csv, line 2: 3 fields, but the header names 2 columns. Remove what is too much, or put quotes around a text that holds a comma.",
    ),
    Case(
        "quoted decimal comma",
        field('"1,5"'),
        "d.csv, line 6, column 'y': '1,5' is not a number. Write it with a decimal point.",
    ),
    Case(
        "sep= line of another character",
        b"sep=;\n" + csv("ds,y", *ROWS),
        "d.csv, line 2: a comma separates the columns, but the line above names a semicolon. Correct the line with sep=, or remove it.",
    ),
    Case(
        "sep=| line",
        b"sep=|\n" + csv("ds|y", *(f"{day}|1" for day in DAYS)),
        "d.csv, line 1: '|' separates the columns. Save the file with a comma, a tab or a semicolon between them.",
    ),
    Case(
        "bar between columns",
        csv("ds|y", *(f"{day}|1" for day in DAYS)),
        "d.csv, line 1: '|' separates the columns. Save the file with a comma, a tab or a semicolon between them.",
    ),
    Case(
        "comma and semicolon",
        csv("ds,a;b,y", *(f"{day},1;2,3" for day in DAYS)),
        "d.csv, line 1: both comma and semicolon could separate the columns. Use one of them only, or put quotes around the texts that hold the other.",
    ),
    Case(
        "error below a preamble",
        b"# source: us\n" + field("x"),
        "d.csv, line 7, column 'y': 'x' is not a number. Correct it, or leave the field empty if the value is missing.",
    ),
    Case(
        "title above the header",
        b"Sales report 2020\n\n" + csv("ds,y", *ROWS),
        "d.csv, line 3: 2 fields, but the header names 1 column. Remove the lines above the names of the columns, or begin each with #.",
    ),
    Case(
        "comment between rows",
        csv("ds,y", *ROWS[:5], "# a remark", *ROWS[5:]),
        "d.csv, line 7: 1 field, but the header names 2 columns. Complete the row or remove it.",
    ),
    Case(
        "no header",
        csv(*ROWS),
        "d.csv, line 1: the first row is data (2020-01-01, 1), not column names. Add a header line, such as time,value.",
    ),
    Case(
        "duplicate header",
        csv("ds,y,y", *(row + ",1" for row in ROWS)),
        "d.csv, line 1: column 'y' is there 2 times. Give every column a name of its own.",
    ),
    Case(
        "column without a name",
        csv("ds,", *ROWS),
        "d.csv, line 1: column 2 has no name. Write one in the header.",
    ),
    Case(
        "trailing commas below the header",
        csv("ds,y", *(row + "," for row in ROWS)),
        "d.csv, line 2: 3 fields, but the header names 2 columns. Remove the comma at its end, or end the header with one too.",
    ),
    Case(
        "extra field in the first row",
        csv("ds,y", ROWS[0] + ",9", *ROWS[1:]),
        "d.csv, line 2: 3 fields, but the header names 2 columns. Remove what is too much, or put quotes around a text that holds a comma.",
    ),
    Case(
        "longer row",
        csv("ds,y", *ROWS[:9], ROWS[9] + ",9", *ROWS[10:]),
        "d.csv, line 11: 3 fields, but the header names 2 columns. Remove what is too much, or put quotes around a text that holds a comma.",
    ),
    Case(
        "shorter row",
        csv("ds,y,x", *(row + ",1" for row in ROWS[:9]), ROWS[9]),
        "d.csv, line 11: 2 fields, but the header names 3 columns. Complete the row or remove it.",
    ),
    Case(
        "header again",
        csv("ds,y", *ROWS[:5], "ds,y", *ROWS[5:]),
        "d.csv, line 7, column 'y': 'y' is not a number. Correct it, or leave the field empty if the value is missing.",
    ),
    Case(
        "line of totals",
        csv("ds,y", *ROWS, "Total,80"),
        "d.csv, line 30, column 'ds': 'Total' is not a timestamp. Write it as 2021-12-04T09:30.",
    ),
)
