"""Files refused for their rows, columns or kind, each with its message."""

# ruff: noqa: E501 - a message stands in one line, to be searched for

from __future__ import annotations

import gzip

from tests.corpus.cases import DAYS, PRICES, ROWS, Case, csv, price, stamps

REFUSED = (
    Case(
        "time missing in some rows",
        stamps(*DAYS[:5], "", "NA", *DAYS[5:]),
        "d.csv, line 7, column 'ds': no timestamp (2 rows have none). Complete the row or remove it.",
    ),
    Case(
        "duplicate stamps",
        stamps(*DAYS[:10], DAYS[9], *DAYS[10:]),
        "d.csv, line 12, column 'ds': '2020-01-10' is there already in this series. Remove the row, use --duplicates first, last, mean or sum, or name the series with --id.",
    ),
    Case(
        "negative interval",
        csv("interval", "3", "4", "-2", "5"),
        "d.csv, line 4, column 'interval': interval -2 is negative. Correct the row, or use --kind values.",
    ),
    Case(
        "id missing in some rows",
        csv("id,ds,y", *(f"a,{row}" for row in ROWS[:5]), f",{ROWS[5]}", f" ,{ROWS[6]}"),
        "d.csv, line 7, column 'id': no id (2 rows have none). Complete the row or remove it.",
    ),
    Case(
        "number of an id missing",
        csv("id,ds,y", *(f"1,{row}" for row in ROWS[:5]), f",{ROWS[5]}"),
        "d.csv, line 7, column 'id': no id. Complete the row or remove it.",
    ),
    Case(
        "truncated in mid-row",
        csv("ds,y", *ROWS)[:-9],
        "d.csv, line 29: 1 field, but the header names 2 columns. Complete the row or remove it.",
    ),
    Case(
        "truncated in a quote",
        csv("ds,y,t", *(row + ',"a b"' for row in ROWS))[:-4],
        "d.csv, line 29: a quote is opened and never closed. Close or remove it.",
    ),
    Case(
        "truncated gzip",
        gzip.compress(csv("ds,y", *ROWS), mtime=0)[:-20],
        "d.csv: the gzip data is damaged (Compressed file ended before the end-of-stream marker was reached). Compress it again.",
    ),
    Case(
        "damaged Parquet",
        b"PAR1 and no more",
        "d.csv: the Parquet data cannot be read (Could not open Parquet input source '<Buffer>': Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file.). Write it again.",
    ),
    Case(
        "workbook",
        b"PK\x03\x04 and more",
        "d.csv: this is a workbook or a zip archive. Save the table as CSV.",
    ),
    Case(
        "old workbook",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100),
        "d.csv: this is a workbook of the old kind. Save the table as CSV.",
    ),
    Case("PDF", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "d.csv: this is a PDF. Save the table as CSV."),
    Case("picture", b"\x89PNG\r\n\x1a\n" + bytes(20), "d.csv: this is a picture. Save the table as CSV."),
    Case(
        "web page",
        b"<!DOCTYPE html>\n<html><body>404</body></html>\n",
        "d.csv: this is a web page or XML. Save the table as CSV.",
    ),
    Case("JSON", b'[{"ds": "2020-01-01", "y": 1}]\n', "d.csv: this is JSON. Save the table as CSV."),
    Case(
        "archive", b"BZh91AY&SY\xaa\xbb", "d.csv: this is an archive other than gzip. Save the table as CSV."
    ),
    Case(
        "column of all NaN",
        csv("ds,y", *(f"{day},NaN" for day in DAYS)),
        "d.csv: column 'y' holds no value. Name another with --target.",
    ),
    Case(
        "two columns that look like time",
        csv("start,end,y", *(f"{day},{day}T10:00,1" for day in DAYS)),
        "d.csv: several columns could be the time: end, start. Name one with --time.",
    ),
    Case(
        "several numbers",
        csv("ds,a,b", *(f"{day},1,2" for day in DAYS)),
        "d.csv: several columns could be the target: a, b. Name one with --target.",
    ),
    Case(
        "no numbers",
        csv("name,place", "a,b", "c,d"),
        "d.csv: no column of numbers; found name, place. Name the target with --target.",
    ),
    Case(
        "target that is not there",
        csv("ds,y", *ROWS),
        "d.csv: column 'sales' is missing; found ds, y. Name the target with --target.",
        options=("--target", "sales"),
    ),
    Case(
        "high below low",
        price("2020-01-05,10,9,12,11"),
        "d.csv, line 6: high 9 is below low 12. Correct the row or remove it.",
    ),
    Case(
        "close above high",
        price("2020-01-05,10,12,9,13"),
        "d.csv, line 6: high 12 is below close 13. Correct the row or remove it.",
    ),
    Case(
        "price of zero",
        price("2020-01-05,0,12,0,10"),
        "d.csv, line 6, column 'open': open 0 is not positive. Correct the row or remove it.",
    ),
    Case(
        "price missing",
        price("2020-01-05,10,,9,10"),
        "d.csv, line 6, column 'high': no price. Correct the row or remove it.",
    ),
    Case(
        "price that is text",
        price("2020-01-05,10,abc,9,10"),
        "d.csv, line 6, column 'high': 'abc' is not a number. Correct it, or leave the field empty if the value is missing.",
    ),
    Case(
        "no close",
        csv("date,open,high,low", "2020-01-01,1,2,1"),
        "d.csv: column 'close' is missing; found date, high, low, open. Add it, or use --kind values with --target.",
        options=("--kind", "ohlc"),
    ),
    Case(
        "price twice",
        csv("date,open,high,low,close", *PRICES[:5], PRICES[4]),
        "d.csv, line 7, column 'date': '2020-01-05' is there already in this series. Remove the row, use --duplicates first or last, or name the series with --id.",
    ),
    Case(
        "control-Z at the end",
        csv("ds,y", *ROWS) + b"\x1a",
        "d.csv, line 30: 1 field, but the header names 2 columns. Complete the row or remove it.",
    ),
    Case(
        "times far apart",
        csv("t,y", "0.5,1", "0.6,2", "0.7,3", "1e300,4"),
        "d.csv, line 5, column 't': '1e300' is not a timestamp. Write it as 2021-12-04T09:30.",
    ),
    Case(
        "field longer than any",
        csv("ds,y", *ROWS, "x" * 2_000_000 + ",1"),
        "d.csv, line 30, column 'ds': 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is not a timestamp. Write it as 2021-12-04T09:30.",
    ),
    Case(
        "first line without an end",
        b"x" * (1 << 24),
        "d.csv: the first 16 MiB hold no line end; this is no table. Bring a file with one row on a line.",
    ),
)
