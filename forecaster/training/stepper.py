"""Stepper: one step of training, by the lean torch path or by Keras's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import keras
import numpy as np

from forecaster.data.peers import ALONE, Peers
from forecaster.errors import ConfigError
from forecaster.network.output import Output
from forecaster.network.placement import device_of, on_torch
from forecaster.training.feed import Fed
from forecaster.training.plan import TrainingPlan
from forecaster.training.random_state import random_arrays, restore_random

# Names of tensors by what they are of.
WEIGHTS, BEST, FIXED, OPTIMIZER = "weights", "best", "fixed", "optimizer"


class Stepper(Protocol):
    """Changes a model's weights batch by batch; keeps its optimiser's state."""

    def put(self, array: np.ndarray) -> Any:
        """See ``Device.put``."""

    def take(self, stored: Any, index: np.ndarray) -> Any:
        """See ``Device.take``."""

    def step(self, batch: Fed, rate: float) -> tuple[Any, int]:
        """One update of the weights.

        Args:
            batch: What to learn from.
            rate: Learning rate.

        Returns:
            The loss before the update, for ``read``, and how many known targets it is the mean of; of a batch
            that several hold this holder's part of the loss, and the targets of all.
        """

    def loss(self, batch: Fed) -> Any:
        """The loss without dropout and without an update, for ``read``.

        Args:
            batch: What to score.
        """

    def read(self, losses: Sequence[Any]) -> list[float]:
        """Losses as numbers; waits for the device once.

        Args:
            losses: From ``step`` or ``loss``.
        """

    def snapshot(self) -> Any:
        """A copy of the weights, for ``restore``."""

    def restore(self, weights: Any) -> None:
        """Put weights back.

        Args:
            weights: From ``snapshot``.
        """

    def state(self, best: Any) -> tuple[dict[str, np.ndarray], dict[str, float]]:
        """All that the next step depends on, besides its batch and its rate.

        Args:
            best: From ``snapshot``, kept beside it; None for none.

        Returns:
            Tensors and numbers by name, to be written before the next step changes them.
        """

    def resume(self, tensors: Mapping[str, np.ndarray], numbers: Mapping[str, float]) -> Any:
        """Go on from a state.

        Args:
            tensors: Of ``state``.
            numbers: Of ``state``.

        Returns:
            The snapshot that was kept beside it; None for none.

        Raises:
            ValueError: The state is of another network, optimiser or backend.
        """

    def close(self) -> None:
        """Leave the model as any Keras model."""


def make_stepper(model: keras.Model, head: Output, plan: TrainingPlan, peers: Peers = ALONE) -> Stepper:
    """The fastest stepper of the backend.

    Args:
        model: What to train.
        head: Its loss.
        plan: Optimiser and clipping.
        peers: Who holds the other windows of every batch.

    Returns:
        The lean one on torch, Keras's own elsewhere; of several holders one that steps with the others.

    Raises:
        ConfigError: Several holders train on another backend than torch.
    """
    if peers.n > 1:
        if not on_torch():
            raise ConfigError(
                f"--workers {peers.n}: only the torch backend trains on several workers. Take one worker, or "
                "KERAS_BACKEND=torch."
            )
        from forecaster.training.shared_stepper import SharedStepper

        return SharedStepper(model, head, plan, peers)
    if on_torch():
        from forecaster.training.torch_stepper import TorchStepper

        return TorchStepper(model, head, plan)
    return KerasStepper(model, head, plan)


class KerasStepper:
    """``keras.Model.train_on_batch``, on any backend."""

    def __init__(self, model: keras.Model, head: Output, plan: TrainingPlan) -> None:
        """Compile the model; see ``make_stepper`` for the arguments.

        Raises:
            ValueError: Another precision than float32 is asked for.
        """
        if plan.precision != "float32":
            raise ValueError(f"precision {plan.precision}: only float32 with this backend")
        self.model = model
        model.compile(optimizer=_keras_optimizer(plan), loss=_packed_loss(head))

    def put(self, array: np.ndarray) -> np.ndarray:
        """The array as it is: Keras moves it."""
        return array

    def take(self, stored: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Rows of an array."""
        rows: np.ndarray = stored[index]
        return rows

    def step(self, batch: Fed, rate: float) -> tuple[float, int]:
        """See ``Stepper.step``."""
        self.model.optimizer.learning_rate.assign(rate)
        self.model.reset_metrics()
        return float(self.model.train_on_batch(batch.inputs, _packed(batch))), batch.n_known

    def loss(self, batch: Fed) -> float:
        """See ``Stepper.loss``."""
        self.model.reset_metrics()
        return float(self.model.test_on_batch(batch.inputs, _packed(batch)))

    def read(self, losses: Sequence[float]) -> list[float]:
        """The numbers that they are already."""
        return list(losses)

    def snapshot(self) -> list[np.ndarray]:
        """See ``Stepper.snapshot``."""
        return [np.array(keras.ops.convert_to_numpy(v)) for v in self.model.trainable_variables]

    def restore(self, weights: list[np.ndarray]) -> None:
        """See ``Stepper.restore``."""
        for variable, value in zip(self.model.trainable_variables, weights, strict=True):
            variable.assign(value)

    def state(self, best: list[np.ndarray] | None) -> tuple[dict[str, np.ndarray], dict[str, float]]:
        """See ``Stepper.state``."""
        self._build_optimizer()
        tensors = {
            f"{group}/{number:03d}": np.array(keras.ops.convert_to_numpy(variable))
            for group, variables in self._groups().items()
            for number, variable in enumerate(variables)
        }
        tensors |= {f"{BEST}/{number:03d}": array for number, array in enumerate(best or ())}
        return tensors | random_arrays(device_of(self.model)), {}

    def resume(
        self, tensors: Mapping[str, np.ndarray], numbers: Mapping[str, float]
    ) -> list[np.ndarray] | None:
        """See ``Stepper.resume``.

        Raises:
            ValueError: As there.
        """
        del numbers  # the optimiser's are variables here
        self._build_optimizer()
        for group, variables in self._groups().items():
            for number, variable in enumerate(variables):
                variable.assign(fitting(tensors, f"{group}/{number:03d}", variable.shape))
        restore_random(tensors, device_of(self.model))
        trainable = self.model.trainable_variables
        if f"{BEST}/000" not in tensors:
            return None
        return [fitting(tensors, f"{BEST}/{number:03d}", v.shape) for number, v in enumerate(trainable)]

    def _build_optimizer(self) -> None:
        """Let the optimiser make its variables, which it does at the first step otherwise."""
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)

    def _groups(self) -> dict[str, Sequence[Any]]:
        """Variables that change from step to step."""
        model = self.model
        return {
            WEIGHTS: model.trainable_variables,
            FIXED: model.non_trainable_variables,
            OPTIMIZER: model.optimizer.variables,
        }

    def close(self) -> None:
        """Nothing to undo."""


