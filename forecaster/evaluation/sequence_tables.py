"""What trained networks say of sequences, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from forecaster.baselines.sequence_base import Known
from forecaster.baselines.sequence_choose import simplest
from forecaster.data.clock import to_display
from forecaster.data.goals import Goal
from forecaster.data.load import Source, read_panel
from forecaster.data.marks import recode_marks
from forecaster.data.panel import Panel
from forecaster.data.test_series import recode_goal
from forecaster.errors import RunError, listing
from forecaster.evaluation.sequence_continuation import (
    CONTINUED,
    Continued,
    check_continued,
    continuation_table,
    refuse_symbols,
)
from forecaster.evaluation.sequence_job import SequenceRun
from forecaster.evaluation.sequence_scores import score_sequences
from forecaster.windows.windows import Span

# Before the name of a class: its probability.
PROBABILITY = "p-"


def read_sequences_like(run: SequenceRun, data: Source) -> Panel:
    """Sequences of another file, read as the training data of a run was.

    Args:
        run: A trained run.
        data: The file or frame; it may lack the column that was learnt.

    Returns:
        A panel with the classes and marks of the run.

    Raises:
        DataError: The data cannot be read, or holds a class that was not trained on.
    """
    panel = read_panel(data, run.settings.data, run.panel.columns, run.name)
    return recode_goal(recode_marks(panel, run.panel.mark_names), run.networks.goal, run.name)


def sequence_parts(run: SequenceRun, panel: Panel) -> Iterator[pd.DataFrame]:
    """Labels of sequences, or outputs or tags of their rows, so many at a time.

    Args:
        run: A trained run.
        panel: Sequences, read as those of the run.

    Yields:
        Labels: ``unique_id, label, p-CLASS, ...``; tags: ``unique_id, ds``, the column and ``probability``;
        outputs: ``unique_id, ds`` and the columns. At least one table of a panel that has rows.
    """
    goal = run.networks.goal
    for index, found in run.networks.parts(panel, Span(panel.offsets[:-1], panel.offsets[1:])):
        yield _labels(panel, goal, index, found) if goal.kind == "label" else _rows(panel, goal, index, found)


def _labels(panel: Panel, goal: Goal, index: np.ndarray, found: np.ndarray) -> pd.DataFrame:
    """A row a sequence, with the probability of each class."""
    names = np.array(goal.names, dtype=object)
    table = {"unique_id": panel.ids[index], "label": names[found.argmax(axis=1)]}
    return pd.DataFrame(table | {f"{PROBABILITY}{name}": found[:, place] for place, name in enumerate(names)})


def _rows(panel: Panel, goal: Goal, index: np.ndarray, found: np.ndarray) -> pd.DataFrame:
    """A row a row, with its outputs or its tag."""
    table = {
        "unique_id": panel.ids[panel.series_of(index)],
        "ds": to_display(panel.clock, panel.times[index]),
    }
    if goal.kind == "outputs":
        return pd.DataFrame(table | dict(zip(goal.names, found.T, strict=True)))
    names = np.array(goal.names, dtype=object)
    return pd.DataFrame(table | {goal.column: names[found.argmax(axis=1)], "probability": found.max(axis=1)})


def predict_sequences(
    run: SequenceRun, data: Source | None, asked: Continued = CONTINUED
) -> tuple[pd.DataFrame, list[str]]:
    """What a run says of the sequences of a file.

    Args:
        run: A trained run.
        data: A file or frame.
        asked: How symbols go on.

    Returns:
        The table of ``sequence_parts``, and sentences on what should be known of the file.

    Raises:
        ConfigError: What is asked for does not fit the run.
        DataError: The file cannot be read.
        RunError: No file is given, and the run keeps no rows.
    """
    parts, notes = predict_in_parts(run, data, asked)
    return pd.concat(parts, ignore_index=True), notes


def predict_in_parts(
    run: SequenceRun, data: Source | None, asked: Continued = CONTINUED
) -> tuple[Iterator[pd.DataFrame], list[str]]:
    """The same, the table so many rows at a time.

    Args:
        run: A trained run.
        data: A file or frame.
        asked: How symbols go on.

    Returns:
        Tables one after the other, and sentences.

    Raises:
        ConfigError: What is asked for does not fit the run.
        DataError: The file cannot be read.
        RunError: No file is given, and the run keeps no rows.
    """
    check_continuation(run, data, asked)
    panel = run.panel if data is None else read_sequences_like(run, data)
    notes = [note.line for note in (*panel.repairs, *panel.warnings)]
    return say(run, panel, asked), notes


def check_continuation(run: SequenceRun, data: object | None, asked: Continued) -> None:
    """Refuse what a run cannot answer.

    Args:
        run: A trained run.
        data: What it is asked of; None for the rows that it keeps.
        asked: How symbols go on.

    Raises:
        ConfigError: What is asked for does not fit the run.
        RunError: No file is given, and the run keeps no rows.
    """
    if run.networks.goal.kind == "marks":
        check_continued(run, asked)
    else:
        refuse_symbols(run, asked)
    if data is None and run.panel.n_rows == 0:
        raise RunError(f"{run.name}: keeps no rows. Name a file: forecast predict FILE --run {run.name}")


def say(run: SequenceRun, panel: Panel, asked: Continued) -> Iterator[pd.DataFrame]:
    """What a run says of sequences: labels, outputs or tags, or how symbols go on.

    Args:
        run: A trained run.
        panel: Sequences, read as those of the run, with one row at least.
        asked: How symbols go on; checked.

    Returns:
        Tables one after the other.
    """
    if run.networks.goal.kind == "marks":
        return iter([continuation_table(run, panel, asked)])
    return sequence_parts(run, panel)


def evaluate_sequences(run: SequenceRun, data: Source) -> tuple[dict[str, Any], list[str]]:
    """Scores of a run on the sequences of a file.

    Args:
        run: A trained run.
        data: A file or frame that holds what was learnt.

    Returns:
        Scores as in report.json, of the one baseline that the run knows without its training rows; and
        sentences on what should be known of the file.

    Raises:
        DataError: The file cannot be read, or holds a class that was not trained on.
        RunError: It lacks what was learnt.
    """
    panel = read_sequences_like(run, data)
    begins, ends = panel.offsets[:-1], panel.offsets[1:]
    known = _known_baseline(run)
    part = score_sequences(panel, Span(begins, ends), Span(begins, begins), run.networks, known)
    if part is None:
        goal = run.networks.goal
        what = goal.column or listing(goal.names)
        if goal.kind == "marks":
            what = "symbol that was trained on after the first row of a sequence, and so nothing"
        raise RunError(f"{run.name}: {panel.source} holds no {what} to score by. Use a file with it.")
    notes = [note.line for note in (*panel.repairs, *panel.warnings)]
    if known:
        only = f"of the baselines a run knows '{known[0].name}' alone, as it keeps no rows of training; "
        notes.append(only + "as --test of a training a file is scored beside all of them")
    return part.to_json(), notes


def _known_baseline(run: SequenceRun) -> list[Known]:
    """The baseline that needs no rows; none of a run of an earlier version."""
    goal = run.panel.goal
    return [Known(simplest(goal).name, goal.usual)] if goal is not None and goal.usual else []
