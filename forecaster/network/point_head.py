"""PointHead: one number a step; its distribution comes from what it missed by on held-out windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from keras import ops

from forecaster.distributions.base import Distribution
from forecaster.distributions.quantiles import Quantiles
from forecaster.network.head import Head
from forecaster.network.output import masked_mean

LOSSES = ("mse", "mae", "huber")
RESIDUAL_LEVELS = tuple(round(0.01 * k, 2) for k in range(1, 100))

# Steps of the horizon with fewer residuals than this share those of all steps.
FEWEST_RESIDUALS = 20


@dataclass(frozen=True, eq=False)
class PointHead(Head):
    """The plain regressor.

    Attributes:
        loss_name: ``mse``, ``mae`` or ``huber`` (quadratic up to 1, linear beyond).
        residual_levels: (n_levels,) levels of ``residuals``.
        residuals: (horizon, n_levels) quantiles of target minus output, in normalised space; None before
            ``with_residuals``: the distribution then has no width.
    """

    name: ClassVar[str] = "point"

    loss_name: str = "mse"
    residual_levels: tuple[float, ...] = RESIDUAL_LEVELS
    residuals: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown loss."""
        if self.loss_name not in LOSSES:
            raise ValueError(f"loss {self.loss_name!r} is unknown; use one of {', '.join(LOSSES)}")

    @property
    def n_outputs(self) -> int:
        """One number a step."""
        return 1

    @property
    def point_is(self) -> Literal["mean", "median"]:
        """The mean under mse, the median under mae and huber."""
        return "mean" if self.loss_name == "mse" else "median"

    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Masked mean of the squared, absolute or Huber error; see ``Head.loss``."""
        error = outputs[:, :, 0] - y
        if self.loss_name == "mse":
            return masked_mean(ops.square(error), mask)
        size = ops.abs(error)
        if self.loss_name == "mae":
            return masked_mean(size, mask)
        near = ops.minimum(size, 1.0)
        return masked_mean(near * (size - 0.5 * near), mask)

    def with_residuals(self, errors: np.ndarray, mask: np.ndarray) -> PointHead:
        """A head whose distribution has the width of these errors.

        Args:
            errors: (n_windows, horizon) target minus output on windows that were not trained on,
                normalised.
            mask: (n_windows, horizon) bool, where the target is known.

        Returns:
            The same head with residual quantiles, at level p the value of rank p (n + 1), so that n
            residuals cover what they promise; unchanged when no target is known.
        """
        known = [errors[mask[:, step], step] for step in range(errors.shape[1])]
        pooled = np.concatenate(known)
        if not len(pooled):
            return self
        rows = [
            np.quantile(
                own if len(own) >= FEWEST_RESIDUALS else pooled, self.residual_levels, method="weibull"
            )
            for own in known
        ]
        return replace(self, residuals=np.asarray(rows, dtype=np.float64))

    def distribution(self, outputs: np.ndarray) -> Distribution:
        """Quantiles: the output plus those of the residuals; see ``Head.distribution``."""
        point = np.asarray(outputs, dtype=np.float64)[:, :, :1]
        levels = np.asarray(self.residual_levels)
        around = np.zeros((1, len(levels))) if self.residuals is None else self.residuals
        return Quantiles(levels, point + around)  # (n_windows, horizon, n_levels)

    def to_json(self) -> dict[str, Any]:
        """Name, loss, levels and residuals."""
        return {
            "name": self.name,
            "loss": self.loss_name,
            "residual_levels": list(self.residual_levels),
            "residuals": None if self.residuals is None else self.residuals.tolist(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The head of ``to_json``.

        Args:
            stored: What ``to_json`` returned.

        Returns:
            The head.

        Raises:
            ValueError: The residuals do not fit their levels.
        """
        residuals = stored["residuals"]
        levels = tuple(float(level) for level in stored["residual_levels"])
        table = None if residuals is None else np.asarray(residuals, dtype=np.float64)
        if table is not None and (table.ndim != 2 or table.shape[1] != len(levels)):
            raise ValueError(f"residuals have shape {table.shape}, not (horizon, {len(levels)})")
        return cls(loss_name=stored["loss"], residual_levels=levels, residuals=table)
