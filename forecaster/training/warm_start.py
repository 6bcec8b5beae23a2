"""Warm start: training goes on from the networks of a finished run, on newer rows.

Network, head and transforms are those of the run. Series that it knew keep their numbers; new ones get theirs
from their rows, and start with the vector of an unknown series.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from forecaster.data.panel import Panel
from forecaster.errors import RunError
from forecaster.network.architecture import Architecture
from forecaster.network.heads import Head
from forecaster.training.digest import arrays_digest
from forecaster.training.fitted import Fitted, known_series
from forecaster.training.plan import TrainingPlan
from forecaster.windows.gather import WindowSource
from forecaster.windows.scales import fit_recent, fit_scales
from forecaster.windows.transforms import SCALES, VOLATILITY, Normaliser
from forecaster.windows.transforms import Fitted as FittedTransform
from forecaster.windows.windows import Span

# Shares of the epochs and of the learning rate of a first training, where they are not given: weights that
# are good already are moved with care.
SHARE_OF_EPOCHS = 0.25
SHARE_OF_RATE = 0.3

# Name of the layer with a vector for each series, the first one that of unknown series.
VECTORS = "series_vectors"


@dataclass(frozen=True)
class WarmStart:
    """The networks that a training starts from.

    Attributes:
        models: Of a finished run, one a head.
        run: The run in messages.
        last_times: (n_series,) time of the last row that each series of the run was trained on.
        keeps_epochs: Whether the user has given the number of epochs.
        keeps_rate: Whether the user has given the learning rate.
    """

    models: tuple[Fitted, ...]
    run: str
    last_times: np.ndarray
    keeps_epochs: bool = False
    keeps_rate: bool = False

    def of(self, head: str) -> Start:
        """What the networks of one head start from.

        Args:
            head: Name of the head.

        Returns:
            The start.

        Raises:
            RunError: The run has no such head.
        """
        for model in self.models:
            if model.head.name == head:
                return Start(model, self)
        raise RunError(f"{self.run}: has no head {head}. Train one without --warm-start.")

    def epochs(self, usual: int) -> int:
        """A quarter of the epochs of a training from random weights, one at least, but for what was given."""
        return usual if self.keeps_epochs else math.ceil(usual * SHARE_OF_EPOCHS)

    def rate(self, usual: float) -> float:
        """0.3 of the learning rate of a training from random weights, but for what was given."""
        return usual if self.keeps_rate else usual * SHARE_OF_RATE

    def facts(self, panel: Panel, epochs: int, rate: float) -> dict[str, Any]:
        """What the report says of the start.

        Args:
            panel: The rows.
            epochs: Of a training from random weights.
            rate: Its learning rate.

        Returns:
            ``run, epochs, learning_rate, n_known, n_new``.
        """
        own = known_series(panel.ids, self.models[0].ids)
        n_new, n_series = panel.peers.total(np.array([(own < 0).sum(), len(own)])).tolist()
        return {
            "run": self.run,
            "epochs": self.epochs(epochs),
            "learning_rate": self.rate(rate),
            "n_known": n_series - n_new,
            "n_new": n_new,
        }

    def n_seen(self, panel: Panel, span: Span) -> int:
        """How many of some rows the run has been trained on.

        Args:
            panel: The rows.
            span: Which of them.
        """
        known = known_series(panel.ids, self.models[0].ids)
        rows = panel.take(span.begins, span.ends)
        series = np.repeat(known, rows.lengths)
        return int(panel.peers.total(((series >= 0) & (rows.times <= self.last_times[series])).sum()))

    def digest(self) -> str:
        """Fingerprint of all numbers that training starts from, 64 hexadecimal digits."""
        tensors = {
            f"{number}/{name}": array
            for number, model in enumerate(self.models)
            for name, array in model.tensors().items()
        }
        return arrays_digest(tensors)


@dataclass(frozen=True)
class Start:
    """What the networks of one head start from.

    Attributes:
        fitted: Networks, head and transforms of the run.
        warm: How training goes on.
    """

    fitted: Fitted
    warm: WarmStart

    @property
    def head(self) -> Head:
        """The head of the run; what it learns from held-out windows is learnt anew."""
        return self.fitted.head

    def plan(self, plan: TrainingPlan) -> TrainingPlan:
        """A shorter training at a lower rate.

        Args:
            plan: Of a training from random weights.

        Returns:
            Its epochs and its rate as ``WarmStart`` has them.
        """
        epochs, rate = self.warm.epochs(plan.epochs), self.warm.rate(plan.learning_rate)
        return replace(plan, epochs=epochs, learning_rate=rate)

    def architecture_for(self, panel: Panel) -> Architecture:
        """The sizes of the run's networks, with a vector for each series of these rows where they have any.

        Args:
            panel: The rows.

        Returns:
            An architecture.
        """
        architecture = self.fitted.architecture
        n_series = panel.peers.total(panel.n_series)
        return replace(architecture, n_series=n_series) if architecture.n_series else architecture

    def put(self, model: keras.Model, member: int, panel: Panel) -> None:
        """Give a fresh network the weights of the run's.

        Args:
            model: Of ``architecture_for``.
            member: Number of the network.
            panel: The rows.
        """
        before = self.fitted.models[member]
        weights = [np.array(keras.ops.convert_to_numpy(weight)) for weight in before.weights]
        if self.fitted.architecture.n_series:
            vectors = before.get_layer(VECTORS).weights[0]
            place = next(number for number, weight in enumerate(before.weights) if weight is vectors)
            known = known_series(panel.peers.joined(panel.ids), self.fitted.ids)
            weights[place] = weights[place][np.concatenate([[0], known + 1])]  # (n_series + 1, series_units)
        model.set_weights(weights)

    def normaliser_for(self, source: WindowSource, fit: Span) -> Normaliser:
        """The transforms of the run for the series of these rows.

        Args:
            source: Training windows.
            fit: Rows that the numbers of new series are fitted on.

        Returns:
            Transforms whose numbers are the run's; those of new series come from their rows.
        """
        stored, panel = self.fitted.normaliser, source.panel
        known = known_series(panel.ids, self.fitted.ids)
        kept = panel.take(fit.begins, fit.ends)
        x = kept.y
        steps: list[FittedTransform] = []
        for step in stored.steps:
            if step.name == "log":
                x = np.log(np.maximum(x, step.floor))
            elif step.name == VOLATILITY and stored.volatility is not None:
                x = x / np.exp(kept.values[:, stored.volatility])
            elif step.name in SCALES and len(step.shift) == 1:  # one for all, new series too
                x = step.applied(x, kept.lengths)
            elif step.name in SCALES:
                step = _joined(step, fit_scales(x, kept.offsets, step.name, panel.peers), known)
                x = step.applied(x, kept.lengths)
            elif len(step.shift):
                own = fit_recent(x, kept.offsets, step.name, stored.season_length, panel.peers)
                step = _joined(step, own, known)
            steps.append(step)
        of_series = [len(step.shift) > 1 for step in stored.steps]
        joined = (
            step.joined(panel.peers) if own else step for step, own in zip(steps, of_series, strict=True)
        )
        return replace(stored, steps=tuple(joined))


def _joined(step: FittedTransform, own: tuple[np.ndarray, np.ndarray], known: np.ndarray) -> FittedTransform:
    """A transform with the run's numbers for known series and their own for new ones."""
    shift, scale = (
        np.where(known < 0, new, before[known])
        for new, before in zip(own, (step.shift, step.scale), strict=True)
    )
    return replace(step, shift=shift, scale=scale)
