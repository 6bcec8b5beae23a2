"""Marks: the category of each event as a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecaster.data.panel import Note, Panel
from forecaster.data.table import Table
from forecaster.errors import ConfigError

# More are names of single things, not categories to be learnt.
MOST_MARKS = 1000


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
        panel: Events of any file.
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
    text = "events have a mark that was not trained on; it is taken as unknown"
    notes = (Note("new_marks", text, n_new),) if n_new else ()
    return replace(panel, marks=marks, mark_names=tuple(mark_names), warnings=(*panel.warnings, *notes))
