"""Scores of classes and of numbers of sequences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from forecaster.data.goals import GoalKind

# Probabilities below count as this, so that a class held impossible costs no infinity.
LEAST_PROBABILITY = 1e-12

# Which score says who is ahead, and whether more of it is better.
DECIDING = {"label": "accuracy", "tags": "accuracy", "marks": "log_loss", "outputs": "rmse"}
MORE_IS_BETTER = {"accuracy", "r2"}

# Classes from which on it is of interest whether the right one is among the likeliest five.
MANY_CLASSES = 10
TOP = 5

# Classes up to which the table of confusions is kept.
MOST_CONFUSED = 100


def deciding_score(kind: GoalKind, n_names: int, r2: float) -> str:
    """Which score says who is ahead.

    Args:
        kind: Of the goal.
        n_names: Classes or outputs there are.
        r2: Of the outputs, NaN where none varies.

    Returns:
        Its name; of several outputs one without a unit, as their errors are in several.
    """
    several = kind == "outputs" and n_names > 1 and math.isfinite(r2)
    return "r2" if several else DECIDING[kind]


def class_scores(true: np.ndarray, probs: np.ndarray) -> dict[str, float]:
    """Scores of probabilities of classes.

    Args:
        true: (n,) int64 classes.
        probs: (n, n_classes) probabilities.

    Returns:
        ``accuracy``, ``macro_f1`` over the classes that occur or are forecast, ``log_loss`` in nats,
        ``perplexity``, its exponential, and with many classes ``top_5``.

    Source:
        Manning, Raghavan and Schuetze, "Introduction to Information Retrieval", 2008, chapter 13, for the
        macro-averaged F1.

    Example:
        >>> scores = class_scores(np.array([0, 1]), np.array([[0.5, 0.5], [0.75, 0.25]]))
        >>> scores["accuracy"], round(scores["perplexity"], 3)
        (0.5, 2.828)
    """
    tally = ClassTally(probs.shape[1])
    tally.add(true, probs)
    return tally.scores()


class ClassTally:
    """Scores of classes that come in parts, so that no more probabilities are held than those of a part.

    Args:
        n_classes: Classes there are.

    Attributes:
        n_scored: Cases so far.
        confused: (n_classes, n_classes) int64, how often each class (rows) was taken for each; None of many.
    """

    def __init__(self, n_classes: int) -> None:
        self.n_scored = 0
        self.confused: np.ndarray | None = None
        if n_classes <= MOST_CONFUSED:
            self.confused = np.zeros((n_classes, n_classes), dtype=np.int64)
        self._n_classes = n_classes
        self._n_top = 0
        self._log_loss = 0.0
        self._came, self._taken, self._right = np.zeros((3, n_classes), dtype=np.int64)

    def add(self, true: np.ndarray, probs: np.ndarray) -> None:
        """Count some cases.

        Args:
            true: (n,) int64 classes.
            probs: (n, n_classes) probabilities.
        """
        of_true, forecast, n = probs[np.arange(len(true)), true], probs.argmax(axis=1), self._n_classes
        self.n_scored += len(true)
        self._log_loss -= float(np.log(np.maximum(of_true, LEAST_PROBABILITY)).sum())
        self._n_top += int(((probs > of_true[:, None]).sum(axis=1) < TOP).sum())
        self._came += np.bincount(true, minlength=n)
        self._taken += np.bincount(forecast, minlength=n)
        self._right += np.bincount(true[forecast == true], minlength=n)
        if self.confused is not None:
            self.confused += np.bincount(true * n + forecast, minlength=n * n).reshape(n, n)

    def scores(self) -> dict[str, float]:
        """As ``class_scores`` gives them; of one case at least."""
        log_loss = self._log_loss / self.n_scored
        seen = self._came + self._taken > 0
        found = {
            "accuracy": float(self._right.sum() / self.n_scored),
            "macro_f1": float((2 * self._right[seen] / (self._came + self._taken)[seen]).mean()),
            "log_loss": log_loss,
            "perplexity": float(np.exp(log_loss)),
        }
        return found | (
            {f"top_{TOP}": self._n_top / self.n_scored} if self._n_classes >= MANY_CLASSES else {}
        )


def number_scores(true: np.ndarray, numbers: np.ndarray, names: Sequence[str] = ()) -> dict[str, float]:
    """Scores of numbers, over all outputs that are known.

    Args:
        true: (n, n_outputs) float64, NaN where not known.
        numbers: (n, n_outputs) float64.
        names: Of the outputs; several have scores of their own.

    Returns:
        ``mae``, ``rmse``, ``largest_error``, in the unit of the outputs, and ``r2``, the share of the
        variance of each output that is explained, averaged over those that vary. Of several outputs
        ``rmse_NAME`` and ``r2_NAME`` too.

    Example:
        >>> number_scores(np.array([[1.0], [3.0]]), np.array([[1.0], [2.0]]))
        {'mae': 0.5, 'rmse': 0.7071067811865476, 'largest_error': 1.0, 'r2': 0.5}
    """
    known = np.isfinite(true)
    errors = np.where(known, numbers - true, 0.0)
    n_known = known.sum(axis=0)
    least = np.maximum(n_known, 1)
    mean = np.where(known, true, 0.0).sum(axis=0) / least
    spread = (np.where(known, true - mean, 0.0) ** 2).sum(axis=0)
    moves = spread > 0
    explained = 1 - (errors**2).sum(axis=0) / np.where(moves, spread, np.nan)
    found = {
        "mae": float(np.abs(errors).sum() / n_known.sum()),
        "rmse": float(np.sqrt((errors**2).sum() / n_known.sum())),
        "largest_error": float(np.abs(errors).max()),
        "r2": float(explained[moves].mean()) if moves.any() else float("nan"),
    }
    if len(names) > 1:
        each = np.sqrt((errors**2).sum(axis=0) / np.where(n_known > 0, n_known, np.nan))
        found |= {f"rmse_{name}": float(value) for name, value in zip(names, each, strict=True)}
        found |= {f"r2_{name}": float(value) for name, value in zip(names, explained, strict=True)}
    return found
