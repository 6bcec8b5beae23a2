"""Files refused for a number, each with its message."""

# ruff: noqa: E501 - a message stands in one line, to be searched for

from __future__ import annotations

from tests.corpus.cases import DAYS, ROWS, Case, csv, field

REFUSED = (
    Case(
        "thousands separators",
        field('"1,234"'),
        "d.csv, line 6, column 'y': '1,234' is not a number. Write it without thousands separators.",
    ),
    Case(
        "thousands with a point and a comma",
        csv("ds;y", *(f"{day};1.234,5" for day in DAYS)),
        "d.csv, line 2, column 'y': '1.234,5' is not a number. Write it without thousands separators.",
    ),
    Case(
        "thousands with blanks in every row",
        csv("ds,kilo", *(f"{day},1 234" for day in DAYS)),
        "d.csv, line 2, column 'kilo': '1 234' is not a number. Write it without thousands separators.",
    ),
    Case(
        "percent",
        field("12%"),
        "d.csv, line 6, column 'y': '12%' is not a number. Write it without the percent sign.",
    ),
    Case(
        "dollar",
        field("$3"),
        "d.csv, line 6, column 'y': '$3' is not a number. Write it without the currency sign.",
    ),
    Case(
        "euro",
        field("3 €"),
        "d.csv, line 6, column 'y': '3 \u20ac' is not a number. Write it without the currency sign.",
    ),
    Case(
        "U+2212",
        field("\u22123"),
        "d.csv, line 6, column 'y': '\u22123' is not a number. Write the minus as -.",
    ),
    Case(
        "non-breaking space",
        field("3\u00a0"),
        "d.csv, line 6, column 'y': '3\xa0' is not a number. Remove the character U+00A0, which cannot be seen.",
    ),
    Case(
        "mark of direction",
        field("\u200e3"),
        "d.csv, line 6, column 'y': '\u200e3' is not a number. Remove the character U+200E, which cannot be seen.",
    ),
    Case(
        "mark in the middle of a file",
        csv("ds,y", *ROWS[:14]) + b"\xef\xbb\xbf" + csv(*ROWS[14:]),
        "d.csv, line 16, column 'ds': '\ufeff2020-01-15' is not a timestamp. Remove the character U+FEFF, which cannot be seen.",
    ),
    Case(
        "Arabic digits",
        field("٣٤"),
        "d.csv, line 6, column 'y': '\u0663\u0664' is not a number. Write it with the digits 0 to 9.",
    ),
    Case(
        "1_000",
        field("1_000"),
        "d.csv, line 6, column 'y': '1_000' is not a number. Write it without thousands separators.",
    ),
    Case(
        "brackets for minus",
        field("(3)"),
        "d.csv, line 6, column 'y': '(3)' is not a number. Correct it, or leave the field empty if the value is missing.",
    ),
    Case(
        "n.a.",
        field("n.a."),
        "d.csv, line 6, column 'y': 'n.a.' is not a number. Correct it, or leave the field empty if the value is missing.",
    ),
    Case(
        "#DIV/0!",
        field("#DIV/0!"),
        "d.csv, line 6, column 'y': '#DIV/0!' is not a number. Correct it, or leave the field empty if the value is missing.",
    ),
    Case(
        "inf",
        field("inf"),
        "d.csv, line 6, column 'y': 'inf' is not a finite number. Correct it, or leave the field empty.",
    ),
    Case(
        "-Infinity",
        field("-Infinity"),
        "d.csv, line 6, column 'y': '-Infinity' is not a finite number. Correct it, or leave the field empty.",
    ),
    Case(
        "1e400",
        field("1e400"),
        "d.csv, line 6, column 'y': '1e400' is not a finite number. Correct it, or leave the field empty.",
    ),
    Case(
        "boolean",
        field("true"),
        "d.csv, line 6, column 'y': 'true' is not a number. Write 1 and 0, or name another column with --target.",
    ),
    Case(
        "only booleans",
        csv("ds,y", *(f"{day},true" for day in DAYS)),
        "d.csv, line 2, column 'y': 'true' is not a number. Write 1 and 0, or name another column with --target.",
    ),
    Case(
        "hexadecimal",
        field("0x1F"),
        "d.csv, line 6, column 'y': '0x1F' is not a number. Write it with the digits 0 to 9.",
    ),
    Case(
        "only hexadecimal",
        csv("ds,y", *(f"{day},0x1F" for day in DAYS)),
        "d.csv, line 2, column 'y': '0x1F' is not a number. Write it with the digits 0 to 9.",
    ),
    Case(
        "formula",
        field("=1+1"),
        "d.csv, line 6, column 'y': '=1+1' is not a number. Save the file with values in place of formulas.",
    ),
)
