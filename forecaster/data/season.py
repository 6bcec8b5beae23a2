"""Season length of value series: the calendar proposes, autocorrelation decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecaster.data.calendar import DAY, split_step
from forecaster.data.panel import Clock, Panel
from forecaster.data.peers import ALONE
from forecaster.data.some_series import join_panels, pick_series

# Series looked at, the longest ones, and rows of each.
MOST_SERIES, MOST_ROWS = 100, 20_000
# Least mean autocorrelation at the season's lag.
LEAST_CORRELATION = 0.3
# Longest season looked for where the calendar proposes none.
MOST_LAG = 400

# Steps in a season by the length of a step.
_SEASONS: dict[tuple[int, str], tuple[int, ...]] = {
    (1, "month"): (12,),
    (3, "month"): (4,),
    (7, "D"): (52,),
    (1, "D"): (7,),
    (1, "B"): (5,),
}


def calendar_seasons(clock: Clock) -> tuple[int, ...] | None:
    """Season lengths that the calendar proposes for a spacing, None where it has no say.

    Args:
        clock: Of the panel.

    Returns:
        Candidates in order of preference; empty where a season is not to be expected.
    """
    if clock.kind != "date" or not isinstance(clock.step, str):
        return None
    count, unit = split_step(clock.step)
    if unit == "ns":
        daily = DAY // count if count < DAY and DAY % count == 0 else 0
        return (daily, 7 * daily) if daily else None
    return _SEASONS.get((count, unit.split()[0]), ())


def find_season(panel: Panel) -> tuple[int, str]:
    """Season length of a panel of values, and why.

    Args:
        panel: Training rows; only the target is looked at.

    Returns:
        Steps in one season, 1 when none is found, and the reason in words.

    Example:
        >>> rows = np.tile([1.0, 2, 4, 2], 30)
        >>> find_season(Panel("values", rows[:, None], np.array([0, 120]), np.arange(120),
        ...     np.array(["a"]), ("y",), 0, Clock("integer", 1)))[0]
        4
    """
    if panel.kind != "values":
        return 1, f"{panel.kind} have no season"
    correlation = mean_autocorrelation(panel)
    # where rows are missing all along (closed nights), a day of rows is not a day of the calendar
    is_regular = all(note.code != "irregular" for note in panel.warnings)
    candidates = calendar_seasons(panel.clock) if is_regular else None
    if candidates is not None:
        for season in candidates:
            if season < len(correlation) and correlation[season] >= LEAST_CORRELATION:
                return season, f"the calendar; autocorrelation {correlation[season]:.2f} at {season} steps"
        return 1, "autocorrelation shows none at the calendar's lags"
    season = _highest_peak(correlation)
    if season > 1:
        return season, f"autocorrelation {correlation[season]:.2f} at {season} steps"
    return 1, "autocorrelation shows none"


def mean_autocorrelation(panel: Panel) -> np.ndarray:
    """Autocorrelation of the differences' running sum without trend, averaged over series.

    Args:
        panel: Rows.

    Returns:
        (n_lags,) from lag 0; lags that less than half of the series are three times as long as are left
        out.
    """
    panel = _longest(panel)
    lengths = panel.lengths
    order = np.argsort(-lengths, kind="stable")[:MOST_SERIES]
    usable = lengths[order][: max(len(order) // 2, 1)].min() if len(order) else 0
    n_lags = int(min(usable, MOST_ROWS)) // 3 + 1
    total, weight = np.zeros(n_lags), 0
    for series in order:
        begin, end = panel.offsets[series], panel.offsets[series + 1]
        y = panel.y[max(begin, end - MOST_ROWS) : end]
        if len(y) < 3 * (n_lags - 1) or len(y) < 6:
            continue
        known = ~np.isnan(y)
        if known.sum() < 6:
            continue
        steps = np.arange(len(y), dtype=np.float64)
        trend = np.polyfit(steps[known], y[known], 1)
        rest = np.where(known, y - np.polyval(trend, steps), 0.0)
        power = np.abs(np.fft.rfft(rest, 2 * len(rest))) ** 2
        products = np.fft.irfft(power)[:n_lags]
        pairs = np.fft.irfft(np.abs(np.fft.rfft(known.astype(float), 2 * len(y))) ** 2)[:n_lags]
        if products[0] <= 1e-12 * max(float((y[known] ** 2).sum()), 1e-300):
            continue
        total += (products / np.maximum(pairs, 1.0)) / (products[0] / pairs[0])
        weight += 1
    return total / weight if weight else np.zeros(1)


def _longest(panel: Panel) -> Panel:
    """The panel itself; of one that several hold the rows of the longest series that are looked at."""
    if panel.peers.n == 1:
        return panel
    chosen = np.sort(np.argsort(-panel.lengths, kind="stable")[:MOST_SERIES])
    own = replace(pick_series(panel, chosen), peers=ALONE, repairs=(), warnings=())
    return join_panels(panel.peers.gathered(own))


def _highest_peak(correlation: np.ndarray) -> int:
    """Lag of the highest local maximum beyond the first fall below zero or dip; 1 when none is high."""
    c = correlation[: MOST_LAG + 1]
    if len(c) < 5:
        return 1
    inner = np.arange(2, len(c) - 1)
    peaks = inner[(c[inner] > c[inner - 1]) & (c[inner] >= c[inner + 1]) & (c[inner] >= LEAST_CORRELATION)]
    if len(peaks) == 0:
        return 1
    best = c[peaks].max()
    # multiples of the season are peaks too: take the first that is about as high as the highest
    return int(peaks[c[peaks] >= 0.9 * best][0])
