"""Train, valid and test of sequences: whole series at random where there are many, else by time."""

from __future__ import annotations

import numpy as np

from forecaster.config.settings import WindowSettings
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.windows.split import DEFAULT_FRACTION, Split

# Fewer series than this are cut in time, each by itself; labels always belong to whole series.
LEAST_SERIES = 10

# Shares of whole series that are held out.
TEST_SHARE, VALID_SHARE = 0.2, 0.1


def split_sequences(panel: Panel, settings: WindowSettings, seed: int) -> Split:
    """Rows of every part; a series that belongs to one part as a whole has no rows in the others.

    Args:
        panel: Sequences; the series of ``--test`` are the test part.
        settings: ``test_size`` and ``valid_size``: a fraction, or a number of series or of rows.
        seed: Of what is drawn.

    Returns:
        Where each series is cut; of labels, every class has its share of each part.

    Raises:
        ConfigError: A size is a date, or nothing is left to train on.
    """
    goal = panel.goal
    held_out = None if goal is None else goal.held_out
    begins, ends = panel.offsets[:-1].astype(np.int64), panel.offsets[1:].astype(np.int64)
    if goal is None or (goal.kind != "label" and panel.n_series < LEAST_SERIES and held_out is None):
        return _in_time(begins, ends, settings, panel)
    random = np.random.default_rng([seed, 10, 2])
    groups = goal.values if goal.kind == "label" else np.zeros(panel.n_series, dtype=np.int64)
    test = np.zeros(panel.n_series, dtype=bool) if held_out is None else held_out
    if held_out is None:
        test = _drawn(groups, ~test, _asked(settings.test_size, "--test-size"), TEST_SHARE, random)
    valid = _drawn(groups, ~test, _asked(settings.valid_size, "--valid-size"), VALID_SHARE, random)
    if (test | valid).all():
        raise ConfigError(
            f"{panel.source}: no series is left to train on. Lower --test-size and --valid-size."
        )
    train_ends = np.where(test | valid, begins, ends)
    valid_ends = np.where(test, begins, ends)
    return Split(begins, train_ends, valid_ends, ends)


def _asked(size: float | str | None, option: str) -> float | None:
    """A size that is a number."""
    if isinstance(size, str):
        raise ConfigError(
            f"{option} {size}: a date cuts no sequences. Give a fraction, or a number of series or of rows."
        )
    return size


def _drawn(
    groups: np.ndarray, among: np.ndarray, size: float | None, share: float, random: np.random.Generator
) -> np.ndarray:
    """(n_series,) bool: the same share of each group among some, to the nearest whole series."""
    n_all = int(among.sum())
    if size is not None:
        share = size if isinstance(size, float) else size / max(n_all, 1)
    chosen = np.zeros(len(groups), dtype=bool)
    for group in np.unique(groups[among]):
        members = np.flatnonzero(among & (groups == group))
        n_wanted = min(round(share * len(members)), len(members) - 1)
        chosen[random.permutation(members)[: max(n_wanted, 0)]] = True
    return chosen


def _in_time(begins: np.ndarray, ends: np.ndarray, settings: WindowSettings, panel: Panel) -> Split:
    """The last rows of every series held out."""
    lengths = ends - begins
    cuts, last = [], ends
    for size, option in ((settings.test_size, "--test-size"), (settings.valid_size, "--valid-size")):
        asked = _asked(size, option)
        if asked is None:
            asked = DEFAULT_FRACTION
        n_rows = np.rint(lengths * asked).astype(np.int64) if isinstance(asked, float) else np.int64(asked)
        last = np.maximum(last - n_rows, begins)
        cuts.append(last)
    if (cuts[1] <= begins).all():
        raise ConfigError(f"{panel.source}: no row is left to train on. Lower --test-size and --valid-size.")
    return Split(begins, cuts[1], cuts[0], ends)
