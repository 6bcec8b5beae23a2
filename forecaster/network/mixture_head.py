"""MixtureHead: a mixture of normal distributions, log-normal behind a logarithm, and a share of never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from keras import ops

from forecaster.distributions.base import Distribution
from forecaster.distributions.normal_mixture import NormalMixture
from forecaster.network.head import Head
from forecaster.network.log_ndtr import log_mass, log_ndtr
from forecaster.network.output import masked_mean
from forecaster.windows.cells import point_cells

# Smallest standard deviation of a component, in that of the targets.
LEAST_SCALE = 0.05
# What a head is made of, as it is stored.
NUMBERS = ("weights", "loc", "scale", "follows")


@dataclass(frozen=True, eq=False)
class MixtureHead(Head):
    """Likelihood of the cell that a target lies in; of open waiting times, of all beyond.

    A network that puts out zeros forecasts the components given here: ``choose_mixture`` gives those of the
    training targets, so that the network learns what is special about a window.

    Attributes:
        weights: (n_components,) weights, or one more: the last is the share that never comes.
        loc: (n_components,) means.
        scale: (n_components,) standard deviations, above ``LEAST_SCALE``.
        follows: (n_components,) 1 for components whose mean is moved by the linear forecast of the window,
            which is then the last output; 0 for those that stay where they are, all when not given.
        widening: Factor of all standard deviations in the distribution, not in the loss: how much wider the
            errors on held-out windows are than those on training windows.
    """

    name: ClassVar[str] = "mixture"
    takes_open: ClassVar[bool] = True

    weights: np.ndarray
    loc: np.ndarray
    scale: np.ndarray
    follows: np.ndarray = field(default_factory=lambda: np.zeros(0))
    widening: float = 1.0

    def __post_init__(self) -> None:
        """Refuse numbers that are no mixture."""
        if not 0 < self.widening < np.inf:
            raise ValueError(f"widening {self.widening} must be above 0")
        if len(self.follows) == 0:
            object.__setattr__(self, "follows", np.zeros(len(self.loc)))
        for name in NUMBERS:
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        n = len(self.loc)
        if n < 1 or self.loc.shape != self.scale.shape or self.weights.shape not in ((n,), (n + 1,)):
            raise ValueError(f"{len(self.weights)} weights and {len(self.scale)} scales for {n} components")
        if not (
            np.isfinite(self.loc).all() and (self.weights > 0).all() and (self.scale > LEAST_SCALE).all()
        ):
            raise ValueError(f"weights must be above 0, scales above {LEAST_SCALE}, locations finite")
        if self.follows.shape != (n,) or not np.isin(self.follows, (0.0, 1.0)).all():
            raise ValueError(f"follows must be 0 or 1 for each of {n} components")

    @property
    def n_components(self) -> int:
        """Normal components."""
        return len(self.loc)

    @property
    def never(self) -> bool:
        """Whether a share may never come."""
        return len(self.weights) > self.n_components

    @property
    def n_outputs(self) -> int:
        """A location and a scale for each component, all weights, and what components follow if any do."""
        return 2 * self.n_components + len(self.weights) + self.has_linear

    @property
    def has_linear(self) -> bool:
        """Whether the last output is a linear forecast that components follow."""
        return bool(self.follows.any())

    @property
    def linear_output(self) -> int | None:
        """The last one, where components follow it."""
        return self.n_outputs - 1 if self.has_linear else None

    @property
    def _before_softplus(self) -> np.ndarray:
        """(n_components,) what softplus takes to ``scale``, the least scale added."""
        rest = self.scale - LEAST_SCALE
        return np.asarray(rest + np.log(-np.expm1(-rest)))

    def encode(self, target: np.ndarray, mask: np.ndarray, cell: np.ndarray | None = None) -> np.ndarray:
        """Limits of the targets; see ``Head.encode``.

        Args:
            target: (batch, horizon) float64, normalised.
            mask: (batch, horizon) bool, where it is known.
            cell: (batch, horizon, 3) limits of waiting times, None for other targets.

        Returns:
            (batch, horizon, 5) float32: lower and upper limit, 1 for an open one, what had been waited from
            the start, and 1 where anything had.
        """
        if cell is None:
            cell = point_cells(target, mask)
        low, high, waited = np.moveaxis(cell, -1, 0)
        low = np.where(np.isnan(low), 0.0, low)
        is_open, has_waited = np.isposinf(high), np.isfinite(waited)
        high = np.where(np.isfinite(high), high, low + 1.0)
        waited = np.where(has_waited, waited, 0.0)
        return np.stack([low, high, is_open, waited, has_waited], axis=-1).astype(np.float32)

    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Minus the log of the mass of the cell, or beyond an open one's limit; see ``Head.loss``."""
        log_weights, loc, scale = self._parameters(outputs)
        low, high = (y[:, :, k : k + 1] - loc for k in (0, 1))
        closed = log_weights[:, :, : self.n_components] + log_mass(low / scale, high / scale)
        closed = ops.logsumexp(closed, axis=2)
        still = self._log_survival(y[:, :, 0:1], log_weights, loc, scale)
        waited = self._log_survival(y[:, :, 3:4], log_weights, loc, scale)
        reached = ops.where(y[:, :, 2] > 0, still, closed) - y[:, :, 4] * waited
        return masked_mean(-reached, mask)

    def _parameters(self, outputs: Any) -> tuple[Any, Any, Any]:
        """Log weights (never last), locations and scales of the components."""
        n = self.n_components
        first = np.concatenate([self.loc, self._before_softplus, np.log(self.weights)])
        end = len(first)
        moved = outputs[:, :, :end] + ops.convert_to_tensor(first, dtype=outputs.dtype)
        loc = moved[:, :, :n]
        if self.has_linear:
            follows = ops.convert_to_tensor(self.follows, dtype=outputs.dtype)
            loc = loc + outputs[:, :, end : end + 1] * follows
        scale = ops.softplus(moved[:, :, n : 2 * n]) + LEAST_SCALE
        return ops.log_softmax(moved[:, :, 2 * n :], axis=2), loc, scale

    def _log_survival(self, x: Any, log_weights: Any, loc: Any, scale: Any) -> Any:
        """(batch, horizon) log of P(T > x)."""
        n = self.n_components
        parts = log_weights[:, :, :n] + log_ndtr((loc - x) / scale)
        if self.never:
            parts = ops.concatenate([parts, log_weights[:, :, n:]], axis=2)
        return ops.logsumexp(parts, axis=2)

    def distribution(self, outputs: np.ndarray) -> Distribution:
        """The mixture; see ``Head.distribution``."""
        n, outputs = self.n_components, np.asarray(outputs, dtype=np.float64)
        end = 2 * n + len(self.weights)
        logits = outputs[..., 2 * n : end] + np.log(self.weights)
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        scale = np.logaddexp(0.0, outputs[..., n : 2 * n] + self._before_softplus) + LEAST_SCALE
        scale = scale * self.widening
        never = powers[..., n] if self.never else 0.0
        loc = outputs[..., :n] + self.loc
        if self.has_linear:
            loc = loc + outputs[..., end : end + 1] * self.follows
        return NormalMixture(loc, scale, powers[..., :n], never)

    def to_json(self) -> dict[str, Any]:
        """Name, weights, locations, scales, which follow, and the widening."""
        numbers = {name: getattr(self, name).tolist() for name in NUMBERS}
        return {"name": self.name, "widening": self.widening} | numbers

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The head of ``to_json``.

        Args:
            stored: What ``to_json`` returned.

        Returns:
            The head.
        """
        weights, loc, scale, follows = (np.asarray(stored[name], dtype=np.float64) for name in NUMBERS)
        return cls(weights, loc, scale, follows, float(stored["widening"]))
