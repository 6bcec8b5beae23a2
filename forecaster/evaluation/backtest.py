"""Rolling origins: forecasts from many past moments, each from its series' rows before it alone.

Cutoffs are counted back from the end of each series, so where series end at different times the shared
weights have seen other series' rows that are later than some cutoffs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecaster.config.build import change
from forecaster.config.defaults import WAITING
from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.evaluation.forecast import Question
from forecaster.evaluation.job import first_fits, fits_on, held_out
from forecaster.evaluation.paths import at_once, step_forecasts
from forecaster.evaluation.tables import Columns, backtest_table
from forecaster.training.device import set_threads
from forecaster.training.fit import Hooks
from forecaster.training.fitted import CHUNK, Fitted
from forecaster.training.prepare import Prepared, prepare
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
            first cutoff, and what is tested is fitted on both unless ``final_fit`` is off.
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
    # each series is cut at an event of its own: what came by then in others says nothing of open intervals
    settings = change(settings, {"test_size": 0} | ({"censor": False} if panel.kind == "events" else {}))
    pieces = []
    model: Fitted | None = None
    every = origins.refit or origins.n_windows
    for first in range(0, origins.n_windows, every):
        now = rows[first]
        ends = np.where(usable[first], now + 1, panel.offsets[:-1])
        prepared = prepare(_rows_before(panel, ends), settings)
        set_threads(prepared.settings.training.threads)
        model = _fit(prepared, hooks)
        columns = replace(columns, point=model.head.point_is)
        seen = replace(panel, season_length=prepared.panel.season_length)
        block = slice(first, first + every)
        question = Question(columns, settings.window.horizon, seed=settings.training.seed)
        pieces += _predict(model, seen, rows[block][usable[block]], question)
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


def _rows_before(panel: Panel, ends: np.ndarray) -> Panel:
    """The rows before the cutoff, (n_series,) ``ends``: events that came later are no open interval."""
    rows = panel.take(panel.offsets[:-1], ends)
    return replace(rows, source=f"{panel.source}, before the cutoff", as_of=None)


def _fit(prepared: Prepared, hooks: Hooks) -> Fitted:
    """The network as training ships it: fitted on all rows, where a part had been held out."""
    outcomes = first_fits(prepared, hooks)
    if prepared.settings.training.final_fit and held_out(prepared.parts) and not hooks.stop.is_set:
        outcomes = fits_on(prepared, prepared.split.everything, outcomes, hooks)
    return outcomes[0].fitted


def _predict(model: Fitted, panel: Panel, rows: np.ndarray, question: Question) -> list[pd.DataFrame]:
    """Tables of the cutoffs ``rows``, as many at once as fit."""
    draws, n_steps = panel.kind in WAITING, question.n_steps
    run = min(CHUNK, at_once(n_steps)) if draws and n_steps > 1 else CHUNK
    tables = []
    for begin in range(0, len(rows), run):
        origins = rows[begin : begin + run]
        if draws:
            forecast = step_forecasts(model, panel, origins, n_steps, question.seed)
        else:
            windows = windows_at(panel, origins, model.architecture.look_back, model.architecture.horizon)
            forecast = model.predict(panel, windows)
        tables.append(backtest_table(panel, origins, forecast, question.columns))
    return tables
