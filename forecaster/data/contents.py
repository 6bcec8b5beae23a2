"""All bytes of a file, unless its first line has no end."""

from __future__ import annotations

import io
import os
from typing import BinaryIO

import numpy as np

from forecaster.data.parts import in_parts
from forecaster.errors import DataError

# Longest line, and all that is read of a file before it is known to have lines.
LONGEST = 1 << 24


def read_lines(source: str, file: BinaryIO) -> bytes | memoryview:
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
    if isinstance(file, io.BufferedReader) and hasattr(os, "preadv"):  # a file of the system itself
        return _read_parts(file)
    file.seek(0)  # once more, so that no two parts are put together
    return file.read()


def _read_parts(file: io.BufferedReader) -> memoryview:
    """All bytes of a file, parts of it side by side, into memory that numpy asks for in large pages."""
    number = file.fileno()
    data = np.empty(os.fstat(number).st_size, dtype=np.uint8).data

    def fill(part: slice) -> int:
        """Read a part, and see where the file ends: before the part does where it is cut meanwhile."""
        begin = part.start
        while begin < part.stop and (n_read := os.preadv(number, [data[begin : part.stop]], begin)):
            begin += n_read
        return begin if begin < part.stop else len(data)

    return data[: min(in_parts(fill, len(data)), default=0)]
