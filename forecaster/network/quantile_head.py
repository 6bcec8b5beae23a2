"""QuantileHead: several quantiles a step that cannot cross."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from keras import ops
from scipy.special import ndtri

from forecaster.distributions.base import Distribution
from forecaster.distributions.quantiles import Quantiles
from forecaster.network.head import Head
from forecaster.network.output import masked_mean

# Share of the loss that is the median's: it is the point forecast, and with as much weight as all levels have
# together it is about as near as under the absolute error alone.
MEDIAN_SHARE = 0.5

# Distance by which two quantiles of a start differ at least, in units of the spread.
LEAST_GAP = 1e-3

LEVELS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)


@dataclass(frozen=True, eq=False)
class QuantileHead(Head):
    """Quantiles by pinball loss: a middle one, and distances upwards and downwards that are positive.

    A network that puts out zeros forecasts ``start``, or the quantiles of a normal distribution around 0 with
    standard deviation ``spread``.

    Attributes:
        levels: Rising quantile levels in (0, 1).
        spread: Standard deviation of the normalised targets, roughly; distances are in units of it.
        start: (n_levels,) rising quantiles of the normalised targets; empty for those of the normal
            distribution.
    """

    name: ClassVar[str] = "quantile"

    levels: tuple[float, ...] = LEVELS
    spread: float = 1.0
    start: tuple[float, ...] = ()
    _rising: np.ndarray = field(init=False, repr=False)  # levels, float32
    _offsets: np.ndarray = field(init=False, repr=False)  # (n_levels - 1,) gaps of the normal before softplus
    _sums: np.ndarray = field(init=False, repr=False)  # (n_levels - 1, n_levels) from gaps to quantiles

    def __post_init__(self) -> None:
        """Refuse levels that do not rise inside (0, 1)."""
        inside = all(0 < level < 1 for level in self.levels)
        if len(self.levels) < 2 or not inside or list(self.levels) != sorted(set(self.levels)):
            raise ValueError(f"quantile levels {self.levels} must be two at least, rise, and lie in (0, 1)")
        if not 0 < self.spread < np.inf:
            raise ValueError(f"spread {self.spread} must be positive")
        gaps = np.diff(np.asarray(self.start) / self.spread if self.start else ndtri(np.asarray(self.levels)))
        if self.start and (len(self.start) != len(self.levels) or not (gaps > 0).all()):
            raise ValueError(f"{len(self.start)} starting quantiles must rise, one for each level")
        object.__setattr__(self, "_rising", np.asarray(self.levels, dtype=np.float32))
        offsets = np.log(np.expm1(gaps))
        object.__setattr__(self, "_offsets", offsets.astype(np.float32))
        object.__setattr__(self, "_sums", (self.spread * self._signs()).astype(np.float32))

    def _signs(self) -> np.ndarray:
        """(n_levels - 1, n_levels): which gaps each quantile adds to the middle, or takes from it."""
        gap = np.arange(len(self.levels) - 1)[:, None]
        level = np.arange(len(self.levels))
        above = (gap >= self.middle) & (gap < level)
        below = (gap < self.middle) & (gap >= level)
        return above.astype(np.float64) - below

    @property
    def n_outputs(self) -> int:
        """One number for each level."""
        return len(self.levels)

    @property
    def starts_fitted(self) -> bool:
        """Whether there is a start; see ``Head.starts_fitted``."""
        return bool(self.start)

    @property
    def center(self) -> float:
        """The middle quantile of a network that puts out zeros."""
        return self.start[self.middle] if self.start else 0.0

    @property
    def middle(self) -> int:
        """Position of the level nearest to one half."""
        return int(np.argmin(np.abs(np.asarray(self.levels) - 0.5)))

    def quantiles(self, outputs: Any) -> Any:
        """Quantiles in the order of ``levels``.

        Args:
            outputs: (batch, horizon, n_levels) tensor of the network, the middle one first.

        Returns:
            (batch, horizon, n_levels) tensor, rising along the last axis.
        """
        offsets = ops.convert_to_tensor(self._offsets, dtype=outputs.dtype)
        sums = ops.convert_to_tensor(self._sums, dtype=outputs.dtype)
        gaps = ops.softplus(outputs[:, :, 1:] + offsets)
        return self.center + outputs[:, :, :1] + ops.matmul(gaps, sums)

    @classmethod
    def fit(cls, levels: tuple[float, ...], target: np.ndarray) -> QuantileHead:
        """A head that starts at the quantiles of some targets.

        Args:
            levels: Rising quantile levels in (0, 1).
            target: (n,) known training targets, normalised.

        Returns:
            The head; quantiles that are equal are moved apart by a thousandth of the spread.
        """
        if len(target) == 0:
            return cls(levels)
        least = LEAST_GAP * np.arange(len(levels))
        start = np.maximum.accumulate(np.quantile(target, levels) - least) + least
        return cls(levels, start=tuple(float(value) for value in start))

    def loss(self, y: Any, mask: Any, outputs: Any) -> Any:
        """Pinball loss: half that of the median, half the mean over all levels; see ``Head.loss``."""
        error = ops.expand_dims(y, 2) - self.quantiles(outputs)
        levels = ops.convert_to_tensor(self._rising, dtype=error.dtype)
        pinball = levels * error + ops.relu(-error)
        whole = (1.0 - MEDIAN_SHARE) * ops.mean(pinball, axis=2) + MEDIAN_SHARE * pinball[:, :, self.middle]
        return masked_mean(whole, mask)

    def distribution(self, outputs: np.ndarray) -> Distribution:
        """Quantiles at the levels; see ``Head.distribution``."""
        values = self._quantiles_numpy(np.asarray(outputs, dtype=np.float64))
        return Quantiles(np.asarray(self.levels), values)

    def _quantiles_numpy(self, outputs: np.ndarray) -> np.ndarray:
        """``quantiles`` in float64 and without a backend."""
        gaps = np.logaddexp(0.0, outputs[:, :, 1:] + self._offsets)
        return np.asarray(self.center + outputs[:, :, :1] + gaps @ self._sums)

    def to_json(self) -> dict[str, Any]:
        """Name, levels, spread and start."""
        stored = {"name": self.name, "levels": list(self.levels), "spread": self.spread}
        return {**stored, "start": list(self.start)} if self.start else stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The head of ``to_json``.

        Args:
            stored: What ``to_json`` returned.

        Returns:
            The head.
        """
        levels, start = (tuple(map(float, stored.get(name, ()))) for name in ("levels", "start"))
        return cls(levels=levels, spread=float(stored["spread"]), start=start)
