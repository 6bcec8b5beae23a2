"""Bars of prices -> channels; each row of a channel is made of that row and those before it only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Channels that are changes of a price, which grow with its volatility.
RETURNS = ("close", "open", "high", "low", "range", "ma_5", "ma_10")
_VOLUME_ROWS = 20
# Weight of the row before in the mean of squared true ranges.
DECAY = 0.9
# Part of the range usual so far that the volatility does not fall under, so that a quiet time does not make
# the next move look endless; and the volatility of a price that has never moved.
_LEAST_PART, _LEAST = 0.1, 1e-6


@dataclass(frozen=True)
class Bars:
    """Prices of all series, end to end, adjusted where the file has an adjusted close.

    Attributes:
        logs: (n_rows, 4) log of open, high, low and close.
        volume: (n_rows,); None without.
        offsets: (n_series + 1,).
    """

    logs: np.ndarray
    volume: np.ndarray | None
    offsets: np.ndarray

    @property
    def place(self) -> np.ndarray:
        """(n_rows,) int64 number of rows before each in its series."""
        begins = np.repeat(self.offsets[:-1], np.diff(self.offsets))
        return np.asarray(np.arange(len(begins)) - begins)

    @property
    def before(self) -> np.ndarray:
        """(n_rows,) log of the close before; NaN in the first row of a series."""
        before = np.full(len(self.logs), np.nan)
        before[1:] = self.logs[:-1, 3]
        before[self.offsets[:-1]] = np.nan
        return before


def make_channels(bars: Bars) -> dict[str, np.ndarray]:
    """The channels of a panel of prices, in their order.

    Args:
        bars: The prices.

    Returns:
        (n_rows,) float64 by name: close, open, high, low (over the close before, as logs; NaN in the first
        row of a series), range (high over low), ma_5 and ma_10 (close over its mean of so many rows),
        volatility (log of the size that a move is expected to have), and volume (over its mean of 20 rows)
        where there is one.
    """
    opens, high, low, close = (bars.logs[:, place] for place in range(4))
    before, place = bars.before, bars.place
    channels = {
        "close": close - before,
        "open": opens - before,
        "high": high - before,
        "low": low - before,
        "range": high - low,
    }
    prices = np.exp(close)
    for n_rows in (5, 10):
        mean = _trailing_sum(prices, place, n_rows) / np.minimum(place + 1, n_rows)
        channels[f"ma_{n_rows}"] = close - np.log(mean)
    true_range = np.fmax(high, before) - np.fmin(low, before)  # fmax leaves out the NaN of a first row
    channels["volatility"] = _volatility(true_range, place)
    if bars.volume is not None:
        channels["volume"] = _relative_volume(bars.volume, place)
    return channels


def _volatility(true_range: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Log of the root of the weighted mean of squared true ranges up to each row."""
    squares = true_range**2
    weights = (1 - DECAY ** (place + 1)) / (1 - DECAY)
    recent = _fading_sum(squares, place, DECAY) / weights
    usual = _fading_sum(squares, place, 1.0) / (place + 1)
    size = np.sqrt(np.maximum(recent, _LEAST_PART**2 * usual))
    return np.log(np.where(size > 0, size, _LEAST))


def _relative_volume(volume: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Log of the volume over its mean of the rows up to it, 20 at the most; NaN where there is none."""
    known = volume > 0
    total = _trailing_sum(np.where(known, volume, 0.0), place, _VOLUME_ROWS)
    count = _trailing_sum(known.astype(np.float64), place, _VOLUME_ROWS)
    relative = np.full(len(volume), np.nan)
    relative[known] = np.log(volume[known] * count[known] / total[known])
    return relative


def _trailing_sum(values: np.ndarray, place: np.ndarray, n_rows: int) -> np.ndarray:
    """Sum over the last rows of the series; not by differences of a running sum, which round."""
    total = values.copy()
    for back in range(1, n_rows):
        total[back:] += np.where(place[back:] >= back, values[:-back], 0.0)
    return total


def _fading_sum(values: np.ndarray, place: np.ndarray, decay: float) -> np.ndarray:
    """Sum over all rows of the series up to each, each row back weighing ``decay`` times as much.

    After a round ``total`` covers ``reach`` rows; the next adds the total that ends where this one begins,
    so that no loop over rows or series is needed. Weights too small for float64 are left out.
    """
    total = values.copy()
    reach, longest = 1, int(place.max(initial=0))
    while reach <= longest and decay**reach > 1e-20:
        total[reach:] += np.where(place[reach:] >= reach, decay**reach * total[:-reach], 0.0)
        reach *= 2
    return total
