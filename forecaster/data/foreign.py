"""What is no table in text or Parquet: known by its first bytes, and said by its name."""

from __future__ import annotations

import re
from typing import BinaryIO

from forecaster.errors import DataError

# Longest line, and all that is read of a file before it is known to have lines.
LONGEST = 1 << 24
_KINDS = (
    (rb"PK\x03\x04", "a workbook or a zip archive"),
    (rb"\xd0\xcf\x11\xe0", "a workbook of the old kind"),
    (rb"BZh\d1AY&SY|\xfd7zXZ\0|\x28\xb5\x2f\xfd|7z\xbc\xaf", "an archive other than gzip"),
    (rb"%PDF-", "a PDF"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture"),
    (rb"\s*<(!doctype|html|\?xml)", "a web page or XML"),
    (rb"\s*(\[\s*)?\{\s*\"", "JSON"),
)


def refuse_foreign(source: str, data: bytes) -> None:
    """Refuse what begins as a workbook, an archive, a picture, a web page or JSON does.

    Args:
        source: The file as the user typed it, for messages.
        data: Its bytes.

    Raises:
        DataError: It is one of them.
    """
    for pattern, what in _KINDS:
        if re.match(pattern, data[:64], re.IGNORECASE):
            raise DataError(f"{source}: this is {what}. Save the table as CSV.")


def read_lines(source: str, file: BinaryIO) -> bytes:
    """All bytes of an open file, unless its first line has no end.

    Args:
        source: The file as the user typed it, for messages.
        file: Open for reading, at its beginning.

    Returns:
        What it holds.

    Raises:
        DataError: There is no line end in the first ``LONGEST`` bytes; more is not read.
    """
    head = file.read(LONGEST)
    if len(head) < LONGEST:
        return head
    binary = head.startswith((b"PAR1", b"\x1f\x8b"))
    if not binary and b"\n" not in head and b"\r" not in head:
        raise DataError(
            f"{source}: the first {LONGEST // 2**20} MiB hold no line end; this is no table. "
            "Bring a file with one row on a line."
        )
    if not file.seekable():
        return head + file.read()
    del head
    file.seek(0)  # once more, so that no two parts are put together
    return file.read()
