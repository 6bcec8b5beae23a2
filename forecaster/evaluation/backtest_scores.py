"""Scores of a backtest: of the model, and of baselines from the same origins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from forecaster.baselines import Baseline, choose_baselines
from forecaster.config.facts import WAITING
from forecaster.data.clock import to_display
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.evaluation.backtest import Backtest, at_most, rows_before
from forecaster.evaluation.calls import join, sessions_after
from forecaster.evaluation.frame_scores import column_scores, find_truth, frame_scores
from forecaster.evaluation.market import Calls, MarketScores, Sessions, market_scores
from forecaster.evaluation.tables import is_observed, join_columns, number_columns


@dataclass(frozen=True)
class BacktestScores:
    """Scores of a backtest.

    Attributes:
        model: Metric to its value over all rows, as ``frame_scores`` names them.
        baselines: The same by the name of the baseline; none of events and intervals.
        season_length: Steps in one season, of MASE and of the baselines.
        market: Of prices, one session ahead; None for other kinds.
        sessions: What came then; None likewise.
        calls: What each forecaster said of it, by its name; the model's first.
        notes: What the user should know.
    """

    model: dict[str, float]
    baselines: dict[str, dict[str, float]]
    season_length: int
    market: MarketScores | None = None
    sessions: Sessions | None = None
    calls: Mapping[str, Calls] = field(default_factory=dict)
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
    markets = [replace(one, calls=dict(one.calls)) for one in tested.markets]
    own, baselines = replace(tested.columns, point="point"), {}
    for one in chosen.baselines:
        pieces = []
        for place, forecast in enumerate(_baseline_forecasts(tested, one)):
            pieces.append(number_columns(forecast, own))
            if markets:
                markets[place].add(one.name, forecast)
        baselines[one.name] = _only_row(column_scores(truth, join_columns(pieces, observed)))
    scores = BacktestScores(model, baselines, panel.season_length)
    scores = replace(scores, notes=() if chosen.note is None else (chosen.note.line,))
    if not markets:
        return scores
    came = [sessions_after(panel, one.origins, one.begins, one.ends) for one in tested.blocks]
    sessions = join(came)
    calls = {name: join([one.calls[name] for one in markets]) for name in markets[0].calls}
    return replace(
        scores,
        market=market_scores(sessions, calls, n_classes=markets[0].n_classes),
        sessions=sessions,
        calls=calls,
    )


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


def _baseline_forecasts(tested: Backtest, baseline: Baseline) -> Iterator[Distribution]:
    """What a baseline forecasts from the origins of every block, some at a time."""
    panel, horizon = tested.panel, tested.settings.window.horizon
    for block in tested.blocks:
        known = rows_before(panel, block.begins, block.ends)
        ready = baseline.fit(known, known.offsets[1:], block.look_back, horizon)
        for origins in at_most(block.origins, horizon):
            yield ready.predict(panel, origins)
