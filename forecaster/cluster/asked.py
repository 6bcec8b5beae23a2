"""What is asked of a run, to be answered by the workers of Ray."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TypeAlias

from forecaster.data.folder import is_folder
from forecaster.data.load import Source
from forecaster.evaluation.forecast import Question
from forecaster.evaluation.reading import check_as_of, check_future, panel_ahead
from forecaster.evaluation.sequence_continuation import Continued
from forecaster.evaluation.sequence_job import SequenceRun
from forecaster.evaluation.sequence_tables import check_continuation, read_sequences_like
from forecaster.evaluation.trained_run import TrainedRun

# Of a run of forecasts, or of one of sequences.
Asking: TypeAlias = Question | Continued


@dataclass(frozen=True)
class Asked:
    """What Ray is to say of data.

    Attributes:
        data: Rows to forecast from; those that the run keeps when None.
        question: What is asked of it.
        as_of: Moment to look forward from (events).
        future: Rows after the last ones, where the data have none.
        folder: Path or URL that the parts go to; None where they are read and removed.
    """

    data: Source | None
    question: Asking
    as_of: str | None = None
    future: Source | None = None
    folder: str | None = None


def check_asked(run: TrainedRun | SequenceRun, asked: Asked) -> None:
    """Refuse what a run cannot answer, before anything begins.

    Args:
        run: A trained run.
        asked: What is asked of it.

    Raises:
        ConfigError: It does not fit the run.
        RunError: There are no rows, as none are given and the run keeps none.
    """
    match run, asked.question:
        case TrainedRun(), Question() as question:
            question.check(run.panel.kind, run.models[0].architecture.horizon)
            check_as_of(run, asked.as_of)
            check_future(run, asked.future)
        case SequenceRun(), Continued() as question:
            check_continuation(run, asked.data, question)
        case _:
            raise TypeError(f"a {type(run).__name__} cannot be asked a {type(asked.question).__name__}")


def read_by_line(run: TrainedRun | SequenceRun, asked: Asked) -> None:
    """Read files that cannot be read once more, as one process does: its error names the line.

    A part that was cut from a file has lines of its own. Folders, frames and pipes are left alone: parts of
    the first are the user's, and the others have no lines.

    Args:
        run: A trained run.
        asked: What was asked of it.

    Raises:
        ForecasterError: What is wrong, with the line.
    """
    sources = [one for one in (asked.data, asked.future) if one is not None]
    if not all(isinstance(one, str | os.PathLike) and str(one) != "-" for one in sources):
        return
    if asked.data is None or any(is_folder(one) for one in sources):
        return
    if isinstance(run, SequenceRun):
        read_sequences_like(run, asked.data)
    else:
        panel_ahead(run, asked.data, asked.as_of, asked.future)
