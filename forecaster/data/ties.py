"""Ties: events of one series at one stamp, kept, merged, refused or spread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecaster.config.data_settings import DataSettings
from forecaster.data.calendar import DAY, to_wall
from forecaster.data.clock import find_resolution
from forecaster.data.event_rows import EventRows
from forecaster.data.id_hash import hash_ids
from forecaster.data.names import is_person_name
from forecaster.data.panel import Clock, Note, Panel, TimeKind
from forecaster.data.rows import Order
from forecaster.data.table import Table
from forecaster.data.units import resolution_words
from forecaster.errors import ConfigError, DataError

_SEED = 20_260_101
# Share of gaps that are zero from which on it is said.
_MANY = 0.1


def choose_ties(ties: str, times: np.ndarray, clock: Clock, ids: str | None) -> str:
    """What is done with ties: as the settings say, or what the data ask for.

    Args:
        ties: Setting; ``auto`` merges where stamps are whole days and ids are of customers, and keeps
            otherwise.
        times: (n_rows,) all of them.
        clock: Of the times.
        ids: Column of the ids; None for one series.

    Returns:
        keep, merge, error or jitter.
    """
    if ties != "auto":
        return ties
    if ids is None or not is_person_name(ids) or clock.kind != "date":
        return "keep"
    return "merge" if find_resolution(to_wall(times, clock.zone)) >= DAY else "keep"


def decided_ties(panel: Panel, settings: DataSettings) -> str:
    """What was done with the ties of an events panel, so that the next file is read alike.

    Args:
        panel: As it was read.
        settings: Under which it was.

    Returns:
        keep, merge, error or jitter.
    """
    return choose_ties(settings.ties, panel.times, panel.clock, panel.columns.get("id"))


def settle_ties(
    rows: EventRows, clock: Clock, settings: DataSettings, origin: tuple[Table, str, str | None, Order]
) -> tuple[EventRows, Clock, tuple[Note, ...], tuple[Note, ...]]:
    """Events whose ties are dealt with.

    Args:
        rows: Events up to the moment of observation.
        clock: Of their times.
        settings: With ``ties``.
        origin: The table, its columns of times and ids, and the order of its rows, for messages.

    Returns:
        Events, their clock (spread stamps are real numbers), repairs and warnings.

    Raises:
        ConfigError: Stamps without a resolution were to be spread.
        DataError: There are ties, which are an error.
    """
    table, name, ids, order = origin
    how = choose_ties(settings.ties, rows.times, clock, ids)
    tied = rows.is_tied
    count = int(np.count_nonzero(tied))
    if how == "jitter":
        return _jitter(rows, clock, tied)
    if count == 0:
        return rows, clock, (), ()
    if how == "keep":
        return rows, clock, (), (_kept(count, len(rows.times) - len(rows.ids)),)
    if how == "merge":
        text = "events at the stamp of the event before were merged with it"
        if settings.ties == "auto":
            text += f", as stamps are whole days and '{ids}' names customers; --ties keep keeps them"
        if rows.values.shape[1]:
            text += "; their numbers were added up"
        if rows.marks is not None:
            text += "; the first mark was kept"
        return _merge(rows, tied), clock, (Note("ties", text, count),), ()
    place = int(np.argmax(tied))
    row = order.row(place if rows.places is None else int(rows.places[place]))
    more = f" ({count} such rows)" if count > 1 else ""
    raise DataError(
        f"{table.place(row, name)}: '{table.field(row, name)}' is there already{more}. "
        "Remove the row, or use --ties keep, --ties merge or --ties jitter."
    )


def _kept(count: int, n_gaps: int) -> Note:
    """The warning of ties that were kept, with what to do about many."""
    text = "events at the stamp of the event before were kept, as gaps of zero"
    if count >= _MANY * n_gaps:
        text += f", {count / n_gaps:.0%} of all gaps; --ties merge makes each stamp one event"
    return Note("ties", text, count)


def _merge(rows: EventRows, tied: np.ndarray) -> EventRows:
    """One event a stamp: numbers added up, unknown where all are, and the first mark that there is."""
    begins = np.flatnonzero(~tied)
    merged = rows.select(~tied)
    if rows.values.shape[1]:
        known = np.add.reduceat(~np.isnan(rows.values), begins, axis=0, dtype=np.int64)
        values = np.add.reduceat(np.nan_to_num(rows.values, nan=0.0), begins, axis=0)
        merged = replace(merged, values=np.where(known > 0, values, np.nan))
    if rows.marks is not None:
        places = np.where(rows.marks >= 0, np.arange(len(tied)), len(tied))
        first = np.minimum.reduceat(places, begins)
        merged = replace(merged, marks=np.append(rows.marks, -1)[first])
    return merged


def _jitter(
    rows: EventRows, clock: Clock, tied: np.ndarray
) -> tuple[EventRows, Clock, tuple[Note, ...], tuple[Note, ...]]:
    """Events of one stamp spread over its cell, in their order; times are then real numbers."""
    if clock.resolution is None:
        raise ConfigError(
            "--ties jitter: times are real numbers, and no cell of theirs is known. "
            "Use --ties keep or --ties merge."
        )
    shares, is_moved = _spread(rows, tied)
    if clock.kind == "date":
        times = rows.times + (shares * clock.resolution).astype(np.int64).astype("timedelta64[ns]")
    else:
        times = rows.times + shares * clock.resolution
    words = resolution_words(clock.kind, clock.resolution)
    text = f"events of one stamp were spread over it at random ({words}); gaps are taken as real numbers"
    kind: TimeKind = "date" if clock.kind == "date" else "float"
    note = Note("ties_spread", text, int(is_moved.sum()))
    return replace(rows, times=times), Clock(kind, None, None, None, clock.zone), (note,), ()


def _spread(rows: EventRows, tied: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n_rows,) part of the cell that each event is moved by, and which are moved.

    Drawn from the id, the stamp and the place in the tie, so that an event lies alike in every file.
    """
    is_moved = tied.copy()
    is_moved[:-1] |= tied[1:]
    moved = np.flatnonzero(is_moved)
    group = np.cumsum(~tied)[moved]
    new = np.append(True, group[1:] != group[:-1])[: len(moved)]
    places = np.arange(len(moved))
    place = places - np.maximum.accumulate(np.where(new, places, 0))
    names = hash_ids(rows.ids)[rows.series[moved]]
    key = _mixed(names + np.uint64(_SEED)) ^ rows.times[moved].view(np.uint64)
    draw = (_mixed(_mixed(key) + place.astype(np.uint64)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    shares = np.zeros(len(tied))
    shares[moved] = draw[np.lexsort((draw, group))]
    return shares, is_moved


def _mixed(keys: np.ndarray) -> np.ndarray:
    """Bits stirred so that neighbours have nothing in common.

    Source:
        Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014: the finaliser.
    """
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(keys ^ (keys >> np.uint64(31)))
