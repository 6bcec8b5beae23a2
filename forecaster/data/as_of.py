"""The moment up to which each series was observed: one for all, or one for each id from a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from forecaster.config.data_settings import DataSettings
from forecaster.data.clock import parse_moment
from forecaster.data.event_rows import EventRows
from forecaster.data.names import ID_NAMES, first_named, is_id_name, is_time_name
from forecaster.data.panel import Clock, Note
from forecaster.data.read import read_table
from forecaster.data.roles import find_time
from forecaster.data.rows import read_ids
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table
from forecaster.errors import ConfigError, DataError, EmptyError, listing

_ENDINGS = (".csv", ".tsv", ".txt", ".gz", ".parquet")


def names_file(text: str) -> bool:
    """Whether what the user wrote as a moment is a file of them.

    Args:
        text: Of ``--as-of``.

    Returns:
        True for a file that is there, and for what ends as files do.
    """
    return text.lower().endswith(_ENDINGS) or (text != "" and Path(text).is_file())


def read_as_of(
    text: str,
    clock: Clock,
    ids: np.ndarray,
    columns: Mapping[str, str] | None = None,
    moments: Table | None = None,
) -> tuple[np.ndarray, tuple[Note, ...]]:
    """The moment of each series that the user wrote, or that a file gives.

    Args:
        text: A moment for all, or the name of a file with a column of ids and one of times.
        clock: Of the events; dates without an offset are in its zone.
        ids: (n_series,) str.
        columns: Columns of the events by role; those of the file may have the same names.
        moments: The rows of the file that are of these series, where it was read before.

    Returns:
        (n_series,) datetime64[ns] (UTC when the clock has a zone), int64 or float64; and a note of the
        ids of the file that are not among ``ids``.

    Raises:
        ConfigError: It is no moment, or the file has no such columns or times of another kind.
        DataError: The file cannot be read, has an id twice, or lacks one.
    """
    if not names_file(text):
        moment = parse_moment(text, clock)
        return np.full(len(ids), moment, dtype=moment.dtype), ()
    columns = columns or {}
    table = read_table(text if moments is None else moments, settings_of_moments(columns))
    if table.n_rows == 0:  # of a part of the file, which has none for these ids
        raise _no_moment(text, ids)
    name, time = columns_of_moments(table, columns)
    found = read_ids(table, name)
    known = _moments(table, time, clock)
    codes = found.codes if found.runs is not None else np.arange(table.n_rows)
    _refuse_twice(table, name, codes)
    first = np.empty(len(found.names), dtype=np.int64)
    first[codes] = np.arange(table.n_rows)
    places = pd.Index(found.names).get_indexer(pd.Index(ids.astype(object)))
    missing = places < 0
    if missing.any():
        raise _no_moment(text, ids[missing])
    extra = len(found.names) - len(np.unique(places))
    notes = (Note("as_of_ids", f"ids of {text} have no event and were left out", extra),) if extra else ()
    return known[first[places]], notes


def _no_moment(text: str, ids: np.ndarray) -> DataError:
    """The error of a file that lacks some ids of the data."""
    what = "1 id" if len(ids) == 1 else f"{len(ids):,} ids"
    return DataError(
        f"{text}: no moment for {what} of the data: {listing(ids)}. Add a row for each, or give --as-of one "
        "moment for all."
    )


def cut_events(
    rows: EventRows, as_of: np.ndarray, said: str, source: str
) -> tuple[EventRows, np.ndarray, tuple[Note, ...]]:
    """Events up to the moment of their series, and the series that have one.

    Args:
        rows: All events.
        as_of: (n_series,) like ``rows.times``.
        said: What the user wrote.
        source: The file of the events.

    Returns:
        The events, the moments of their series, and notes with the counts of what was left out.

    Raises:
        EmptyError: No event is left.
    """
    kept = rows.times <= np.repeat(as_of, np.diff(rows.offsets))
    if kept.all():
        return rows, as_of, ()
    if not kept.any():
        raise EmptyError(f"--as-of {said} is before every event of {source}. Write a later moment.")
    after = f"the moment of their id in {said}" if names_file(said) else said
    notes = [Note("after_as_of", f"rows after {after} were not read", int((~kept).sum()))]
    counts = rows.counts(kept)
    if not counts.all():
        text = f"series that begin after {after} were left out"
        notes.append(Note("after_as_of_series", text, int((counts == 0).sum())))
    return rows.select(kept), as_of[counts > 0], tuple(notes)


def settings_of_moments(columns: Mapping[str, str]) -> DataSettings:
    """How a file of moments is read.

    Args:
        columns: Columns of the events by role.

    Returns:
        Settings in which ids stay text.
    """
    return DataSettings(id=columns.get("id"))


def columns_of_moments(table: Table, columns: Mapping[str, str]) -> tuple[str, str]:
    """Columns of ids and of times: named as in the events, of usual names, or the two there are.

    Args:
        table: A file of moments.
        columns: Columns of the events by role.

    Returns:
        Names of both.

    Raises:
        ConfigError: One of them is not found.
    """
    name = columns.get("id")
    if name not in table.columns:
        called = [column for column in table.columns if is_id_name(column) and not is_time_name(column)]
        name = first_named(called, ID_NAMES) or (called[0] if len(called) == 1 else None)
    time = columns.get("time")
    time = time if time in table.columns else find_time(table, DataSettings(), name)
    if name is None and time is not None and len(table.columns) == 2:
        name = next(column for column in table.columns if column != time)
    if name is None or time is None:
        lacking = "ids" if name is None else "times"
        raise ConfigError(
            f"--as-of {table.source}: no column of {lacking}; found {listing(table.columns)}. "
            "Give a file with a column of ids and one of times."
        )
    return name, time


def _moments(table: Table, time: str, clock: Clock) -> np.ndarray:
    """Times of a file as the clock of the events has them."""
    stamps = read_stamps(table, time, DataSettings(time=time))
    if clock.kind == "float" and stamps.kind == "integer":
        return stamps.values.astype(np.float64)
    if stamps.kind != clock.kind:
        words = {"date": "dates", "integer": "whole numbers", "float": "real numbers"}
        raise ConfigError(
            f"--as-of {table.source}: column '{time}' holds {words[stamps.kind]}, times of the data are "
            f"{words[clock.kind]}. Write them alike."
        )
    if clock.kind != "date":
        return stamps.values
    if stamps.zone is not None and clock.zone is None:
        raise ConfigError(
            f"--as-of {table.source}: column '{time}' has a zone, the data have none. Leave the offsets out."
        )
    if stamps.zone is None and clock.zone is not None:
        return read_stamps(table, time, DataSettings(time=time, tz=clock.zone)).values
    return stamps.values


def _refuse_twice(table: Table, name: str, codes: np.ndarray) -> None:
    """One moment for each id."""
    again = np.ones(len(codes), dtype=bool)
    again[np.unique(codes, return_index=True)[1]] = False
    if again.any():
        row = int(np.argmax(again))
        raise DataError(
            f"{table.place(row, name)}: '{table.field(row, name)}' is there already. "
            "Keep one moment for each id."
        )
