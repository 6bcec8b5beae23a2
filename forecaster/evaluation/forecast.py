"""The forecast of a panel: what comes after the last row of every series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from forecaster.data.clock import parse_moment
from forecaster.data.load import Source, read_panel
from forecaster.data.panel import Panel
from forecaster.distributions import Distribution
from forecaster.errors import ConfigError, DataError, RunError, listing
from forecaster.evaluation.events import event_table
from forecaster.evaluation.job import TrainedRun
from forecaster.evaluation.tables import Columns, probability_columns, value_table
from forecaster.training.fitted import CHUNK, Fitted, known_series
from forecaster.windows.windows import Windows, last_origins, windows_at


def forecast_panel(
    models: Sequence[Fitted],
    panel: Panel,
    columns: Columns,
    *,
    horizon: int | None = None,
    within: Sequence[str] = (),
) -> pd.DataFrame:
    """What comes after the last row of every series.

    Args:
        models: The first gives the forecast; a second one with bins adds their probabilities.
        panel: Rows to go on from.
        columns: Which intervals and quantiles.
        horizon: Steps, at most those trained for; all of them when None.
        within: Durations (events).

    Returns:
        A row a step, or for events a row a series; series in the order of the panel.

    Raises:
        DataError: There is no row to go on from.
        ConfigError: The horizon is longer than trained for, or an option does not fit the kind.
    """
    columns.check()
    model = models[0]
    trained = model.architecture.horizon
    if horizon is not None and not 1 <= horizon <= trained:
        raise ConfigError(
            f"--horizon {horizon}: the run was trained for {trained} step{'s' * (trained > 1)}. "
            + (f"Lower it, or train again with --horizon {horizon}." if horizon > 0 else "Give 1 at least.")
        )
    if within and panel.kind != "events":
        raise ConfigError(f"--within {within[0]}: only for events; these are {panel.kind}. Leave it out.")
    if panel.n_rows == 0:
        raise DataError(f"{panel.source}: no rows to forecast from. Give a file with rows.")
    windows = windows_at(panel, last_origins(panel), model.architecture.look_back, trained)
    pieces = []
    for begin in range(0, windows.n_windows, CHUNK):
        part = windows.select(np.arange(begin, min(begin + CHUNK, windows.n_windows)))
        pieces.append(_table(models, panel, part, columns, within))
    table = pd.concat(pieces, ignore_index=True)
    if horizon is not None and horizon < trained:
        keep = np.arange(len(table)) % trained < horizon
        table = table[keep].reset_index(drop=True)
    return table


def _table(
    models: Sequence[Fitted], panel: Panel, windows: Windows, columns: Columns, within: Sequence[str]
) -> pd.DataFrame:
    """The table of some windows."""
    forecast: Distribution = models[0].predict(panel, windows)
    if panel.kind == "events":
        return event_table(panel, windows.origins, forecast, columns, within)
    table = value_table(panel, windows.origins, forecast, columns)
    for model in models[1:]:
        table = table.assign(**probability_columns(model.predict(panel, windows)))
    return table


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
    panel = read_panel(data, settings, columns=run.panel.columns, run=run.name)
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
    moment = parse_moment(as_of, panel.clock)
    if (panel.times > moment).any():
        raise ConfigError(
            f"--as-of {as_of}: the training data has later rows. Give the file to read up to there."
        )
    return replace(panel, as_of=np.full(panel.n_series, moment, dtype=panel.times.dtype))


def _check_as_of(run: TrainedRun, as_of: str | None) -> None:
    """Refuse a moment for kinds that have no open interval."""
    if as_of is not None and run.panel.kind != "events":
        raise ConfigError(
            f"--as-of {as_of}: only events have such a moment; these are {run.panel.kind}. Leave it out."
        )
