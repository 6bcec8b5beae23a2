"""Table: the columns of one file as the parser typed them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

from forecaster.data.panel import Note

# Spellings of a missing value; ids and texts are taken as they are.
MISSING = (
    *("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-nan", "-NaN", "NULL", "null", "Null"),
    *("None", "none", "-", "--", "?", "<NA>", "NaT"),
)

# Characters of a field that a message shows.
_SHOWN = 80

Column: TypeAlias = "pa.ChunkedArray"


@dataclass(frozen=True)
class Table:
    """Columns of one file as the parser typed them, and the way back to its lines.

    Attributes:
        source: The file as the user typed it.
        columns: By name, in the order of the file; each (n_rows,).
        n_rows: Number of rows.
        delimiter: Between two fields of a text file; empty for other sources.
        place_of: Row number -> where that is, such as ``events.csv, line 119``.
        raw: Column name -> its fields as they are written, as strings.
        notes: What was done in reading.
    """

    source: str
    columns: Mapping[str, Column]
    n_rows: int
    delimiter: str
    place_of: Callable[[int], str]
    raw: Callable[[str], Column]
    notes: tuple[Note, ...] = ()

    def place(self, row: int, name: str | None = None) -> str:
        """Where a row is, for a message; with the column when ``name`` is given.

        Args:
            row: Row number, from 0, as in ``columns``.
            name: Column.

        Returns:
            For example ``events.csv, line 119, column 'time'``.
        """
        place = self.place_of(int(row))
        return place if name is None else f"{place}, column '{name}'"

    def field(self, row: int, name: str) -> str:
        """One field as it is written in the file, for a message.

        Args:
            row: Row number, from 0.
            name: Column.

        Returns:
            Its text, cut where it is long; empty when missing.
        """
        value = self.raw(name)[int(row)].as_py()
        text = "" if value is None else str(value)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
