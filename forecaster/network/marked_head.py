"""MarkedHead: any head, and beside it the category of the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
from keras import ops

from forecaster.distributions.base import Distribution
from forecaster.network.head import Head
from forecaster.windows.batch import Batch


@dataclass(frozen=True, eq=False)
class MarkedHead(Head):
    """A softmax over marks after the outputs of another head.

    Given the history, when the next event comes and what it is are forecast as independent of each other.

    Attributes:
        base: Head of the target itself; ``name`` and ``takes_open`` are its own.
        n_marks: Categories.
    """

    base: Head
    n_marks: int

    def __post_init__(self) -> None:
        """Refuse a number of marks that is none; be called as the base is."""
        if not isinstance(self.n_marks, int) or isinstance(self.n_marks, bool) or self.n_marks < 1:
            raise ValueError(f"n_marks {self.n_marks!r} must be a number of 1 or more")
        object.__setattr__(self, "name", self.base.name)
        object.__setattr__(self, "takes_open", self.base.takes_open)

    @property
    def n_outputs(self) -> int:
        """Those of the base, then a logit for each mark."""
        return self.base.n_outputs + self.n_marks

    @property
    def linear_output(self) -> int | None:
        """That of the base."""
        return self.base.linear_output

    @property
    def point_is(self) -> Literal["mean", "median"]:
        """That of the base."""
        return self.base.point_is

    @property
    def unmarked(self) -> Head:
        """The base."""
        return self.base

    def with_unmarked(self, head: Head) -> MarkedHead:
        """The same marks beside another base.

        Args:
            head: The new base.

        Returns:
            A new head.
        """
        return replace(self, base=head)

    def known(self, batch: Batch) -> np.ndarray:
        """The targets that the base counts; see ``Head.known``."""
        return self.base.known(batch)

    def encode(self, target: np.ndarray, mask: np.ndarray, cell: np.ndarray | None = None) -> np.ndarray:
        """What the base encodes, and targets of which no mark is known.

        Args:
            target: (batch, horizon) float64, normalised.
            mask: (batch, horizon) bool, where it is known.
            cell: (batch, horizon, 3) limits of waiting times; None for other targets.

        Returns:
            (batch, horizon, n + 1) float32, the mark last.
        """
        return _beside(self.base.encode(target, mask, cell), np.zeros(mask.shape, dtype=np.int32))

    def encode_batch(self, batch: Batch) -> np.ndarray:
        """What the base encodes, then the mark, 0 where it is not known: (batch, horizon, n + 1)."""
        encoded = self.base.encode_batch(batch)
        none = np.zeros(batch.mask.shape, dtype=np.int32)
        return _beside(encoded, none if batch.next_mark is None else batch.next_mark)

    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Loss of the base plus the cross-entropy of the marks that are known, over the same targets.

        Both are then parts of one likelihood, whichever share of the marks is known; see ``Head.loss``.
        """
        n = self.base.n_outputs
        target = y[:, :, 0] if self.base.is_flat else y[:, :, :-1]
        mark = ops.cast(y[:, :, -1:], "int32")  # (batch, horizon, 1)
        log_probs = ops.log_softmax(outputs[:, :, n:], axis=2)
        right = ops.take_along_axis(log_probs, ops.maximum(mark - 1, 0), axis=2)
        lost = -ops.sum(ops.where(mark > 0, right, 0.0))
        return self.base.loss(target, mask, outputs[:, :, :n]) + lost / ops.maximum(ops.sum(mask), 1.0)

    def distribution(self, outputs: np.ndarray) -> Distribution:
        """That of the base; see ``Head.distribution``."""
        return self.base.distribution(outputs[:, :, : self.base.n_outputs])

    def mark_probs(self, outputs: np.ndarray) -> np.ndarray:
        """Probability of each mark.

        Args:
            outputs: (n_windows, horizon, n_outputs) of the network.

        Returns:
            (n_windows, horizon, n_marks) float64; rows sum to 1.
        """
        logits = np.asarray(outputs[:, :, self.base.n_outputs :], dtype=np.float64)
        powers = np.exp(logits - logits.max(axis=2, keepdims=True))
        return np.asarray(powers / powers.sum(axis=2, keepdims=True))

    def to_json(self) -> dict[str, Any]:
        """The base, and ``n_marks``."""
        return {**self.base.to_json(), "n_marks": self.n_marks}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The head of ``to_json``.

        Args:
            stored: What ``to_json`` returned.

        Returns:
            The head.
        """
        from forecaster.network.heads import head_from_json  # which knows this head too

        base = {name: value for name, value in stored.items() if name != "n_marks"}
        return cls(head_from_json(base), stored["n_marks"])


def with_marks(head: Head, n_marks: int) -> Head:
    """A head, and beside it that of the marks where there are any.

    Args:
        head: Of the target itself.
        n_marks: Categories; 0 for none.

    Returns:
        The head that the network is built for.
    """
    return MarkedHead(head, n_marks) if n_marks else head


def _beside(encoded: np.ndarray, mark: np.ndarray) -> np.ndarray:
    """(batch, horizon, n + 1) float32: what the base's loss takes, then the mark."""
    columns = encoded if encoded.ndim == 3 else encoded[:, :, None]
    return np.concatenate([columns, mark[:, :, None].astype(np.float32)], axis=2)
