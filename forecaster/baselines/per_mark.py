"""PerMark: of each mark what rows of it had in training, whatever comes before and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from forecaster.baselines.sequence_base import FittedSequenceBaseline, SequenceBaseline, training_targets
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.windows.windows import Span

# Rows that the mean over all marks counts as in that of each.
PRIOR_ROWS = 1.0


@dataclass(frozen=True)
class FittedPerMark(FittedSequenceBaseline):
    """Classes or numbers of each mark.

    Attributes:
        sums: (n_marks + 1, n_values) over training rows, the first row of unknown marks.
        counts: (n_marks + 1, n_values) training rows of each mark for which each value is known.
        overall: (n_values,) over all rows.
    """

    sums: scipy.sparse.csr_matrix
    counts: np.ndarray
    overall: np.ndarray

    def predict(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """The mean of each row's mark, drawn to that of all rows where it was seen seldom."""
        place = _places(panel, index)
        sums = self.sums[place].toarray() + PRIOR_ROWS * self.overall
        return np.asarray(sums / (self.counts[place] + PRIOR_ROWS))


class PerMark(SequenceBaseline):
    """The most frequent tag of each mark, or the mean of its outputs; unknown marks count as one."""

    name = "per_mark"

    def fit(self, panel: Panel, goal: Goal, train: Span) -> FittedPerMark:
        """Count tags, or add up outputs, by mark."""
        index, targets = training_targets(panel, goal, train)
        place, n_marks = _places(panel, index), len(panel.mark_names) + 1
        if goal.is_class:
            ones = np.ones(len(index))
            shape = (n_marks, len(goal.names))
            sums = scipy.sparse.coo_matrix((ones, (place, targets)), shape=shape).tocsr()
            counts = np.bincount(place, minlength=n_marks)[:, None].astype(np.float64)
            shares = np.asarray(sums.sum(axis=0)).ravel() + 1 / len(goal.names)
            return FittedPerMark(sums, counts, shares / shares.sum())
        known = np.isfinite(targets)
        filled = np.where(known, targets, 0.0)
        sums, counts = (np.zeros((n_marks, len(goal.names))) for _ in range(2))
        np.add.at(sums, place, filled)
        np.add.at(counts, place, known)
        overall = filled.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return FittedPerMark(scipy.sparse.csr_matrix(sums), counts, overall)


def _places(panel: Panel, index: np.ndarray) -> np.ndarray:
    """(n,) int64: 0 for an unknown mark, 1 for the first."""
    if panel.marks is None:
        raise ValueError("the panel has no marks")
    return np.asarray(panel.marks[index] + 1)
