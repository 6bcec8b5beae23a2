"""The section of the settings that says how a file is read."""

from __future__ import annotations

from typing import Literal

from forecaster.config.fields import Names, Section, Written, setting

Predict = Literal["return", "direction", "range", "close"]


class DataSettings(Section):
    """How the file is read."""

    kind: Literal["auto", "events", "intervals", "values", "ohlc", "sequences"] = setting(
        "auto", "What the rows are; auto decides from the columns and says so."
    )
    id: str | None = setting(None, "Column that names the series.", metavar="COLUMN")
    time: str | None = setting(None, "Column that holds the time.", metavar="COLUMN")
    target: Names = setting(
        None, "Column to forecast; several, joined by commas, become a series each.", metavar="COLUMN"
    )
    past: Names = setting(
        None, "Columns known up to the origin: an event's amount, a temperature.", metavar="COLUMN"
    )
    future_known: Names = setting(
        None, "Columns known over the horizon too (values): a price, a holiday.", metavar="COLUMN"
    )
    static: Names = setting(
        None, "Columns with one value for each series (values): its size, its region.", metavar="COLUMN"
    )
    mark: str | None = setting(
        None,
        "Category of each event, learnt and forecast with the next time; of rows without a time, symbols "
        "that are learnt and continued.",
        metavar="COLUMN",
    )
    label: str | None = setting(
        None, "Class of each series, or of each row of a wide file, to learn from its rows.", metavar="COLUMN"
    )
    outputs: Names = setting(
        None,
        "Columns that every row's inputs and those before are to give: numbers, or one of categories.",
        metavar="COLUMN",
    )
    test: str | None = setting(
        None,
        "File whose series are scored and never trained on (--label, --outputs, symbols).",
        metavar="FILE",
    )
    unit: str | None = setting(
        None,
        "Unit of gaps between events (second, minute, hour, day, week), or the name of the values' unit.",
        metavar="UNIT",
    )
    gap: Literal["exact", "calendar"] = setting(
        "exact", "Gaps as exact numbers, or counted in whole calendar units."
    )
    count_per: Literal["minute", "hour", "day", "week", "month"] | None = setting(
        None, "Count events per period and forecast the counts."
    )
    ties: Literal["auto", "keep", "merge", "error", "jitter"] = setting(
        "auto",
        "Events of one series at the same stamp: kept as zero gaps, merged into one, an error, or spread at "
        "random over the stamp's cell; auto keeps them, but merges a customer's events of one day.",
    )
    start: Written = setting(
        None, "Moment at which the first interval begins, to give intervals dates.", metavar="STAMP"
    )
    tz: str | None = setting(
        None, "Time zone of stamps that name none, such as Europe/Paris.", metavar="ZONE"
    )
    time_format: str | None = setting(None, "Format of the stamps, as strftime writes it.", metavar="FORMAT")
    encoding: str | None = setting(None, "Encoding of the file; UTF-8, else found.", metavar="NAME")
    season: int | None = setting(None, "Steps in one season; 1 for none.", metavar="N", ge=1, le=100_000)
    fill: Literal["none", "previous", "linear", "zero"] = setting(
        "none", "Missing values and rows: left out of training, or filled in."
    )
    duplicates: Literal["error", "first", "last", "mean", "sum"] = setting(
        "error", "Rows of one series with the same time (values, ohlc)."
    )
    predict: Predict | None = setting(
        None,
        "What of prices (ohlc) is forecast: the next log return, the default; whether it is down, flat or "
        "up; the log of high over low; or the close.",
    )
    calendar: str | None = setting(
        None,
        "Exchange whose sessions the rows are (ohlc), such as XNYS; the weekdays seen when not given.",
        metavar="NAME",
    )
    as_of: Written = setting(
        None,
        "Moment from which events are forecast, or a file with one for each id; rows after it are not read.",
        metavar="STAMP",
    )
