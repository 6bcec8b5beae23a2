"""Prices -> Panel of log returns, ranges, volatility and relative volume."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.config.data_settings import DataSettings, Predict
from forecaster.data.calendar import to_wall
from forecaster.data.clock import infer_clock
from forecaster.data.covariates import read_covariates, without_twins
from forecaster.data.detect import PRICES, Detection
from forecaster.data.market_clock import check_sessions, find_market_clock
from forecaster.data.panel import Note, Panel
from forecaster.data.price_channels import RETURNS, Bars, make_channels
from forecaster.data.price_names import RowNames
from forecaster.data.prices import read_prices
from forecaster.data.repair import merge_duplicates
from forecaster.data.rows import read_ids, sort_rows
from forecaster.data.sessions import load_sessions
from forecaster.data.splits import name_splits, suspect_splits
from forecaster.data.stamps import read_stamps
from forecaster.data.table import Table
from forecaster.errors import ConfigError


@dataclass(frozen=True)
class _Rows:
    """Rows by ticker and time: roles of the first columns, all numbers, and what the rows are called."""

    roles: list[str]
    numbers: np.ndarray
    names: RowNames
    ids: np.ndarray
    repairs: tuple[Note, ...]
    warnings: tuple[Note, ...]


@dataclass(frozen=True)
class _Market:
    """What prices become: channels by name, the closes that they refer to, and notes."""

    channels: dict[str, np.ndarray]
    closes: np.ndarray
    repairs: tuple[Note, ...]
    warnings: tuple[Note, ...]


def read_ohlc(table: Table, found: Detection, settings: DataSettings) -> Panel:
    """Panel of prices; every price over the close of the session before, as logarithms.

    Args:
        table: The file.
        found: Its columns by role.
        settings: What is forecast, the exchange, duplicates, zone and season.

    Returns:
        A panel of kind ``ohlc`` with ``closes``; changes are NaN in the first row of a series.

    Raises:
        ConfigError: ``duplicates`` is mean or sum, which prices cannot be, or the calendar does not fit.
        DataError: A price is missing, not positive or outside its range, or a date is there twice.
    """
    if settings.duplicates in ("mean", "sum"):
        raise ConfigError(f"--duplicates {settings.duplicates} does not fit prices. Use first or last.")
    past = read_covariates(table, found, "past")
    rows = _read_rows(table, found, settings, past.numbers)
    columns = dict(zip(rows.roles, rows.numbers.T, strict=False))  # covariates stand behind
    market = _read_market(columns, rows.names)
    panel = Panel(
        kind="ohlc",
        values=np.column_stack([*market.channels.values(), rows.numbers[:, len(columns) :]]),
        offsets=rows.names.offsets,
        times=rows.names.times,
        ids=rows.ids,
        channels=without_twins((*market.channels, *past.channels)),
        target=0,
        clock=rows.names.clock,
        season_length=settings.season or 1,
        closes=market.closes,
        levels=past.levels,
        source=table.source,
        columns=dict(found.columns),
        repairs=(*table.notes, *rows.repairs, *market.repairs),
        warnings=(*rows.warnings, *past.notes, *market.warnings),
    )
    return _with_goal(panel, settings.predict or "return")


def _read_rows(table: Table, found: Detection, settings: DataSettings, beside: np.ndarray) -> _Rows:
    """Prices, and what stands beside them, in the order of the panel."""
    time = found.columns["time"]
    ids = read_ids(table, found.columns.get("id"))
    tickers = None if ids.runs is None else ids.names
    roles, prices, notes = read_prices(table, found, ids)
    stamps = read_stamps(table, time, settings)
    order = sort_rows(ids, stamps.values, table.n_rows)
    rows = (order.times, order.take(np.column_stack([prices, beside])), order.offsets)
    times, numbers, offsets, merged = merge_duplicates(
        rows, settings.duplicates, (table, time, order), tickers, "first or last"
    )
    if found.whole is None:
        clock = infer_clock(times, offsets, stamps.kind, stamps.zone)
        clock = find_market_clock(clock, times, offsets, settings.calendar)
    else:
        clock = found.whole.clock
    file_names = RowNames(rows[0], rows[2], clock, tickers, (table, order))
    idle = rows[1][:, roles.index("volume")] == 0 if "volume" in roles else np.zeros(len(rows[0]), dtype=bool)
    return _Rows(
        roles,
        numbers,
        RowNames(times, offsets, clock, tickers),
        ids.names,
        repairs=(*stamps.notes, *ids.notes, *order.notes, *merged),
        warnings=(*notes, *_warn_of_sessions(file_names, idle)),
    )


def _read_market(columns: dict[str, np.ndarray], names: RowNames) -> _Market:
    """Channels of prices, all four adjusted as the close is, and what is known of splits."""
    logs = np.log(np.stack([columns[role] for role in PRICES], axis=1))
    closes = columns["close"]
    repairs: list[Note] = []
    if "adj_close" in columns:
        closes = columns["adj_close"]
        logs += (np.log(closes) - logs[:, 3])[:, None]
        repairs.append(Note("adjusted", "all four prices are adjusted as the adjusted close is"))
    bars = Bars(logs, columns.get("volume"), names.offsets)
    channels = make_channels(bars)
    if "adj_close" in columns:
        repairs += name_splits(columns["close"], closes, names)
        return _Market(channels, closes.copy(), tuple(repairs), ())
    suspected = suspect_splits(bars, channels["volatility"], names)
    return _Market(channels, closes.copy(), (), tuple(suspected))


def _warn_of_sessions(rows: RowNames, is_idle: np.ndarray) -> list[Note]:
    """Warnings of sessions without a row or a trade."""
    notes = []
    if rows.clock.calendar is not None:
        days = to_wall(rows.times, rows.clock.zone).astype("datetime64[D]")
        notes += check_sessions(load_sessions(rows.clock.calendar), days, rows)
    idle = np.flatnonzero(is_idle)
    if len(idle):
        text = f"sessions have a volume of zero: {rows.first(idle, with_line=True)}"
        notes.append(Note("zero_volume", text, len(idle)))
    return notes


def _with_goal(panel: Panel, predict: Predict) -> Panel:
    """The panel with its target, and what later stages know of its channels."""
    channels = panel.channels
    if predict == "close":
        prices = np.asarray(panel.closes)[:, None]
        channels = without_twins((*channels, "price"))
        panel = replace(panel, values=np.concatenate([panel.values, prices], axis=1), channels=channels)
    target = {"range": "range", "close": "price"}.get(predict, "close")
    unit = {"range": "log range", "close": ""}.get(predict, "log return")
    return replace(
        panel,
        target=channels.index(target),
        unit=unit,
        lowest=0.0 if predict == "range" else None,
        predict=predict,
        returns=tuple(channels.index(name) for name in RETURNS),
        volatility=channels.index("volatility"),
    )
