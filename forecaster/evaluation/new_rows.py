"""Scores of a trained run on rows that came after its training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.errors import DataError
from forecaster.evaluation.score import score_windows
from forecaster.training.fitted import Fitted, known_series
from forecaster.windows.bins import value_resolution
from forecaster.windows.parts import part_windows
from forecaster.windows.windows import Span


def score_new_rows(
    models: Sequence[Fitted],
    panel: Panel,
    last_times: np.ndarray,
    settings: Settings,
    levels: Sequence[float],
) -> dict[str, Any]:
    """Scores on the rows after each id's last training row, and on all rows of ids not seen.

    Args:
        models: Of the run.
        panel: The file's rows, those before the new ones among them for the look-back.
        last_times: (n_trained,) time of the last training row of each series of the run.
        settings: Of the run.
        levels: Central intervals whose coverage is scored, in percent.

    Returns:
        The scores of the model and of the baselines, as in report.json, with ``unit`` and ``n_new_ids``.

    Raises:
        DataError: No row is new, or too few of them for a single horizon.
    """
    known = known_series(panel.ids, models[0].ids)
    span = new_span(panel, known, last_times)
    windows = part_windows(panel, span, settings.window)
    if windows.n_windows == 0:
        raise DataError(
            f"{panel.source}: {span.n_rows} new rows are too few for --look-back "
            f"{settings.window.look_back} and --horizon {settings.window.horizon}. Bring more rows, and "
            f"those before them."
        )
    train = Span(panel.offsets[:-1], span.begins)
    part = score_windows(
        panel,
        windows,
        train if train.n_rows else span,
        models,
        resolution=value_resolution(panel.y),
        levels=levels,
    )
    return part.to_json() | {
        "unit": panel.unit,
        "n_new_rows": span.n_rows,
        "n_new_ids": int((known < 0).sum()),
    }


def new_span(panel: Panel, known: np.ndarray, last_times: np.ndarray) -> Span:
    """Rows after the last training row of each series; all rows of a series not trained on.

    Args:
        panel: The file's rows.
        known: (n_series,) int64 position of each series among those trained on, -1 for others.
        last_times: (n_trained,) time of the last training row of each.

    Returns:
        The rows.

    Raises:
        DataError: There is none.
    """
    late = panel.times > np.repeat(last_times[known], panel.lengths)
    counts = np.concatenate([[0], np.cumsum(~late)])
    old = counts[panel.offsets[1:]] - counts[panel.offsets[:-1]]
    span = Span(panel.offsets[:-1] + np.where(known >= 0, old, 0), panel.offsets[1:])
    if span.n_rows == 0:
        raise DataError(
            f"{panel.source}: no row is later than the last training row of its series. "
            f"Give a file that goes on, with the rows before for the look-back."
        )
    return span
