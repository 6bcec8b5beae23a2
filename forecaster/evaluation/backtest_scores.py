"""Scores of a backtest: of the model, and of baselines from the same origins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecaster.baselines import Baseline, choose_baselines
from forecaster.config.facts import WAITING
from forecaster.data.clock import to_display
from forecaster.data.panel import Panel
from forecaster.evaluation.backtest import MOST_VALUES, Backtest
from forecaster.evaluation.frame_scores import column_scores, find_truth, frame_scores
from forecaster.evaluation.tables import is_observed, join_columns, number_columns


@dataclass(frozen=True)
class BacktestScores:
    """Scores of a backtest.

    Attributes:
        model: Metric to its value over all rows, as ``frame_scores`` names them.
        baselines: The same by the name of the baseline; none of events and intervals.
        season_length: Steps in one season, of MASE and of the baselines.
        notes: What the user should know.
    """

    model: dict[str, float]
    baselines: dict[str, dict[str, float]]
    season_length: int
    notes: tuple[str, ...] = ()

    @property
    def decider(self) -> str:
        """Metric that says who is ahead: MASE, which weighs series alike whatever their size, else MAE."""
        return "mase" if np.isfinite(self.model.get("mase", np.nan)) else "mae"


def score_backtest(tested: Backtest) -> BacktestScores:
    """Scores over all rows of a backtest.

    Baselines are fitted where the model was: at the first cutoff of each training, on the rows before it.

    Args:
        tested: The backtest.

    Returns:
        The scores of model and baselines.
    """
    panel, frame = tested.panel, tested.frame
    truth = find_truth(frame, train=training_frame(panel), season_length=panel.season_length)
    columns = {name: frame[name].to_numpy() for name in frame.columns.drop("unique_id")}
    model = _only_row(column_scores(truth, columns))
    if panel.kind in WAITING:
        return BacktestScores(model, {}, panel.season_length)
    origins = np.concatenate([block.origins for block in tested.blocks])
    horizon = tested.settings.window.horizon
    chosen = choose_baselines(panel, tested.settings.window.baselines, origins, horizon)
    observed = is_observed(panel, origins, horizon)
    baselines = {
        one.name: _only_row(column_scores(truth, join_columns(_baseline_columns(tested, one), observed)))
        for one in chosen.baselines
    }
    notes = () if chosen.note is None else (chosen.note.line,)
    return BacktestScores(model, baselines, panel.season_length, notes)


def series_scores(tested: Backtest) -> pd.DataFrame:
    """Scores of the model by series.

    Args:
        tested: The backtest.

    Returns:
        ``unique_id``, then the metrics; a row a series that took part.
    """
    panel = tested.panel
    return frame_scores(tested.frame, train=training_frame(panel), season_length=panel.season_length)


def training_frame(panel: Panel) -> pd.DataFrame | None:
    """``unique_id, ds, y`` of all rows, for the scale of MASE; None of events and intervals.

    Args:
        panel: The rows.

    Returns:
        A row a row.
    """
    if panel.kind in WAITING:
        return None
    ids = pd.Series(panel.ids).array.take(np.repeat(np.arange(panel.n_series), panel.lengths))
    return pd.DataFrame({"unique_id": ids, "ds": to_display(panel.clock, panel.times), "y": panel.y})


def _only_row(scores: pd.DataFrame) -> dict[str, float]:
    """Metric to value; nothing of a table without rows."""
    return {str(name): float(scores[name].iloc[0]) for name in scores.columns if len(scores)}


def _baseline_columns(tested: Backtest, baseline: Baseline) -> Iterator[dict[str, np.ndarray]]:
    """Columns of what a baseline forecasts from the origins of every block."""
    panel, horizon = tested.panel, tested.settings.window.horizon
    columns = replace(tested.columns, point="point")
    run = max(MOST_VALUES // horizon, 1)
    for block in tested.blocks:
        ready = baseline.fit(panel, block.ends, block.look_back, horizon)
        for begin in range(0, len(block.origins), run):
            forecast = ready.predict(panel, block.origins[begin : begin + run])
            yield number_columns(forecast, columns)
