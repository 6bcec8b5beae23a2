"""Rows of sequences -> Panel with a goal: a class of each, outputs of each row, or the next symbol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecaster.config.data_settings import DataSettings
from forecaster.data.detect import Detection
from forecaster.data.goals import Goal
from forecaster.data.marks import Vocabulary, read_marks
from forecaster.data.numbers import looks_number, read_columns
from forecaster.data.panel import Clock, Note, Panel
from forecaster.data.rows import Order, read_ids, sort_rows
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table
from forecaster.errors import ConfigError, DataError, listing

# More classes than this are names of single things.
MOST_CLASSES = 10_000


@dataclass(frozen=True)
class _Rows:
    """Rows of a file in the order of series and time."""

    order: Order
    times: np.ndarray
    clock: Clock
    ids: np.ndarray
    notes: tuple[Note, ...]


def read_sequences(table: Table, found: Detection, settings: DataSettings) -> Panel:
    """Panel of sequences, one after the other, with what is to be learnt of them.

    Args:
        table: The file.
        found: Its columns by role.
        settings: Format and zone of the times.

    Returns:
        A panel of kind ``sequences``; of a file without the column that is learnt, its values are unknown.

    Raises:
        ConfigError: There are more classes than can be learnt, or one only.
        DataError: A row cannot be read, or a series has two labels.
    """
    if found.of_role("wide"):
        panel = _read_wide(table, found)
        return replace(panel, warnings=(*panel.warnings, *_unused(found)))
    rows = _read_rows(table, found, settings)
    channels = found.past
    values, warned = np.empty((table.n_rows, 0)), tuple[Note, ...]()
    if channels:
        values, warned = read_columns(table, channels, "--past")
    panel = Panel(
        kind="sequences",
        values=rows.order.take(values),
        offsets=rows.order.offsets,
        times=rows.times,
        ids=rows.ids,
        channels=channels,
        target=0,
        clock=rows.clock,
        source=table.source,
        columns=dict(found.columns),
        repairs=(*table.notes, *rows.notes),
        warnings=(*warned, *_missing(values, channels)),
    )
    if "mark" in found.columns:
        words = Vocabulary.of(table, found.columns["mark"])
        panel = replace(panel, marks=words.code(rows.order.take(words.codes)), mark_names=words.names)
        panel = replace(panel, warnings=(*panel.warnings, *words.notes))
    panel = replace(panel, warnings=(*panel.warnings, *_unused(found)))
    goal = _goal(table, found, rows.order, panel)
    return replace(panel, goal=goal, columns=_with_tag(panel.columns, goal))


def _read_rows(table: Table, found: Detection, settings: DataSettings) -> _Rows:
    """Rows by series and time; counted in the order of the file where there is no time."""
    ids = read_ids(table, found.columns.get("id"))
    if "time" not in found.columns:
        order = sort_rows(ids, None, table.n_rows)
        times = np.arange(table.n_rows) - np.repeat(order.offsets[:-1], np.diff(order.offsets))
        return _Rows(order, times, Clock("integer", 1, None, 1.0), ids.names, (*ids.notes, *order.notes))
    stamps = read_stamps(table, found.columns["time"], settings)
    order = sort_rows(ids, stamps.values, table.n_rows)
    notes = (*stamps.notes, *ids.notes, *order.notes)
    return _Rows(order, order.take(stamps.values), Clock(stamps.kind, zone=stamps.zone), ids.names, notes)


def _goal(table: Table, found: Detection, order: Order, panel: Panel) -> Goal:
    """What is learnt, from the columns that were found."""
    outputs, tags = found.of_role("output"), found.of_role("tag")
    if "label" in found.columns:
        return _labels(table, found.columns["label"], order, panel)
    if not outputs and not tags:
        return Goal("marks", panel.mark_names)  # or of a file for a run whose goal it lacks
    texts = tags or tuple(name for name in outputs if not looks_number(name, table.columns[name]))
    if not texts:
        values, _ = read_columns(table, outputs, "--outputs")
        return Goal("outputs", outputs, values=order.take(values))
    if len(outputs) > 1:
        raise ConfigError(
            f"--outputs {','.join(outputs)}: '{texts[0]}' holds categories, which are learnt alone. Name it "
            "alone, or columns of numbers."
        )
    codes, names = _classes(table, texts[0], "--outputs")
    return Goal("tags", names, texts[0], order.take(codes))


def _with_tag(columns: Mapping[str, str], goal: Goal) -> Mapping[str, str]:
    """Columns by role, in which one of categories is a tag: in another file it is one whatever it holds."""
    if goal.kind != "tags":
        return columns
    return {"tag" if name == goal.column else role: name for role, name in columns.items()}


def _labels(table: Table, name: str, order: Order, panel: Panel) -> Goal:
    """The class of each series, the same in all of its rows."""
    codes, names = _classes(table, name, "--label")
    codes = order.take(codes)
    first = codes[np.minimum(panel.offsets[:-1], len(codes) - 1)]
    differs = codes != np.repeat(first, panel.lengths)
    if differs.any():
        row = int(np.argmax(differs))
        series = panel.ids[panel.series_of(np.array([row]))[0]]
        place, text = table.place(order.row(row), name), table.field(order.row(row), name)
        raise DataError(
            f"{place}: '{text}' is another label than that of the rows of '{series}' before. Give every "
            "sequence one label, or an id of its own."
        )
    return Goal("label", names, name, first)


def _classes(table: Table, name: str, option: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n_rows,) codes, -1 for an empty field, and the classes by how often rows have them, then by name."""
    codes, names = read_marks(table, name)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    if len(names) > MOST_CLASSES:
        raise ConfigError(
            f"{option} {name}: {len(names):,} different values; {MOST_CLASSES:,} at most can be learnt. Name "
            "a column of classes."
        )
    order = np.lexsort((names.astype(str), -counts))
    place = np.full(len(names) + 1, -1, dtype=np.int64)  # the last one is for -1
    place[order] = np.arange(len(order))
    return place[codes], tuple(str(names[code]) for code in order)


