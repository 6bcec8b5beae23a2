"""A file that goes with the data, cut as the data is: the future of values, the moments of events."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecaster.config.data_settings import DataSettings
from forecaster.data.as_of import columns_of_moments, names_file, settings_of_moments
from forecaster.data.cut import Knife, cut_rows
from forecaster.data.folder import identity_of, part_name, read_bytes
from forecaster.data.frames import from_columns, parquet_columns
from forecaster.data.future import columns_ahead, refuse_lacking
from forecaster.data.load import Source
from forecaster.data.shards import Parting
from forecaster.data.table import Table
from forecaster.evaluation.trained_run import AnyRun

Report = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Beside:
    """A file whose rows are handed to the workers with those of the data.

    Attributes:
        name: What the user calls it.
        folder: Of its parts, one for each of the data.
        id: Its column of ids; None where all is of one series.
        version: Another one when the file has changed.
    """

    name: str
    folder: str
    id: str | None
    version: str

    def of(self, number: int) -> Table:
        """The rows that go with a part of the data; places are named as in the file of the user.

        Args:
            number: Of the part.

        Returns:
            A table, without a row where the file has none.

        Raises:
            DataError: The part cannot be read.
        """
        name, place = self.name, Path(self.folder) / part_name(number)
        columns = parquet_columns(name, read_bytes(str(place)))
        ids = next(iter(columns.values())) if self.id is None else columns[self.id]

        def place_of(row: int) -> str:
            """By the id: the line is not known here."""
            return name if self.id is None else f"{name}, a row of '{ids[row].as_py()}'"

        return from_columns(name, columns, len(ids), place_of, may_be_empty=True)


def cut_future(run: AnyRun, future: Source, parting: Parting, work: Path, report: Report) -> Beside:
    """The future of the columns known in advance, cut as the data is.

    Args:
        run: A trained run.
        future: File, folder or frame.
        parting: Of the data.
        work: Where the parts go; every worker must see it.
        report: Told of the rows that were cut.

    Returns:
        What workers take theirs from.

    Raises:
        DataError: The file cannot be read, or lacks a column.
    """
    columns = columns_ahead(run.panel.columns)
    settings = run.settings.data.model_copy(update={"as_of": None, "id": columns.get("id")})

    def id_of(table: Table) -> str | None:
        """The column that the data have too."""
        refuse_lacking(table, columns.values(), run.name)
        return columns.get("id")

    return _cut(("--future", future), (settings, id_of), parting, work, report)


def cut_moments(
    columns: Mapping[str, str], as_of: str | None, parting: Parting, work: Path, report: Report
) -> Beside | None:
    """The moments of a file that ``--as-of`` names, cut as the data is.

    Args:
        columns: Of the data, by role.
        as_of: What was said; None for nothing.
        parting: Of the data.
        work: Where the parts go; every worker must see it.
        report: Told of the rows that were cut.

    Returns:
        What workers take theirs from; None where no file is named.

    Raises:
        DataError: The file cannot be read.
        ConfigError: It has no such columns.
    """
    if as_of is None or not names_file(as_of):
        return None

    def id_of(table: Table) -> str:
        """The column that is found to be of ids."""
        return columns_of_moments(table, columns)[0]

    return _cut(("--as-of", as_of), (settings_of_moments(columns), id_of), parting, work, report)


def _cut(
    said: tuple[str, Any],
    how: tuple[DataSettings, Callable[[Table], str | None]],
    parting: Parting,
    work: Path,
    report: Report,
) -> Beside:
    """The parts of a file, beside the forecast."""
    (option, source), (settings, id_of) = said, how
    name = os.fspath(source) if isinstance(source, str | os.PathLike) else option
    folder, version = work / option.strip("-"), json.dumps(identity_of(source))
    what = f"rows of {name} cut into parts"
    knife = Knife(
        parting.n_parts, settings, id_of, parting.part_of, lambda n_rows: report(what, n_rows, None)
    )
    with cut_rows(source, folder, knife) as (cut, _):
        pass
    return Beside(name, str(folder.absolute()), cut.id, version)
