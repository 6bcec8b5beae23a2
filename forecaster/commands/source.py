"""The DATA argument of commands: what is read, and what a run made from it is called."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import BinaryIO


def read_source(data: str) -> str | BinaryIO:
    """The file as typed, or standard input for ``-``."""
    return sys.stdin.buffer if data == "-" else data


def run_name(data: str) -> str:
    """Name of the run folder of a file: its name without endings, of letters that every system takes."""
    if data == "-":
        return "stdin"
    stem = Path(data).name.split(".")[0]
    return re.sub(r"[^\w-]+", "-", stem) or "data"
