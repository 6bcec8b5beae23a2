"""Parquet parts of a folder as one table, on this machine or at a URL."""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forecaster.data.frames import from_columns, parquet_columns
from forecaster.data.table import Column, Table
from forecaster.errors import DataError, listing

MANIFEST = "manifest.json"
ENDINGS = (".parquet", ".pq")


class Manifest(BaseModel):
    """What `forecast shard` says of the folder that it wrote.

    Attributes:
        format_version: Of this file.
        hash: How the part of a series is found.
        id: Column of ids.
        columns: Type of each column, as Arrow writes it.
        rows: Of each part.
        series: Of each part.
        kind: What the rows were read as.
        roles: Columns by role.
        unit: Of gaps or values, where it was given; None where it is chosen from the data.
        settings: What was said of the data, which holds for the parts too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int = Field(ge=1, le=1)
    hash: str
    id: str
    columns: dict[str, str]
    rows: tuple[int, ...] = Field(min_length=1)
    series: tuple[int, ...] = Field(min_length=1)
    kind: str
    roles: dict[str, str]
    unit: str | None
    settings: dict[str, Any]


def is_url(source: object) -> bool:
    """Whether a source is written as a URL, such as ``s3://bucket/sales``."""
    return isinstance(source, str) and "://" in source


def absolute(place: str) -> str:
    """A path or URL that names the same place to processes that work in another folder."""
    return place if is_url(place) else os.path.abspath(place)


def is_folder(source: object) -> bool:
    """Whether a source is a folder, on this machine or at a URL.

    Args:
        source: As the user gave it.

    Returns:
        False for what is not there, or is no name at all.

    Raises:
        DataError: The place of the URL cannot be looked at.
    """
    if is_url(source):
        return bool(_fetch(str(source), "isdir"))
    return isinstance(source, str | os.PathLike) and Path(source).is_dir()


def read_bytes(name: str) -> bytes:
    """All bytes of a file.

    Args:
        name: Path or URL.

    Returns:
        What it holds.

    Raises:
        DataError: It cannot be read.
    """
    return bytes(_fetch(name, "cat_file"))


def version_of(name: str) -> str:
    """A text that is another one when the file has changed.

    Args:
        name: Path or URL.

    Returns:
        Of its size and its time, or what else its place knows of it.

    Raises:
        DataError: It cannot be looked at.
    """
    return str(_fetch(name, "ukey"))


def identity_of(source: Any) -> list[str]:
    """What a source is called and which version of it this is; of what has no name, never the same again.

    Args:
        source: A file, a folder, a frame or an open file.

    Returns:
        Texts.

    Raises:
        DataError: It is not there.
    """
    if not isinstance(source, str | os.PathLike) or str(source) == "-":
        return [os.urandom(8).hex()]
    name = os.fspath(source)
    return [name, *map(version_of, list_parts(name) if is_folder(name) else [name])]


def _fetch(name: str, method: str) -> Any:
    """What the file system of a path or URL answers about it."""
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(name)
        return getattr(system, method)(path)
    except FileNotFoundError:
        raise DataError(f"{name}: there is no such file. Check the path.") from None
    except ImportError as error:
        raise DataError(f"{name}: this kind of place needs another package ({error}). Install it.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{name}: cannot be read ({reason}). Check it.") from None
    except Exception as error:  # each kind of place has errors of its own, of no common class
        raise DataError(f"{name}: cannot be read ({type(error).__name__}: {error}). Check it.") from error


def list_parts(folder: str) -> list[str]:
    """Names of the Parquet files of a folder.

    Args:
        folder: Path or URL.

    Returns:
        Sorted, each with the folder before it.

    Raises:
        DataError: There are none, or further folders hold them, or one of a manifest is missing.
    """
    entries = _fetch(folder, "ls")
    names = sorted(str(one["name"] if isinstance(one, dict) else one).rstrip("/") for one in entries)
    bases = [name.rpartition("/")[2] for name in names]
    found = [name for name in bases if name.lower().endswith(ENDINGS) and not name.startswith((".", "_"))]
    place = folder.rstrip("/")
    if not found:
        inner = [name for name in bases if "=" in name]
        if inner:
            raise DataError(
                f"{place}: the parts are in folders of their own, such as '{inner[0]}'. Put them into one "
                "folder, with what the names say as a column."
            )
        raise DataError(
            f"{place}: this is a folder without Parquet files. Name one file in it, or write parts with "
            "`forecast shard`."
        )
    if MANIFEST in bases:
        lacking = set(map(part_name, range(len(read_manifest(place).rows)))) - set(found)
        if lacking:
            raise DataError(
                f"{place}: parts that {MANIFEST} names are missing: {listing(lacking)}. Copy the folder "
                "again."
            )
    return [f"{place}/{name}" for name in found]


