"""What a run forecasts from: rows of a file read as the training data was, or those that the run keeps."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from forecaster.data.as_of import read_as_of
from forecaster.data.future import check_ahead, read_future
from forecaster.data.load import Source, read_panel
from forecaster.data.marks import recode_marks
from forecaster.data.panel import Panel
from forecaster.data.roles import covariates_of
from forecaster.data.whole import Whole
from forecaster.errors import ConfigError, RunError, listing
from forecaster.evaluation.job import TrainedRun
from forecaster.training.fitted import known_series


def panel_ahead(
    run: TrainedRun,
    data: Source | None,
    as_of: str | None,
    future: Source | None,
    whole: Whole | None = None,
) -> tuple[Panel, list[str]]:
    """What a run forecasts from, with what is known of the steps to come.

    Args:
        run: A trained run.
        data: A file or frame; the last rows that the run keeps when None.
        as_of: Moment to look forward from (events).
        future: File or frame with the future of the columns known in advance; the rows without a target at
            the end of the data when None.
        whole: Facts of the data set that ``data`` is a part of; None for a whole one.

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
        panel = read_like(run, data, as_of, whole)
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


def read_like(run: TrainedRun, data: Source, as_of: str | None = None, whole: Whole | None = None) -> Panel:
    """Rows of another file, read as the training data of a run was.

    Args:
        run: A trained run.
        data: The file or frame.
        as_of: Moment to look forward from (events); rows after it are not read.
        whole: Facts of the data set that ``data`` is a part of; None for a whole one.

    Returns:
        A panel with the channels and the season of the run.

    Raises:
        DataError: The data cannot be read.
        ConfigError: ``as_of`` was given, but these are no events.
        RunError: The file has other channels than the run was trained on.
    """
    check_as_of(run, as_of)
    settings = run.settings.data.model_copy(update={"as_of": as_of})
    panel = read_panel(data, settings, run.panel.columns, run.name, run.panel.levels, whole)
    panel = recode_marks(panel, run.panel.mark_names)
    if panel.channels != run.panel.channels:
        raise RunError(
            f"{run.name}: trained on {listing(run.panel.channels)}; {panel.source} has "
            f"{listing(panel.channels)}. Use a file with the same columns."
        )
    counted = panel if whole is None else whole
    if counted.clock.step is None or counted.n_rows <= counted.n_series:
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
    unseen = unseen_ids(run, panel)
    return [*notes, *unseen_notes(len(unseen), panel.n_series, listing(unseen))]


def unseen_ids(run: TrainedRun, panel: Panel) -> np.ndarray:
    """(n,) ids of a panel that a run was not trained on."""
    return np.asarray(panel.ids[known_series(panel.ids, run.models[0].ids) < 0])


def unseen_notes(n_unseen: int, n_series: int, examples: str) -> list[str]:
    """A sentence on ids that a run was not trained on; none where there are none.

    Args:
        n_unseen: How many.
        n_series: Of so many.
        examples: Some of them.

    Returns:
        At most one sentence.
    """
    if n_unseen == 0:
        return []
    return [
        f"{n_unseen:,} of {n_series:,} ids were not trained on ({examples}); they are forecast from their "
        "own rows."
    ]


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
    check_as_of(run, as_of)
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


def check_as_of(run: TrainedRun, as_of: str | None) -> None:
    """Refuse a moment for kinds that have no open interval.

    Args:
        run: A trained run.
        as_of: The moment; None for none.

    Raises:
        ConfigError: There is one, but these are no events.
    """
    if as_of is not None and run.panel.kind != "events":
        raise ConfigError(
            f"--as-of {as_of}: only events have such a moment; these are {run.panel.kind}. Leave it out."
        )
