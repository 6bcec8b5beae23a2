"""Origins: which past moments a backtest forecasts from, and the rows before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from forecaster.data.panel import Panel
from forecaster.errors import ConfigError


@dataclass(frozen=True)
class Origins:
    """Which moments are forecast from.

    Attributes:
        n_windows: Cutoffs of every series; the last lies a horizon before its end.
        step_size: Rows between two cutoffs.
        refit: Train again at every so many cutoffs; 0 trains once, before the first.
        train_size: Rows of every series to train on, the latest ones: the origin rolls. None for all there
            are: it expands.
    """

    n_windows: int = 10
    step_size: int = 1
    refit: int = 0
    train_size: int | None = None

    @property
    def n_trainings(self) -> int:
        """How often is trained."""
        return -(-self.n_windows // self.refit) if self.refit else 1

    def check(self) -> None:
        """Refuse numbers that are none.

        Raises:
            ConfigError: A number is too low.
        """
        for option, value, least in (
            ("--windows", self.n_windows, 1),
            ("--step-size", self.step_size, 1),
            ("--refit-every", self.refit, 0),
            ("--train-size", self.train_size, 1),
        ):
            if value is not None and value < least:
                raise ConfigError(f"{option} {value}: below {least}. Raise it.")


def cutoff_rows(panel: Panel, origins: Origins, horizon: int) -> np.ndarray:
    """Last input row of every cutoff.

    Args:
        panel: All rows.
        origins: Which cutoffs.
        horizon: Steps to forecast.

    Returns:
        (n_windows, n_series) int64 flat row numbers, the earliest cutoff first; before the begin of
        its series where that is too short.
    """
    back = horizon + origins.step_size * np.arange(origins.n_windows - 1, -1, -1)
    return panel.offsets[1:][None] - 1 - back[:, None]


def usable_rows(panel: Panel, origins: Origins, horizon: int) -> np.ndarray:
    """Which cutoffs have a row of their series.

    Args:
        panel: All rows.
        origins: Which cutoffs.
        horizon: Steps to forecast.

    Returns:
        (n_windows, n_series) bool.

    Raises:
        ConfigError: The first cutoff has none of any series.
    """
    usable: np.ndarray = cutoff_rows(panel, origins, horizon) >= panel.offsets[:-1]
    if not usable[0].any():
        raise ConfigError(
            f"{panel.source}: the longest series has {panel.lengths.max()} rows; --windows "
            f"{origins.n_windows} with --step-size {origins.step_size} and --horizon "
            f"{horizon} needs more. Lower them."
        )
    return usable


def training_rows(
    panel: Panel, cutoffs: np.ndarray, origins: Origins, embargo: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on before the first cutoff of a training.

    Args:
        panel: All rows.
        cutoffs: (n_series,) int64 flat row number of that cutoff.
        origins: Whether the origin rolls.
        embargo: Rows left out before the cutoff.

    Returns:
        (n_series,) int64 first row of each series, and the one after the last.
    """
    firsts = panel.offsets[:-1]
    ends = np.maximum(cutoffs + 1 - embargo, firsts)
    begins = firsts if origins.train_size is None else np.maximum(ends - origins.train_size, firsts)
    return begins, ends


def left_out(usable: np.ndarray) -> Iterator[str]:
    """What is said of series that are too short for some cutoffs.

    Args:
        usable: (n_windows, n_series) bool, whether a cutoff has a row of the series.

    Yields:
        A line at most.
    """
    n_windows, n_series = usable.shape
    n_short, n_never = int((~usable[0]).sum()), int((~usable.any(axis=0)).sum())
    if n_short:
        yield (
            f"{n_short:,} of {n_series:,} series too short for the first of {n_windows:,} cutoffs: left out "
            f"of those before their first row, {int((~usable).sum()):,} of {usable.size:,} forecasts"
            + (f"; {n_never:,} of them left out of all." if n_never else ".")
        )
