"""Output: what a network puts out for a batch, and its loss; heads are those that forecast a number."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from keras import ops

from forecaster.windows.batch import Batch


class Output(ABC):
    """The last step of a network, without weights of its own.

    ``encode_batch`` runs in NumPy before the network sees a batch, ``loss`` in Keras operations on what it
    returned. ``y`` may have a further axis after (batch, horizon): classes, the limits of a cell.

    Attributes:
        name: What settings and files call it.
    """

    name: ClassVar[str]

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Numbers that the network puts out for every step."""

    @property
    def is_flat(self) -> bool:
        """Whether the loss takes targets as (batch, horizon), without a further axis."""
        return True

    @property
    def starts_fitted(self) -> bool:
        """Whether a network that puts out zeros forecasts the distribution of all training targets."""
        return False

    def known(self, batch: Batch) -> np.ndarray:
        """(batch, horizon) bool: the targets that the loss counts."""
        return batch.mask

    @abstractmethod
    def encode_batch(self, batch: Batch) -> np.ndarray:
        """(batch, horizon, ...) float32: targets as the loss takes them, 0 where masked."""

    @abstractmethod
    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Mean loss over the known targets, in Keras operations.

        Args:
            y: What ``encode_batch`` returned, as a tensor.
            mask: (batch, horizon) float32, 1 where the target is known.
            outputs: (batch, horizon, n_outputs) of the network.

        Returns:
            A scalar tensor; 0 when no target is known.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Everything the output was made from, as JSON can hold it; ``name`` says which it is."""

    @classmethod
    @abstractmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The output of ``to_json``; ValueError when it is not one.

        Args:
            stored: What ``to_json`` returned.
        """


def masked_mean(values: Any, mask: Any) -> Any:
    """Mean of ``values`` where ``mask`` is 1; masked values carry no gradient.

    Args:
        values: (batch, horizon) tensor.
        mask: (batch, horizon) tensor of 0 and 1.

    Returns:
        A scalar tensor; 0 when nothing is known.
    """
    return ops.sum(values * mask) / ops.maximum(ops.sum(mask), 1.0)
