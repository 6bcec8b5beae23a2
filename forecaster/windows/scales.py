"""Numbers that transforms learn from training rows: means and spreads, over all or for each series."""

from __future__ import annotations

import numpy as np

from forecaster.data.parts import in_series
from forecaster.data.peers import ALONE, Peers
from forecaster.data.series_sums import series_sums

# Smallest spread of a channel that hardly moves, as a share of its mean; of zeros, of the usual spread.
SPREAD_FLOOR = 1e-3

# Rows at the end of a series, a season at least, whose mean size is its level where a window has none.
RECENT_ROWS = 10

# Shift and scale, both of one number or one for each series.
Scales = tuple[np.ndarray, np.ndarray]


def fit_scales(x: np.ndarray, offsets: np.ndarray | None, name: str, peers: Peers = ALONE) -> Scales:
    """What standard and minmax take off and divide by.

    Args:
        x: (n_rows,) float64, NaN where not observed.
        offsets: (n_series + 1,) int64 first row of each series, and the number of rows; None for one scale
            over all rows.
        name: ``standard`` or ``minmax``.
        peers: Who holds the other series.

    Returns:
        Shift and scale, (1,) or (n_series,). A scale over all rows does not vanish; the one of several series
        is 0 where a series does not move, which then goes by each window (``own_scales``). One value alone
        says nothing of its spread, which is taken for the usual one, at most the value itself. The shift of
        a series without a row is the median of the others.
    """
    if offsets is None:
        counts, shift, scale = _moments(x, np.array([0, len(x)]), name, peers)
    else:
        counts, shift, scale = _moments(x, offsets, name)
    if offsets is None or peers.place(len(counts))[1] == 1:
        least = SPREAD_FLOOR * np.abs(shift)
        return shift, np.where(scale > least, scale, np.where(least > 0, least, 1.0))
    if not peers.all(counts.all()):
        known = peers.pooled(shift[counts > 0])
        shift = np.where(counts > 0, shift, np.median(known) if len(known) else 0.0)
    scale = np.where(scale > SPREAD_FLOOR * np.abs(shift), scale, 0.0)
    return shift, np.where(counts == 1, np.minimum(np.abs(shift), _usual(scale, peers)), scale)


def own_scales(x: np.ndarray, series: np.ndarray, trained: Scales, name: str) -> Scales:
    """The same of windows that go by their own values.

    Args:
        x: (batch, look_back) float64, NaN where not observed.
        series: (batch,) int64 series among those trained on, -1 for others.
        trained: Of the series that were trained on.
        name: ``standard`` or ``minmax``.

    Returns:
        Both (batch,), no scale 0. A window without a value has the shift of its series, or the usual one.
    """
    counts, shift, scale = _moments(x.ravel(), np.arange(len(x) + 1) * x.shape[1], name)
    empty = counts == 0
    if empty.any():
        shift[empty] = of_series(trained[0], series[empty])
    least = SPREAD_FLOOR * np.abs(shift)
    usual = _usual(trained[1])
    alone = (counts == 1) & (series < 0)
    least = np.where(alone, np.maximum(np.minimum(np.abs(shift), usual), least), least)
    scale = np.where(scale > least, scale, np.where(least > 0, least, SPREAD_FLOOR * usual))
    scale[empty & (series < 0)] = usual
    return shift, scale


def of_series(numbers: np.ndarray, series: np.ndarray) -> np.ndarray:
    """The number of each window's series.

    Args:
        numbers: (n_series,) of the series trained on.
        series: (batch,) int64 series among them, -1 for others.

    Returns:
        (batch,); the median of all for series not trained on.
    """
    own: np.ndarray = numbers[series]
    return np.where(series < 0, np.median(numbers), own) if (series < 0).any() else own


def fit_recent(
    x: np.ndarray, offsets: np.ndarray, name: str, season_length: int, peers: Peers = ALONE
) -> Scales:
    """What level and last go by in a window that says nothing: the last values of its series.

    Args:
        x: (n_rows,) float64, NaN where not observed.
        offsets: (n_series + 1,) int64 first row of each series, and the number of rows.
        name: ``level`` or ``last``.
        season_length: Steps in one season.
        peers: Who holds the other series.

    Returns:
        Shift and scale, (n_series,): for level 0 and the mean size of a series' last season, for last the
        last value and 1; of a series without either the median of the others.
    """
    is_level = name == "level"
    n_taken = max(season_length, RECENT_ROWS) if is_level else 1

    def latest(series: slice, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """Counts and means of the last known values of some series."""
        known = ~np.isnan(x[rows])
        lengths = np.diff(offsets[series.start : series.stop + 1])
        group = np.repeat(np.arange(len(lengths)), lengths)[known]
        n_known = np.bincount(group, minlength=len(lengths))
        taken = np.cumsum(n_known)[group] - np.arange(len(group)) <= n_taken  # 1 is the last
        values = x[rows][known][taken]
        counts = np.minimum(n_known, n_taken)
        totals = np.bincount(group[taken], np.abs(values) if is_level else values, len(lengths))
        return counts, totals / np.maximum(counts, 1)

    counts, means = (np.concatenate(parts) for parts in zip(*in_series(latest, offsets), strict=True))
    says = means > 0 if is_level else counts > 0
    known_means = peers.pooled(means[says])
    usual = np.median(known_means) if len(known_means) else float(is_level)
    means = np.where(says, means, usual)
    return (np.zeros(len(means)), means) if is_level else (means, np.ones(len(means)))


def channel_scales(values: np.ndarray, peers: Peers = ALONE) -> Scales:
    """Mean and standard deviation of every column.

    Args:
        values: (n_rows, n_channels) float64, NaN where not observed.
        peers: Who holds the other rows.

    Returns:
        Both (n_channels,), 0 and 1 for a channel never observed; no deviation vanishes.
    """
    found = [fit_scales(column, None, "standard", peers) for column in values.T]
    shifts, scales = (np.array([one[part][0] for one in found]) for part in (0, 1))
    return shifts, scales


def _usual(scale: np.ndarray, peers: Peers = ALONE) -> float:
    """Median scale of the series that move; 1 where none does."""
    moved = peers.pooled(scale[scale > 0])
    return float(np.median(moved)) if len(moved) else 1.0


def _moments(
    x: np.ndarray, offsets: np.ndarray, name: str, peers: Peers = ALONE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Known rows of each series, shift, and scale, 0 where nothing moves or nothing is known.

    Of rows that several hold first the sums are added up, then the squares about the common mean.
    """
    begins, ends = offsets[:-1], offsets[1:]
    counts, total = (peers.total(part) for part in series_sums(lambda rows, _: (x[rows],), begins, ends))
    if name == "standard":
        divisor = np.maximum(counts, 1)
        shift = total / divisor
        _, squares = series_sums(lambda rows, series: ((x[rows] - shift[series]) ** 2,), begins, ends)
        return counts, shift, np.sqrt(peers.total(squares) / divisor)
    low, high = np.full(len(begins), np.inf), np.full(len(begins), -np.inf)
    filled = begins < ends
    if filled.any():
        low[filled] = np.fmin(np.fmin.reduceat(x, begins[filled]), np.inf)
        high[filled] = np.fmax(np.fmax.reduceat(x, begins[filled]), -np.inf)
    low, high = np.min(peers.gathered(low), axis=0), np.max(peers.gathered(high), axis=0)
    shift = np.where(counts > 0, low, 0.0)
    return counts, shift, np.where(counts > 0, high - shift, 0.0)
