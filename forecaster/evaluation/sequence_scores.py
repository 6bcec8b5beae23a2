"""Scores of the networks and of the baselines on sequences."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.baselines.sequence_base import SequenceBaseline, targets_at
from forecaster.baselines.sequence_choose import affordable
from forecaster.data.goals import Goal
from forecaster.data.panel import Note, Panel
from forecaster.evaluation.sequence_metrics import (
    MORE_IS_BETTER,
    ClassTally,
    deciding_score,
    number_scores,
)
from forecaster.training.sequence_networks import SequenceNetworks
from forecaster.windows.windows import Span

# Probabilities of a baseline that are held at once.
NUMBERS_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class SequencePart:
    """Scores of one part.

    Attributes:
        goal: What is learnt.
        n_scored: Series or rows scored.
        model: Scores of the networks.
        baselines: Scores by name.
        left_out: Baselines that would have taken minutes.
        confused: (n_classes, n_classes) how often each class was taken for each; None for numbers, and for
            many classes.
    """

    goal: Goal
    n_scored: int
    model: dict[str, float]
    baselines: dict[str, dict[str, float]]
    left_out: tuple[str, ...] = ()
    confused: np.ndarray | None = None

    @property
    def deciding(self) -> str:
        """Which score says who is ahead; errors of several outputs are in several units."""
        return deciding_score(self.goal.kind, len(self.goal.names), self.model.get("r2", math.nan))

    @property
    def best_baseline(self) -> str | None:
        """The best baseline; None without any."""
        return min(self.baselines, key=lambda name: self._cost(self.baselines[name]), default=None)

    @property
    def beaten_by(self) -> list[str]:
        """Baselines that are ahead of the networks, best first."""
        ahead = [name for name, one in self.baselines.items() if self._cost(one) < self._cost(self.model)]
        return sorted(ahead, key=lambda name: self._cost(self.baselines[name]))

    def _cost(self, scores: dict[str, float]) -> float:
        """The deciding score, less of which is better."""
        value = scores[self.deciding]
        return -value if self.deciding in MORE_IS_BETTER else value

    def to_json(self) -> dict[str, Any]:
        """Plain values for report.json."""
        tree: dict[str, Any] = {
            "n_windows": self.n_scored,
            "n_windows_in_all": self.n_scored,
            "scored": "sequences" if self.goal.kind == "label" else "rows",
            "deciding": self.deciding,
            "model": self.model,
            "baselines": self.baselines,
            "baselines_left_out": list(self.left_out),
            "best_baseline": self.best_baseline,
            "beaten_by": self.beaten_by,
        }
        if self.confused is not None:
            tree["classes"] = list(self.goal.names)
            tree["confusion"] = self.confused.tolist()
        return tree


@dataclass(frozen=True)
class SequenceScores:
    """Scores of the validation and the test part; None for a part without rows."""

    valid: SequencePart | None = None
    test: SequencePart | None = None
    resolution: float | None = None

    @property
    def notes(self) -> list[Note]:
        """What the user should know of the scores: which baselines are missing."""
        part = self.test or self.valid
        if part is None or not part.left_out:
            return []
        text = f"left out, as they would take minutes: {', '.join(part.left_out)}. Ask for --baselines all."
        return [Note("baselines_left_out", text, None)]


def score_sequences(
    panel: Panel,
    span: Span,
    train: Span,
    networks: SequenceNetworks,
    baselines: Sequence[SequenceBaseline],
    *,
    has_time: bool = False,
) -> SequencePart | None:
    """Scores of networks and baselines on some rows.

    Args:
        panel: The rows, with what was to be learnt.
        span: Rows that are scored.
        train: Rows that the baselines learn from.
        networks: Trained.
        baselines: Not fitted yet.
        has_time: Whether those are scored too that take minutes.

    Returns:
        The scores; None where nothing is known of these rows.
    """
    goal = panel.goal
    if goal is None or not (span.ends > span.begins).any():
        return None
    score = _score_classes if goal.is_class else _score_numbers
    index, ours, confused = score(panel, goal, networks.parts(panel, span))
    if not len(index):
        return None
    tried = baselines if has_time else affordable(baselines, panel, goal, train, len(index))
    rivals = {}
    for one in tried:
        fitted = one.fit(panel, goal, train)
        blocks = ((some, fitted.predict(panel, some)) for some in _blocks(index, len(goal.names)))
        rivals[one.name] = score(panel, goal, blocks)[1]
    left_out = tuple(one.name for one in baselines if one not in tried)
    return SequencePart(goal, len(index), ours, rivals, left_out, confused)


Parts = Iterable[tuple[np.ndarray, np.ndarray]]
Scored = tuple[np.ndarray, dict[str, float], np.ndarray | None]


def _score_classes(panel: Panel, goal: Goal, parts: Parts) -> Scored:
    """Series or rows whose class is known, scores of probabilities that come in parts, and confusions."""
    tally, found = ClassTally(len(goal.names)), [np.zeros(0, dtype=np.int64)]
    for index, probs in parts:
        true = targets_at(panel, goal, index)
        known = true >= 0
        tally.add(true[known], probs[known])
        found.append(index[known])
    return np.concatenate(found), tally.scores() if tally.n_scored else {}, tally.confused


def _score_numbers(panel: Panel, goal: Goal, parts: Parts) -> Scored:
    """Rows of which an output is known, and scores of numbers."""
    index, numbers = (np.concatenate(part) for part in zip(*parts, strict=True))
    true = targets_at(panel, goal, index)
    known = np.isfinite(true).any(axis=1)
    scores = number_scores(true[known], numbers[known], goal.names) if known.any() else {}
    return index[known], scores, None


def _blocks(index: np.ndarray, n_names: int) -> Iterator[np.ndarray]:
    """Some series or rows at a time, so that what is said of them is not held for all."""
    size = max(NUMBERS_AT_ONCE // n_names, 1)
    for begin in range(0, len(index), size):
        yield index[begin : begin + size]
