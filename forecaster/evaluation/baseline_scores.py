"""Baselines alone, on the last rows of a panel: what a network will have to beat. No keras."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.baselines import all_baselines
from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.evaluation.context import find_resolution, observed_until, scoring_context
from forecaster.evaluation.metrics import ScoringContext, score
from forecaster.training.prepare import prepare
from forecaster.windows.outcomes import gather_outcomes
from forecaster.windows.windows import Span, Windows, thin

# Rows that are looked at, and values that are scored, so that a look at a file stays a look: the last rows of
# one long series, the longest of many series.
MOST_ROWS, MOST_SCORED = 10_000, 200


@dataclass(frozen=True)
class Ranking:
    """Baselines by how well they forecast the test part.

    Attributes:
        metric: The deciding score; less is better.
        scores: Score by name, best first.
        n_windows: Windows scored.
        n_rows: Rows looked at, of all rows.
    """

    metric: str
    scores: dict[str, float]
    n_windows: int
    n_rows: int


def rank_baselines(panel: Panel, settings: Settings) -> Ranking | None:
    """The built-in baselines on the test part that `train` would hold out, best first.

    Args:
        panel: All rows; of more than ``MOST_ROWS`` the last ones, or the longest series.
        settings: As the user gave them; the horizon and the sizes of the parts count.

    Returns:
        The ranking; None where there are too few rows to hold any out.

    Raises:
        ConfigError: A setting does not fit the data.
    """
    panel = _shortened(panel)
    if not np.isfinite(panel.y).any():
        return None
    prepared = prepare(panel, settings)
    windows = prepared.parts.test
    if windows.n_windows == 0:
        return None
    windows = thin(windows, max(MOST_SCORED // windows.horizon, 10))
    train = prepared.split.before_test
    scores, metric = _scores(prepared.panel, windows, train)
    known = {name: value for name, value in scores.items() if np.isfinite(value)}
    if not known:
        return None
    order = dict(sorted(known.items(), key=lambda one: one[1]))
    return Ranking(metric, order, windows.n_windows, panel.n_rows)


def _scores(panel: Panel, windows: Windows, train: Span) -> tuple[dict[str, float], str]:
    """The deciding score of every built-in baseline, and what it is called."""
    outcomes = gather_outcomes(panel, windows)
    context = scoring_context(panel, windows, train, outcomes, ())
    context = replace(context, resolution=find_resolution(panel, train))
    metric = deciding(panel, context)
    seen, found = observed_until(panel, train), {}
    for baseline in all_baselines(panel):
        forecast = baseline.fit(seen, train.ends, windows.look_back, windows.horizon).predict(
            panel, windows.origins
        )
        overall = score(forecast, outcomes.y, np.isfinite(outcomes.y), context).overall
        found[baseline.name] = overall.get(metric, np.nan)
    return found, metric


def _shortened(panel: Panel) -> Panel:
    """The panel, or the longest series of it and their last rows."""
    if panel.n_rows <= MOST_ROWS:
        return panel
    order = np.argsort(-panel.lengths, kind="stable")
    n_series = max(int(np.searchsorted(np.cumsum(panel.lengths[order]), MOST_ROWS)), 1)
    kept = np.zeros(panel.n_series, dtype=bool)
    kept[order[:n_series]] = True
    ends = panel.offsets[1:]
    begins = np.where(kept, np.maximum(panel.offsets[:-1], ends - MOST_ROWS), ends)
    return panel.take(begins, ends)


def deciding(panel: Panel, context: ScoringContext) -> str:
    """Metric that says who is ahead.

    Args:
        panel: Its kind, its number of series and what of prices is forecast decide.
        context: Of the windows that are scored.

    Returns:
        CRPS, proper and in the unit of the data; of several value series or closes, whose sizes may differ by
        any factor, CRPS over each one's own scale; of events whose observation ends, CRPS over the time
        observed; of directions the log score of the class that came.
    """
    if context.waiting is not None and context.waiting.is_limited:
        return "censored_crps"
    if panel.predict == "direction":
        return "log_score"
    scaled = context.scale is not None and bool(np.isfinite(context.scale).any())
    has_own_sizes = panel.n_series > 1 and (panel.kind == "values" or panel.predict == "close")
    return "scaled_crps" if has_own_sizes and scaled else "crps"
