"""What is drawn of a forecast: history and forecast of a series, or how long the next event may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecaster.data.clock import to_display
from forecaster.data.panel import Panel
from forecaster.data.units import in_words
from forecaster.distributions.conditioned import Conditioned
from forecaster.errors import ConfigError, RunError, listing
from forecaster.evaluation.forecast import forecast_panel
from forecaster.evaluation.tables import Columns
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.windows.waits import open_waits
from forecaster.windows.windows import windows_at

# Series that are drawn where none are named: a page stays small, and a reader looks at no more.
MOST_SERIES = 6
# Rows of history that are drawn: ten times the steps ahead, between these limits.
LEAST_HISTORY, MOST_HISTORY = 40, 300
# Points of a survival curve, and the share of series still waiting at which it ends.
N_POINTS = 80
LEAST_LEFT = 0.05


@dataclass(frozen=True)
class Path:
    """History and forecast of one series.

    Attributes:
        unique_id: Of the series.
        x: (n,) places of the history: seconds since 1970 on the clock shown, or numbers.
        y: (n,) what was observed, NaN where nothing was.
        ahead: (horizon,) places of the forecast.
        forecast: (horizon,) the forecast.
        bands: Central intervals by level in percent, widest first: lower and upper end, each (horizon,).
        is_date: Whether places are dates.
        label: What is drawn, with its unit.
        table: The forecast as users get it.
    """

    unique_id: str
    x: np.ndarray
    y: np.ndarray
    ahead: np.ndarray
    forecast: np.ndarray
    bands: tuple[tuple[float, np.ndarray, np.ndarray], ...]
    is_date: bool
    label: str
    table: pd.DataFrame


@dataclass(frozen=True)
class Wait:
    """When the next event of one series comes.

    Attributes:
        unique_id: Of the series.
        since: (n,) time from ``as_of`` on, in the unit of the data, from 0.
        left: (n,) probability that the event has not come by then, falling.
        gaps: (n,) last intervals between events, oldest first.
        unit: Of the times, in words; empty when not known.
        row: The forecast as users get it: ``last_event``, ``as_of``, ``next_event``, ``never``, ``overdue``.
    """

    unique_id: str
    since: np.ndarray
    left: np.ndarray
    gaps: np.ndarray
    unit: str
    row: pd.Series


def chosen_series(
    run: TrainedRun, panel: Panel, names: Sequence[str] = (), most: int = MOST_SERIES
) -> np.ndarray:
    """Which series are drawn.

    Args:
        run: For messages.
        panel: What is forecast from.
        names: Of ids; the first ones that have rows when empty.
        most: How many of them then.

    Returns:
        (n,) int64 index in ``panel.ids``.

    Raises:
        ConfigError: A name is no id of the panel, or has no rows.
        RunError: No series has a row.
    """
    with_rows = np.flatnonzero(panel.lengths > 0)
    if len(with_rows) == 0:
        raise RunError(f"{run.name}: holds no rows to go on from. Name a file with --data.")
    if not names:
        return with_rows[:most]
    place = {str(panel.ids[series]): int(series) for series in with_rows}
    for name in names:
        if name not in place:
            raise ConfigError(
                f"--series {name}: {run.name} has no such id, but {listing(list(place))}. Name one."
            )
    return np.array([place[name] for name in dict.fromkeys(names)], dtype=np.int64)


def paths(
    run: TrainedRun, panel: Panel, series: np.ndarray, levels: Sequence[float], horizon: int | None = None
) -> list[Path]:
    """History and forecast of some series of values, intervals or prices.

    Args:
        run: A trained run.
        panel: What is forecast from.
        series: (n,) int64 index in ``panel.ids``; each has rows.
        levels: Central intervals in percent.
        horizon: Steps ahead; those of the settings when None.

    Returns:
        One for each series; of returns before it also one of the close.

    Raises:
        ConfigError: A level or the horizon is not possible.
    """
    steps = run.settings.window.horizon if horizon is None else horizon
    columns = Columns(tuple(sorted(levels, reverse=True)), point=run.point)
    origins = panel.offsets[series + 1] - 1
    seed = run.settings.training.seed
    table = forecast_panel(run.models, panel, columns, horizon=steps, seed=seed, origins=origins)
    found = []
    for number, one in enumerate(series):
        own = table.iloc[number * (len(table) // len(series)) : (number + 1) * (len(table) // len(series))]
        own = own.reset_index(drop=True)
        path = _path(panel, int(one), own, columns.levels)
        if "close" in own and panel.closes is not None:
            found.append(_close_path(panel, path, int(one)))
        found.append(path)
    return found


def _path(panel: Panel, series: int, table: pd.DataFrame, levels: Sequence[float]) -> Path:
    """History and forecast of one series, in the unit of the target."""
    rows = _history(panel, series, len(table))
    is_date = panel.clock.kind == "date"
    x, ahead = _places(panel, panel.times[rows]), _display_places(table["ds"], is_date)
    if np.isnan(ahead).any():  # when the rows to come will be is not known: they are counted
        is_date = False
        x = np.arange(len(rows)) + float(rows[0] - panel.offsets[series])
        ahead = x[-1] + 1 + np.arange(len(table))
    unit = in_words(panel.unit)
    target = "gap" if panel.kind in ("events", "intervals") else panel.channels[panel.target]
    name = panel.columns.get("target", target)
    return Path(
        unique_id=str(panel.ids[series]),
        x=x,
        y=panel.y[rows],
        ahead=ahead,
        forecast=table["forecast"].to_numpy(np.float64),
        bands=tuple(
            (
                level,
                table[f"forecast-lo-{level:g}"].to_numpy(np.float64),
                table[f"forecast-hi-{level:g}"].to_numpy(np.float64),
            )
            for level in levels
        ),
        is_date=is_date,
        label=f"{name}, {unit}" if unit and unit != name else name,
        table=table,
    )


def _close_path(panel: Panel, path: Path, series: int) -> Path:
    """The closes that forecast returns lead to; their interval where the first return alone decides it."""
    rows = _history(panel, series, len(path.table))
    closes = panel.closes if panel.closes is not None else panel.y
    last = closes[rows[-1]]
    first = len(path.forecast) == 1
    return Path(
        unique_id=path.unique_id,
        x=path.x,
        y=closes[rows],
        ahead=path.ahead,
        forecast=path.table["close"].to_numpy(np.float64),
        bands=tuple((level, last * np.exp(lo), last * np.exp(hi)) for level, lo, hi in path.bands if first),
        is_date=path.is_date,
        label="close",
        table=path.table,
    )


def _history(panel: Panel, series: int, n_ahead: int) -> np.ndarray:
    """Flat row numbers of the rows that are drawn."""
    begin, end = int(panel.offsets[series]), int(panel.offsets[series + 1])
    n_rows = max(LEAST_HISTORY, 2 * panel.season_length, min(10 * n_ahead, MOST_HISTORY))
    return np.arange(max(begin, end - n_rows), end)


def _places(panel: Panel, times: np.ndarray) -> np.ndarray:
    """Times as numbers along an axis, on the clock that is shown."""
    shown = to_display(panel.clock, times)
    return _display_places(pd.Series(shown), panel.clock.kind == "date")


def _display_places(shown: pd.Series, is_date: bool) -> np.ndarray:
    """Times as users see them as numbers along an axis, NaN where there is none."""
    if not is_date:
        return shown.to_numpy(np.float64)
    index = pd.DatetimeIndex(shown)
    wall = index if index.tz is None else index.tz_localize(None)
    seconds = wall.to_numpy().astype("datetime64[ns]").astype(np.int64) / 1e9
    return np.where(wall.isna(), np.nan, seconds)


def waits(run: TrainedRun, panel: Panel, series: np.ndarray, levels: Sequence[float]) -> list[Wait]:
    """When the next events of some series come.

    Args:
        run: A trained run.
        panel: Events.
        series: (n,) int64 index in ``panel.ids``; each has rows.
        levels: Central intervals in percent.

    Returns:
        One for each series.
    """
    model = run.models[0]
    origins = panel.offsets[series + 1] - 1
    forecast = model.predict(panel, windows_at(panel, origins, model.architecture.look_back, 1))
    known = open_waits(panel, origins).known
    left = Conditioned(forecast, known[:, None])
    table = event_rows(run, panel, levels, origins=origins)
    ends = _ends(left, known, panel)
    since = ends[:, None] * np.linspace(0, 1, N_POINTS)  # (n, n_points)
    curve = np.stack([left.survival(known[:, None] + since[:, [k]])[:, 0] for k in range(N_POINTS)], axis=1)
    found = []
    for number, one in enumerate(series):
        rows = _history(panel, int(one), 1)
        gaps = panel.y[rows]
        found.append(
            Wait(
                unique_id=str(panel.ids[one]),
                since=since[number],
                left=np.clip(curve[number], 0.0, 1.0),
                gaps=gaps[np.isfinite(gaps)],
                unit=in_words(panel.unit),
                row=table.iloc[number],
            )
        )
    return found


def _ends(left: Conditioned, known: np.ndarray, panel: Panel) -> np.ndarray:
    """(n,) how far each curve is drawn: until few are left, or for twice as long as is usual."""
    last = left.quantile(np.array([1 - LEAST_LEFT]))[:, 0, 0] - known
    gaps = panel.y[np.isfinite(panel.y) & (panel.y > 0)]
    usual = 2 * float(np.quantile(gaps, 0.9)) if len(gaps) else 1.0
    longest = np.maximum(known, usual)
    return np.asarray(np.where(np.isfinite(last) & (last > 0), np.minimum(last, 4 * longest), longest))


def event_rows(
    run: TrainedRun, panel: Panel, levels: Sequence[float], origins: np.ndarray | None = None
) -> pd.DataFrame:
    """The next event of every series, as ``forecast predict`` gives it.

    Args:
        run: A trained run.
        panel: Events.
        levels: Central intervals in percent.
        origins: (n,) int64 flat row numbers of the last events of some series; all when None.

    Returns:
        A row a series; with the durations that the run was trained with (``within``).
    """
    columns = Columns(tuple(levels), point=run.point)
    within = run.settings.window.within or ()
    seed = run.settings.training.seed
    return forecast_panel(run.models, panel, columns, horizon=1, within=within, seed=seed, origins=origins)
