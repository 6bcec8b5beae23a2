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
    known, test = groups >= 0, np.zeros(panel.n_series, dtype=bool) if held_out is None else held_out
    if held_out is None:
        test = _drawn(groups, known, _share(panel, known, settings.test_size, "--test-size"), random)
    rest = known & ~test
    valid = _drawn(groups, rest, _share(panel, rest, settings.valid_size, "--valid-size"), random)
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


def _share(panel: Panel, among: np.ndarray, size: float | str | None, option: str) -> float:
    """The share that a size is of some series; a ConfigError for one that leaves none."""
    asked, n_all = _asked(size, option), int(among.sum())
    if asked is None:
        return TEST_SHARE if option == "--test-size" else VALID_SHARE
    if isinstance(asked, float):
        return asked
    if asked >= max(n_all, 1):
        raise ConfigError(f"{panel.source}: {option} {asked:,} of {n_all:,} series leaves none. Lower it.")
    return asked / max(n_all, 1)


def _drawn(groups: np.ndarray, among: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """(n_series,) bool: the same share of each group among some, to the nearest whole series.

    Where groups are so small that this is less than the share of all, those nearest to one more give one
    more; one series of each is left in any case.
    """
    found, counts = np.unique(groups[among], return_counts=True)
    wanted, most = share * counts, counts - 1
    n_each = np.minimum(np.rint(wanted).astype(np.int64), most)
    n_more = max(round(share * int(counts.sum())) - int(n_each.sum()), 0)
    ties = random.spawn(1)[0].permutation(len(found))
    nearest = np.lexsort((ties, n_each - wanted))
    n_each[nearest[n_each[nearest] < most[nearest]][:n_more]] += 1
    chosen = np.zeros(len(groups), dtype=bool)
    for group, n_drawn in zip(found, n_each, strict=True):
        members = np.flatnonzero(among & (groups == group))
        chosen[random.permutation(members)[:n_drawn]] = True
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
