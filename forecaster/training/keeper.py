"""Keeper: what a checkpoint knows of one network, and what it is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import RunError
from forecaster.training.checkpoint_file import REMEDY, Finished, Going
from forecaster.training.plan import TrainingResult
from forecaster.training.standing import Kept

if TYPE_CHECKING:
    from forecaster.training.checkpoint import Checkpoint


@dataclass
class Keeper:
    """Keeps one network of a checkpoint.

    Attributes:
        checkpoint: That it is a part of.
        key: What the network is.
        known: What was kept of it before; None for nothing.
    """

    checkpoint: Checkpoint
    key: str
    known: Finished | Going | None

    @property
    def is_done(self) -> bool:
        """Whether the network was trained to its end before."""
        return isinstance(self.known, Finished)

    def put_back(self, model: Any) -> TrainingResult:
        """Give a fresh network the weights that it was trained to.

        Args:
            model: A Keras model.

        Returns:
            How it was trained.

        Raises:
            RunError: The weights are damaged, or of another network.
            TypeError: The network was not trained to its end.
        """
        if not isinstance(self.known, Finished):
            raise TypeError(f"{self.key} was not trained to its end")
        arrays = self.checkpoint.tensors(self.known.tensors)
        names = [f"{number:03d}" for number in range(len(model.weights))]
        fits = sorted(arrays) == names and all(
            arrays[name].shape == tuple(weight.shape)
            for name, weight in zip(names, model.weights, strict=True)
        )
        if not fits:
            place = self.checkpoint.folder / self.known.tensors.file
            raise RunError(f"{place}: of another network. {REMEDY}")
        model.set_weights([arrays[name] for name in names])
        return self.known.result

    def resume(self, put: Callable[[Kept], None]) -> None:
        """Let a training go on from where it stood; nothing happens to one that had not begun.

        Args:
            put: Takes the state.

        Raises:
            RunError: The state is damaged, or of another network.
        """
        if not isinstance(self.known, Going):
            return
        kept = Kept(self.known.standing, self.checkpoint.tensors(self.known.tensors))
        try:
            put(kept)
        except ValueError as error:
            place = self.checkpoint.folder / self.known.tensors.file
            raise RunError(f"{place}: {error}. {REMEDY}") from None

    def offer(self, make: Callable[[], Kept], must: bool = False) -> None:
        """See ``Checkpoint.offer``.

        Args:
            make: Gives the state.
            must: Whether it is written in any case.
        """
        self.checkpoint.offer(self.key, make, must)

    def finish(self, model: Any, result: TrainingResult) -> None:
        """See ``Checkpoint.finish``.

        Args:
            model: A Keras model, trained.
            result: How.
        """
        weights = {
            f"{number:03d}": np.array(weight.numpy())  # a copy: training may go on with the model
            for number, weight in enumerate(model.weights)
        }
        self.checkpoint.finish(self.key, result, weights)
