"""Stock splits: named where an adjusted close shows them, suspected where only prices jump."""

from __future__ import annotations

import numpy as np

from forecaster.data.panel import Note
from forecaster.data.price_channels import Bars
from forecaster.data.price_names import RowNames

# New shares and old ones, the simplest first.
_RATIOS = tuple(
    sorted([*((new, 1) for new in range(2, 101)), (3, 2), (5, 2), (7, 2), (4, 3), (5, 3), (5, 4)], key=sum)
)
_LOGS = np.log(np.array([new / old for new, old in _RATIOS]))
# A smaller change of the adjustment is a dividend.
_LEAST = np.log(1.15)
# What a dividend on the day of a split, or rounding of decimals that are not seen, may add.
_SLACK = 0.002

# Without an adjusted close 5:4 and the like are what a bad day looks like.
_SUSPECTED = np.array([old == 1 or new / old == 1.5 for new, old in _RATIOS])
# How near to the ratio the market opens after a real split, at the most.
_OPEN_SLACK = 0.025
# How many times the usual move of the series a jump must be.
_MOVES = 5.0
# A crash is traded more than this many times as much as the rows before; a split is not.
_RUSH = 4.0
_RUSH_ROWS = 20


def name_splits(close: np.ndarray, adjusted: np.ndarray, names: RowNames) -> list[Note]:
    """The splits that an adjusted close accounts for.

    A split changes the adjusted close over the close by a simple ratio, which nothing but the rounding of
    either blurs; dividends change it by a few percent, and a crash not at all.

    Args:
        close: (n_rows,) as in the file.
        adjusted: (n_rows,) adjusted close.
        names: Of the same rows.

    Returns:
        A note that names them; empty without any.
    """
    factor = np.log(adjusted / close)
    blur = _unit(close) / (2 * close) + _unit(adjusted) / (2 * adjusted)
    change, noise = np.zeros(len(factor)), np.zeros(len(factor))
    change[1:], noise[1:] = np.diff(factor), blur[1:] + blur[:-1]
    change[names.offsets[:-1]] = 0.0
    rows = np.flatnonzero(np.abs(change) > _LEAST + noise)
    within = np.abs(np.abs(change[rows])[:, None] - _LOGS) <= (noise[rows] + _SLACK)[:, None]
    is_split = within.any(axis=1)
    rows, simplest = rows[is_split], np.argmax(within, axis=1)[is_split]
    if len(rows) == 0:
        return []
    named = names.first(rows, ends=_ratio_words(simplest, change[rows]))
    return [Note("split", f"splits, which the adjusted close accounts for: {named}", len(rows))]


def suspect_splits(bars: Bars, volatility: np.ndarray, names: RowNames) -> list[Note]:
    """Openings that look like a split that the prices are not adjusted for.

    A split moves the market by a simple ratio over night, many times what is usual, and nobody rushes to
    trade; a crash ends anywhere and is traded in a rush.

    Args:
        bars: Prices without an adjusted close.
        volatility: (n_rows,) log of the usual move, that channel.
        names: Of the same rows.

    Returns:
        A warning that names them; empty without any.
    """
    jump = bars.before - bars.logs[:, 0]
    usual = np.full(len(jump), np.nan)
    usual[1:] = np.exp(volatility[:-1])
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero((np.abs(jump) > np.log(1.4)) & (np.abs(jump) > _MOVES * usual))
    away = np.where(_SUSPECTED, np.abs(np.abs(jump[rows])[:, None] - _LOGS), np.inf)
    nearest = np.argmin(away, axis=1)
    is_near = away.min(axis=1, initial=np.inf) < _OPEN_SLACK
    rows, nearest = rows[is_near], nearest[is_near]
    calm = ~_is_rushed(bars, rows)
    rows, nearest = rows[calm], nearest[calm]
    if len(rows) == 0:
        return []
    named = names.first(rows, ends=_ratio_words(nearest, jump[rows]))
    text = f"openings look like a split that is not adjusted for: {named}; if it is, use adjusted prices"
    return [Note("split_suspected", text, len(rows))]


def _unit(values: np.ndarray) -> float:
    """The last decimal that values are written with, up to six; 0 for more."""
    for decimals in range(7):
        scaled = values * 10.0**decimals
        if (np.abs(scaled - np.rint(scaled)) < 1e-12 * np.maximum(scaled, 1.0)).all():
            return float(10.0**-decimals)
    return 0.0


def _ratio_words(places: np.ndarray, changes: np.ndarray) -> list[str]:
    """``2:1`` for a split into two, ``1:10`` for ten made one."""
    ratios = [_RATIOS[place] for place in places]
    return [
        f"{new}:{old}" if up else f"{old}:{new}" for (new, old), up in zip(ratios, changes > 0, strict=True)
    ]


def _is_rushed(bars: Bars, rows: np.ndarray) -> np.ndarray:
    """(n,) whether far more is traded, in shares and in money, than in the rows before.

    Volumes may be adjusted for the split or not, so that one of the two alone says nothing.
    """
    rushed = np.zeros(len(rows), dtype=bool)
    if bars.volume is None:
        return rushed
    shares = bars.volume
    money = shares * np.exp(bars.logs[:, 3])
    begins = bars.offsets[np.searchsorted(bars.offsets, rows, side="right") - 1]
    for place, (row, begin) in enumerate(zip(rows, begins, strict=True)):
        earlier = slice(max(int(begin), int(row) - _RUSH_ROWS), int(row))
        rushed[place] = all(0 < _RUSH * traded[earlier].mean() < traded[row] for traded in (shares, money))
    return rushed
