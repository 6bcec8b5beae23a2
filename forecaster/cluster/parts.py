"""Parts of a forecast: one Parquet file a shard, whole or not there, each with the question it answers."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from forecaster.data.folder import is_url
from forecaster.errors import RunError
from forecaster.files import explained, replaced_file

# Key of the question in the metadata of the file.
KEY = b"forecaster"


def write_part(place: str, tables: Iterable[pd.DataFrame], question: str) -> int:
    """Write a part whole or not at all.

    Args:
        place: Path or URL.
        tables: At least one, all of the same columns; no more than one is held.
        question: What the part answers, as JSON.

    Returns:
        Number of rows.

    Raises:
        RunError: It cannot be written.
    """
    n_rows = 0
    with _whole(place) as file, ExitStack() as stack:
        writer = None
        for table in tables:
            arrow = pa.Table.from_pandas(table, preserve_index=False)
            if writer is None:
                known = arrow.schema.metadata or {}
                schema = arrow.schema.with_metadata({**known, KEY: question.encode()})
                writer = stack.enter_context(pq.ParquetWriter(file, schema))
            writer.write_table(arrow.cast(schema))
            n_rows += len(table)
    return n_rows


def answers(place: str) -> str | None:
    """The question that a part answers.

    Args:
        place: Path or URL.

    Returns:
        As it was given to ``write_part``; None where there is no such part.
    """
    with suppress(OSError, pa.ArrowException, ImportError):
        with _reading(place) as file:
            found = pq.read_schema(file).metadata or {}
            return bytes(found[KEY]).decode() if KEY in found else None
    return None


def read_part(place: str) -> pd.DataFrame:
    """The rows of a part.

    Args:
        place: Path or URL.

    Returns:
        The table.

    Raises:
        RunError: It cannot be read.
    """
    try:
        with _reading(place) as file:
            table: pd.DataFrame = pq.read_table(file).to_pandas()
            return table
    except (OSError, pa.ArrowException) as error:
        raise RunError(f"{place}: cannot be read ({error}). Give the same command again.") from None


def prepare(folder: str, expected: Iterable[str]) -> None:
    """Make the folder of the parts, and refuse one that holds parts of something else.

    What a writer that was killed has left is removed.

    Args:
        folder: Path or URL.
        expected: File names of the parts to come.

    Raises:
        RunError: It cannot be made, or holds others.
    """
    system, path = _system(folder)
    with explained(Path(folder)):
        system.makedirs(path, exist_ok=True)
        names = [str(one).rstrip("/").rpartition("/")[2] for one in system.ls(path, detail=False)]
        for name in names:
            if name.startswith(".part-") and name.endswith(".tmp"):
                system.rm_file(f"{path}/{name}")
    others = sorted({name for name in names if not name.startswith(".")} - set(expected))
    if others:
        raise RunError(
            f"{folder}: holds {others[0]}, which is no part of this forecast. Name another --out, or remove "
            "it."
        )


def as_question(**facts: Any) -> str:
    """A question as JSON, the same text for the same facts."""
    return json.dumps(facts, sort_keys=True, default=str)


def _system(place: str) -> tuple[Any, str]:
    """The file system of a path or URL, and the path in it."""
    import fsspec

    try:
        found: tuple[Any, str] = fsspec.core.url_to_fs(place)
    except (ImportError, ValueError) as error:
        raise RunError(f"{place}: this kind of place needs another package ({error}). Install it.") from None
    return found


@contextmanager
def _reading(place: str) -> Iterator[BinaryIO]:
    """A part, open for reading."""
    system, path = _system(place)
    with system.open(path, "rb") as file:
        yield file


@contextmanager
def _whole(place: str) -> Iterator[BinaryIO]:
    """A file to write that takes its place when all is written."""
    if not is_url(place):
        with replaced_file(Path(place), mode=0o600) as file:
            yield file
        return
    system, path = _system(place)
    folder, _, name = path.rpartition("/")
    temporary = f"{folder}/.{name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    with explained(Path(place)):
        try:
            with system.open(temporary, "wb") as file:
                yield file
            system.mv(temporary, path)
        except BaseException:
            with suppress(OSError):
                system.rm_file(temporary)
            raise
