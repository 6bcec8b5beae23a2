"""The trading view: positions that forecasts lead to, and what they would have earned after costs.

A forecast is known at the close of its cutoff; the position is taken at that close and held over the next
session, whose return it earns.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.clock import to_display
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.evaluation.market import Sessions

if TYPE_CHECKING:
    import pandas as pd

# Prices are kept as logarithms; what they lose by it lies beyond these digits.
DIGITS = 10

_DAYS_A_YEAR = 365.25
_COST = re.compile(r"\s*([0-9.]+(?:e-?[0-9]+)?)\s*(bps?|%|)\s*", re.IGNORECASE)
_COST_UNITS = {"bp": 1e-4, "bps": 1e-4, "%": 1e-2, "": 1.0}


@dataclass(frozen=True)
class Earned:
    """What positions earned; shares of the capital, 0.1 is 10 %.

    Attributes:
        total_return: Over all sessions.
        annual_return: A year, compounded; NaN of a single session.
        volatility: Standard deviation of the returns, a year.
        sharpe: Annualised mean of the returns over ``volatility``, at an interest of zero; NaN where they do
            not vary.
        max_drawdown: Largest loss from a peak of the capital, 0 .. 1.
        turnover: Changes of position a year, 1 for the whole capital; NaN of a single session.
        invested: Mean share of the capital that is invested.
        n_trades: Positions entered.
    """

    total_return: float
    annual_return: float
    volatility: float
    sharpe: float
    max_drawdown: float
    turnover: float
    invested: float
    n_trades: int


@dataclass(frozen=True)
class Trading:
    """The forecasts' positions beside holding throughout, over the same sessions.

    Attributes:
        model: By the sign of the forecast: long above zero, else flat.
        hold: Buy and hold: always long, every ticker.
        cost: Share of the price that a whole change of position costs.
        n_sessions: Number of sessions.
        first: First session, as numpy writes it.
        last: Last one.
        sessions_per_year: As the stamps show it; NaN of a single session.
    """

    model: Earned
    hold: Earned
    cost: float
    n_sessions: int
    first: str
    last: str
    sessions_per_year: float

    def to_json(self) -> dict[str, Any]:
        """Plain values, NaN among them."""
        return asdict(self)


def parse_cost(text: str) -> float:
    """Cost of a change of position, as a share of the price.

    Args:
        text: Basis points, percent or a share: ``5bp``, ``0.05%`` or ``0.0005``.

    Returns:
        Share, in [0, 1).

    Raises:
        ConfigError: It is none of these.

    Example:
        >>> parse_cost("5bp"), parse_cost("0.05%"), parse_cost("0.0005")
        (0.0005, 0.0005, 0.0005)
    """
    found = _COST.fullmatch(text)
    try:
        cost = float(found[1]) * _COST_UNITS[found[2].lower()] if found else math.nan
    except ValueError:
        cost = math.nan
    if not 0 <= cost < 1:
        raise ConfigError(
            f"--costs {text}: no share of the price from 0 to below 1. Write 5bp, 0.05% or 0.0005, say."
        )
    return round(cost, 15)


def long_or_flat(point: np.ndarray) -> np.ndarray:
    """Position that a forecast leads to.

    Args:
        point: (n,) forecast of the log return.

    Returns:
        (n,) int64: 1, long, where it is above zero, 0, flat, elsewhere.
    """
    return (point > 0).astype(np.int64)


def price_rows(panel: Panel, rows: np.ndarray) -> pd.DataFrame:
    """Prices of some rows, as libraries that test trading rules name them.

    Args:
        panel: Of kind ``ohlc``.
        rows: (n,) int64 flat row numbers; not the first of a series, whose prices but the close are NaN.

    Returns:
        ``Date, Ticker, Open, High, Low, Close``, adjusted where the panel is, to ten digits.

    Raises:
        ValueError: The panel holds no prices.
    """
    import pandas as pd

    if panel.closes is None:
        raise ValueError("the panel holds no prices")
    close = panel.closes[rows]
    logs = {name: panel.values[rows, panel.channels.index(name)] for name in ("open", "high", "low", "close")}
    table: dict[str, object] = {
        "Date": to_display(panel.clock, panel.times[rows]),
        "Ticker": panel.ids[panel.series_of(rows)],
    }
    for name in ("open", "high", "low"):
        table[name.title()] = _to_digits(close * np.exp(logs[name] - logs["close"]))
    return pd.DataFrame(table | {"Close": _to_digits(close)})


def _to_digits(prices: np.ndarray) -> np.ndarray:
    """Prices to ``DIGITS`` significant digits."""
    with np.errstate(invalid="ignore"):
        unit = 10.0 ** (DIGITS - 1 - np.floor(np.log10(prices)))
    return np.asarray(np.round(prices * unit) / unit)


def signals_frame(panel: Panel, origins: np.ndarray, point: np.ndarray) -> pd.DataFrame:
    """Positions of every cutoff and the prices they are taken at.

    A file of it, one ticker at a time with its dates as the index, goes into backtesting.py (with
    ``trade_on_close=True``; it acts from the second row on) and into vectorbt
    (``Portfolio.from_signals(close, entries, exits)``).

    Args:
        panel: Of kind ``ohlc``.
        origins: (n,) int64 flat row number of each cutoff, in any order.
        point: (n,) forecast of the log return of the session after it.

    Returns:
        ``Date, Ticker, Open, High, Low, Close, forecast, position, entry, exit``, a row a cutoff, tickers one
        after the other, by date. ``entry`` and ``exit`` are True where the position at that close changes.
    """
    order = np.argsort(origins, kind="stable")
    rows, forecast = origins[order], point[order]
    position = long_or_flat(forecast)
    change = position_changes(position, panel.series_of(rows), rows)
    return price_rows(panel, rows).assign(
        forecast=forecast, position=position, entry=change > 0, exit=change < 0
    )


def position_changes(position: np.ndarray, ticker: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Changes of position, the first of a ticker from flat.

    Args:
        position: (n,) share of the ticker's capital that is held.
        ticker: (n,) int64 ticker of each.
        times: (n,) anything that rises with time.

    Returns:
        (n,) position less the one before it.

    Example:
        >>> position_changes(np.array([1, 1, 0]), np.array([0, 1, 0]), np.array([0, 0, 1]))
        array([ 1,  1, -1])
    """
    order = np.lexsort((times, ticker))
    held, own = position[order], ticker[order]
    change = np.diff(held, prepend=0)
    is_first = np.diff(own, prepend=own[:1] - 1) != 0
    change[is_first] = held[is_first]
    found = np.empty_like(change)
    found[order] = change
    return found


