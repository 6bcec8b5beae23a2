"""What a forecast is made from, cut into shards that workers read by themselves."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from forecaster.data.folder import (
    absolute,
    has_manifest,
    identity_of,
    is_folder,
    is_url,
    list_parts,
    read_manifest,
    version_of,
)
from forecaster.data.load import Source
from forecaster.data.shards import Parting, write_shards
from forecaster.evaluation.trained_run import AnyRun

# Of a file that is cut for the workers: bytes and rows of a shard, and how many there are at least and most.
SHARD_BYTES, SHARD_ROWS = 1 << 23, 200_000
LEAST_SHARDS, MOST_SHARDS = 16, 4096

ORDER = "_ids.parquet"


@dataclass(frozen=True)
class Shard:
    """Some series that are forecast together.

    Attributes:
        number: From 0.
        source: Path or URL of their rows, the same for all processes; None for the rows that the run keeps.
        begin: First series of those that the run keeps.
        end: After the last of them.
        version: Another text when the rows have changed.
    """

    number: int
    source: str | None
    begin: int = 0
    end: int = 0
    version: str = ""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.source or f"series {self.begin:,} to {self.end - 1:,}"

    def to_json(self) -> str:
        """As text, which every worker can be handed."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Shard:
        """What ``to_json`` has written."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Shards:
    """All series that are forecast.

    Attributes:
        parts: In their order.
        order: Ids in the order in which the user gave them; None for the order of the parts.
        parting: Which shard the rows that go with a series belong to; None where it is not known in which of
            them the series lies.
        temporary: Folder that is to be removed when the forecast is there; None for none.
    """

    parts: tuple[Shard, ...]
    order: tuple[str, ...] | None = None
    parting: Parting | None = None
    temporary: Path | None = None


def shards_of(
    run: AnyRun, data: Source | None, work: Path, report: Callable[[str, int, int | None], None]
) -> Shards:
    """The shards of what is to be forecast.

    Args:
        run: A trained run.
        data: A folder of parts, or what is cut here; the rows that the run keeps when None.
        work: Where a file is cut to; every worker must see it.
        report: Told of the rows that were cut.

    Returns:
        The shards; those of a file that was cut for an earlier, interrupted forecast are used again.

    Raises:
        DataError: The data cannot be read, or is one series only.
        RunError: The shards cannot be written.
    """
    if data is None:
        n_series = run.panel.n_series
        size = max(math.ceil(n_series / LEAST_SHARDS), 1)
        begins = range(0, n_series, size)
        parts = tuple(Shard(k, None, begin, min(begin + size, n_series)) for k, begin in enumerate(begins))
        return Shards(parts, None, Parting(1, (0,)))  # each worker holds all that the run keeps
    if is_folder(data):
        folder = str(data)
        rows = read_manifest(folder).rows if has_manifest(folder) else None
        parts = _parts_of(folder, rows)
        if rows is None or any(part.number >= len(rows) for part in parts):
            return Shards(parts)  # of files that the manifest does not name any may hold any series
        return Shards(parts, None, _parting(parts, len(rows)))
    return _cut(run, data, work, report)


def _parts_of(folder: str, rows: tuple[int, ...] | None) -> tuple[Shard, ...]:
    """A shard for each part that has rows, as far as that is known."""
    return tuple(
        Shard(number, absolute(name), version=version_of(name))
        for number, name in enumerate(list_parts(folder))
        if rows is None or number >= len(rows) or rows[number]
    )


def _cut(run: AnyRun, data: Any, work: Path, report: Callable[[str, int, int | None], None]) -> Shards:
    """A file or a frame, cut by series into a folder beside the forecast."""
    n_shards = _n_shards(data)
    settings = run.settings.data.model_copy(update={"as_of": None})
    said = json.dumps([identity_of(data), n_shards, settings.model_dump_json()])
    digest = hashlib.sha256(said.encode()).hexdigest()
    folder = work / f".rows-{digest[:16]}"
    if not folder.exists():
        write_shards(
            data,
            folder,
            n_shards,
            settings,
            (run.panel.columns, run.name),
            lambda n_rows: report("rows cut into parts", n_rows, None),
            order=ORDER,
        )
    order = tuple(pd.read_parquet(folder / ORDER)["unique_id"])
    parts = _parts_of(str(folder), read_manifest(str(folder)).rows)
    # those of a file that is cut once more are what they were
    parts = tuple(replace(part, version=digest) for part in parts)
    return Shards(parts, order, _parting(parts, n_shards), folder)


def _parting(parts: tuple[Shard, ...], n_parts: int) -> Parting:
    """Which of them an id belongs to, by its hash."""
    return Parting(n_parts, tuple(part.number for part in parts))


def _n_shards(data: Any) -> int:
    """Parts for a source, the same whenever it is the same."""
    wanted = 0.0
    if isinstance(data, pd.DataFrame | pd.Series):
        wanted = len(data) / SHARD_ROWS
    elif isinstance(data, str | os.PathLike) and not is_url(data) and Path(data).is_file():
        wanted = Path(data).stat().st_size / SHARD_BYTES
    return min(max(math.ceil(wanted), LEAST_SHARDS), MOST_SHARDS)
