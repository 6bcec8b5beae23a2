"""Head: what the numbers mean of a network that forecasts. Target encoding, loss, distribution."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from forecaster.distributions.base import Distribution
from forecaster.network.output import Output
from forecaster.windows.batch import Batch


class Head(Output):
    """The last step of a network that forecasts a number, without weights of its own.

    ``distribution`` says in NumPy what the network's numbers mean; see ``Output`` for the rest.

    Attributes:
        takes_open: Whether it learns from waiting times that are still open.
    """

    takes_open: ClassVar[bool] = False

    @cached_property
    def is_flat(self) -> bool:
        """Whether ``encode`` gives (batch, horizon)."""
        return self.encode(np.zeros((1, 1)), np.ones((1, 1), dtype=bool)).ndim == 2

    @property
    def linear_output(self) -> int | None:
        """Which output is a linear forecast of the target; None where none is."""
        return None

    @property
    def point_is(self) -> Literal["mean", "median"]:
        """Which number of the distribution the loss asks for as a point forecast."""
        return "median"

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
    def distribution(self, outputs: np.ndarray) -> Distribution:
        """Distributions in normalised space.

        Args:
            outputs: (n_windows, horizon, n_outputs) of the network.

        Returns:
            Distributions of shape (n_windows, horizon).
        """
