"""BinsHead: a softmax over bins; the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from keras import ops

from forecaster.distributions.base import Distribution
from forecaster.distributions.binned import Binned
from forecaster.network.head import Head
from forecaster.network.output import masked_mean
from forecaster.windows.bins import bin_index

# Probability below which a share no longer costs more.
LEAST_SHARE = 1e-12


@dataclass(frozen=True, eq=False)
class BinsHead(Head):
    """One-hot targets and cross-entropy.

    Attributes:
        edges: (n_bins + 1,) float64, rising, in normalised space; bins are closed on the left, the outer
            two take all beyond them.
        smoothing: Share of a target's class given to the two bins beside it, half to each; an outer bin
            keeps the half that has nowhere to go.
        frequencies: (n_bins,) share of the training targets in each bin; None when not counted.
        tails: (2,) scales of the exponential outer bins; None for outer bins like the inner ones.
    """

    name: ClassVar[str] = "bins"
    takes_open: ClassVar[bool] = True

    edges: np.ndarray
    smoothing: float = 0.0
    frequencies: np.ndarray | None = None
    tails: np.ndarray | None = None

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
        if self.tails is not None:
            tails = np.asarray(self.tails, dtype=np.float64)
            if tails.shape != (2,) or not (np.isfinite(tails) & (tails > 0)).all():
                raise ValueError(f"tails {tails} must be two numbers above 0")
            object.__setattr__(self, "tails", tails)

    @property
    def n_outputs(self) -> int:
        """One logit for each bin."""
        return len(self.edges) - 1

    def encode(self, target: np.ndarray, mask: np.ndarray, cell: np.ndarray | None = None) -> np.ndarray:
        """Probabilities of the classes: one-hot, or with a share for the neighbours.

        Args:
            target: (batch, horizon) float64, normalised.
            mask: (batch, horizon) bool, where it is known.
            cell: (batch, horizon, 3) limits of waiting times, None for other targets.

        Returns:
            (batch, horizon, n_bins) float32; rows sum to 1, masked ones to 0. For waiting times
            (batch, horizon, 3 n_bins): then come the share of each bin beyond what an open one is known to
            exceed, and beyond what had been waited from the start; 1 where there is nothing of the kind.
        """
        table = np.eye(self.n_outputs, dtype=np.float32)
        if self.smoothing:
            side = np.float32(self.smoothing / 2)
            beside = np.eye(self.n_outputs, k=1, dtype=np.float32)
            beside = (beside + beside.T) * side
            table = beside + np.diag(1 - beside.sum(axis=1))
        index = bin_index(np.where(mask, target, 0.0), self.edges)
        encoded: np.ndarray = table[index] * mask[..., None].astype(np.float32)
        if cell is None:
            return encoded
        beyond = self._share_beyond(np.where(np.isposinf(cell[..., 1]), cell[..., 0], -np.inf))
        return np.concatenate([encoded, beyond, self._share_beyond(cell[..., 2])], axis=2)

    def _share_beyond(self, value: np.ndarray) -> np.ndarray:
        """(batch, horizon, n_bins) float32 share of each bin above ``value``; 1 for -inf and NaN."""
        one_bin_each = Binned(self.edges, np.eye(self.n_outputs), tails=self.tails)
        value = np.where(np.isnan(value), -np.inf, value)
        return one_bin_each.survival(value[..., None]).astype(np.float32)

    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Cross-entropy, of open ones minus the log of the mass beyond; see ``Head.loss``."""
        log_probs = ops.log_softmax(outputs, axis=2)
        n_bins = self.n_outputs
        lost = -ops.sum(y[:, :, :n_bins] * log_probs, axis=2)
        if y.shape[2] > n_bins:
            probs = ops.exp(log_probs)
            lost = lost - _log_share(probs, y[:, :, n_bins : 2 * n_bins])
            lost = lost + _log_share(probs, y[:, :, 2 * n_bins :])
        return masked_mean(lost, mask)

    def distribution(self, outputs: np.ndarray) -> Distribution:
        """Probabilities of the bins; see ``Head.distribution``."""
        logits = np.asarray(outputs, dtype=np.float64)
        powers = np.exp(logits - logits.max(axis=2, keepdims=True))
        return Binned(self.edges, powers / powers.sum(axis=2, keepdims=True), tails=self.tails)

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
            "tails": None if self.tails is None else self.tails.tolist(),
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
        shares, tails = stored["frequencies"], stored["tails"]
        return cls(
            edges=edges,
            smoothing=float(stored["smoothing"]),
            frequencies=None if shares is None else np.asarray(shares, dtype=np.float64),
            tails=None if tails is None else np.asarray(tails, dtype=np.float64),
        )


def _log_share(probs: Any, shares: Any) -> Any:
    """(batch, horizon) log of the probability in some shares of the bins; 0 where they are whole."""
    return ops.log(ops.maximum(ops.sum(probs * shares, axis=2), LEAST_SHARE))