def fitting(tensors: Mapping[str, np.ndarray], name: str, shape: Sequence[int]) -> np.ndarray:
    """A tensor of a state.

    Args:
        tensors: By name.
        name: Of the one wanted.
        shape: That it must have.

    Returns:
        The tensor.

    Raises:
        ValueError: It is not there, or of another shape.
    """
    found = tensors.get(name)
    if found is None or found.shape != tuple(shape):
        was = "missing" if found is None else f"of shape {found.shape}"
        raise ValueError(f"tensor {name} is {was}, the network needs {tuple(shape)}")
    return found


def _packed(batch: Fed) -> np.ndarray:
    """(batch, horizon, n + 1): y and, as the last entry, the mask; Keras losses take one array."""
    y = batch.y if batch.y.ndim == 3 else batch.y[:, :, None]
    return np.concatenate([y, batch.mask[:, :, None]], axis=2)


def _packed_loss(head: Output) -> Any:
    """The head's loss as Keras calls it."""
    is_flat = head.is_flat

    def loss(packed: Any, outputs: Any) -> Any:
        """Take y and mask apart again."""
        y, mask = packed[:, :, :-1], packed[:, :, -1]
        return head.loss(y[:, :, 0] if is_flat else y, mask, outputs)

    return loss


def _keras_optimizer(plan: TrainingPlan) -> Any:
    """Keras's optimiser of that name."""
    classes = {
        "rmsprop": keras.optimizers.RMSprop,
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "nadam": keras.optimizers.Nadam,
        "sgd": keras.optimizers.SGD,
        "adagrad": keras.optimizers.Adagrad,
    }
    settings: dict[str, Any] = {"global_clipnorm": plan.clip} if plan.clip else {}
    if plan.optimizer in ("rmsprop", "sgd"):
        settings["momentum"] = plan.momentum
    return classes[plan.optimizer](plan.learning_rate, **settings)
