"""Linear and RowLogistic: outputs and tags of a row by a regression on the inputs of the rows around it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.baselines.sequence_base import (
    FittedSequenceBaseline,
    Same,
    SequenceBaseline,
    training_targets,
)
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.windows.scales import channel_scales
from forecaster.windows.windows import Span

# Rows, itself among them, that a linear regression may look at, and inputs at most.
REACHES = (1, 2, 5, 10, 20, 50)
MOST_INPUTS = 200

# Penalties that it may have, for each row.
PENALTIES = (1e-6, 1e-4, 1e-2, 1.0)

# Share of the training rows, the last ones, on which reach and penalty are chosen.
CHOOSING = 0.2

# Rows before and after that a logistic regression of tags looks at, and rows that it is fitted to at most.
AROUND, MOST_FITTED = 3, 20_000

# Rows whose inputs are gathered at once.
BLOCK = 4096


@dataclass(frozen=True)
class Inputs:
    """Inputs of the rows around a row, side by side.

    Attributes:
        lags: Rows back, nearest first; below 0 for rows after.
        shift: (n_channels,) mean of each channel in training.
        scale: (n_channels,) its standard deviation.
    """

    lags: tuple[int, ...]
    shift: np.ndarray
    scale: np.ndarray

    def of(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """(n, 1 + n_lags * n_channels): 1, then by lag; the mean where there is no row or no value."""
        series = panel.series_of(index)
        rows = index[:, None] - np.array(self.lags)
        inside = (rows >= panel.offsets[series][:, None]) & (rows < panel.offsets[series + 1][:, None])
        values = (panel.values[np.where(inside, rows, 0)] - self.shift) / self.scale
        values = np.where(inside[:, :, None] & np.isfinite(values), values, 0.0)
        return np.concatenate([np.ones((len(index), 1)), values.reshape(len(index), -1)], axis=1)

    def blocks(self, panel: Panel, index: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """The same, some rows at a time, with their place in ``index``."""
        for begin in range(0, len(index), BLOCK):
            part = slice(begin, begin + BLOCK)
            yield part, self.of(panel, index[part])


@dataclass(frozen=True)
class _Moments:
    """Sums over rows: of inputs by inputs, inputs by target, and target by target."""

    xx: np.ndarray
    xy: np.ndarray
    yy: float
    n_rows: int

    def weights(self, n: int, penalty: float) -> np.ndarray:
        """(n,) weights of the first inputs, the first of which, the constant, is not drawn to 0."""
        ridge = np.full(n, penalty * max(self.n_rows, 1))
        ridge[0] = 1e-12 * max(self.n_rows, 1)
        return np.asarray(np.linalg.solve(self.xx[:n, :n] + np.diag(ridge), self.xy[:n]))

    def error(self, weights: np.ndarray) -> float:
        """Sum of the squared errors of some weights."""
        n = len(weights)
        return float(self.yy - 2 * weights @ self.xy[:n] + weights @ self.xx[:n, :n] @ weights)

    def __add__(self, other: _Moments) -> _Moments:
        parts = (self.xx + other.xx, self.xy + other.xy, self.yy + other.yy)
        return _Moments(*parts, self.n_rows + other.n_rows)


@dataclass(frozen=True)
class FittedLinear(FittedSequenceBaseline):
    """Weights of inputs.

    Attributes:
        inputs: Which.
        weights: (n_inputs, n_outputs) of normalised outputs, 0 for rows too far back.
        shift: (n_outputs,) mean of each in training.
        scale: (n_outputs,) its standard deviation.
    """

    inputs: Inputs
    weights: np.ndarray
    shift: np.ndarray
    scale: np.ndarray

    def predict(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """Weighted sums, in the unit of the data."""
        found = np.empty((len(index), self.weights.shape[1]))
        for part, x in self.inputs.blocks(panel, index):
            found[part] = x @ self.weights
        return np.asarray(found * self.scale + self.shift)


class Linear(SequenceBaseline):
    """A ridge regression of each output on the last rows, how many chosen on the end of the training rows.

    Source:
        Hoerl and Kennard, "Ridge Regression", Technometrics 12(1), 1970.
    """

    name = "linear"

    def fit(self, panel: Panel, goal: Goal, train: Span) -> FittedLinear | Same:
        """Add up moments of all rows that may be looked at, then choose rows and penalty for each output."""
        index, targets = training_targets(panel, goal, train)
        if not len(index):
            return Same(np.zeros(len(goal.names)))
        n_channels = len(panel.channels)
        most = max(MOST_INPUTS // n_channels, 1)
        reaches = [one for one in REACHES if one <= most] or [1]
        rows = panel.take(train.begins, train.ends)
        inputs = Inputs(tuple(range(reaches[-1])), *channel_scales(rows.values))
        shift, scale = channel_scales(targets)
        normal = (targets - shift) / scale
        weights = np.zeros((1 + reaches[-1] * n_channels, len(goal.names)))
        for place in range(len(goal.names)):
            known = np.isfinite(normal[:, place])
            found = _chosen(panel, inputs, index[known], normal[known, place], reaches)
            weights[: len(found), place] = found
        return FittedLinear(inputs, weights, shift, scale)


def _chosen(
    panel: Panel, inputs: Inputs, index: np.ndarray, target: np.ndarray, reaches: list[int]
) -> np.ndarray:
    """Weights of the reach and penalty whose error was least on the last rows, fitted to all."""
    cut = len(index) - round(CHOOSING * len(index))
    first = _moments(panel, inputs, index[:cut], target[:cut])
    last = _moments(panel, inputs, index[cut:], target[cut:])
    tried = [(1 + reach * len(panel.channels), penalty) for reach in reaches for penalty in PENALTIES]
    n, penalty = min(tried, key=lambda one: last.error(first.weights(*one)))
    return (first + last).weights(n, penalty)


def _moments(panel: Panel, inputs: Inputs, index: np.ndarray, target: np.ndarray) -> _Moments:
    """Sums over some rows."""
    size = 1 + len(inputs.lags) * len(panel.channels)
    xx, xy = np.zeros((size, size)), np.zeros(size)
    for part, x in inputs.blocks(panel, index):
        xx += x.T @ x
        xy += x.T @ target[part]
    return _Moments(xx, xy, float(target @ target), len(index))


@dataclass(frozen=True)
class FittedRowLogistic(FittedSequenceBaseline):
    """A logistic regression on the rows around."""

    inputs: Inputs
    model: Any
    n_classes: int

    def predict(self, panel: Panel, index: np.ndarray) -> np.ndarray:
        """Probabilities; 0 for a class that training rows did not have."""
        found = np.zeros((len(index), self.n_classes))
        for part, x in self.inputs.blocks(panel, index):
            found[part, self.model.classes_] = self.model.predict_proba(x)
        return found


class RowLogistic(SequenceBaseline):
    """A logistic regression of each row's tag on the inputs of the rows around it."""

    name = "logistic"

    def fit(self, panel: Panel, goal: Goal, train: Span) -> FittedSequenceBaseline:
        """Fit to the training rows, of very many to some evenly spaced."""
        from sklearn.linear_model import LogisticRegression

        index, classes = training_targets(panel, goal, train)
        if len(np.unique(classes)) < 2:
            only = np.bincount(classes, minlength=len(goal.names)) + 1 / len(goal.names)
            return Same(only / only.sum())
        taken = np.unique(np.linspace(0, len(index) - 1, min(len(index), MOST_FITTED)).astype(np.int64))
        lags = sorted(range(-AROUND, AROUND + 1), key=abs)
        rows = panel.take(train.begins, train.ends)
        inputs = Inputs(tuple(lags), *channel_scales(rows.values))
        model = LogisticRegression(max_iter=300)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # one that has not converged is a baseline still
            model.fit(inputs.of(panel, index[taken]), classes[taken])
        return FittedRowLogistic(inputs, model, len(goal.names))
