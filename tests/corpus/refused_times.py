"""Files refused for a time, each with its message."""

# ruff: noqa: E501 - a message stands in one line, to be searched for

from __future__ import annotations

from tests.corpus.cases import DAYS, Case, stamps

REFUSED = (
    Case(
        "ambiguous dates",
        stamps("01/02/2020", "02/02/2020", "03/02/2020"),
        "d.csv, line 2, column 'ds': '01/02/2020' may have its day or its month first. Say which with --time-format %d/%m/%Y or --time-format %m/%d/%Y.",
    ),
    Case(
        "day first, then month",
        stamps("13/02/2020", "02/13/2020"),
        "d.csv, line 3, column 'ds': '02/13/2020' has day and month in another order than rows above. Write all dates as 2021-12-04.",
    ),
    Case(
        "years of two digits",
        stamps("13/02/20", "14/02/20"),
        "d.csv, line 2, column 'ds': '13/02/20' is not a timestamp. Write it as 2021-12-04T09:30, or name its format with --time-format.",
    ),
    Case(
        "seconds, then milliseconds",
        stamps(1577836800, 1577923200, 1578009600000),
        "d.csv, line 4, column 'ds': '1578009600000' is in milliseconds since 1970, the first row in seconds. Write all rows alike.",
    ),
    Case(
        "YYYYMMDD of no day",
        stamps(*range(20200120, 20200133)),
        "d.csv, line 14, column 'ds': '20200132' is not a date, other rows are (YYYYMMDD). Correct it.",
    ),
    Case(
        "naive among aware",
        stamps("2020-01-01T00:00Z", "2020-01-02T00:00", "2020-01-03T00:00Z"),
        "d.csv, line 3, column 'ds': '2020-01-02T00:00' has no offset, other rows differ. Write all stamps with an offset or none, and name their zone with --tz.",
    ),
    Case(
        "aware among naive",
        stamps("2020-01-01T00:00", "2020-01-02T00:00", "2020-01-03T00:00Z"),
        "d.csv, line 4, column 'ds': '2020-01-03T00:00Z' has an offset, other rows differ. Write all stamps with an offset or none, and name their zone with --tz.",
    ),
    Case(
        "hour that occurs twice",
        stamps("2020-10-25T01:30", "2020-10-25T02:00", "2020-10-25T02:30", "2020-10-25T02:00"),
        "d.csv, line 3, column 'ds': '2020-10-25T02:00' occurs twice in Europe/Berlin, where clocks change. Write the stamps with an offset, such as 2021-12-04T09:30+01:00.",
        options=("--tz", "Europe/Berlin"),
    ),
    Case(
        "hour that is skipped",
        stamps("2020-03-29T01:30", "2020-03-29T02:00", "2020-03-29T03:00"),
        "d.csv, line 3, column 'ds': '2020-03-29T02:00' does not exist in Europe/Berlin, where clocks change. Write the stamps with an offset, such as 2021-12-04T09:30+01:00.",
        options=("--tz", "Europe/Berlin"),
    ),
    Case(
        "zone that is none",
        stamps("2020-03-29T01:30", "2020-03-29T02:00", "2020-03-29T03:00"),
        "--tz Mars/Base is not a time zone. Use a name such as Europe/Paris, or +02:00.",
        options=("--tz", "Mars/Base"),
    ),
    Case(
        "layouts that differ",
        stamps(*DAYS[:20], "21/01/2020"),
        "d.csv, line 22, column 'ds': '21/01/2020' is not a timestamp. Write it as 2021-12-04T09:30.",
    ),
    Case(
        "day that is none",
        stamps(*DAYS, "2020-02-30"),
        "d.csv, line 30, column 'ds': '2020-02-30' is not a timestamp. Write it as 2021-12-04T09:30.",
    ),
    Case(
        "time that is a word",
        stamps(*DAYS[:5], "yesterday"),
        "d.csv, line 7, column 'ds': 'yesterday' is not a timestamp. Write it as 2021-12-04T09:30.",
    ),
    Case(
        "time beyond nanoseconds",
        stamps(*DAYS[:5], "2999-01-01"),
        "d.csv, line 7, column 'ds': '2999-01-01' is outside the years 1678 to 2261. Use whole years or steps in place of dates.",
    ),
)
