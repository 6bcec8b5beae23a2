"""Folds: past moments inside the training part from which the trials of a study are trained and scored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.config.build import change
from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.training.prepare import Prepared, prepare


@dataclass(frozen=True)
class Folds:
    """What every trial is trained and scored on.

    Attributes:
        panels: The latest first: each ends where the part begins that the one before holds out. The first
            ends where the study's test part begins, no row of which is in any.
        settings: As the user gave them, but for parts that were to begin at a date: each panel holds out
            parts of its own.
        latest: The first panel, prepared.
        earliest: The last one.
    """

    panels: tuple[Panel, ...]
    settings: Settings
    latest: Prepared
    earliest: Prepared


def make_folds(panel: Panel, settings: Settings, n_folds: int) -> Folds:
    """Folds of a panel, as many as its rows allow.

    Args:
        panel: All rows.
        settings: As the user gave them.
        n_folds: How many are wanted.

    Returns:
        One at least.

    Raises:
        ConfigError: A setting does not fit the data, or there are too few rows for a single fold.
    """
    if settings.window.split == "random":
        raise ConfigError("--split random: what is tuned on random windows is leaky. Leave it out.")
    rows = panel if settings.window.test_size == 0 else _before_test(panel, prepare(panel, settings))
    own = change(settings, {name: _own_size(settings, name) for name in ("test_size", "valid_size")})
    found: list[tuple[Panel, Prepared]] = []
    while len(found) < n_folds:
        look_back = found[0][1].settings.window.look_back if found else own.window.look_back
        try:
            prepared = prepare(rows, change(own, {"look_back": look_back}))
        except ConfigError:
            if not found:
                raise
            break
        if not (prepared.parts.train.n_windows and prepared.parts.test.n_windows):
            break
        found.append((rows, prepared))
        rows = _before_test(rows, prepared)
    if not found:
        raise ConfigError(
            f"{panel.source}: {rows.n_rows:,} rows before the test part are too few to hold any out for "
            f"tuning. Lower --look-back or --test-size, or bring more rows."
        )
    return Folds(tuple(rows for rows, _ in found), own, found[0][1], found[-1][1])


def _own_size(settings: Settings, name: str) -> int | float | None:
    """Size of a fold's part: as given, but for a date, and for a test part of nothing."""
    size: int | float | str | None = getattr(settings.window, name)
    return None if isinstance(size, str) or (name == "test_size" and size == 0) else size


def _before_test(panel: Panel, prepared: Prepared) -> Panel:
    """The rows before the test part, as they were known then."""
    span = prepared.split.before_test
    as_of = None
    if span.as_of is not None:
        as_of = np.broadcast_to(np.asarray(span.as_of, dtype=panel.times.dtype), panel.n_series).copy()
    return replace(panel.take(span.begins, span.ends), as_of=as_of)
