"""What comes next by the one or two before: counts of what has followed them, fewer before mixed in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.baselines.sequence_base import (
    FittedSequenceBaseline,
    Frequencies,
    Same,
    SequenceBaseline,
    training_targets,
)
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.windows.windows import Span


class Markov(SequenceBaseline):
    """How often each mark has followed the ones before; what is rare leans on those of fewer before.

    A mark has the probability (c + d * p) / (n + d) after a context that came n times, followed by it c times
    and by d different marks; p is its probability after the context without its first mark, and at last how
    often it comes at all. A mark that is not known, and none at the beginning, are contexts too.

    Source:
        Witten and Bell, "The Zero-Frequency Problem", IEEE Transactions on Information Theory 37(4), 1991,
        method C, interpolated as in Chen and Goodman, "An Empirical Study of Smoothing Techniques for
        Language Modeling", 1998, section 2.6.
    """

    def __init__(self, order: int) -> None:
        """Args: marks before that are looked at, at least 1."""
        self.order = order
        self.name = "markov" if order == 1 else f"markov_{order}"

    def fit(self, panel: Panel, goal: Goal, train: Span) -> FittedMarks:
        """Count what follows the last mark, the last two, and so on."""
        rows, marks = training_targets(panel, goal, train)
        n = len(goal.names)
        tables = [Followers.count(contexts(panel, rows, k, n), marks, n) for k in range(1, self.order + 1)]
        return FittedMarks(Frequencies().fit(panel, goal, train), tuple(tables))


@dataclass(frozen=True)
class Followers:
    """What has followed each context of one length, without the contexts that never came.

    Attributes:
        contexts: (n_contexts,) int64, rising; see ``contexts``.
        begins: (n_contexts + 1,) int64 place of the first of its marks in the two arrays below.
        marks: (n_pairs,) int64 marks that followed, each once for a context.
        counts: (n_pairs,) int64 how often.
    """

    contexts: np.ndarray
    begins: np.ndarray
    marks: np.ndarray
    counts: np.ndarray

    @classmethod
    def count(cls, before: np.ndarray, marks: np.ndarray, n_marks: int) -> Followers:
        """Count pairs of a context and what followed.

        Args:
            before: (n,) int64 contexts.
            marks: (n,) int64 marks that followed them.
            n_marks: Different marks there are.

        Returns:
            The counts.
        """
        pairs, counts = np.unique(before * n_marks + marks, return_counts=True)
        found, first = np.unique(pairs // n_marks, return_index=True)
        return cls(found, np.append(first, len(pairs)).astype(np.int64), pairs % n_marks, counts)

    def sharpen(self, probs: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Probabilities after contexts of this length.

        Args:
            probs: (n, n_marks) after shorter ones.
            before: (n,) int64 contexts.

        Returns:
            The same shape; rows of contexts that never came stay as they are.
        """
        if len(self.contexts) == 0:
            return probs
        place = np.minimum(np.searchsorted(self.contexts, before), len(self.contexts) - 1)
        rows = np.flatnonzero(self.contexts[place] == before)
        begins, n_different = self.begins[place[rows]], np.diff(self.begins)[place[rows]]
        n_times = np.add.reduceat(self.counts, self.begins[:-1])[place[rows]]
        total = n_times + n_different
        sharp = probs.copy()
        sharp[rows] *= (n_different / total)[:, None]
        starts = np.repeat(np.cumsum(n_different) - n_different, n_different)
        pairs = np.repeat(begins, n_different) + np.arange(n_different.sum()) - starts
        # each pair of a row and a mark comes once
        sharp[np.repeat(rows, n_different), self.marks[pairs]] += self.counts[pairs] / np.repeat(
            total, n_different
        )
        return sharp


@dataclass(frozen=True)
class FittedMarks(FittedSequenceBaseline):
    """Counts of contexts of every length up to the order.

    Attributes:
        frequencies: How often each mark comes.
        tables: Of the last mark, of the last two, and so on.
    """

    frequencies: Same
    tables: tuple[Followers, ...]

    def predict(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """By the marks before each row; see ``FittedSequenceBaseline.predict``."""
        probs = self.frequencies.predict(panel, index)
        for length, table in enumerate(self.tables, start=1):
            probs = table.sharpen(probs, contexts(panel, index, length, probs.shape[1]))
        return probs


def contexts(panel: Panel, rows: np.ndarray, length: int, n_marks: int) -> np.ndarray:
    """The marks before some rows as one number each.

    Args:
        panel: Rows with marks.
        rows: (n,) int64 flat row numbers.
        length: Marks before that count.
        n_marks: Different marks there are.

    Returns:
        (n,) int64, the same for the same marks; a mark that is not known, and none before the first row of a
        series, are as two further marks.

    Raises:
        ValueError: The panel has no marks.
    """
    if panel.marks is None:
        raise ValueError("the panel has no marks")
    begins = panel.offsets[:-1][panel.series_of(rows)]
    found = np.zeros(len(rows), dtype=np.int64)
    for back in range(length, 0, -1):
        before = rows - back
        codes = panel.marks[np.maximum(before, 0)]
        codes = np.where(codes < 0, n_marks, codes)
        found = found * (n_marks + 2) + np.where(before < begins, n_marks + 1, codes)
    return found