def trading_scores(sessions: Sessions, point: np.ndarray, cost: float) -> Trading:
    """What the positions of forecasts earned after costs, beside holding throughout.

    Args:
        sessions: What came; at least one session. They follow each other: a cutoff at every session.
        point: (n,) forecast of the log return.
        cost: Share of the price that a whole change of position costs.

    Returns:
        Both over the same sessions.
    """
    stamps = np.unique(sessions.ds)
    long = np.ones(len(point), dtype=np.int64)
    model, hold = (earned(sessions, position, cost) for position in (long_or_flat(point), long))
    first, last = (np.datetime_as_string(stamps[end], unit="D") for end in (0, -1))
    return Trading(model, hold, cost, len(stamps), str(first), str(last), sessions_per_year(stamps))


def sessions_per_year(stamps: np.ndarray) -> float:
    """Sessions in a year, as their stamps show it.

    Args:
        stamps: (n_sessions,) datetime64[ns] rising, no two alike.

    Returns:
        Steps between sessions over the years that they span; NaN of a single session.

    Example:
        >>> round(sessions_per_year(np.array(["2023-01-01", "2024-01-01"], dtype="datetime64[ns]")), 3)
        1.001
    """
    if len(stamps) < 2:
        return math.nan
    years = (stamps[-1] - stamps[0]) / np.timedelta64(1, "D") / _DAYS_A_YEAR
    return float((len(stamps) - 1) / years)


def earned(sessions: Sessions, position: np.ndarray, cost: float) -> Earned:
    """What positions earned, every ticker with the same share of the capital at each session.

    What is held after the last session stays, so leaving it costs nothing; nor does it cost anything to make
    the shares of the tickers equal again.

    Args:
        sessions: What came; at least one session.
        position: (n,) 1 long, 0 flat, taken at the cutoff and held over the session.
        cost: Share of the price that a whole change of position costs, entering the first one too.

    Returns:
        Returns, risk and turnover.
    """
    ticker = np.unique(sessions.unique_id.astype(str), return_inverse=True)[1]
    stamps, session = np.unique(sessions.ds, return_inverse=True)
    change = position_changes(position, ticker, sessions.ds)
    own = (1 - cost * np.abs(change)) * (1 + position * np.expm1(sessions.y)) - 1
    weight = 1 / np.bincount(session)[session]
    returns, turnover, held = (
        np.bincount(session, weights=weight * one) for one in (own, np.abs(change), np.abs(position))
    )
    capital = np.concatenate([[1.0], np.cumprod(1 + returns)])
    per_year = sessions_per_year(stamps)
    is_one = len(returns) == 1
    varies = np.ptp(returns) > 0
    spread = float(returns.std(ddof=1)) if varies else 0.0
    with np.errstate(over="ignore"):  # a few minutes' gain, compounded over a year
        annual = math.nan if is_one else float(capital[-1] ** (per_year / len(returns)) - 1)
    return Earned(
        total_return=float(capital[-1] - 1),
        annual_return=annual,
        volatility=spread * math.sqrt(per_year),
        sharpe=float(returns.mean()) / spread * math.sqrt(per_year) if varies else math.nan,
        max_drawdown=float((1 - capital / np.maximum.accumulate(capital)).max()),
        turnover=float(turnover.mean()) * per_year,
        invested=float(held.mean()),
        n_trades=int(((change != 0) & (position != 0)).sum()),
    )
