"""Distributions to the tables that users see, under Nixtla's column names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecaster.data.clock import future_times, to_display
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.errors import ConfigError

# Classes of a direction, in the order of the bins.
DIRECTIONS = ("down", "flat", "up")


@dataclass(frozen=True)
class Columns:
    """Which columns a table has beside the forecast.

    Attributes:
        levels: Central intervals in percent, 0 .. 100.
        quantiles: Quantile levels in (0, 1).
        point: What ``forecast`` is: ``median``, ``mean``, or ``point`` for what a rule says itself.
    """

    levels: Sequence[float] = (80,)
    quantiles: Sequence[float] = ()
    point: str = "median"

    def check(self) -> None:
        """Refuse levels and quantiles that are none.

        Raises:
            ConfigError: A level is outside (0, 100), or a quantile outside (0, 1).
        """
        for level in self.levels:
            if not 0 < level < 100:
                raise ConfigError(f"--level {level:g}: not between 0 and 100. Give percent, such as 80.")
        for quantile in self.quantiles:
            if not 0 < quantile < 1:
                raise ConfigError(f"--quantile {quantile:g}: not between 0 and 1. Give 0.05, say.")


def number_columns(forecast: Distribution, columns: Columns, name: str = "forecast") -> dict[str, np.ndarray]:
    """The forecast, its intervals and quantiles, as flat columns.

    Args:
        forecast: Of shape (n_windows, horizon).
        columns: Which intervals and quantiles.
        name: Name of the forecast, of which those of the intervals are made.

    Returns:
        Arrays (n_windows * horizon,) by column name, rows in the order of the windows, then steps.
    """
    points = {"median": forecast.median, "mean": forecast.mean, "point": forecast.point}
    table = {name: points[columns.point]().ravel()}
    wanted: list[tuple[str, float]] = []
    for level in columns.levels:
        share = level / 100
        wanted.append((f"{name}-lo-{level:g}", (1 - share) / 2))
        wanted.append((f"{name}-hi-{level:g}", (1 + share) / 2))
    wanted += [(quantile_name(quantile), quantile) for quantile in columns.quantiles]
    if wanted:
        values = forecast.quantile(np.array([level for _, level in wanted]))
        for position, (column, _) in enumerate(wanted):
            table[column] = values[..., position].ravel()
    return table


def quantile_name(level: float) -> str:
    """Column of a quantile: two decimals, more where the level has more.

    Args:
        level: In (0, 1).

    Returns:
        The name.

    Example:
        >>> quantile_name(0.1), quantile_name(0.025)
        ('q-0.10', 'q-0.025')
    """
    return f"q-{level:.2f}" if round(level, 2) == level else f"q-{level:g}"


def probability_columns(forecast: Distribution, predict: str = "") -> dict[str, np.ndarray]:
    """``p-1 .. p-K``, the probability of each bin; nothing for a distribution without bins.

    Args:
        forecast: Of shape (n_windows, horizon).
        predict: What of prices is forecast. The bins of a direction are ``p-down, p-flat, p-up``, after
            ``direction``, the most probable.

    Returns:
        Arrays (n_windows * horizon,) by column name.
    """
    view = forecast.binned_view()
    if view is None:
        return {}
    _, probs = view
    flat = probs.reshape(-1, probs.shape[-1])  # (n_windows * horizon, n_bins)
    if predict != "direction":
        return {f"p-{index + 1}": flat[:, index] for index in range(flat.shape[1])}
    likeliest = np.array(DIRECTIONS, dtype=object)[flat.argmax(axis=1)]
    return {"direction": likeliest} | {f"p-{name}": flat[:, k] for k, name in enumerate(DIRECTIONS)}


def close_columns(panel: Panel, origins: np.ndarray, forecast: Distribution) -> dict[str, np.ndarray]:
    """``close``, the price that the median returns of the sessions lead to; nothing for other targets.

    Args:
        panel: The rows that were forecast from.
        origins: (n_windows,) int64 flat row number of the last input row of each forecast.
        forecast: Of shape (n_windows, horizon).

    Returns:
        An array (n_windows * horizon,) by column name.
    """
    if panel.closes is None or panel.predict in ("range", "close"):
        return {}
    returns = np.cumsum(forecast.median(), axis=1)
    return {"close": (panel.closes[origins][:, None] * np.exp(returns)).ravel()}


def value_table(panel: Panel, origins: np.ndarray, forecast: Distribution, columns: Columns) -> pd.DataFrame:
    """Forecasts of values, intervals or returns: one row a step.

    Args:
        panel: The rows that were forecast from.
        origins: (n_windows,) int64 flat row number of the last input row of each forecast.
        forecast: Of shape (n_windows, horizon), or (n_windows * horizon, 1) with the steps of a window one
            after the other, in the unit of the target.
        columns: Which intervals and quantiles.

    Returns:
        ``unique_id, ds, forecast, ...``; of returns also ``close``, see ``close_columns``.
    """
    horizon = _n_steps(origins, forecast)
    ids = panel.ids[panel.series_of(origins)]
    numbers = number_columns(forecast, columns)
    ds = next_times(panel, origins, numbers["forecast"].reshape(-1, horizon))
    table: dict[str, object] = {
        "unique_id": np.repeat(ids, horizon),
        "ds": to_display(panel.clock, ds.ravel()),
    }
    table |= numbers | close_columns(panel, origins, forecast)
    return pd.DataFrame(table | probability_columns(forecast, panel.predict))


def _n_steps(origins: np.ndarray, forecast: Distribution) -> int:
    """Steps of each window, along the second axis or one after the other along the first."""
    rows, horizon = forecast.shape
    return horizon if rows == len(origins) else rows // len(origins) * horizon


def next_times(panel: Panel, origins: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Times of the rows that are forecast.

    Args:
        panel: The rows that were forecast from.
        origins: (n_windows,) int64 flat row number of the last input row of each forecast.
        forecast: (n_windows, horizon) in the unit of the target.

    Returns:
        (n_windows, horizon) like ``panel.times``: the next steps; of intervals that have dates the ends of
        those forecast, on the resolution of the dates, and nothing (NaT, NaN) where their unit is not known.
    """
    last = panel.times[origins]
    if panel.clock.step is not None:
        return future_times(panel.clock, last, forecast.shape[1])
    if panel.clock.kind != "date":
        return np.full(forecast.shape, np.nan)
    if panel.unit_length is None:
        return np.full(forecast.shape, np.datetime64("NaT", "ns"))
    cell = panel.clock.resolution or 1.0
    since = np.rint(np.cumsum(forecast, axis=1) * panel.unit_length / cell) * cell
    return np.asarray(last[:, None] + since.astype("timedelta64[ns]"))


