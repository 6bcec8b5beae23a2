"""What the scores of a part need beside forecast and truth, all of it from training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecaster.config.facts import QUANTILE_LEVELS, WAITING
from forecaster.data.differences import seasonal_scale
from forecaster.data.panel import Panel
from forecaster.evaluation.events import duration_of
from forecaster.evaluation.metrics import ScoringContext
from forecaster.evaluation.waiting import Waiting
from forecaster.windows.bins import fit_bins, value_resolution
from forecaster.windows.outcomes import Outcomes
from forecaster.windows.waits import gap_cell, waits_since
from forecaster.windows.windows import Span, Windows

# Bins of the log score of waiting times, where there is no classifier that has its own.
N_BINS = 10

# A resolution that is finer than this share of the usual gap counts as none: the mass of such a cell is
# lost in rounding.
FINEST = 1e-6


def scoring_context(
    panel: Panel, windows: Windows, train: Span, outcomes: Outcomes, within: Sequence[str]
) -> ScoringContext:
    """What the scores of some windows need.

    Args:
        panel: The rows.
        windows: What is scored.
        train: Training rows.
        outcomes: What came of the windows.
        within: Durations that are scored (events).

    Returns:
        Scales; of values and returns levels of quantiles; of events and intervals bins of the training
        gaps; of events also open intervals.
    """
    series = panel.series_of(windows.origins)
    scale = seasonal_scale(panel.y, train.begins, train.ends, panel.season_length)[series]
    context = ScoringContext(scale=scale, lower=panel.lowest)
    if panel.kind not in WAITING:
        return replace(context, quantile_levels=QUANTILE_LEVELS)
    gaps = panel.take(train.begins, train.ends).y
    gaps = gaps[np.isfinite(gaps)]
    if len(gaps):
        edges = fit_bins(gaps, "quantile", N_BINS, resolution=find_resolution(panel, train))
        context = replace(context, bin_edges=edges, is_classified=False)
    if panel.kind != "events":
        return context
    now = waits_since(panel, windows.origins, panel.times[windows.origins]).known[:, None]
    limit = _longest(panel, train, gaps)
    closed = outcomes.y[~outcomes.censored & np.isfinite(outcomes.y)]
    waiting = Waiting(
        censored=outcomes.censored,
        elapsed=outcomes.elapsed,
        until=outcomes.until,
        begin=np.where(np.isfinite(outcomes.elapsed), outcomes.elapsed, now),
        limit=limit,
        reach=max(limit, float(closed.max(initial=0.0))),
        within=tuple((name, duration_of(panel, name)) for name in within),
    )
    return replace(context, waiting=waiting)


def _longest(panel: Panel, train: Span, gaps: np.ndarray) -> float:
    """Longest wait seen in training, of a gap that closed or of one still open; above 0."""
    longest = float(gaps.max(initial=0.0))
    used = np.flatnonzero(train.ends > train.begins)
    if train.as_of is not None and len(used):
        moments = np.broadcast_to(np.asarray(train.as_of, dtype=panel.times.dtype), panel.n_series)
        waits = waits_since(panel, train.ends[used] - 1, moments[used])
        longest = max(longest, float(waits.elapsed.max()))
    return longest if longest > 0 else 1.0


def observed_until(panel: Panel, train: Span) -> Panel:
    """A panel of events as it was known at the end of training: open intervals end there.

    Args:
        panel: The rows.
        train: Training rows.

    Returns:
        The panel with ``as_of`` of ``train``, else the time of each series' last training row; of other kinds
        as it is.
    """
    if panel.kind != "events" or panel.n_rows == 0:
        return panel
    if train.as_of is None:
        last = np.clip(train.ends - 1, np.minimum(panel.offsets[:-1], panel.n_rows - 1), None)
        return replace(panel, as_of=panel.times[last])
    moments = np.broadcast_to(np.asarray(train.as_of, dtype=panel.times.dtype), panel.n_series)
    return replace(panel, as_of=moments.copy())


def find_resolution(panel: Panel, train: Span) -> float | None:
    """Step of which all targets are multiples, as training rows and the stamps of events show it.

    Args:
        panel: The rows.
        train: Rows that are looked at.

    Returns:
        In the unit of the target; None for real numbers, stamps that are float numbers among them.
    """
    y = panel.take(train.begins, train.ends).y
    found = value_resolution(y)
    if panel.kind != "events":
        return found
    cell = max(gap_cell(panel), found or 0.0) if panel.clock.kind != "float" else 0.0
    usual = float(np.median(y[y > 0])) if (y > 0).any() else 0.0
    return cell if cell > FINEST * usual else None
