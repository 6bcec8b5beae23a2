"""Scores of the marks of next events, beside what is told without a network."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecaster.data.panel import Panel
from forecaster.training.fitted import Fitted
from forecaster.windows.marks import gather_next_marks
from forecaster.windows.windows import Span, Windows

# Events that are added to the training ones, spread over all marks evenly: none is then impossible.
EVEN = 1.0
# Events that the frequencies count for in each row of the table of transitions.
PRIOR = 5.0


def mark_scores(panel: Panel, windows: Windows, train: Span, model: Fitted) -> dict[str, Any] | None:
    """How well marks of next events are forecast, over those that came and whose mark is known.

    Args:
        panel: The rows.
        windows: What is scored; one step ahead.
        train: Rows that the baselines count.
        model: What is scored.

    Returns:
        Plain values for report.json: ``n_events``, and ``mark_log_loss`` (nats) and ``mark_accuracy`` of the
        model and of the baselines; None without marks.
    """
    following = gather_next_marks(panel, windows)
    if following is None or panel.marks is None or windows.n_windows == 0:
        return None
    true = following[:, 0] - 1
    last = panel.marks[windows.origins]
    frequencies, transitions = count_marks(panel, train)
    log_frequencies, log_transitions = np.log(frequencies), np.log(transitions)
    return {
        "n_events": int((true >= 0).sum()),
        "model": _summary(*_model_errors(model, panel, windows, true)),
        "baselines": {
            "frequencies": _summary(-log_frequencies[true], true == np.argmax(frequencies), true),
            "markov": _summary(
                -log_transitions[last, true], true == np.argmax(transitions, axis=1)[last], true
            ),
        },
    }


def count_marks(panel: Panel, train: Span) -> tuple[np.ndarray, np.ndarray]:
    """How often each mark comes, and how often it follows each.

    Args:
        panel: Events with marks.
        train: Rows that are counted.

    Returns:
        (n_marks,) probabilities; and (n_marks + 1, n_marks), a row for each mark before and the last one for
        a mark that is not known, so that -1 leads there.

    Raises:
        ValueError: The panel has no marks.
    """
    if panel.marks is None:
        raise ValueError("the panel has no marks")
    n = len(panel.mark_names)
    kept = panel.take(train.begins, train.ends)
    marks = np.asarray(kept.marks)
    frequencies = np.bincount(marks[marks >= 0], minlength=n) + EVEN / n
    frequencies /= frequencies.sum()
    follows = np.ones(len(marks), dtype=bool)
    follows[kept.offsets[:-1][kept.lengths > 0]] = False
    rows = np.flatnonzero(follows & (marks >= 0))
    before = np.where(marks[rows - 1] >= 0, marks[rows - 1], n)
    counts = np.bincount(before * n + marks[rows], minlength=n * (n + 1)).reshape(n + 1, n)
    transitions = counts + PRIOR * frequencies
    return frequencies, transitions / transitions.sum(axis=1, keepdims=True)


def _model_errors(
    model: Fitted, panel: Panel, windows: Windows, true: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Minus the log of the probability of each true mark, whether it was the likeliest, and the marks."""
    lost, hit = np.zeros(len(true)), np.zeros(len(true), dtype=bool)
    begin = 0
    for _, probs in model.predict_with_marks(panel, windows):
        if probs is None:
            raise ValueError("the model is of no marks, the panel has some")
        part = slice(begin, begin + len(probs))
        right = np.take_along_axis(probs[:, 0], np.maximum(true[part], 0)[:, None], axis=1)[:, 0]
        lost[part] = -np.log(np.maximum(right, np.finfo(float).tiny))
        hit[part] = np.argmax(probs[:, 0], axis=1) == true[part]
        begin += len(probs)
    return lost, hit, true


def _summary(lost: np.ndarray, hit: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Means over the events whose mark is known; NaN without any."""
    known = true >= 0
    if not known.any():
        return {"mark_log_loss": np.nan, "mark_accuracy": np.nan}
    return {"mark_log_loss": float(lost[known].mean()), "mark_accuracy": float(hit[known].mean())}
