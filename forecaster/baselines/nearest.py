"""Labels of the nearest training sequence, by Euclidean distance or by dynamic time warping."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Literal

import numpy as np

from forecaster.baselines.label_vectors import SeriesScale, fit_scale, unscaled
from forecaster.baselines.sequence_base import FittedSequenceBaseline, SequenceBaseline, training_targets
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.windows.windows import Span

Distance = Literal["euclidean", "dtw"]

# Numbers compared in a second, on one core: of one vector with another, and of one warped series.
VECTORS_A_SECOND, CELLS_A_SECOND = 1e10, 1e8

# Training sequences on which it is tried how often the nearest other one has the same label, and sequences
# that are compared with all of them at once.
MOST_TRIED, BLOCK = 500, 512


def has_warping() -> bool:
    """Whether the package is installed that dynamic time warping needs."""
    return find_spec("aeon") is not None


class Nearest(SequenceBaseline):
    """The label of the nearest training sequence.

    Several channels are taken as they are or scaled by their training rows, whichever finds the label of more
    training sequences from the others; as they are where both do as well.

    Its probability is how often the nearest other sequence has the right label in training; the other labels
    share the rest. Series of different lengths are stretched to the longest for the Euclidean distance, and
    are warped as they are, all channels together, without a window.

    Source:
        Bagnall, Lines, Bostrom, Large and Keogh, "The great time series classification bake off", Data
        Mining and Knowledge Discovery 31, 2017. Shokoohi-Yekta, Hu, Jin, Wang and Keogh, "Generalizing DTW
        to the multi-dimensional case", ibid.: all channels warped alike.
    """

    def __init__(self, distance: Distance) -> None:
        """Choose the distance."""
        self.distance: Distance = distance
        self.name = f"1nn_{distance}"

    def seconds(self, panel: Panel, goal: Goal, train: Span, n_asked: int) -> float:
        """About how long the comparisons take; see ``SequenceBaseline.seconds``."""
        del goal
        lengths = (train.ends - train.begins).astype(np.float64)
        lengths = lengths[lengths > 0]
        n_channels = panel.values.shape[1]
        n_scales = 2 if n_channels > 1 else 1
        pairs = len(lengths) * (n_asked + n_scales * min(len(lengths), MOST_TRIED))
        if self.distance == "euclidean":
            return float(pairs * lengths.max(initial=1) * n_channels / VECTORS_A_SECOND)
        return float(pairs * lengths.mean() ** 2 * n_channels / CELLS_A_SECOND)

    def fit(self, panel: Panel, goal: Goal, train: Span) -> FittedNearest:
        """Keep the training sequences, scaled or not.

        Raises:
            ValueError: There is no way to compare sequences.
        """
        scale = fit_scale(panel, train)
        index, classes = training_targets(panel, goal, train)
        tried = np.linspace(0, len(index) - 1, min(len(index), MOST_TRIED)).astype(np.int64)
        best: FittedNearest | None = None
        for one in (unscaled(scale), scale) if panel.values.shape[1] > 1 else (scale,):
            fitted = FittedNearest(self.distance, one, panel, index, classes, len(goal.names), 0.0)
            found = fitted.nearest(panel, index[tried], skipped=tried)
            right = int((classes[found] == classes[tried]).sum())
            sure = (right + 1) / (len(tried) + 2)  # the rule of succession: neither 0 nor 1
            if best is None or sure > best.sure:
                best = replace(fitted, sure=sure)
        if best is None:
            raise ValueError("there is no way to compare sequences")
        return best


@dataclass(frozen=True)
class FittedNearest(FittedSequenceBaseline):
    """Training sequences with their labels.

    Attributes:
        distance: Which one.
        scale: Of the channels.
        panel: Holds the training rows.
        index: (n_train,) int64 its series that were trained on.
        classes: (n_train,) int64 their labels.
        n_classes: Labels there are.
        sure: Probability of the neighbour's label.
    """

    distance: Distance
    scale: SeriesScale
    panel: Panel
    index: np.ndarray
    classes: np.ndarray
    n_classes: int
    sure: float

    def predict(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """(n, n_classes) probabilities; see ``FittedSequenceBaseline.predict``."""
        labels = self.classes[self.nearest(panel, index)]
        probs = np.full((len(index), self.n_classes), (1 - self.sure) / max(self.n_classes - 1, 1))
        probs[np.arange(len(index)), labels] = self.sure
        return np.asarray(probs / probs.sum(axis=1, keepdims=True))

    def nearest(self, panel: Panel, index: np.ndarray, skipped: np.ndarray | None = None) -> np.ndarray:
        """The training sequence that is nearest to each.

        Args:
            panel: The rows.
            index: (n,) int64 series.
            skipped: (n,) int64 training sequence that does not count for each; None for none.

        Returns:
            (n,) int64 position among those trained on, the first of several.
        """
        find = self._euclidean if self.distance == "euclidean" else self._warped
        return find(panel, index, skipped)

    def _euclidean(self, panel: Panel, index: np.ndarray, skipped: np.ndarray | None) -> np.ndarray:
        """Nearest by Euclidean distance; |a - b|^2 without |a|^2, which is the same for all."""
        trained = self.scale.vectors(self.panel, self.index)
        sizes = (trained**2).sum(axis=1)
        found = np.empty(len(index), dtype=np.int64)
        for begin in range(0, len(index), BLOCK):
            part = slice(begin, begin + BLOCK)
            distances = sizes - 2 * self.scale.vectors(panel, index[part]) @ trained.T
            if skipped is not None and len(trained) > 1:
                distances[np.arange(len(distances)), skipped[part]] = np.inf
            found[part] = distances.argmin(axis=1)
        return found

    def _warped(self, panel: Panel, index: np.ndarray, skipped: np.ndarray | None) -> np.ndarray:
        """Nearest by dynamic time warping."""
        from aeon.distances import dtw_pairwise_distance

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its compiler, on its own code
            distances = dtw_pairwise_distance(
                self._rows(panel, index), self._rows(self.panel, self.index), n_jobs=1
            )
        if skipped is not None and len(self.index) > 1:
            distances[np.arange(len(distances)), skipped] = np.inf
        return np.asarray(np.argmin(distances, axis=1))

    def _rows(self, panel: Panel, index: np.ndarray) -> Sequence[np.ndarray]:
        """Scaled series, each (n_channels, n_steps) as the package takes them."""
        return [np.ascontiguousarray(self.scale.series(panel, int(one)).T) for one in index]
