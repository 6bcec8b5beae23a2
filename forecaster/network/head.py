"""Head: what the network's numbers mean. Size, target encoding, loss, distribution."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from keras import ops

from forecaster.distributions.base import Distribution
from forecaster.windows.batch import Batch


class Head(ABC):
    """The last step of a network, without weights of its own.

    ``encode`` runs in NumPy before the network sees a batch, ``loss`` in Keras operations on what
    ``encode`` returned, ``distribution`` in NumPy afterwards. ``y`` may have a further axis after
    (batch, horizon): classes, the limits of a cell.

    Attributes:
        name: What settings and files call it.
        takes_open: Whether it learns from waiting times that are still open.
    """

    name: ClassVar[str]
    takes_open: ClassVar[bool] = False

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Numbers that the network puts out for every step."""

    @property
    def linear_output(self) -> int | None:
        """Which output is a linear forecast of the target; None where none is."""
        return None

    @property
    def point_is(self) -> Literal["mean", "median"]:
        """Which number of the distribution the loss asks for as a point forecast."""
        return "median"

    @property
    def starts_fitted(self) -> bool:
        """Whether a network that puts out zeros forecasts the distribution of all training targets."""
        return False

    def known(self, batch: Batch) -> np.ndarray:
        """(batch, horizon) bool: the targets that the loss counts, open ones only if the head takes them."""
        if self.takes_open and batch.cell is not None:
            return np.asarray(np.isfinite(batch.cell[..., 0]))
        return batch.mask

    def encode(self, target: np.ndarray, mask: np.ndarray, cell: np.ndarray | None = None) -> np.ndarray:
        """Targets as the loss takes them.

        Args:
            target: (batch, horizon) float64, normalised.
            mask: (batch, horizon) bool, where it is known.
            cell: (batch, horizon, 3) limits of waiting times; see ``Batch``. None for other targets.

        Returns:
            (batch, horizon, ...) float32; 0 where masked.
        """
        del cell  # the value alone
        return np.where(mask, target, 0.0).astype(np.float32)

    def encode_batch(self, batch: Batch) -> np.ndarray:
        """All that the loss takes of a batch; see ``encode``."""
        return self.encode(batch.target, batch.mask, batch.cell)

    @property
    def unmarked(self) -> Head:
        """The head of the target itself, without that of its mark."""
        return self

    def with_unmarked(self, head: Head) -> Head:
        """This head with another one for the target itself.

        Args:
            head: What ``unmarked`` is to be.
        """
        return head

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
