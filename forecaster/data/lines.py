"""The second look at a text file, taken only when something is wrong: physical lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from forecaster.data.text import DELIMITERS, Text
from forecaster.errors import DataError


def find_line(text: Text, row: int) -> int:
    """Physical line on which a row begins.

    Args:
        text: The file.
        row: Row number, from 0; blank lines are no rows unless there is only one column.

    Returns:
        Line number; the first of the file is 1.
    """
    line = text.first_line
    try:
        for place, (begin, _) in enumerate(_records(text)):
            line = begin
            if place == row + 1:
                break
    except _LineError as error:  # a field too long for the second look is where it ends
        return error.line
    return line


def find_fault(text: Text) -> DataError | None:
    """The first row of another width than the header, or an open quote.

    Args:
        text: The file.

    Returns:
        The error to raise, with the line; None when rows and quotes are in order.
    """
    wanted = len(text.header)
    begin = text.first_line
    try:
        for begin, record in _records(text):
            if len(record) != wanted:
                return _width_error(text, begin, record)
    except _LineError as error:
        begin = error.line
        if "field larger" in str(error):
            return DataError(
                f"{text.source}, line {begin}: a field is too long. Check the quotes of this row."
            )
        return DataError(
            f"{text.source}, line {begin}: a quote is opened and never closed. Close or remove it."
        )
    return None


def _width_error(text: Text, line: int, record: list[str]) -> DataError:
    """The error of a row with too many or too few fields."""
    wanted, found = len(text.header), len(record)
    fields = "1 field" if found == 1 else f"{found} fields"
    columns = "1 column" if wanted == 1 else f"{wanted} columns"
    advice = "Complete the row or remove it."
    if found > wanted and not any(record[wanted:]):
        advice = f"Remove the {DELIMITERS[text.delimiter]} at its end, or end the header with one too."
    elif wanted == 1 and not any(re.search(r"\d", field) for field in record):
        advice = "Remove the lines above the names of the columns, or begin each with #."
    elif found > wanted:
        mark = DELIMITERS[text.delimiter]
        advice = f"Remove what is too much, or put quotes around a text that holds a {mark}."
    return DataError(f"{text.source}, line {line}: {fields}, but the header names {columns}. {advice}")


def _records(text: Text) -> Iterator[tuple[int, list[str]]]:
    """Every record that the parser counts, with the physical line on which it begins."""
    stream = io.TextIOWrapper(io.BytesIO(text.data), encoding="utf-8", errors="replace", newline="")
    reader = csv.reader(stream, delimiter=text.delimiter, strict=True)
    single = len(text.header) == 1
    begin = 0
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _LineError(str(error), begin + text.first_line) from None
        if record or single:
            yield begin + text.first_line, record or [""]
        begin = reader.line_num


class _LineError(csv.Error):
    """A fault of the quotes, with the line on which its row begins."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line
