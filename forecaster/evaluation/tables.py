"""Distributions to the tables that users see, under Nixtla's column names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecaster.data.clock import future_times, to_display
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.errors import ConfigError


@dataclass(frozen=True)
class Columns:
    """Which columns a table has beside the forecast.

    Attributes:
        levels: Central intervals in percent, 0 .. 100.
        quantiles: Quantile levels in (0, 1).
        point: ``median`` or ``mean``, what ``forecast`` is.
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
    point = forecast.mean() if columns.point == "mean" else forecast.median()
    table = {name: point.ravel()}
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


def probability_columns(forecast: Distribution) -> dict[str, np.ndarray]:
    """``p-1 .. p-K``, the probability of each bin; nothing for a distribution without bins.

    Args:
        forecast: Of shape (n_windows, horizon).

    Returns:
        Arrays (n_windows * horizon,) by column name.
    """
    view = forecast.binned_view()
    if view is None:
        return {}
    _, probs = view
    flat = probs.reshape(-1, probs.shape[-1])  # (n_windows * horizon, n_bins)
    return {f"p-{index + 1}": flat[:, index] for index in range(flat.shape[1])}


def value_table(panel: Panel, origins: np.ndarray, forecast: Distribution, columns: Columns) -> pd.DataFrame:
    """Forecasts of values, intervals or returns: one row a step.

    Args:
        panel: The rows that were forecast from.
        origins: (n_windows,) int64 flat row number of the last input row of each forecast.
        forecast: Of shape (n_windows, horizon), or (n_windows * horizon, 1) with the steps of a window one
            after the other, in the unit of the target.
        columns: Which intervals and quantiles.

    Returns:
        ``unique_id, ds, forecast, ...``; for ``ohlc`` also ``close``, the price that the median
        returns lead to.
    """
    horizon = _n_steps(origins, forecast)
    ids = panel.ids[panel.series_of(origins)]
    numbers = number_columns(forecast, columns)
    ds = next_times(panel, origins, numbers["forecast"].reshape(-1, horizon))
    table: dict[str, object] = {
        "unique_id": np.repeat(ids, horizon),
        "ds": to_display(panel.clock, ds.ravel()),
    }
    table |= numbers
    if panel.closes is not None:
        returns = np.cumsum(forecast.median(), axis=1)
        table["close"] = (panel.closes[origins][:, None] * np.exp(returns)).ravel()
    return pd.DataFrame(table | probability_columns(forecast))


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


def backtest_table(
    panel: Panel, origins: np.ndarray, forecast: Distribution, columns: Columns
) -> pd.DataFrame:
    """Forecasts beside what came: one row a step of every origin.

    Args:
        panel: The rows, those that were forecast among them.
        origins: (n_windows,) int64 flat row number of the last input row.
        forecast: As ``value_table`` takes it.
        columns: Which intervals and quantiles.

    Returns:
        ``unique_id, ds, cutoff, y, forecast, ...``; rows beyond the end of a series are left out.
    """
    horizon = _n_steps(origins, forecast)
    series = panel.series_of(origins)
    rows = origins[:, None] + 1 + np.arange(horizon)  # (n_windows, horizon)
    inside = (rows < panel.offsets[series + 1][:, None]).ravel()
    safe = np.minimum(rows.ravel(), panel.n_rows - 1)
    table: dict[str, object] = {
        "unique_id": np.repeat(panel.ids[series], horizon),
        "ds": to_display(panel.clock, panel.times[safe]),
        "cutoff": to_display(panel.clock, np.repeat(panel.times[origins], horizon)),
        "y": panel.y[safe],
    }
    table |= number_columns(forecast, columns)
    if panel.closes is not None:
        returns = np.cumsum(forecast.median(), axis=1)
        table["close"] = (panel.closes[origins][:, None] * np.exp(returns)).ravel()
        table["y_close"] = panel.closes[safe]
    frame = pd.DataFrame(table | probability_columns(forecast))
    seen: pd.DataFrame = frame[inside & frame["y"].notna().to_numpy()]
    return seen.reset_index(drop=True)
