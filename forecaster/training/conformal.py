"""Conformal: quantiles corrected by what they missed on the validation part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.config.facts import WAITING
from forecaster.data.panel import Note
from forecaster.distributions import Distribution, Quantiles
from forecaster.errors import ConfigError

# Steps of the horizon with fewer known targets than this share the shifts of all steps.
FEWEST_TARGETS = 50
# Ranks such as (n + 1) 0.7 are whole numbers but for rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Conformal:
    """A shift for each quantile level, which makes validation targets fall below it as often as it says.

    The median is never shifted, so that the point forecast stays what the loss chose. Nor does a level pass
    it, or a level between: where its shift would take it across, it stops there. Intervals only get wider by
    that, so a central interval still covers what it promises.

    Shifts are in normalised space, where series of all sizes count alike. The promise holds for windows that
    are exchangeable with those of the validation part. Windows of one series overlap and follow each other in
    time, and the validation part has chosen the weights; so it holds about, and less the more the series
    change.

    Attributes:
        levels: (n_levels,) quantile levels, rising in (0, 1).
        shift: (horizon, n_levels) what is added to the quantiles of each step, normalised; (1, n_levels)
            where all steps share it.

    Source:
        Romano, Patterson and Candes, "Conformalized Quantile Regression", NeurIPS 2019; each level by itself,
        as in their variant that controls the two tails independently.
    """

    levels: np.ndarray
    shift: np.ndarray

    def __post_init__(self) -> None:
        """Refuse levels that do not rise inside (0, 1), and shifts of another number of levels."""
        levels = self.levels
        if levels.ndim != 1 or len(levels) < 2 or not (np.diff(levels) > 0).all():
            raise ValueError("conformal levels must be two at least, and rise")
        if levels[0] <= 0 or levels[-1] >= 1:
            raise ValueError(f"conformal levels {levels[0]:g} .. {levels[-1]:g} must lie between 0 and 1")
        if self.shift.ndim != 2 or self.shift.shape[1] != len(levels):
            raise ValueError(f"conformal shifts {self.shift.shape} for {len(levels)} levels")

    @classmethod
    def fit(
        cls, forecast: Distribution, levels: np.ndarray, target: np.ndarray, mask: np.ndarray
    ) -> Conformal:
        """The shifts that some windows ask for.

        Args:
            forecast: Of windows that were not trained on, (n_windows, horizon), normalised.
            levels: (n_levels,) rising in (0, 1).
            target: (n_windows, horizon) what came, normalised.
            mask: (n_windows, horizon) bool, where it is known; at least once.

        Returns:
            At level p the error of rank ceil((n + 1) p), below the median the mirrored rank, of the n errors
            of the step; of all steps where the step has too few.
        """
        errors = target[..., None] - quantiles_at(forecast, levels)  # (n_windows, horizon, n_levels)
        known = [errors[mask[:, step], step] for step in range(errors.shape[1])]
        least = max(FEWEST_TARGETS, targets_needed(levels))
        shared = _shift(np.concatenate(known), levels)
        if max(len(own) for own in known) < least:
            return cls(levels, shared[None])
        rows = [_shift(own, levels) if len(own) >= least else shared for own in known]
        return cls(levels, np.stack(rows))

    def apply(self, forecast: Distribution) -> Quantiles:
        """The forecast with its quantiles corrected.

        Args:
            forecast: (n_windows, horizon), normalised.

        Returns:
            Quantiles at ``levels``.
        """
        moved = quantiles_at(forecast, self.levels) + self.shift
        middle = int(np.searchsorted(self.levels, 0.5))
        for level in range(middle + 1, len(self.levels)):
            np.maximum(moved[..., level], moved[..., level - 1], out=moved[..., level])
        for level in range(min(middle, len(self.levels) - 1) - 1, -1, -1):
            np.minimum(moved[..., level], moved[..., level + 1], out=moved[..., level])
        return Quantiles(self.levels, moved)

    def to_json(self) -> dict[str, Any]:
        """Levels and how far each was shifted in the mean over the steps, for the report."""
        return {
            "levels": self.levels.tolist(),
            "mean_absolute_shift": np.abs(self.shift).mean(axis=0).tolist(),
        }


def quantiles_at(forecast: Distribution, levels: np.ndarray) -> np.ndarray:
    """Quantiles of a forecast, looked up where it is known by just these.

    Args:
        forecast: Of any shape.
        levels: (n_levels,) rising in (0, 1).

    Returns:
        shape + (n_levels,).
    """
    if isinstance(forecast, Quantiles) and np.array_equal(forecast.levels[0], levels):
        return forecast.values
    return forecast.quantile(levels)


def targets_needed(levels: np.ndarray) -> int:
    """Fewest targets that every level has a rank among.

    Args:
        levels: In (0, 1).

    Returns:
        The number.

    Example:
        >>> targets_needed(np.array([0.1, 0.5, 0.975]))
        39
    """
    outer = np.maximum(levels, 1.0 - levels)
    return int(np.ceil((outer / (1.0 - outer)).max() - ROUNDING))


def _shift(errors: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """(n_levels,) error (n, n_levels) of the rank of each level; 0 for the median."""
    n = len(errors)
    above, below = np.ceil((n + 1) * levels - ROUNDING), np.floor((n + 1) * levels + ROUNDING)
    rank = np.clip(np.where(levels > 0.5, above, below), 1, n).astype(np.int64)
    chosen = np.sort(errors, axis=0)[rank - 1, np.arange(len(levels))]
    return np.where(levels == 0.5, 0.0, chosen)


def check_conformal(kind: str, head: str, n_known: int) -> None:
    """Refuse to correct what cannot be, or needs not be.

    Args:
        kind: Of the panel.
        head: Name of the head.
        n_known: Known targets of the validation part.

    Raises:
        ConfigError: Waiting times, bins, points, or nothing to correct by.
    """
    if kind in WAITING:
        raise ConfigError(
            f"--conformal: for values and prices, not for {kind}: open intervals have no error to correct "
            f"by, and --head mixture is made as wide as the validation part asks for. Leave it out."
        )
    if head == "bins":
        raise ConfigError(
            "--conformal: quantiles that are shifted no longer agree with the probabilities of --head bins. "
            "Leave it out, or take --head quantile."
        )
    if head == "point":
        raise ConfigError(
            "--conformal: --head point has the quantiles of its errors on the validation part already. "
            "Leave it out, or take --head quantile."
        )
    if n_known == 0:
        raise ConfigError(
            "--conformal: there are 0 validation targets to correct quantiles by. Set --valid-size, or bring "
            "more rows."
        )


def few_targets(levels: np.ndarray, n_known: int) -> list[Note]:
    """What must be said where the outermost levels have no rank among the targets.

    Args:
        levels: In (0, 1).
        n_known: Known targets of the validation part.

    Returns:
        A note, or none.
    """
    needed = targets_needed(levels)
    if n_known >= needed:
        return []
    text = (
        f"--conformal: the level {levels[np.argmax(np.abs(levels - 0.5))]:g} takes {needed} validation "
        f"targets; of {n_known} it takes the outermost error, which is too narrow."
    )
    return [Note("conformal_few", text, n_known)]
