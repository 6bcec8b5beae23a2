"""NumberOutput: several numbers of each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from keras import ops

from forecaster.network.output import Output
from forecaster.windows.batch import Batch


@dataclass(frozen=True)
class NumberOutput(Output):
    """Numbers that are learnt in units of their spread, its loss the mean squared error.

    Attributes:
        loc: Mean of each over the training rows.
        scale: Standard deviation of each, above 0.
    """

    name: ClassVar[str] = "numbers"

    loc: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse means and deviations that do not fit each other."""
        if len(self.loc) != len(self.scale) or not self.loc:
            raise ValueError(f"{len(self.loc)} means and {len(self.scale)} deviations of the outputs")
        if not np.isfinite([*self.loc, *self.scale]).all() or min(self.scale) <= 0:
            raise ValueError("means and deviations of the outputs must be numbers, the deviations above 0")

    @property
    def n_outputs(self) -> int:
        """One for each number."""
        return len(self.loc)

    @property
    def is_flat(self) -> bool:
        """False: each number comes with whether it is known."""
        return False

    def encode_batch(self, batch: Batch) -> np.ndarray:
        """(batch, horizon, 2 * n_outputs) float32: the numbers, normalised, then 1 where each is known."""
        if batch.numbers is None:
            return np.zeros((*batch.mask.shape, 2 * self.n_outputs), dtype=np.float32)
        known = np.isfinite(batch.numbers)
        normal = np.where(known, (batch.numbers - np.array(self.loc)) / np.array(self.scale), 0.0)
        return np.concatenate([normal, known], axis=2).astype(np.float32)

    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Mean squared error of the numbers that are known; see ``Output.loss``."""
        n = self.n_outputs
        known = y[:, :, n:] * ops.expand_dims(mask, 2)
        errors = ops.square(outputs - y[:, :, :n]) * known
        return ops.sum(errors) / ops.maximum(ops.sum(known), 1.0)

    def numbers(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs in the unit of the data.

        Args:
            outputs: (..., n_outputs) of the network.

        Returns:
            The same shape, float64.
        """
        return np.asarray(np.asarray(outputs, dtype=np.float64) * np.array(self.scale) + np.array(self.loc))

    def to_json(self) -> dict[str, Any]:
        """``loc`` and ``scale``."""
        return {"name": self.name, "loc": list(self.loc), "scale": list(self.scale)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The output of ``to_json``.

        Args:
            stored: What ``to_json`` returned.

        Returns:
            The output.
        """
        return cls(tuple(stored["loc"]), tuple(stored["scale"]))
