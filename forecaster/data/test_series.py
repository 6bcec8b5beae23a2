"""Series of a file of its own that are scored and never trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecaster.data.goals import Goal
from forecaster.data.marks import recode_marks
from forecaster.data.panel import Note, Panel
from forecaster.errors import DataError, listing


def with_test_series(panel: Panel, test: Panel) -> Panel:
    """Sequences and behind them those of another file, which are held out.

    Args:
        panel: To train on.
        test: To score, with the same columns.

    Returns:
        One panel whose goal says which series are held out; an id that both have gets ``(test)`` behind it.

    Raises:
        DataError: The files differ in their columns, or a class of the test file is none of the other's.
    """
    test = recode_goal(recode_marks(test, panel.mark_names), panel.goal, panel.source)
    if panel.goal is None or test.goal is None or test.goal.kind != panel.goal.kind:
        raise DataError(
            f"{test.source}: lacks what is to be learnt, as {panel.source} has it. Add the column."
        )
    if test.channels != panel.channels or test.clock.kind != panel.clock.kind:
        raise DataError(
            f"{test.source}: has the channels {listing(test.channels)}, {panel.source} "
            f"{listing(panel.channels)}. Use files with the same columns."
        )
    both = set(panel.ids) & set(test.ids)
    ids = np.array([f"{one} (test)" if one in both else one for one in test.ids], dtype=object)
    goal = replace(
        panel.goal,
        values=np.concatenate([panel.goal.values, test.goal.values]),
        held_out=np.repeat([False, True], [panel.n_series, test.n_series]),
    )
    marks = None if panel.marks is None or test.marks is None else np.concatenate([panel.marks, test.marks])
    return replace(
        panel,
        values=np.concatenate([panel.values, test.values]),
        offsets=np.concatenate([panel.offsets, panel.offsets[-1] + test.offsets[1:]]),
        times=np.concatenate([panel.times, test.times]),
        ids=np.concatenate([panel.ids, ids]),
        marks=marks,
        goal=goal,
        repairs=(*panel.repairs, *_of_file(test.repairs, test.source)),
        warnings=(*panel.warnings, *_of_file(test.warnings, test.source)),
    )


def recode_goal(panel: Panel, goal: Goal | None, source: str) -> Panel:
    """Sequences whose classes have the codes of others.

    Args:
        panel: Of any file; one without the column that is learnt keeps unknown values.
        goal: Of the training data.
        source: Where that came from, for messages.

    Returns:
        A new panel with the names of ``goal``.

    Raises:
        DataError: A class is none of those trained on.
    """
    own = panel.goal
    if own is None or goal is None:
        return panel
    if goal.kind == "marks" or (goal.kind == own.kind == "outputs"):
        return replace(panel, goal=replace(goal, values=own.values))
    if own.kind == "tags" and goal.kind == "outputs":
        raise DataError(
            f"{panel.source}: column '{own.column}' holds {listing(own.names)}; that of {source} holds "
            "numbers. Correct it or remove it."
        )
    if own.column != goal.column or not own.names:
        return replace(panel, goal=replace(goal.without_values, values=_unknown(panel, goal)))
    strange = [name for name in own.names if name not in goal.names]
    if strange:
        raise DataError(
            f"{panel.source}: column '{own.column}' holds {listing(strange)}, which {source} has none of. "
            "Train on rows of every class, or remove these."
        )
    place = np.array([*(goal.names.index(name) for name in own.names), -1], dtype=np.int64)
    return replace(panel, goal=replace(goal.without_values, values=place[own.values]))


def _unknown(panel: Panel, goal: Goal) -> np.ndarray:
    """Values of a goal that a file does not have."""
    if goal.kind == "outputs":
        return np.full((panel.n_rows, len(goal.names)), np.nan)
    return np.full(panel.n_series if goal.kind == "label" else panel.n_rows, -1, dtype=np.int64)


def _of_file(notes: tuple[Note, ...], source: str) -> tuple[Note, ...]:
    """Notes that name the file they are of."""
    return tuple(replace(note, text=f"{source}: {note.text}") for note in notes)
