"""Head: what the network's numbers mean. Size, target encoding, loss, distribution."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from keras import ops

from forecaster.distributions.base import Distribution


class Head(ABC):
    """The last step of a network, without weights of its own.

    ``encode`` runs in NumPy before the network sees a batch, ``loss`` in Keras operations on what
    ``encode`` returned, ``distribution`` in NumPy afterwards. ``y`` may have further axes after
    (batch, horizon): classes today, a flag for censored targets when a head takes them.
    """

    name: ClassVar[str]

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Numbers that the network puts out for every step."""

    @property
    def point_is(self) -> Literal["mean", "median"]:
        """Which number of the distribution the loss asks for as a point forecast."""
        return "median"

    def encode(self, target: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Targets as the loss takes them.

        Args:
            target: (batch, horizon) float64, normalised.
            mask: (batch, horizon) bool, where it is known.

        Returns:
            (batch, horizon, ...) float32; 0 where masked.
        """
        return np.where(mask, target, 0.0).astype(np.float32)

    @abstractmethod
    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Mean loss over the known targets, in Keras operations.

        Args:
            y: What ``encode`` returned, as a tensor.
            mask: (batch, horizon) float32, 1 where the target is known.
            outputs: (batch, horizon, n_outputs) of the network.

        Returns:
            A scalar tensor; 0 when no target is known.
        """

    @abstractmethod
    def distribution(self, outputs: np.ndarray) -> Distribution:
        """Distributions in normalised space.

        Args:
            outputs: (n_windows, horizon, n_outputs) of the network.

        Returns:
            Distributions of shape (n_windows, horizon).
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Everything the head was made from, as JSON can hold it; ``name`` says which head it is."""

    @classmethod
    @abstractmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The head of ``to_json``; ValueError when it is not one.

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
