"""Marks: the category of each event as a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecaster.data.panel import Note, Panel
from forecaster.data.table import Table
from forecaster.errors import ConfigError

# Of events: more are names of single things, not categories to be learnt.
MOST_MARKS = 1000
# Of sequences: words of a language. Up to the first number all are kept, beyond it those seen twice or more.
MANY_SYMBOLS, MOST_SYMBOLS = 1000, 50_000


def read_marks(table: Table, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Marks of a column as codes.

    Args:
        table: The file.
        name: A column of it; blanks around a mark are left out.

    Returns:
        (n_rows,) int64 index into the names, -1 where the field is empty; and (n_names,) str.
    """
    column = table.columns[name]
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        if pc.all(pc.equal(pc.floor(column), column)).as_py():
            column = column.cast(pa.int64())
    if not pa.types.is_string(column.type):
        column = column.cast(pa.string())
    texts = pc.utf8_trim_whitespace(column)
    encoded = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts).combine_chunks()
    encoded = encoded.dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, encoded.dictionary.to_numpy(zero_copy_only=False).astype(object)


@dataclass(frozen=True)
class Vocabulary:
    """The symbols of a column that are told apart, by how often they occur, then by name.

    Attributes:
        codes: (n_rows,) int64 place of each field among all that differ, -1 for an empty one.
        place: (n_different + 1,) int64 index in ``names`` of each of these, -1 for one that is not kept.
        names: The symbols that are kept.
        notes: How many rows have another one.
    """

    codes: np.ndarray
    place: np.ndarray
    names: tuple[str, ...]
    notes: tuple[Note, ...] = ()

    @classmethod
    def of(cls, table: Table, name: str) -> Vocabulary:
        """The vocabulary of a column.

        Args:
            table: The file.
            name: A column of it.

        Returns:
            All symbols of a few, of many those that occur at least twice.

        Raises:
            ConfigError: No row has a symbol.
        """
        codes, names = read_marks(table, name)
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        if len(names) == 0:
            raise ConfigError(f"--mark {name}: no row has a symbol. Name another column.")
        order = np.lexsort((names.astype(str), -counts))
        if len(names) > MANY_SYMBOLS:
            order = order[: min(int((counts > 1).sum()), MOST_SYMBOLS)]
        place = np.full(len(names) + 1, -1, dtype=np.int64)  # the last one is for -1
        place[order] = np.arange(len(order))
        n_empty, n_rare = int((codes < 0).sum()), int(counts.sum() - counts[order].sum())
        found = (
            ("no_mark", f"rows have no symbol in column '{name}'; it is taken as unknown", n_empty),
            (
                "rare_marks",
                f"rows have a symbol of column '{name}' seen once; it is taken as unknown",
                n_rare,
            ),
        )
        notes = tuple(Note(code, text, count) for code, text, count in found if count)
        return cls(codes, place, tuple(str(names[code]) for code in order), notes)

    def code(self, codes: np.ndarray) -> np.ndarray:
        """Index in ``names`` of some rows.

        Args:
            codes: (n,) some of ``codes``.

        Returns:
            (n,) int64, -1 for a symbol that is not kept.
        """
        return np.asarray(self.place[codes])


def with_marks(panel: Panel, codes: np.ndarray, names: np.ndarray | None) -> Panel:
    """Events with marks that are numbered by how often they occur, then by name.

    Args:
        panel: Events; ``columns`` names the one of the marks.
        codes: (n_rows,) int64 index into ``names``, -1 for none.
        names: (n_names,) str; those that do not occur are left out.

    Returns:
        A new panel, with a warning of the events without a mark.

    Raises:
        ConfigError: There are more marks than can be learnt, or none.
    """
    column, names = panel.columns["mark"], np.empty(0, dtype=object) if names is None else names
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    order = np.lexsort((names.astype(str), -counts))[: int((counts > 0).sum())]
    if len(order) == 0:
        raise ConfigError(f"--mark {column}: no event has a mark. Name another column.")
    if len(order) > MOST_MARKS:
        raise ConfigError(
            f"--mark {column}: {len(order):,} different marks; {MOST_MARKS:,} at most can be learnt. "
            "Name a column of categories."
        )
    place = np.full(len(names) + 1, -1, dtype=np.int64)  # the last one is for -1
    place[order] = np.arange(len(order))
    n_without = int((codes < 0).sum())
    text = f"events have no mark in column '{column}'; it is taken as unknown"
    notes = (Note("no_mark", text, n_without),) if n_without else ()
    mark_names = tuple(str(names[code]) for code in order)
    return replace(panel, marks=place[codes], mark_names=mark_names, warnings=(*notes, *panel.warnings))


def recode_marks(panel: Panel, mark_names: Sequence[str]) -> Panel:
    """A panel whose marks have the codes of a trained run.

    Args:
        panel: Events or sequences of any file.
        mark_names: Names of the run's marks.

    Returns:
        A new panel with these names; a mark that is not among them is -1, and a warning counts its
        events. A panel without marks stays as it is.
    """
    if panel.marks is None:
        return panel
    names = pd.Index(list(mark_names), dtype=object)
    place = np.append(names.get_indexer(pd.Index(list(panel.mark_names), dtype=object)), -1)
    marks = place[panel.marks].astype(np.int64)
    n_new = int(((marks < 0) & (panel.marks >= 0)).sum())
    text = "rows have a mark that was not trained on; it is taken as unknown"
    notes = (Note("new_marks", text, n_new),) if n_new else ()
    return replace(panel, marks=marks, mark_names=tuple(mark_names), warnings=(*panel.warnings, *notes))