def _unused(found: Detection) -> tuple[Note, ...]:
    """A warning of columns that have no role."""
    text = f"columns are not used: {listing(found.unused)}; name numbers with --past, categories with --mark"
    return (Note("unused_columns", text),) if found.unused else ()


def _read_wide(table: Table, found: Detection) -> Panel:
    """A sequence a row: one channel, its steps side by side; empty fields at the end shorten it."""
    steps = found.of_role("wide")
    values, warned = read_columns(table, steps, "--past")  # (n_series, n_steps)
    known = ~np.isnan(values)
    lengths = np.where(known.any(axis=1), len(steps) - np.argmax(known[:, ::-1], axis=1), 0)
    if (lengths == 0).any():
        row = int(np.argmax(lengths == 0))
        raise DataError(f"{table.place(row)}: the row holds no value. Complete the row or remove it.")
    inside = np.arange(len(steps)) < lengths[:, None]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ids = np.array([str(row) for row in range(table.n_rows)], dtype=object)
    if "id" in found.columns:
        named = read_ids(table, found.columns["id"])
        if named.runs is not None:
            ids = named.names[named.codes]
    panel = Panel(
        kind="sequences",
        values=values[inside][:, None],
        offsets=offsets,
        times=np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths),
        ids=ids,
        channels=("value",),
        target=0,
        clock=Clock("integer", 1, None, 1.0),
        source=table.source,
        columns=dict(found.columns),
        repairs=table.notes,
        warnings=(*warned, *_missing(values[inside], ("value",))),
    )
    if "label" not in found.columns:
        return replace(panel, goal=Goal("label", ()))
    codes, names = _classes(table, found.columns["label"], "--label")
    return replace(panel, goal=Goal("label", names, found.columns["label"], codes))


def _missing(values: np.ndarray, channels: tuple[str, ...]) -> tuple[Note, ...]:
    """A warning of inputs that are missing."""
    count = int(np.isnan(values).sum())
    text = f"values are missing, in {listing(channels)}; the network is told where"
    return (Note("missing_values", text, count),) if count else ()
