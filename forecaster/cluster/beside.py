"""A file that goes with the data, cut as the data is: the future of values, the moments of events."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.cluster.shards import Shard, Shards, identity_of
from forecaster.config.data_settings import DataSettings
from forecaster.data.as_of import columns_of_moments, names_file, settings_of_moments
from forecaster.data.cut import Knife, cut_rows
from forecaster.data.folder import part_name
from forecaster.data.future import columns_ahead, refuse_lacking
from forecaster.data.load import Source
from forecaster.data.read import read_table
from forecaster.data.shards import shard_of
from forecaster.data.table import Table
from forecaster.errors import ConfigError
from forecaster.evaluation.trained_run import AnyRun

Report = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Beside:
    """A file whose rows are handed to the workers with those of the data.

    Attributes:
        name: What the user calls it.
        folder: Of its parts, one for each of the data; one for all where the rows are those that the run
            keeps.
        id: Its column of ids; None where all is of one series.
        version: Another one when the file has changed.
    """

    name: str
    folder: str
    id: str | None
    version: str

    def of(self, shard: Shard) -> Table:
        """The rows that go with a shard; places are named as in the file of the user.

        Args:
            shard: Of the data.

        Returns:
            A table, without a row where the file has none.

        Raises:
            DataError: The part cannot be read.
        """
        number = 0 if shard.source is None else shard.number
        table = read_table(f"{self.folder}/{part_name(number)}", DataSettings())
        name, ids = self.name, None if self.id is None else table.columns[self.id]

        def place_of(row: int) -> str:
            """By the id: the line is not known here."""
            return name if ids is None else f"{name}, a row of '{ids[row].as_py()}'"

        return replace(table, source=name, place_of=place_of)


def cut_future(run: AnyRun, future: Source, shards: Shards, work: Path, report: Report) -> Beside:
    """The future of the columns known in advance, cut as the data is.

    Args:
        run: A trained run.
        future: File, folder or frame.
        shards: Of the data.
        work: Where the parts go; every worker must see it.
        report: Told of the rows that were cut.

    Returns:
        What workers take theirs from.

    Raises:
        DataError: The file cannot be read, or lacks a column.
        ConfigError: It is not known which part of the data a series lies in.
    """
    columns = columns_ahead(run.panel.columns)
    settings = run.settings.data.model_copy(update={"as_of": None, "id": columns.get("id")})

    def id_of(table: Table) -> str | None:
        """The column that the data have too."""
        refuse_lacking(table, columns.values(), run.name)
        return columns.get("id")

    return _cut(("--future", future), (settings, id_of), shards, work, report)


def cut_moments(run: AnyRun, as_of: str, shards: Shards, work: Path, report: Report) -> Beside | None:
    """The moments of a file that ``--as-of`` names, cut as the data is.

    Args:
        run: A trained run.
        as_of: What was said.
        shards: Of the data.
        work: Where the parts go; every worker must see it.
        report: Told of the rows that were cut.

    Returns:
        What workers take theirs from; None where one moment is said for all.

    Raises:
        DataError: The file cannot be read.
        ConfigError: It has no such columns, or it is not known which part of the data a series lies in.
    """
    if not names_file(as_of):
        return None
    columns = run.panel.columns

    def id_of(table: Table) -> str:
        """The column that is found to be of ids."""
        return columns_of_moments(table, columns)[0]

    return _cut(("--as-of", as_of), (settings_of_moments(columns), id_of), shards, work, report)


def _cut(
    said: tuple[str, Any],
    how: tuple[DataSettings, Callable[[Table], str | None]],
    shards: Shards,
    work: Path,
    report: Report,
) -> Beside:
    """The parts of a file, beside the forecast."""
    (option, source), (settings, id_of) = said, how
    name = os.fspath(source) if isinstance(source, str | os.PathLike) else option
    n_parts, part_of = _parts_of(shards, f"{option} {name}" if name != option else option)
    identity = identity_of(source)
    digest = hashlib.sha256(json.dumps([option, identity, n_parts]).encode()).hexdigest()
    folder = work / f".beside-{digest[:16]}"
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier command that was killed
    what = f"rows of {name} cut into parts"
    knife = Knife(n_parts, settings, id_of, part_of, lambda n_rows: report(what, n_rows, None))
    with cut_rows(source, folder, knife) as (cut, _):
        pass
    return Beside(name, str(folder.absolute()), cut.id, json.dumps(identity))


def _parts_of(shards: Shards, said: str) -> tuple[int, Callable[[np.ndarray], np.ndarray]]:
    """How many parts there are, and which one each id belongs to."""
    if shards.parts[0].source is None:
        return 1, lambda ids: np.zeros(len(ids), np.int64)
    n_parts = shards.n_parts
    if n_parts is None:
        folder = shards.parts[0].source.rpartition("/")[0]
        raise ConfigError(
            f"{said}: needs data of which the part of each series is known. Cut {folder} by series first: "
            f"forecast shard {folder} --out DIR."
        )
    # ids of a part without rows go to the next one that has some, which says that it does not know them
    numbers = np.array([shard.number for shard in shards.parts])

    def part_of(ids: np.ndarray) -> np.ndarray:
        """(n,) number of a part of the data."""
        places = np.searchsorted(numbers, shard_of(ids, n_parts))
        return np.asarray(numbers[np.minimum(places, len(numbers) - 1)])

    return n_parts, part_of
