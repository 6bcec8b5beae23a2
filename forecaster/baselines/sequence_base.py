"""SequenceBaseline: classes or numbers of sequences without a network; and what all rows have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.windows.windows import Span


class FittedSequenceBaseline(ABC):
    """What a baseline learnt from training rows."""

    @abstractmethod
    def predict(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """What is learnt, of some series or rows.

        Args:
            panel: The rows; those after one that is asked for change nothing, but for labels and tags.
            index: (n,) int64 series, or of outputs, tags and marks flat rows, in rising order.

        Returns:
            (n, n_classes) probabilities, rows sum to 1, or (n, n_outputs) numbers in the unit of the data.
        """


class SequenceBaseline(ABC):
    """Classes or numbers without a network.

    Attributes:
        name: What reports call it.
    """

    name: str

    def seconds(self, panel: Panel, goal: Goal, train: Span, n_asked: int) -> float:
        """About how long the fit and the prediction take on one core, from counts alone.

        Args:
            panel: The rows.
            goal: What is learnt.
            train: Rows that may be read.
            n_asked: Series or rows that are asked for.

        Returns:
            Seconds; 0 for next to nothing.
        """
        del panel, goal, train, n_asked
        return 0.0

    @abstractmethod
    def fit(self, panel: Panel, goal: Goal, train: Span) -> FittedSequenceBaseline:
        """Learn from training rows.

        Args:
            panel: The rows.
            goal: What is learnt, with its values.
            train: Rows that may be read.

        Returns:
            The fitted baseline.
        """


def training_targets(panel: Panel, goal: Goal, train: Span) -> tuple[np.ndarray, np.ndarray]:
    """What is learnt, where it is known in the training rows.

    Args:
        panel: The rows.
        goal: What is learnt, with its values.
        train: Rows that may be read.

    Returns:
        (n,) int64 series or flat rows, rising; and their (n,) classes or (n, n_outputs) numbers.
    """
    if goal.kind == "label":
        index = np.flatnonzero(train.ends > train.begins)
    else:
        lengths = np.maximum(train.ends - train.begins, 0)
        offsets = np.cumsum(lengths) - lengths
        index = np.arange(lengths.sum()) + np.repeat(train.begins - offsets, lengths)
    values = targets_at(panel, goal, index)
    known = values >= 0 if goal.is_class else np.isfinite(values).any(axis=1)
    return index[known], values[known]


def targets_at(panel: Panel, goal: Goal, index: np.ndarray) -> np.ndarray:
    """What is learnt, of some series or rows.

    Args:
        panel: The rows.
        goal: What is learnt, with its values.
        index: (n,) int64 series, or of outputs, tags and marks flat rows.

    Returns:
        (n,) int64 classes, -1 for none, or (n, n_outputs) numbers, NaN for none. The first row of a series
        has no mark to be told: nothing comes before it.

    Raises:
        ValueError: Marks are learnt, and the panel has none.
    """
    if goal.kind != "marks":
        return np.asarray(goal.values[index])
    if panel.marks is None:
        raise ValueError("the panel has no marks")
    is_first = np.isin(index, panel.offsets[:-1])
    return np.where(is_first, -1, panel.marks[index])


@dataclass(frozen=True)
class Same(FittedSequenceBaseline):
    """The same for all.

    Attributes:
        values: (n_classes,) probabilities or (n_outputs,) numbers.
    """

    values: np.ndarray

    def predict(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """The same for every series or row."""
        del panel
        return np.tile(self.values, (len(index), 1))


class Known(SequenceBaseline):
    """What a trained run knows of its training rows, which it does not keep."""

    def __init__(self, name: str, usual: Sequence[float]) -> None:
        """Args: what reports call it, and ``Goal.usual``."""
        self.name = name
        self._usual = usual

    def fit(self, panel: Panel, goal: Goal, train: Span) -> Same:
        """The same whatever rows there are."""
        del panel, goal, train
        return Same(np.asarray(self._usual))


class Frequencies(SequenceBaseline):
    """How often each class comes in training, so that the most frequent one is the forecast."""

    def __init__(self, name: str = "frequencies") -> None:
        """Args: what reports call it."""
        self.name = name

    def fit(self, panel: Panel, goal: Goal, train: Span) -> Same:
        """Count; one more of all classes together makes none impossible."""
        _, classes = training_targets(panel, goal, train)
        counts = np.bincount(classes, minlength=len(goal.names)) + 1 / len(goal.names)
        return Same(counts / counts.sum())


class Mean(SequenceBaseline):
    """The mean of each output in training."""

    name = "mean"

    def fit(self, panel: Panel, goal: Goal, train: Span) -> Same:
        """Average what is known; 0 where nothing is."""
        _, numbers = training_targets(panel, goal, train)
        known = np.isfinite(numbers)
        return Same(np.where(known, numbers, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))
