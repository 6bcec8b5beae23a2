"""The forecast of a panel: what comes after the last row of every series."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecaster.config.facts import WAITING
from forecaster.data.as_of import read_as_of
from forecaster.data.future import check_ahead, read_future
from forecaster.data.load import Source, read_panel
from forecaster.data.marks import recode_marks
from forecaster.data.panel import Panel
from forecaster.data.roles import covariates_of
from forecaster.errors import ConfigError, DataError, RunError, listing
from forecaster.evaluation.events import event_table
from forecaster.evaluation.paths import at_once, draw_paths, step_forecasts
from forecaster.evaluation.tables import Columns, probability_columns, value_table
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.training.fitted import CHUNK, Fitted, known_series
from forecaster.windows.waits import open_waits
from forecaster.windows.windows import last_origins, windows_at


@dataclass(frozen=True)
class Question:
    """What is asked of a forecast.

    Attributes:
        columns: Which intervals and quantiles.
        n_steps: Steps ahead.
        within: Durations (events).
        seed: Of drawn paths.
    """

    columns: Columns
    n_steps: int
    within: Sequence[str] = ()
    seed: int = 0


def forecast_panel(
    models: Sequence[Fitted],
    panel: Panel,
    columns: Columns,
    *,
    horizon: int | None = None,
    within: Sequence[str] = (),
    seed: int = 0,
    origins: np.ndarray | None = None,
) -> pd.DataFrame:
    """What comes after the last row of every series; ``forecast_parts`` as one table.

    Args:
        models: As ``forecast_parts`` takes it, and all that follow.
        panel: Rows to go on from.
        columns: Which intervals and quantiles.
        horizon: Steps.
        within: Durations (events).
        seed: Of what is drawn.
        origins: As there.

    Returns:
        A row a step; series in the order of the panel, or of ``origins``.

    Raises:
        DataError: There is no row to go on from.
        ConfigError: The horizon is longer than trained for, or an option does not fit the kind.
    """
    parts = forecast_parts(models, panel, columns, horizon=horizon, within=within, seed=seed, origins=origins)
    return pd.concat(list(parts), ignore_index=True)


def forecast_parts(
    models: Sequence[Fitted],
    panel: Panel,
    columns: Columns,
    *,
    horizon: int | None = None,
    within: Sequence[str] = (),
    seed: int = 0,
    origins: np.ndarray | None = None,
) -> Iterator[pd.DataFrame]:
    """What comes after the last row of every series, some thousand series at a time.

    Args:
        models: The first gives the forecast; a second one with bins adds their probabilities.
        panel: Rows to go on from.
        columns: Which intervals and quantiles.
        horizon: Steps; those trained for when None. Of values and returns at most those trained for; of
            events and intervals any number, drawn beyond the first (``evaluation.paths``).
        within: Durations (events).
        seed: Of what is drawn.
        origins: (n,) int64 flat row numbers of the last rows of some series; of all when None.

    Yields:
        Tables of a row a step; series in the order of the panel, or of ``origins``.

    Raises:
        DataError: There is no row to go on from.
        ConfigError: The horizon is longer than trained for, or an option does not fit the kind.
    """
    columns.check()
    trained = models[0].architecture.horizon
    n_steps = trained if horizon is None else horizon
    draws = panel.kind in WAITING
    if n_steps < 1 or (n_steps > trained and not draws):
        raise ConfigError(
            f"--horizon {n_steps}: "
            + (f"the run was trained for {trained} step{'s' * (trained > 1)}. " if not draws else "")
            + (f"Lower it, or train again with --horizon {n_steps}." if n_steps > 0 else "Give 1 at least.")
        )
    if within and panel.kind != "events":
        raise ConfigError(f"--within {within[0]}: only for events; these are {panel.kind}. Leave it out.")
    if panel.n_rows == 0:
        raise DataError(f"{panel.source}: no rows to forecast from. Give a file with rows.")
    question = Question(columns, n_steps, within, seed)
    origins = last_origins(panel) if origins is None else origins
    run = min(CHUNK, at_once(n_steps)) if draws and n_steps > 1 else CHUNK
    table = _waiting_table if draws else _value_table
    for begin in range(0, len(origins), run):
        yield table(models, panel, origins[begin : begin + run], question)


def _waiting_table(
    models: Sequence[Fitted], panel: Panel, origins: np.ndarray, question: Question
) -> pd.DataFrame:
    """The table of events or intervals after ``origins``."""
    n_steps, seed = question.n_steps, question.seed
    if panel.kind == "intervals":
        forecast = step_forecasts(models[0], panel, origins, n_steps, seed)
        table = value_table(panel, origins, forecast, question.columns)
        for model in models[1:]:
            more = step_forecasts(model, panel, origins, n_steps, seed)
            table = table.assign(**probability_columns(more))
        return table
    windows = windows_at(panel, origins, models[0].architecture.look_back, 1)
    forecast = models[0].predict(panel, windows)
    if n_steps == 1:
        marks = models[0].predict_marks(panel, windows)
        return event_table(panel, origins, forecast, question.columns, question.within, marks=marks)
    known = open_waits(panel, origins).known
    paths = draw_paths(models[0], panel, origins, known, n_steps, seed=seed)
    return event_table(panel, origins, forecast, question.columns, question.within, paths.gaps, paths.marks)


def _value_table(
    models: Sequence[Fitted], panel: Panel, origins: np.ndarray, question: Question
) -> pd.DataFrame:
    """The table of values or returns after ``origins``."""
    trained = models[0].architecture.horizon
    windows = windows_at(panel, origins, models[0].architecture.look_back, trained)
    table = value_table(panel, origins, models[0].predict(panel, windows), question.columns)
    for model in models[1:]:
        table = table.assign(**probability_columns(model.predict(panel, windows), panel.predict))
    if question.n_steps == trained:
        return table
    return table[np.arange(len(table)) % trained < question.n_steps]


def panel_ahead(
    run: TrainedRun, data: Source | None, as_of: str | None, future: Source | None
) -> tuple[Panel, list[str]]:
    """What a run forecasts from, with what is known of the steps to come.

    Args:
        run: A trained run.
        data: A file or frame; the last rows that the run keeps when None.
        as_of: Moment to look forward from (events).
        future: File or frame with the future of the columns known in advance; the rows without a target at
            the end of the data when None.

    Returns:
        The panel, and sentences on what should be known of the files.

    Raises:
        DataError: A file cannot be read, or lacks rows of the future.
        ConfigError: ``as_of`` or ``future`` does not fit the run, or it needs a future and has none.
        RunError: The file has other channels than the run was trained on, or the run holds no rows.
    """
    if data is None:
        panel = context_at(run, as_of)
        notes = [note.line for note in panel.warnings]
    else:
        panel = read_like(run, data, as_of)
        notes = reading_notes(run, panel)
    names = covariates_of(panel.columns)["future_known"]
    if not names:
        if future is not None:
            raise ConfigError(f"--future: {run.name} uses no column that is known in advance. Leave it out.")
        return panel, notes
    horizon, source = run.models[0].architecture.horizon, panel.source
    if future is not None:
        ahead, more = read_future(future, run.settings.data, panel, horizon, run.name)
        panel = replace(panel, ahead=ahead)
        source = os.fspath(future) if isinstance(future, str | os.PathLike) else "--future"
        notes += [note.line for note in more]
    if panel.ahead is None:
        raise ConfigError(
            f"{run.name}: forecasting needs the future of columns {listing(names)}. "
            f"Give the {horizon} rows after the last ones with --future FILE."
        )
    check_ahead(panel, horizon, source)
    return panel, notes


def read_like(run: TrainedRun, data: Source, as_of: str | None = None) -> Panel:
    """Rows of another file, read as the training data of a run was.

    Args:
        run: A trained run.
        data: The file or frame.
        as_of: Moment to look forward from (events); rows after it are not read.

    Returns:
        A panel with the channels and the season of the run.

    Raises:
        DataError: The data cannot be read.
        ConfigError: ``as_of`` was given, but these are no events.
        RunError: The file has other channels than the run was trained on.
    """
    _check_as_of(run, as_of)
    settings = run.settings.data.model_copy(update={"as_of": as_of})
    panel = read_panel(data, settings, run.panel.columns, run.name, run.panel.levels)
    panel = recode_marks(panel, run.panel.mark_names)
    if panel.channels != run.panel.channels:
        raise RunError(
            f"{run.name}: trained on {listing(run.panel.channels)}; {panel.source} has "
            f"{listing(panel.channels)}. Use a file with the same columns."
        )
    if panel.clock.step is None or panel.n_rows <= panel.n_series:
        panel = replace(panel, clock=run.panel.clock)  # too few rows to see their spacing
    return replace(panel, season_length=run.panel.season_length)


def reading_notes(run: TrainedRun, panel: Panel) -> list[str]:
    """What should be known of a file read for a run: repairs, warnings, ids not trained on.

    Args:
        run: A trained run.
        panel: What was read.

    Returns:
        Sentences; empty when there is nothing to say.
    """
    notes = [one.line for one in (*panel.repairs, *panel.warnings)]
    unseen = panel.ids[known_series(panel.ids, run.models[0].ids) < 0]
    if len(unseen):
        notes.append(
            f"{len(unseen):,} of {panel.n_series:,} ids were not trained on ({listing(unseen)}); they are "
            f"forecast from their own rows."
        )
    return notes


def context_at(run: TrainedRun, as_of: str | None) -> Panel:
    """The last rows that a run keeps, looked at from ``as_of``.

    Args:
        run: A trained run.
        as_of: Moment (events), not before the last row; None for the one of the training data.

    Returns:
        A panel.

    Raises:
        ConfigError: ``as_of`` was given, but these are no events, or rows lie after it.
        RunError: The run holds no rows.
    """
    _check_as_of(run, as_of)
    panel = run.panel
    if panel.n_rows == 0:
        raise RunError(f"{run.name}: holds no rows to go on from. Give a file: forecast predict DATA.")
    if as_of is None:
        return panel
    moments, notes = read_as_of(as_of, panel.clock, panel.ids, panel.columns)
    if (panel.times > np.repeat(moments, panel.lengths)).any():
        raise ConfigError(
            f"--as-of {as_of}: the training data has later rows. Give the file to read up to there."
        )
    return replace(panel, as_of=moments, warnings=(*panel.warnings, *notes))


def _check_as_of(run: TrainedRun, as_of: str | None) -> None:
    """Refuse a moment for kinds that have no open interval."""
    if as_of is not None and run.panel.kind != "events":
        raise ConfigError(
            f"--as-of {as_of}: only events have such a moment; these are {run.panel.kind}. Leave it out."
        )
