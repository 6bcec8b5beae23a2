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
from forecaster.data.table import Table
from forecaster.data.whole import Whole
from forecaster.errors import ConfigError, RunError, listing
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.training.fitted import known_series


def panel_ahead(
    run: TrainedRun,
    data: Source | None,
    as_of: str | None,
    future: Source | Table | None,
    whole: Whole | None = None,
    moments: Table | None = None,
) -> tuple[Panel, list[str]]:
    """What a run forecasts from, with what is known of the steps to come.

    Args:
        run: A trained run.
        data: A file or frame; the last rows that the run keeps when None.
        as_of: Moment to look forward from (events).
        future: File or frame with the future of the columns known in advance; the rows without a target at
            the end of the data when None.
        whole: Facts of the data set that ``data`` is a part of; None for a whole one.
        moments: Rows of the file that ``as_of`` names, where it was read before.

    Returns:
        The panel, and sentences on what should be known of the files.

    Raises:
        DataError: A file cannot be read, or lacks rows of the future.
        ConfigError: ``as_of`` or ``future`` does not fit the run, or it needs a future and has none.
        RunError: The file has other channels than the run was trained on, or the run holds no rows.
    """
    check_future(run, future)
    if data is None:
        panel = _with_future(run, context_at(run, as_of, moments), future)
        return panel, [note.line for note in panel.warnings]
    panel = _with_future(run, read_like(run, data, as_of, whole, moments), future)
    return panel, reading_notes(run, panel)


def _with_future(run: TrainedRun, panel: Panel, future: Source | Table | None) -> Panel:
    """The panel with all that is to be known of the steps to come, and what should be known of their file."""
    names = covariates_of(panel.columns)["future_known"]
    if not names:
        return panel
    horizon, source = run.models[0].architecture.horizon, panel.source
    if future is not None:
        ahead, notes = read_future(future, run.settings.data, panel, horizon, run.name)
        panel = replace(panel, ahead=ahead, warnings=(*panel.warnings, *notes))
        if isinstance(future, Table):
            source = future.source
        else:
            source = os.fspath(future) if isinstance(future, str | os.PathLike) else "--future"
    if panel.ahead is None:
        raise ConfigError(
            f"{run.name}: forecasting needs the future of columns {listing(names)}. "
            f"Give the {horizon} rows after the last ones with --future FILE."
        )
    check_ahead(panel, horizon, source)
    return panel


def check_future(run: TrainedRun, future: object | None) -> None:
    """Refuse a future of a run that looks at none.

    Args:
        run: A trained run.
        future: What was given; None for nothing.

    Raises:
        ConfigError: There is one, but no column is known in advance.
    """
    if future is not None and not covariates_of(run.panel.columns)["future_known"]:
        raise ConfigError(f"--future: {run.name} uses no column that is known in advance. Leave it out.")


def read_like(
    run: TrainedRun,
    data: Source,
    as_of: str | None = None,
    whole: Whole | None = None,
    moments: Table | None = None,
) -> Panel:
    """Rows of another file, read as the training data of a run was.

    Args:
        run: A trained run.
        data: The file or frame.
        as_of: Moment to look forward from (events); rows after it are not read.
        whole: Facts of the data set that ``data`` is a part of; None for a whole one.
        moments: Rows of the file that ``as_of`` names, where it was read before.

    Returns:
        A panel with the channels and the season of the run.

    Raises:
        DataError: The data cannot be read.
        ConfigError: ``as_of`` was given, but these are no events.
        RunError: The file has other channels than the run was trained on.
    """
    check_as_of(run, as_of)
    settings = run.settings.data.model_copy(update={"as_of": as_of})
    panel = read_panel(data, settings, run.panel.columns, run.name, run.panel.levels, whole, moments)
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


def context_at(run: TrainedRun, as_of: str | None, moments: Table | None = None) -> Panel:
    """The last rows that a run keeps, looked at from ``as_of``.

    Args:
        run: A trained run.
        as_of: Moment (events), not before the last row; None for the one of the training data.
        moments: Rows of the file that ``as_of`` names, where it was read before.

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
    known, notes = read_as_of(as_of, panel.clock, panel.ids, panel.columns, moments)
    if (panel.times > np.repeat(known, panel.lengths)).any():
        raise ConfigError(
            f"--as-of {as_of}: the training data has later rows. Give the file to read up to there."
        )
    return replace(panel, as_of=known, warnings=(*panel.warnings, *notes))


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
