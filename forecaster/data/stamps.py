"""Columns of a table -> times: dates in ns, integers or floats, with the zone they are shown in."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecaster.config.data_settings import DataSettings
from forecaster.data.invisible import find_invisible
from forecaster.data.layouts import find_dates, is_zoned
from forecaster.data.names import is_calendar_part, is_time_name, normal
from forecaster.data.panel import Note
from forecaster.data.parts import cast_rows
from forecaster.data.table import MISSING, Column, Table
from forecaster.data.zones import Stamps, localize, with_offsets
from forecaster.errors import ConfigError, DataError

# Share of rows that are dates from which another one is a mistake, not a number of its own.
_MOST = 0.8
# Real numbers beyond it are no times: their differences are not numbers of steps that can be counted.
_LARGEST = 1e18
_DIGIT_FORMATS = {8: "%Y%m%d", 6: "%Y%m", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_EPOCHS = (
    (1e9, "s", "seconds"),
    (1e12, "ms", "milliseconds"),
    (1e15, "us", "microseconds"),
    (1e18, "ns", "nanoseconds"),
)


def read_stamps(table: Table, name: str, settings: DataSettings) -> Stamps:
    """One column as times.

    Args:
        table: The file.
        name: A column of it.
        settings: Format and zone of the stamps.

    Returns:
        A time for every row.

    Raises:
        ConfigError: The zone is not known.
        DataError: A field is missing or not a time.
    """
    column = table.columns[name]
    kind = column.type
    _refuse_missing(table, name, column)
    if settings.time_format is not None:
        dates = _by_format(table, name, settings.time_format)
        return localize(table, name, dates, settings.tz, ())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _from_numbers(table, name, settings)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return _aware(table, name, column, settings)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return localize(table, name, _nanoseconds(table, name, column), settings.tz, ())
    if pa.types.is_string(kind):
        texts = pc.utf8_trim_whitespace(column)
        zoned = is_zoned(texts)
        if zoned.any():
            return _aware(table, name, column, settings)
        dates, notes = find_dates(table, name, texts)
        return localize(table, name, dates, settings.tz, notes)
    raise bad_stamp(table, 0, name)


def bad_stamp(table: Table, row: int, name: str) -> DataError:
    """The error of a field that is not a time.

    Args:
        table: The file.
        row: Row number, from 0.
        name: Column.

    Returns:
        The error to raise.
    """
    field = table.field(row, name)
    hidden = find_invisible(field)
    advice = (
        "Write it as 2021-12-04T09:30"
        if hidden is None
        else f"Remove the character {hidden}, which cannot be seen"
    )
    return DataError(f"{table.place(row, name)}: '{field}' is not a timestamp. {advice}.")


def looks_time(name: str, column: Column) -> bool:
    """Whether a column holds dates, or nearly does; numbers count when the name says so.

    Args:
        name: Of the column.
        column: As the parser typed it.

    Returns:
        True when it can be the time column.
    """
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return True
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return is_time_name(name) and not (is_calendar_part(name) and not _rises(column))
    if not pa.types.is_string(kind):
        return False
    sample = pc.utf8_trim_whitespace(column.slice(0, 1000))
    written = sample.filter(pc.invert(pc.is_in(sample, value_set=pa.array(MISSING))))
    if len(written) == 0:
        return False
    pattern = r"^(\d{4}[-/.年]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}\s?-?[Qq][1-4]|\d{8}[ T_]\d{2})"
    dated = pc.or_(
        pc.match_substring_regex(written, pattern=pattern),
        pc.match_substring_regex(
            written, pattern=r"(?i)^(\d{1,2}[ -])?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ -]"
        ),
    )
    least = 0 if is_time_name(name) else 0.5 * len(written)
    return bool(pc.sum(dated).as_py() > least)


def _rises(column: Column) -> bool:
    """Whether numbers only rise, as those of a time do."""
    return column.null_count == 0 and bool(np.all(np.diff(column.to_numpy()) > 0))


def _refuse_missing(table: Table, name: str, column: Column) -> None:
    """Every row needs a time."""
    empty = np.asarray(column.is_null(nan_is_null=True)) if column.null_count else None
    if empty is None and pa.types.is_floating(column.type):
        empty = np.asarray(column.is_null(nan_is_null=True))
    if pa.types.is_string(column.type):
        missing = pc.is_in(pc.utf8_trim_whitespace(column), value_set=pa.array(MISSING))
        empty = np.asarray(missing) if empty is None else empty | np.asarray(missing)
    if empty is not None and empty.any():
        count = int(empty.sum())
        more = f" ({count} rows have none)" if count > 1 else ""
        place = table.place(int(np.argmax(empty)), name)
        raise DataError(f"{place}: no timestamp{more}. Complete the row or remove it.")


def _nanoseconds(table: Table, name: str, column: Column) -> np.ndarray:
    """Arrow dates as datetime64[ns]; dates that do not fit are an error."""
    try:
        return cast_rows(column, pa.timestamp("ns"))
    except pa.ArrowInvalid:
        seconds = column.cast(pa.timestamp("s"), safe=False).cast(pa.int64()).to_numpy()
        outside = np.abs(seconds) > 9_223_372_035
        raise _outside(table, int(np.argmax(outside)), name) from None


def _outside(table: Table, row: int, name: str) -> DataError:
    """The error of a date that nanoseconds cannot hold."""
    return DataError(
        f"{table.place(row, name)}: '{table.field(row, name)}' is outside the years 1678 to 2261. "
        "Use whole years or steps in place of dates."
    )


def _by_format(table: Table, name: str, layout: str) -> np.ndarray:
    """Dates written in the format of the settings."""
    texts = pd.Series(table.raw(name).to_pandas())
    try:
        dates = pd.to_datetime(texts.str.strip(), format=layout, errors="coerce")
    except ValueError as error:
        raise ConfigError(
            f"--time-format {layout}: {error}. Write it as strftime does, such as %d/%m/%Y."
        ) from None
    wrong = np.asarray(dates.isna())
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{table.place(row, name)}: '{table.field(row, name)}' is not of the format {layout}. "
            "Correct it, or change --time-format."
        )
    if dates.dt.tz is not None:
        dates = dates.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(dates, dtype="datetime64[ns]")


def _from_numbers(table: Table, name: str, settings: DataSettings) -> Stamps:
    """Whole or real numbers: digits of a date, seconds since 1970, or steps."""
    numbers = table.columns[name].to_numpy()
    whole = np.issubdtype(numbers.dtype, np.integer)
    if not whole and not (held := np.abs(numbers) < _LARGEST).all():
        raise bad_stamp(table, int(np.argmin(held)), name)
    if settings.time == name or is_time_name(name):
        stamps = _from_epoch(table, name, numbers, settings) or _from_digits(table, name, numbers, settings)
        if stamps is not None:
            return stamps
    if whole:
        return Stamps(numbers.astype(np.int64), "integer")
    return Stamps(numbers.astype(np.float64), "float")


def _from_epoch(table: Table, name: str, numbers: np.ndarray, settings: DataSettings) -> Stamps | None:
    """Dates counted in seconds or parts of them; None for numbers that are not."""
    low, high = numbers.min(), numbers.max()
    if low < 1e9:
        return None
    whole = np.issubdtype(numbers.dtype, np.integer)
    for begin, unit, words in _EPOCHS:
        if begin <= low and high < 9.2 * begin and (whole or unit != "ns"):
            dates = _since_1970(numbers, unit)
            note = Note("epoch", f"column '{name}' was read as {words} since 1970-01-01 UTC")
            return Stamps(dates, "date", settings.tz or "UTC", (note,))
    _refuse_mixed_epochs(table, name, numbers)
    return None


def _from_digits(table: Table, name: str, numbers: np.ndarray, settings: DataSettings) -> Stamps | None:
    """Dates written as 20200101, also as 20200101.0; None for numbers that are not."""
    low, high = int(numbers.min()), int(numbers.max())
    digits = len(str(low))
    layout = _DIGIT_FORMATS.get(digits)
    if layout is None or low <= 0 or digits != len(str(high)) or low // 10 ** (digits - 4) < 1678:
        return None
    if layout == "%Y%m" and not re.search("month|date|period|月|日期", normal(name)):
        return None
    if not (numbers == np.floor(numbers)).all():
        return None
    texts = pd.Series(numbers.astype(np.int64)).astype(str)
    parsed = pd.to_datetime(texts, format=layout, errors="coerce")
    wrong = np.asarray(parsed.isna())
    if not wrong.any():
        note = Note("digits", f"column '{name}' was read as dates written {_words(layout)}")
        return localize(table, name, np.asarray(parsed, dtype="datetime64[ns]"), settings.tz, (note,))
    if wrong.mean() > 1 - _MOST:
        return None
    raise DataError(
        f"{_place_and_field(table, int(np.argmax(wrong)), name)} is not a date, other rows are "
        f"({_words(layout)}). Correct it."
    )


def _refuse_mixed_epochs(table: Table, name: str, numbers: np.ndarray) -> None:
    """No column counts seconds in some rows and milliseconds in others."""
    begins = np.array([begin for begin, _, _ in _EPOCHS])
    units = np.searchsorted(begins, numbers, side="right") - 1
    if (numbers >= 9.2 * begins[units]).any() or (units == units[0]).all():
        return
    row = int(np.argmax(units != units[0]))
    raise DataError(
        f"{_place_and_field(table, row, name)} is in {_EPOCHS[units[row]][2]} since 1970, the first row in "
        f"{_EPOCHS[units[0]][2]}. Write all rows alike."
    )


def _place_and_field(table: Table, row: int, name: str) -> str:
    """Where a field is, and the field."""
    return f"{table.place(row, name)}: '{table.field(row, name)}'"


def _words(layout: str) -> str:
    """A format of digits as people write it."""
    for mark, word in (("%Y", "YYYY"), ("%m", "MM"), ("%d", "DD"), ("%H", "hh"), ("%M", "mm"), ("%S", "ss")):
        layout = layout.replace(mark, word)
    return layout


def _since_1970(numbers: np.ndarray, unit: str) -> np.ndarray:
    """Seconds or parts of them since 1970 as dates; parts of floats to the microsecond."""
    length = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}[unit]
    if np.issubdtype(numbers.dtype, np.integer):
        return (numbers.astype(np.int64) * length).view("datetime64[ns]")
    micro = np.round(numbers * (length // 1000)).astype(np.int64)
    return (micro * 1000).view("datetime64[ns]")


def _aware(table: Table, name: str, column: Column, settings: DataSettings) -> Stamps:
    """Stamps that carry an offset: UTC inside, shown in the zone they name."""
    if pa.types.is_timestamp(column.type) and not table.delimiter:
        dates = _nanoseconds(table, name, column.cast(pa.timestamp(column.type.unit)))
        return Stamps(dates, "date", settings.tz or str(column.type.tz))
    texts = pc.utf8_trim_whitespace(table.raw(name))
    zoned = is_zoned(texts)
    if not zoned.all():
        row = int(np.argmax(zoned != zoned[0]))
        have = "an offset" if zoned[row] else "no offset"
        raise DataError(
            f"{table.place(row, name)}: '{table.field(row, name)}' has {have}, other rows differ. "
            "Write all stamps with an offset or none, and name their zone with --tz."
        )
    if pa.types.is_timestamp(column.type):
        dates = _nanoseconds(table, name, column.cast(pa.timestamp(column.type.unit)))
    else:
        parsed = pd.to_datetime(pd.Series(texts.to_pandas()), format="ISO8601", utc=True, errors="coerce")
        wrong = np.asarray(parsed.isna())
        if wrong.any():
            raise bad_stamp(table, int(np.argmax(wrong)), name)
        dates = np.asarray(parsed.dt.tz_localize(None), dtype="datetime64[ns]")
    ends = pc.extract_regex(texts, pattern=r"(?P<z>[Zz]|[+-]\d{2}:?\d{0,2})$").combine_chunks()
    offsets = pc.unique(ends.field(0))
    return with_offsets(dates, [str(offset) for offset in offsets.to_pylist()], settings)
