"""A data set cut by series into Parquet parts: whole series in one part, with a manifest."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from forecaster.config.data_settings import DataSettings
from forecaster.data.cut import Cut, Knife, cut_rows
from forecaster.data.date_time import join_date_and_time
from forecaster.data.detect import Detection, detect
from forecaster.data.folder import MANIFEST, Manifest
from forecaster.data.table import Table
from forecaster.errors import DataError
from forecaster.files import write_new

# How the part of a series is found, in words and below in code.
HASH = "CRC-32 of the id in UTF-8, modulo the number of parts"


def shard_of(ids: np.ndarray, n_shards: int) -> np.ndarray:
    """Part that each series belongs to, the same in every file, version and place.

    Args:
        ids: (n,) str.
        n_shards: Number of parts.

    Returns:
        (n,) int64 in 0 .. n_shards - 1.

    Example:
        >>> shard_of(np.array(["shop 1", "shop 2"]), 8)
        array([5, 7])
    """
    return np.fromiter((zlib.crc32(str(name).encode()) % n_shards for name in ids), np.int64, len(ids))


@dataclass(frozen=True)
class Parting:
    """Which part of a data set the rows that go with a series belong to, such as its future.

    Attributes:
        n_parts: That the hash of an id chooses from.
        numbers: Of the parts that have rows, rising.
    """

    n_parts: int
    numbers: tuple[int, ...]

    def part_of(self, ids: np.ndarray) -> np.ndarray:
        """Numbers of the parts.

        Args:
            ids: (n,) str.

        Returns:
            (n,) int64. Ids of a part without rows go to the next one that has some, whose reader says that it
            does not know them.
        """
        numbers = np.array(self.numbers)
        places = np.searchsorted(numbers, shard_of(ids, self.n_parts))
        return np.asarray(numbers[np.minimum(places, len(numbers) - 1)])


def write_shards(
    source: Any,
    folder: Path,
    n_shards: int,
    settings: DataSettings,
    trained: tuple[Mapping[str, str], str] | None = None,
    progress: Callable[[int], None] = lambda _: None,
    *,
    order: str | None = None,
) -> tuple[Manifest, int]:
    """Cut a data set into parts of whole series.

    Args:
        source: As ``cut_rows`` takes it.
        folder: Where to; it must not be there.
        n_shards: Number of parts.
        settings: What was said of the data.
        trained: Columns by role of a trained run, for which the data is, and its name; None to find them.
        progress: Called with the number of rows written so far.
        order: Name of a further file with all ids in the order of their first rows; None for none.

    Returns:
        The manifest, and the number of series.

    Raises:
        DataError: The data cannot be read, or is one series only.
        RunError: The folder cannot be written, or is there.
    """
    seen: list[Detection] = []

    def id_of(table: Table) -> str:
        """The column of ids, which is kept with all else that the first piece shows."""
        seen.append(detect(join_date_and_time(table, settings), settings, *(trained or ())))
        return _id_of(table, seen[-1])

    knife = Knife(n_shards, settings, id_of, lambda ids: shard_of(ids, n_shards), progress)
    with cut_rows(source, folder, knife) as (cut, temporary):
        manifest = _manifest(cut, seen[-1], settings)
        write_new(temporary / MANIFEST, manifest.model_dump_json(indent=1).encode(), 0o600)
        if order is not None:
            ids = pa.table({"unique_id": pa.array(list(cut.order), pa.string())})
            pq.write_table(ids, temporary / order)
    return manifest, len(cut.order)


def _id_of(table: Table, found: Detection) -> str:
    """The column of ids; an error where there is none."""
    if "id" not in found.columns:
        raise DataError(
            f"{table.source}: one series, as no column names several; it cannot be cut. Name the column of "
            "ids with --id."
        )
    return found.columns["id"]


def _manifest(cut: Cut, found: Detection, settings: DataSettings) -> Manifest:
    """What is to be known of the parts."""
    n_parts = len(cut.rows)
    series = np.bincount(shard_of(np.array(list(cut.order)), n_parts), minlength=n_parts)
    return Manifest(
        format_version=1,
        hash=HASH,
        id=found.columns["id"],
        columns={name: str(kind) for name, kind in cut.types.items()},
        rows=tuple(cut.rows.tolist()),
        series=tuple(series.tolist()),
        kind=found.kind,
        roles=dict(found.columns),
        unit=settings.unit,
        settings=settings.model_dump(mode="json", exclude_unset=True, exclude={"as_of", "encoding"}),
    )
