"""Rolling origins: forecasts from many past moments, each from its series' rows before it alone.

Cutoffs are counted back from the end of each series, so where series end at different times the shared
weights have seen other series' rows that are later than some cutoffs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecaster.config.build import change
from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.evaluation.job import first_fits
from forecaster.evaluation.tables import Columns, backtest_table
from forecaster.training.device import set_threads
from forecaster.training.fit import Hooks
from forecaster.training.fitted import CHUNK, Fitted
from forecaster.training.prepare import prepare
from forecaster.windows.windows import windows_at


@dataclass(frozen=True)
class Origins:
    """Which moments are forecast from.

    Attributes:
        n_windows: Cutoffs of every series; the last lies a horizon before its end.
        step_size: Rows between two cutoffs.
        refit: Train again at every so many cutoffs; 0 trains once, before the first.
    """

    n_windows: int = 10
    step_size: int = 1
    refit: int = 0

    def check(self) -> None:
        """Refuse numbers that are none.

        Raises:
            ConfigError: A number is too low.
        """
        for option, value, least in (
            ("--windows", self.n_windows, 1),
            ("--step-size", self.step_size, 1),
            ("--refit-every", self.refit, 0),
        ):
            if value < least:
                raise ConfigError(f"{option} {value}: below {least}. Raise it.")


def backtest(
    panel: Panel, settings: Settings, origins: Origins, columns: Columns, hooks: Hooks
) -> pd.DataFrame:
    """Forecasts of every cutoff beside what came.

    Args:
        panel: All rows.
        settings: As the user gave them; no test part is held out, a validation part lies before the
            first cutoff.
        origins: Which cutoffs.
        columns: Which intervals and quantiles.
        hooks: Progress.

    Returns:
        ``unique_id, ds, cutoff, y, forecast, ...``, by cutoff, then series, then step.

    Raises:
        ConfigError: No series is long enough for a single cutoff and the rows to train on before it.
    """
    origins.check()
    columns.check()
    rows = cutoff_rows(panel, origins, settings.window.horizon)
    usable = rows >= panel.offsets[:-1]
    if not usable[0].any():
        raise ConfigError(
            f"{panel.source}: the longest series has {panel.lengths.max()} rows; --windows "
            f"{origins.n_windows} with --step-size {origins.step_size} and --horizon "
            f"{settings.window.horizon} needs more. Lower them."
        )
    settings = change(settings, {"test_size": 0, "final_fit": False})
    pieces = []
    model: Fitted | None = None
    every = origins.refit or origins.n_windows
    for first in range(0, origins.n_windows, every):
        now = rows[first]
        ends = np.where(usable[first], now + 1, panel.offsets[:-1])
        before = replace(panel.take(panel.offsets[:-1], ends), source=f"{panel.source}, before the cutoff")
        prepared = prepare(before, settings)
        set_threads(prepared.settings.training.threads)
        model = first_fits(prepared, hooks)[0].fitted
        columns = replace(columns, point=model.head.point_is)
        seen = replace(panel, season_length=prepared.panel.season_length)
        block = slice(first, first + every)
        pieces += _predict(model, seen, rows[block][usable[block]], columns)
    return pd.concat(pieces, ignore_index=True)


def cutoff_rows(panel: Panel, origins: Origins, horizon: int) -> np.ndarray:
    """Last input row of every cutoff.

    Args:
        panel: All rows.
        origins: Which cutoffs.
        horizon: Steps to forecast.

    Returns:
        (n_windows, n_series) int64 flat row numbers, the earliest cutoff first; before the begin of
        its series where that is too short.
    """
    back = horizon + origins.step_size * np.arange(origins.n_windows - 1, -1, -1)
    return panel.offsets[1:][None] - 1 - back[:, None]


def _predict(model: Fitted, panel: Panel, rows: np.ndarray, columns: Columns) -> list[pd.DataFrame]:
    """Tables of the cutoffs ``rows``, as many at once as fit."""
    windows = windows_at(panel, rows, model.architecture.look_back, model.architecture.horizon)
    tables = []
    for begin in range(0, windows.n_windows, CHUNK):
        part = windows.select(np.arange(begin, min(begin + CHUNK, windows.n_windows)))
        tables.append(backtest_table(panel, part.origins, model.predict(panel, part), columns))
    return tables
