"""Facts over a whole data set, found in its parts and merged, so that each part is read as the whole is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecaster.data.panel import Clock, Panel

# Warning of values that are not evenly spaced.
IRREGULAR = "irregular"


@dataclass(frozen=True)
class Whole:
    """What the reader of a part must know of all others.

    Attributes:
        n_rows: Of all parts.
        n_series: Likewise.
        clock: Of all rows.
        is_regular: Whether the rows of every series are whole steps of the clock apart (values).
        latest: Moment up to which all series were observed; None without rows.
        n_single: Series of one row.
    """

    n_rows: int
    n_series: int
    clock: Clock
    is_regular: bool
    latest: np.generic | None = None
    n_single: int = 0


def facts_of(panel: Panel) -> Whole:
    """The facts of one part, read by itself.

    Args:
        panel: Its rows.

    Returns:
        To be merged.
    """
    # events that are counted per period are observed up to the last period that any series has
    moments = panel.times if panel.as_of is None else panel.as_of
    latest = moments.max() if len(moments) else None
    is_regular = all(note.code != IRREGULAR for note in panel.warnings)
    n_single = int((panel.lengths == 1).sum())
    return Whole(panel.n_rows, panel.n_series, panel.clock, is_regular, latest, n_single)


def merge_facts(parts: Sequence[Whole]) -> Whole:
    """The facts of all parts together.

    The step and the weekdays are those of most rows: where parts of a regular data set agree, as they do
    unless they are very short, that is what the whole shows too.

    Args:
        parts: At least one.

    Returns:
        Counts added, the finest resolution, the latest moment.

    Raises:
        ValueError: There is no part.
    """
    if not parts:
        raise ValueError("no part")
    votes: Counter[Clock] = Counter()
    for part in parts:
        votes[replace(part.clock, resolution=None)] += max(part.n_rows - part.n_series, 0)
    clock = max(votes, key=lambda one: votes[one])
    known = [part.clock.resolution for part in parts if part.clock.resolution is not None]
    moments = [part.latest for part in parts if part.latest is not None]
    return Whole(
        sum(part.n_rows for part in parts),
        sum(part.n_series for part in parts),
        replace(clock, resolution=min(known, default=None)),
        all(part.is_regular for part in parts),
        max(moments, default=None),  # type: ignore[type-var]
        sum(part.n_single for part in parts),
    )
