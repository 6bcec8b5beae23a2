"""Bytes of a user's file -> UTF-8 text with its delimiter and header."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from typing import BinaryIO, cast

from forecaster.data.contents import read_lines
from forecaster.data.foreign import refuse_foreign
from forecaster.data.panel import Note
from forecaster.data.seen import Seen, look_over
from forecaster.errors import ConfigError, DataError

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon"}
_SAMPLE = 1 << 16
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)?|[.,]\d+)([eE][+-]?\d+)?")
_STAMP = re.compile(r"\d{1,4}[-/.年]\d{1,2}([-/.月]\d{1,4}日?)?([T ]\d{1,2}:\d{2}.*)?")


@dataclass(frozen=True)
class Text:
    """A delimited text file, ready for the parser.

    Attributes:
        source: The file as the user typed it.
        data: UTF-8 bytes from the header on.
        first_line: Physical line of the header, from 1.
        delimiter: Character between two fields.
        header: Column names, stripped; empty where a column has none.
        decimal: Character before the decimals.
        notes: What was done to get here.
        seen: What bytes ``data`` holds.
    """

    source: str
    data: memoryview
    first_line: int
    delimiter: str
    header: tuple[str, ...]
    decimal: str
    notes: tuple[Note, ...]
    seen: Seen


def open_text(source: str, data: bytes | memoryview, encoding: str | None) -> Text:
    """Decoded text of a delimited file, with its delimiter and header.

    Args:
        source: The file as the user typed it, for messages.
        data: Its bytes, not compressed.
        encoding: Name of the encoding; None for UTF-8, UTF-16 with a mark, or GB18030.

    Returns:
        The text from the header on.

    Raises:
        ConfigError: ``encoding`` is not known.
        DataError: The bytes are not text of that encoding, or have no header.
    """
    notes: list[Note] = []
    data, seen = _decode(source, memoryview(data), encoding, notes)
    if seen.has_nul:
        line = bytes(data).count(b"\n", 0, bytes(data).find(b"\0")) + 1
        raise DataError(
            f"{source}, line {line}: a NUL byte; this is no text, or UTF-16 without its mark. "
            "Name its encoding with --encoding."
        )
    begin, first_line, named = _skip_preamble(data, notes)
    if begin:
        seen = seen.without(bytes(data[:begin]))
        data = data[begin:]
    sample = str(data[:_SAMPLE], "utf-8", "ignore")
    if not sample.strip() and not str(data, "utf-8", "ignore").strip():
        raise DataError(f"{source}: the file is empty. Bring a file with a header line and rows.")
    if len(data) > _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    delimiter = named or _sniff(source, first_line, sample)
    rows = list(_parse(sample, delimiter, 50))
    if len(rows[0]) == 1:
        _check_single(source, first_line, rows, named)
    header = tuple(name.strip() for name in rows[0])
    _check_header(source, first_line, header)
    decimal = _decimal(rows[1:], delimiter)
    if decimal == ",":
        notes.append(Note("decimal_comma", "numbers are written with a decimal comma"))
    elif delimiter == ";" and _may_be_thousands(rows[1:]):
        text = "numbers such as 1.234 are read with a decimal point, not as thousands"
        notes.append(Note("decimal_point", text))
    return Text(source, data, first_line, delimiter, header, decimal, tuple(notes), seen)


def unzip(source: str, data: memoryview) -> memoryview:
    """The bytes, decompressed if they are gzip; other archives are refused.

    Args:
        source: The file as the user typed it, for messages.
        data: Its bytes.

    Returns:
        Text or Parquet, not compressed.

    Raises:
        DataError: The data are damaged, or of another archive.
    """
    if bytes(data[:2]) == b"\x1f\x8b":
        try:
            with gzip.open(io.BytesIO(data)) as file:
                return memoryview(read_lines(source, cast(BinaryIO, file)))
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{source}: the gzip data is damaged ({error}). Compress it again.") from None
    refuse_foreign(source, data)
    return data


def _decode(
    source: str, data: memoryview, encoding: str | None, notes: list[Note]
) -> tuple[memoryview, Seen]:
    """The bytes as UTF-8 without a mark, and what they are."""
    if encoding is not None:
        return _seen(_recode(source, data, encoding))
    if bytes(data[:3]) == codecs.BOM_UTF8:
        data = data[3:]
    elif bytes(data[:2]) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        notes.append(Note("encoding", "read as UTF-16, which its mark names"))
        return _seen(_recode(source, data, "utf-16"))
    seen = look_over(data)
    if seen.is_ascii:
        return data, seen
    try:
        str(data, "utf-8")
    except UnicodeDecodeError as error:
        bad = error.start
    else:
        return data, seen
    where = f"byte 0x{data[bad]:02x} at offset {bad} is not UTF-8"
    if not _looks_chinese(data):
        raise DataError(f"{source}: {where}. Name the encoding, such as --encoding latin-1.")
    notes.append(Note("encoding", f"read as GB18030, because {where}; --encoding names another"))
    return _seen(str(data, "gb18030").encode())


def _seen(data: bytes) -> tuple[memoryview, Seen]:
    """Bytes, and what they are."""
    return memoryview(data), look_over(data)


def _recode(source: str, data: memoryview, encoding: str) -> bytes:
    """The bytes of a named encoding as UTF-8."""
    try:
        text = str(data, encoding)
    except LookupError:
        raise ConfigError(
            f"--encoding {encoding} is not known. Use a name such as utf-8, gb18030 or latin-1."
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source}: byte 0x{data[error.start]:02x} at offset {error.start} is not {encoding}. "
            "Name another with --encoding."
        ) from None
    return text.lstrip("\ufeff").encode("utf-8")


def _looks_chinese(data: memoryview) -> bool:
    """Whether the bytes decode as GB18030, nearly all from its common block."""
    try:
        text = str(data, "gb18030")
    except UnicodeDecodeError:
        return False
    wide = [letter for letter in text[:_SAMPLE] if ord(letter) > 127]
    common = 0
    for letter in wide:
        raw = letter.encode("gb18030")
        common += len(raw) == 2 and raw[1] >= 0xA1
    return not wide or common >= 0.9 * len(wide)


def _skip_preamble(data: memoryview, notes: list[Note]) -> tuple[int, int, str | None]:
    """Where the header begins, its line, and the delimiter when a ``sep=`` line names it."""
    begin, line, named, comments = 0, 1, None, 0
    while begin < len(data):
        head, newline, _ = bytes(data[begin : begin + _SAMPLE]).partition(b"\n")
        length = len(head) + len(newline)
        head = head.strip()
        match = re.fullmatch(rb'"?sep=([,;\t])"?', head, re.IGNORECASE) if line == 1 else None
        if match:
            named = match[1].decode()
        elif head.startswith(b"#"):
            comments += 1
        elif head or not newline:
            break
        begin, line = begin + length, line + 1
    if comments:
        notes.append(Note("comments", "lines above the header that begin with # were left out", comments))
    return begin, line, named


def _parse(sample: str, delimiter: str, most: int) -> list[list[str]]:
    """The first rows of a sample that are not blank."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) == most:
                break
    except csv.Error:
        pass
    return rows or [[sample.strip()]]


