"""Labels by logistic regression on the flattened sequence and on how often each symbol comes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from forecaster.baselines.label_vectors import SeriesScale, count_marks, fit_scale
from forecaster.baselines.sequence_base import FittedSequenceBaseline, SequenceBaseline, training_targets
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.windows.windows import Span

# Steps of the optimisation at most, and products that it does in a second, on one core.
MOST_STEPS, PRODUCTS_A_SECOND = 100, 5e9


class Logistic(SequenceBaseline):
    """A linear model of every step of every channel, and of the bag of symbols, with an L2 penalty of 1."""

    name = "logistic"

    def seconds(self, panel: Panel, goal: Goal, train: Span, n_asked: int) -> float:
        """About how long the fit takes; see ``SequenceBaseline.seconds``."""
        del n_asked
        lengths = train.ends - train.begins
        width = int(lengths.max(initial=1)) * panel.values.shape[1] + len(panel.mark_names)
        n_products = 2 * MOST_STEPS * int((lengths > 0).sum()) * width * len(goal.names)
        return float(n_products / PRODUCTS_A_SECOND)

    def fit(self, panel: Panel, goal: Goal, train: Span) -> FittedLogistic:
        """Fit the weights; a training part of one label has none."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        index, classes = training_targets(panel, goal, train)
        scale = fit_scale(panel, train)
        trained, codes = np.unique(classes, return_inverse=True)
        n_inputs = _inputs(scale, panel, index[:1]).shape[1]
        weights, biases = np.zeros((n_inputs, len(trained))), np.zeros(len(trained))
        if len(trained) > 1:
            model = LogisticRegression(max_iter=MOST_STEPS)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # nearly there is good enough here
                model.fit(_inputs(scale, panel, index), codes)
            weights, biases = model.coef_.T, model.intercept_
            if len(trained) == 2:  # one set of weights, of the second class
                weights, biases = np.hstack([0 * weights, weights]), np.append(0.0, biases)
        return FittedLogistic(scale, weights, biases, trained, len(goal.names))


@dataclass(frozen=True)
class FittedLogistic(FittedSequenceBaseline):
    """Weights of a linear model.

    Attributes:
        scale: Of the channels.
        weights: (n_inputs, n_trained).
        biases: (n_trained,).
        trained: (n_trained,) int64 classes that occur in training.
        n_classes: Classes there are.
    """

    scale: SeriesScale
    weights: np.ndarray
    biases: np.ndarray
    trained: np.ndarray
    n_classes: int

    def predict(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """(n, n_classes) probabilities; see ``FittedSequenceBaseline.predict``."""
        logits = _inputs(self.scale, panel, index) @ self.weights + self.biases
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probs = np.zeros((len(index), self.n_classes))
        probs[:, self.trained] = powers / powers.sum(axis=1, keepdims=True)
        return probs


def _inputs(scale: SeriesScale, panel: Panel, index: np.ndarray) -> np.ndarray:
    """(n, n_inputs) what the model is linear in."""
    parts = [count_marks(panel, index, len(panel.mark_names))]
    if panel.values.shape[1]:
        parts.append(scale.vectors(panel, index))
    return np.hstack(parts)
