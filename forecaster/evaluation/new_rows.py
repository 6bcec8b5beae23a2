"""Scores of a trained run on rows that came after its training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, DataError
from forecaster.evaluation.context import find_resolution
from forecaster.evaluation.score import Asked, score_windows
from forecaster.training.fitted import Fitted, known_series
from forecaster.windows.outcomes import gather_outcomes
from forecaster.windows.parts import part_windows
from forecaster.windows.windows import Span, Windows


def score_new_rows(
    models: Sequence[Fitted],
    panel: Panel,
    last_times: np.ndarray,
    settings: Settings,
    levels: Sequence[float],
    as_of: np.ndarray | None = None,
    within: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Scores on the rows after each id's last training row, and on all rows of ids not seen.

    Of events the interval that was open at the end of training is scored given what had been waited by then,
    and that open at the end of the file by the probability that it lasts.

    Args:
        models: Of the run.
        panel: The file's rows, with those before the new ones for the look-back.
        last_times: (n_trained,) time of the last training row of each series of the run.
        settings: Of the run.
        levels: Central intervals whose coverage is scored, in percent.
        as_of: (n_trained,) moment up to which training knew each series (events).
        within: Durations (events); those of the run when None.

    Returns:
        The scores of the model and of the baselines, as in report.json, with ``unit``, ``n_new_ids`` and
        ``baselines_fitted_on``: ``rows before`` the new ones, or where there are none the ``scored rows``.

    Raises:
        ConfigError: ``within`` was given, but these are no events.
        DataError: No row is new, or too few of them for a single horizon.
    """
    if within and panel.kind != "events":
        raise ConfigError(f"--within {within[0]}: only for events; these are {panel.kind}. Leave it out.")
    known = known_series(panel.ids, models[0].ids)
    span = new_span(panel, known, last_times, as_of)
    windows = _new_windows(panel, span, settings)
    train = Span(panel.offsets[:-1], span.begins, span.since)
    has_earlier = train.n_rows > 0
    resolution = find_resolution(panel, Span(panel.offsets[:-1], panel.offsets[1:]))
    within = (settings.window.within or ()) if within is None else within
    rows = train if has_earlier else span
    asked = Asked(levels, within, settings.window.baselines)
    part = score_windows(panel, windows, rows, models, resolution=resolution, asked=asked)
    return part.to_json() | {
        "unit": panel.unit,
        "notes": [] if part.note is None else [part.note.line],
        "n_new_rows": span.n_rows,
        "n_new_ids": int((known < 0).sum()),
        "baselines_fitted_on": "rows before" if has_earlier else "scored rows",
    }


def _new_windows(panel: Panel, span: Span, settings: Settings) -> Windows:
    """Windows of the new rows, at least one."""
    windows = part_windows(panel, span, settings.window)
    outcomes = gather_outcomes(panel, windows)
    # where training knew a series for longer than this file does, the file says nothing about it
    windows = windows.select((outcomes.until > outcomes.elapsed)[:, 0])
    if windows.n_windows == 0:
        raise DataError(
            f"{panel.source}: {span.n_rows} new rows are too few for --look-back "
            f"{settings.window.look_back} and --horizon {settings.window.horizon}. Bring more rows, and "
            f"those before them."
        )
    return windows


def new_span(
    panel: Panel, known: np.ndarray, last_times: np.ndarray, as_of: np.ndarray | None = None
) -> Span:
    """Rows after the last training row of each series; all rows of a series not trained on.

    Args:
        panel: The file's rows.
        known: (n_series,) int64 position of each series among those trained on, -1 for others.
        last_times: (n_trained,) time of the last training row of each.
        as_of: (n_trained,) moment up to which training knew each (events).

    Returns:
        The rows; of events with the moments between which they lie.

    Raises:
        DataError: There is none.
    """
    late = panel.times > np.repeat(last_times[known], panel.lengths)
    counts = np.concatenate([[0], np.cumsum(~late)])
    old = counts[panel.offsets[1:]] - counts[panel.offsets[:-1]]
    begins = panel.offsets[:-1] + np.where(known >= 0, old, 0)
    since = None
    if as_of is not None and panel.kind == "events":
        since = np.where(known >= 0, as_of[known], _before_everything(panel))
    span = Span(begins, panel.offsets[1:], panel.as_of if panel.kind == "events" else None, since)
    if span.n_rows == 0:
        raise DataError(
            f"{panel.source}: no row is later than the last training row of its series. "
            f"Give a file that goes on, with the rows before for the look-back."
        )
    return span


def _before_everything(panel: Panel) -> np.ndarray:
    """(n_series,) moments at which nothing had been waited for: some way before the first row of each."""
    distance = 2 * max(panel.unit_length or 1.0, panel.clock.resolution or 0.0)
    first = panel.first_times
    if panel.clock.kind == "date":
        return np.asarray(first - np.timedelta64(int(distance), "ns"))
    return np.asarray(first - first.dtype.type(np.ceil(distance)))
