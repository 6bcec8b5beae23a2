"""Prices -> Panel of log returns, ranges and relative volume."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecaster.config.settings import DataSettings
from forecaster.data.clock import find_sessions, infer_clock
from forecaster.data.covariates import read_covariates, without_twins
from forecaster.data.detect import PRICES, Detection
from forecaster.data.numbers import read_columns
from forecaster.data.panel import Clock, Note, Panel
from forecaster.data.repair import merge_duplicates
from forecaster.data.rows import read_ids, sort_rows
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table
from forecaster.errors import ConfigError, DataError

_VOLUME_ROWS = 20
_SPLITS = (2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0, 1.5)
_SPLIT_SLACK = 0.025


def read_ohlc(table: Table, found: Detection, settings: DataSettings) -> Panel:
    """Panel of returns; every price over the close of the session before, as logarithms.

    Args:
        table: The file.
        found: Its columns by role.
        settings: Duplicates, zone and season.

    Returns:
        A panel of kind ``ohlc`` with ``closes``; the first row of a series is NaN.

    Raises:
        ConfigError: ``duplicates`` is mean or sum, which prices cannot be.
        DataError: A price is missing, not positive or outside its range, or a date is there twice.
    """
    if settings.duplicates in ("mean", "sum"):
        raise ConfigError(f"--duplicates {settings.duplicates} does not fit prices. Use first or last.")
    roles = [role for role in (*PRICES, "adj_close", "volume") if role in found.columns]
    prices, notes = read_columns(table, [found.columns[role] for role in roles])  # (n_rows, n_roles)
    _check_prices(table, found, prices, roles)
    past = read_covariates(table, found, "past")
    prices = np.column_stack([prices, past.numbers])
    time = found.columns["time"]
    stamps = read_stamps(table, time, settings)
    ids = read_ids(table, found.columns.get("id"))
    order = sort_rows(ids.codes, stamps.values, len(ids.names), table.n_rows)
    rows = (order.take(stamps.values), order.take(prices), order.offsets)
    times, prices, offsets, merged = merge_duplicates(rows, settings.duplicates, (table, time, order))
    clock = _sessions(infer_clock(times, offsets, stamps.kind, stamps.zone), times)
    channels, values, closes, adjusted = _channels(prices, roles, offsets)
    suspected = _zero_volume(prices, roles) + _suspected_splits(values[:, 1], "adj_close" in roles)
    return Panel(
        kind="ohlc",
        values=np.column_stack([values, prices[:, len(roles) :]]),
        offsets=offsets,
        times=times,
        ids=ids.names,
        channels=without_twins((*channels, *past.channels)),
        target=0,
        clock=clock,
        unit="log return",
        season_length=settings.season or 1,
        closes=closes,
        levels=past.levels,
        source=table.source,
        columns=dict(found.columns),
        repairs=(*table.notes, *stamps.notes, *ids.notes, *order.notes, *merged, *adjusted),
        warnings=(*notes, *past.notes, *suspected),
    )


def _check_prices(table: Table, found: Detection, prices: np.ndarray, roles: list[str]) -> None:
    """Refuse the first row whose prices cannot be."""
    for place, role in enumerate(roles):
        if role == "volume":
            wrong = prices[:, place] < 0
        else:
            wrong = ~(prices[:, place] > 0)
        if wrong.any():
            row = int(np.argmax(wrong))
            field = table.field(row, found.columns[role])
            what = "no price" if np.isnan(prices[row, place]) else f"{role} {field} is not positive"
            if role == "volume":
                what = f"volume {field} is negative"
            raise DataError(f"{table.place(row, found.columns[role])}: {what}. Correct the row or remove it.")
    opens, high, low, close = prices[:, :4].T
    others = {"low": low, "open": opens, "close": close}
    faults: list[tuple[int, str, str, str]] = []
    for role, other in others.items():
        faults += _fault(high < other, "high", "below", role)
        if role != "low":
            faults += _fault(low > other, "low", "above", role)
    if faults:
        row, one, word, role = min(faults, key=lambda fault: fault[0])
        first, second = (table.field(row, found.columns[part]) for part in (one, role))
        raise DataError(
            f"{table.place(row)}: {one} {first} is {word} {role} {second}. Correct the row or remove it."
        )


def _fault(wrong: np.ndarray, one: str, word: str, role: str) -> list[tuple[int, str, str, str]]:
    """The first row where a comparison fails, if one does."""
    return [(int(np.argmax(wrong)), one, word, role)] if wrong.any() else []


def _sessions(clock: Clock, times: np.ndarray) -> Clock:
    """A clock of days as one of sessions, on the weekdays that were seen."""
    if clock.kind != "date" or clock.step not in ("D", "B"):
        return clock
    mask = clock.weekmask or find_sessions(times.astype("datetime64[D]"))
    if mask is None and len(times) and np.is_busday(times.astype("datetime64[D]")).all():
        mask = "1111100"
    return clock if mask is None else replace(clock, step="B", weekmask=mask)


def _channels(
    prices: np.ndarray, roles: list[str], offsets: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, list[Note]]:
    """Names and values of the channels, and the closes they refer to."""
    notes: list[Note] = []
    logs = np.log(prices[:, :4])
    closes = prices[:, 3]
    if "adj_close" in roles:
        closes = prices[:, roles.index("adj_close")]
        logs = logs + (np.log(closes) - logs[:, 3])[:, None]
        notes.append(Note("adjusted", "all four prices are adjusted as the adjusted close is"))
    before = np.full(len(logs), np.nan)
    before[1:] = logs[:-1, 3]
    before[offsets[:-1]] = np.nan
    opens, high, low, close = (logs[:, place] for place in range(4))
    channels = ["close", "open", "high", "low", "range"]
    parts = [close - before, opens - before, high - before, low - before, high - low]
    if "volume" in roles:
        channels.append("volume")
        parts.append(_relative_volume(prices[:, roles.index("volume")], offsets))
    return tuple(channels), np.stack(parts, axis=1), closes.copy(), notes


def _relative_volume(volume: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Log of the volume over its mean of the rows up to it, 20 at the most."""
    known = volume > 0
    total = np.concatenate([[0.0], np.cumsum(np.where(known, volume, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    rows = np.arange(len(volume))
    begin = np.maximum(rows + 1 - _VOLUME_ROWS, np.repeat(offsets[:-1], np.diff(offsets)))
    n_known = count[rows + 1] - count[begin]
    mean = (total[rows + 1] - total[begin]) / np.maximum(n_known, 1)
    relative = np.full(len(volume), np.nan)
    relative[known] = np.log(volume[known] / mean[known])
    return relative


def _zero_volume(prices: np.ndarray, roles: list[str]) -> list[Note]:
    """A warning of sessions without a trade."""
    if "volume" not in roles:
        return []
    count = int((prices[:, roles.index("volume")] == 0).sum())
    return [Note("zero_volume", "sessions have a volume of zero", count)] if count else []


def _suspected_splits(overnight: np.ndarray, adjusted: bool) -> list[Note]:
    """A warning of openings that are a round multiple or part of the close before."""
    if adjusted:
        return []
    jumps = np.abs(overnight)
    large = np.flatnonzero(jumps > np.log(1.4))
    near = np.abs(jumps[large][:, None] - np.log(np.array(_SPLITS))[None, :]).min(axis=1) < _SPLIT_SLACK
    count = int(near.sum())
    text = "openings are near 2:1, 3:1, 1:2 or the like of the close before; if splits, use adjusted prices"
    return [Note("split_suspected", text, count)] if count else []
