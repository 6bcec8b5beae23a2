"""BinsHead: a softmax over bins; the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from keras import ops

from forecaster.distributions.base import Distribution
from forecaster.distributions.binned import Binned
from forecaster.network.head import Head, masked_mean
from forecaster.windows.bins import bin_index


@dataclass(frozen=True, eq=False)
class BinsHead(Head):
    """One-hot targets and cross-entropy.

    Attributes:
        edges: (n_bins + 1,) float64, rising, in normalised space; bins are closed on the left, the outer
            two take all beyond them.
        smoothing: Share of a target's class given to the two bins beside it, half to each; an outer bin
            keeps the half that has nowhere to go.
        frequencies: (n_bins,) share of the training targets in each bin; None when not counted.
    """

    name: ClassVar[str] = "bins"

    edges: np.ndarray
    smoothing: float = 0.0
    frequencies: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Refuse edges that do not rise."""
        edges = np.asarray(self.edges, dtype=np.float64)
        if edges.ndim != 1 or len(edges) < 3 or not (np.diff(edges) > 0).all():
            raise ValueError("bin edges must rise, three at least")
        if not 0 <= self.smoothing < 1:
            raise ValueError(f"smoothing {self.smoothing} must be in [0, 1)")
        object.__setattr__(self, "edges", edges)
        if self.frequencies is not None:
            shares = np.asarray(self.frequencies, dtype=np.float64)
            if shares.shape != (len(edges) - 1,) or not (shares >= 0).all() or shares.sum() <= 0:
                raise ValueError(f"frequencies of shape {shares.shape} for {len(edges) - 1} bins")
            object.__setattr__(self, "frequencies", shares)

    @property
    def n_outputs(self) -> int:
        """One logit for each bin."""
        return len(self.edges) - 1

    def encode(self, target: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Probabilities of the classes: one-hot, or with a share for the neighbours.

        Args:
            target: (batch, horizon) float64, normalised.
            mask: (batch, horizon) bool, where it is known.

        Returns:
            (batch, horizon, n_bins) float32; rows sum to 1, masked ones to 0.
        """
        table = np.eye(self.n_outputs, dtype=np.float32)
        if self.smoothing:
            side = np.float32(self.smoothing / 2)
            beside = np.eye(self.n_outputs, k=1, dtype=np.float32)
            beside = (beside + beside.T) * side
            table = beside + np.diag(1 - beside.sum(axis=1))
        index = bin_index(np.where(mask, target, 0.0), self.edges)
        encoded: np.ndarray = table[index] * mask[..., None].astype(np.float32)
        return encoded

    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Cross-entropy, averaged over the known targets; see ``Head.loss``."""
        log_probs = ops.log_softmax(outputs, axis=2)
        return masked_mean(-ops.sum(y * log_probs, axis=2), mask)

    def distribution(self, outputs: np.ndarray) -> Distribution:
        """Probabilities of the bins; see ``Head.distribution``."""
        logits = np.asarray(outputs, dtype=np.float64)
        powers = np.exp(logits - logits.max(axis=2, keepdims=True))
        return Binned(self.edges, powers / powers.sum(axis=2, keepdims=True))

    def count(self, target: np.ndarray) -> BinsHead:
        """The same head with the frequencies of its bins among some targets.

        Args:
            target: (n,) float64 known training targets, normalised.

        Returns:
            A new head; half a target is added to every bin, so that none is impossible.
        """
        counts = np.bincount(bin_index(target, self.edges), minlength=self.n_outputs) + 0.5
        return replace(self, frequencies=counts / counts.sum())

    def base_rates(self, shape: tuple[int, ...]) -> Distribution | None:
        """The training frequencies as a forecast, whatever the window holds; None when not counted.

        Args:
            shape: (n_windows, horizon).

        Returns:
            A distribution of that shape, in normalised space.
        """
        if self.frequencies is None:
            return None
        return Binned(self.edges, self.frequencies[None], rows=np.zeros(shape, dtype=np.int64))

    def to_json(self) -> dict[str, Any]:
        """Name, edges, smoothing and frequencies."""
        return {
            "name": self.name,
            "edges": self.edges.tolist(),
            "smoothing": self.smoothing,
            "frequencies": None if self.frequencies is None else self.frequencies.tolist(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The head of ``to_json``.

        Args:
            stored: What ``to_json`` returned.

        Returns:
            The head.
        """
        edges = np.asarray(stored["edges"], dtype=np.float64)
        shares = stored["frequencies"]
        return cls(
            edges=edges,
            smoothing=float(stored["smoothing"]),
            frequencies=None if shares is None else np.asarray(shares, dtype=np.float64),
        )