def _sniff(source: str, line: int, sample: str) -> str:
    """The delimiter: the one in the header, and in every row as often."""
    header = (sample.lstrip().splitlines() or [""])[0]
    found = [mark for mark in DELIMITERS if mark in header]
    if len(found) <= 1:
        return found[0] if found else ","
    steady = []
    for mark in found:
        widths = {len(row) for row in _parse(sample, mark, 50)}
        if len(widths) == 1 and widths != {1}:
            steady.append(mark)
    if len(steady) == 1:
        return steady[0]
    names = " and ".join(DELIMITERS[mark] for mark in steady or found)
    raise DataError(
        f"{source}, line {line}: both {names} could separate the columns. "
        "Use one of them only, or put quotes around the texts that hold the other."
    )


def _check_single(source: str, line: int, rows: list[list[str]], named: str | None) -> None:
    """Refuse one column that is several, cut by another character than the one that was looked for."""
    header = rows[0][0]
    if named is not None:
        others = [mark for mark in DELIMITERS if mark in header]
        if others:
            raise DataError(
                f"{source}, line {line}: a {DELIMITERS[others[0]]} separates the columns, but the line above "
                f"names a {DELIMITERS[named]}. Correct the line with sep=, or remove it."
            )
    said = re.fullmatch(r"sep=(.)", header, re.IGNORECASE)
    mark = said[1] if said else "|"
    counts = {row[0].count(mark) for row in rows}
    if said or (mark in header and len(counts) == 1):
        raise DataError(
            f"{source}, line {line}: '{mark}' separates the columns. Save the file with a comma, a tab or a "
            "semicolon between them."
        )


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    """The decimal character that the sample shows."""
    if delimiter == ",":
        return "."
    fields = [field.strip() for row in rows for field in row]
    commas = any(re.fullmatch(r"[+-]?\d*,\d+", field) for field in fields)
    points = any(re.fullmatch(r"[+-]?\d*\.\d+", field) for field in fields)
    return "," if commas and not points else "."


def _may_be_thousands(rows: list[list[str]]) -> bool:
    """Whether every point in a number has three digits behind it and one to three before it."""
    fields = [field.strip() for row in rows for field in row]
    points = [field for field in fields if re.fullmatch(r"[+-]?\d*\.\d+", field)]
    return bool(points) and all(re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", field) for field in points)


def _check_header(source: str, line: int, header: tuple[str, ...]) -> None:
    """Refuse a first row that is data, and names that occur twice."""
    filled = [name for name in header if name]
    numbers = [name for name in filled if _NUMBER.fullmatch(name)]
    stamps = [name for name in filled if _STAMP.fullmatch(name)]
    if filled and (len(numbers) == len(filled) or [name for name in stamps if name not in numbers]):
        shown = ", ".join(header[:5]) + (", ..." if len(header) > 5 else "")
        raise DataError(
            f"{source}, line {line}: the first row is data ({shown}), not column names. "
            "Add a header line, such as time,value."
        )
    for name in filled:
        if header.count(name) > 1:
            raise DataError(
                f"{source}, line {line}: column '{name}' is there {header.count(name)} times. "
                "Give every column a name of its own."
            )
