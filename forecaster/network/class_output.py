"""ClassOutput: one of several classes, of a window or of each of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from keras import ops

from forecaster.network.output import Output, masked_mean
from forecaster.windows.batch import Batch


@dataclass(frozen=True)
class ClassOutput(Output):
    """A softmax over classes, its loss the cross-entropy.

    Attributes:
        n_classes: Classes.
    """

    name: ClassVar[str] = "classes"

    n_classes: int

    def __post_init__(self) -> None:
        """Refuse a number of classes that is none."""
        if not isinstance(self.n_classes, int) or isinstance(self.n_classes, bool) or self.n_classes < 1:
            raise ValueError(f"n_classes {self.n_classes!r} must be a number of 1 or more")

    @property
    def n_outputs(self) -> int:
        """A logit for each class."""
        return self.n_classes

    def encode_batch(self, batch: Batch) -> np.ndarray:
        """(batch, horizon) float32 class of each target, 0 where masked."""
        classes = np.zeros(batch.mask.shape) if batch.classes is None else batch.classes
        return classes.astype(np.float32)

    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Mean cross-entropy in nats; see ``Output.loss``."""
        log_probs = ops.log_softmax(outputs, axis=2)
        right = ops.take_along_axis(log_probs, ops.expand_dims(ops.cast(y, "int32"), 2), axis=2)
        return masked_mean(-right[:, :, 0], mask)

    def probs(self, outputs: np.ndarray) -> np.ndarray:
        """Probability of each class.

        Args:
            outputs: (..., n_classes) of the network.

        Returns:
            The same shape, float64; the last axis sums to 1.
        """
        logits = np.asarray(outputs, dtype=np.float64)
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))

    def to_json(self) -> dict[str, Any]:
        """``n_classes``."""
        return {"name": self.name, "n_classes": self.n_classes}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The output of ``to_json``.

        Args:
            stored: What ``to_json`` returned.

        Returns:
            The output.
        """
        return cls(stored["n_classes"])