def part_name(shard: int) -> str:
    """File name of a part: ``part-00000.parquet``."""
    return f"part-{shard:05d}.parquet"


def has_manifest(folder: str) -> bool:
    """Whether a folder was written by `forecast shard`.

    Args:
        folder: Path or URL.

    Returns:
        Whether the manifest is there.

    Raises:
        DataError: The folder cannot be looked at.
    """
    return bool(_fetch(f"{folder.rstrip('/')}/{MANIFEST}", "exists"))


def read_manifest(folder: str) -> Manifest:
    """The manifest of a folder.

    Args:
        folder: Path or URL.

    Returns:
        What it says.

    Raises:
        DataError: It is missing or damaged.
    """
    place = f"{folder.rstrip('/')}/{MANIFEST}"
    try:
        return Manifest.model_validate(json.loads(read_bytes(place)))
    except (ValidationError, ValueError, RecursionError):
        raise DataError(f"{place}: damaged. Write the folder again with `forecast shard`.") from None


def read_folder(folder: str) -> Table:
    """All parts of a folder as one table.

    Args:
        folder: Path or URL.

    Returns:
        Its rows, part after part.

    Raises:
        DataError: A part cannot be read, or has other columns than the first.
    """
    names = list_parts(folder)
    parts = [(name, parquet_columns(name, read_bytes(name))) for name in names]
    _check_rows(folder, parts)
    first = parts[0][1]
    for name, columns in parts[1:]:
        if set(columns) != set(first):
            wrong = sorted(set(columns) ^ set(first))
            word = "lacks" if wrong[0] in first else "has"
            raise DataError(
                f"{name}: {word} column '{wrong[0]}', unlike {names[0]}. Write all parts with the same "
                "columns."
            )
    joined = {column: _joined(column, parts) for column in first}
    ends = list(accumulate(_n_rows(columns) for _, columns in parts))

    def place_of(row: int) -> str:
        part = bisect_right(ends, row)
        return f"{names[part]}, row {row - (ends[part - 1] if part else 0)} (from 0)"

    return from_columns(folder, joined, ends[-1], place_of)


def _n_rows(columns: dict[str, Column]) -> int:
    """Rows of a part."""
    return max((len(column) for column in columns.values()), default=0)


def _check_rows(folder: str, parts: list[tuple[str, dict[str, Column]]]) -> None:
    """Refuse parts that have not the rows that the manifest counts."""
    if not has_manifest(folder):
        return
    wanted = {part_name(shard): n_rows for shard, n_rows in enumerate(read_manifest(folder).rows)}
    for name, columns in parts:
        count = wanted.get(name.rpartition("/")[2])
        if count != _n_rows(columns):
            said = "does not name it" if count is None else f"counts {count:,}"
            raise DataError(f"{name}: {_n_rows(columns):,} rows; {MANIFEST} {said}. Copy the folder again.")


def _joined(column: str, parts: list[tuple[str, dict[str, Column]]]) -> Column:
    """A column of all parts, of the type that holds those of all of them."""
    tables = [pa.table({column: columns[column]}) for _, columns in parts]
    try:
        return pa.concat_tables(tables, promote_options="permissive")[column]
    except pa.ArrowException:
        kinds = {columns[column].type: name for name, columns in parts}
        shown = " and ".join(f"{kind} in {name}" for kind, name in list(kinds.items())[:2])
        raise DataError(f"{parts[0][0]}: column '{column}' is {shown}. Write all parts alike.") from None