def origin_columns(
    panel: Panel, origins: np.ndarray, forecast: Distribution, columns: Columns
) -> dict[str, np.ndarray]:
    """What is forecast from some origins, as flat columns of a backtest.

    Args:
        panel: The rows, those that were forecast among them.
        origins: (n_windows,) int64 flat row number of the last input row.
        forecast: As ``value_table`` takes it.
        columns: Which intervals and quantiles.

    Returns:
        Arrays (n_windows * horizon,) by column name, rows in the order of the windows, then steps.
    """
    table = number_columns(forecast, columns) | close_columns(panel, origins, forecast)
    return table | probability_columns(forecast, panel.predict)


def backtest_table(
    panel: Panel, origins: np.ndarray, horizon: int, pieces: Iterable[dict[str, np.ndarray]]
) -> pd.DataFrame:
    """Forecasts beside what came: one row a step of every origin.

    Args:
        panel: The rows, those that were forecast among them.
        origins: (n_windows,) int64 flat row number of the last input row.
        horizon: Steps of each origin.
        pieces: Of consecutive origins what ``origin_columns`` gives, all of them together.

    Returns:
        ``unique_id, ds, cutoff, y, forecast, ...``; rows beyond the end of a series, and those without an
        observed value, are left out. A column that some pieces lack is NaN there.
    """
    numbers = join_columns(pieces, is_observed(panel, origins, horizon))
    rows, window = target_rows(panel, origins, horizon)
    table: dict[str, object] = {
        "unique_id": pd.Series(panel.ids).array.take(panel.series_of(origins)[window]),
        "ds": to_display(panel.clock, panel.times[rows]),
        "cutoff": to_display(panel.clock, panel.times[origins[window]]),
        "y": panel.y[rows],
    }
    for name, column in numbers.items():
        table[name] = column
        if name == "close" and panel.closes is not None:
            table["y_close"] = panel.closes[rows]
    return pd.DataFrame(table)


def is_observed(panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
    """(n_windows * horizon,) whether there is a value to compare the step with."""
    rows = origins[:, None] + 1 + np.arange(horizon)
    inside = rows < panel.offsets[panel.series_of(origins) + 1][:, None]
    known = ~np.isnan(panel.y[np.minimum(rows, panel.n_rows - 1)])
    return np.asarray((inside & known).ravel())


def target_rows(panel: Panel, origins: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Flat row numbers of the steps that were observed, and the window of each, in order."""
    at = np.flatnonzero(is_observed(panel, origins, horizon))
    return origins[at // horizon] + 1 + at % horizon, at // horizon


def join_columns(pieces: Iterable[dict[str, np.ndarray]], keep: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of consecutive pieces as one, of the rows to keep.

    Args:
        pieces: Arrays by column name.
        keep: (n_rows,) bool over all pieces.

    Returns:
        (n_kept,) arrays by column name; NaN where a piece lacks the column.
    """
    parts: list[tuple[int, dict[str, np.ndarray]]] = []
    begin = 0
    for piece in pieces:
        chosen = keep[begin : begin + len(next(iter(piece.values())))]
        parts.append((int(chosen.sum()), {name: column[chosen] for name, column in piece.items()}))
        begin += len(chosen)
    names = dict.fromkeys(name for _, part in parts for name in part)
    return {
        name: np.concatenate([part.pop(name) if name in part else np.full(n, np.nan) for n, part in parts])
        for name in names
    }
