"""Scores of the marks of next events, beside what is told without a network."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecaster.baselines.sequence_choose import mark_baselines
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.evaluation.sequence_metrics import LEAST_PROBABILITY, MANY_CLASSES, TOP
from forecaster.training.fitted import Fitted
from forecaster.windows.marks import gather_next_marks
from forecaster.windows.windows import Span, Windows

MODEL = "model"


def mark_scores(panel: Panel, windows: Windows, train: Span, model: Fitted) -> dict[str, Any] | None:
    """How well marks of next events are forecast, over those that came and whose mark is known.

    Args:
        panel: The rows.
        windows: What is scored; one step ahead.
        train: Rows that the baselines count.
        model: What is scored.

    Returns:
        Plain values for report.json: ``n_events``, and ``mark_log_loss`` (nats), ``mark_perplexity``, its
        exponential, ``mark_accuracy`` and with many marks ``mark_top_5`` of the model and of the baselines;
        None without marks.

    Raises:
        ValueError: The model is of no marks.
    """
    following = gather_next_marks(panel, windows)
    if following is None or windows.n_windows == 0:
        return None
    true = following[:, 0] - 1
    goal = Goal("marks", panel.mark_names)
    rivals = {one.name: one.fit(panel, goal, train) for one in mark_baselines()}
    errors: dict[str, list[np.ndarray]] = {name: [] for name in (MODEL, *rivals)}
    begin = 0
    for _, probs in model.predict_with_marks(panel, windows):  # a part at a time, whatever their number
        if probs is None:
            raise ValueError("the model is of no marks, the panel has some")
        came = true[begin : begin + len(probs)]
        known = came >= 0
        rows = windows.origins[begin : begin + len(probs)][known] + 1
        errors[MODEL].append(_errors(came[known], probs[known, 0]))
        for name, rival in rivals.items():
            errors[name].append(_errors(came[known], rival.predict(panel, rows)))
        begin += len(probs)
    found = {name: _summary(np.concatenate(parts), len(goal.names)) for name, parts in errors.items()}
    return {"n_events": int((true >= 0).sum()), MODEL: found.pop(MODEL), "baselines": found}


def _errors(true: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """(n, 3): minus the log of the probability of each mark, whether it was first, and near it."""
    right = np.take_along_axis(probs, true[:, None], axis=1)
    lost = -np.log(np.maximum(right[:, 0], LEAST_PROBABILITY))
    return np.stack([lost, probs.argmax(axis=1) == true, (probs > right).sum(axis=1) < TOP], axis=1)


def _summary(errors: np.ndarray, n_marks: int) -> dict[str, float]:
    """Means of ``_errors``; NaN without any."""
    lost, hit, near = errors.mean(axis=0).tolist() if len(errors) else [np.nan] * 3
    found = {"mark_log_loss": lost, "mark_perplexity": float(np.exp(lost)), "mark_accuracy": hit}
    return found | ({f"mark_top_{TOP}": near} if n_marks >= MANY_CLASSES else {})
