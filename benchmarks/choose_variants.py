"""What the study of the defaults tries: one change of the settings that are in force, each under a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

Settings = dict[str, Any]
# From the settings in force by default to what is set in their place; None where there is no such variant.
Variant = Callable[[Mapping[str, Any]], Settings | None]
DEFAULT = "default"


def _with(_: Mapping[str, Any], **given: Any) -> Settings:
    """Settings that go by no default."""
    return given


def _units(force: Mapping[str, Any], *, factor: float) -> Settings:
    """A wider or narrower network."""
    return {"units": tuple(max(round(n_units * factor), 1) for n_units in force["units"])}


def _steps(force: Mapping[str, Any], *, factor: float) -> Settings:
    """A longer or shorter training; without steps an epoch would be all windows once."""
    epochs = max(round(force["epochs"] * factor), 1)
    return {"epochs": epochs, "steps_per_epoch": force["steps_per_epoch"]}


def _seasons(force: Mapping[str, Any], *, more: int) -> Settings | None:
    """A look-back of one season more or less, which keeps one at least."""
    season = force["season"]
    look_back = force["look_back"] + more * season
    return {"look_back": look_back} if season > 1 and look_back >= season else None


def _residual_season(force: Mapping[str, Any]) -> Settings | None:
    """The value of one season ago is corrected, where there is a season."""
    return {"residual": "season"} if force["season"] > 1 else None


VARIANTS: dict[str, Variant] = {
    DEFAULT: _with,
    "preset_fast": partial(_with, preset="fast"),
    "preset_accurate": partial(_with, preset="accurate"),
    "lstm": partial(_with, cell="lstm"),
    "two_layers": partial(_with, layers=2),
    "half_units": partial(_units, factor=0.5),
    "double_units": partial(_units, factor=2),
    "direct": partial(_with, decoder="direct"),
    "series_vectors": partial(_with, series_units=16),
    "dropout_0": partial(_with, dropout=0.0),
    "dropout_01": partial(_with, dropout=0.1),
    "dropout_03": partial(_with, dropout=0.3),
    "residual_none": partial(_with, residual="none"),
    "residual_last": partial(_with, residual="last"),
    "residual_season": _residual_season,
    "one_season_more": partial(_seasons, more=1),
    "one_season_fewer": partial(_seasons, more=-1),
    "rmsprop": partial(_with, optimizer="rmsprop", learning_rate=1e-2),
    "rate_1e-3": partial(_with, learning_rate=1e-3),
    "rate_1e-2": partial(_with, learning_rate=1e-2),
    "half_steps": partial(_steps, factor=0.5),
    "double_steps": partial(_steps, factor=2),
    "mae": partial(_with, head="point", loss="mae"),
    "ensemble_3": partial(_with, ensemble=3),
}


def changes(variant: str, force: Mapping[str, Any]) -> Settings | None:
    """What a variant sets on a problem.

    Args:
        variant: Of ``VARIANTS``.
        force: Settings in force by default.

    Returns:
        Settings of ``Forecaster``; nothing of the default; None where the problem has no such variant or it
        is what the default does.
    """
    given = VARIANTS[variant](force)
    if variant == DEFAULT or given is None:
        return given
    return None if all(force[name] == value for name, value in given.items()) else given
