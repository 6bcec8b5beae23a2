"""What a worker makes of a shard: rows read as the whole data set would be, and what the run says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from forecaster.cluster.asked import Asking
from forecaster.cluster.beside import Beside
from forecaster.cluster.shards import Shard
from forecaster.data.panel import Note, Panel
from forecaster.data.some_series import pick_series
from forecaster.data.whole import Whole
from forecaster.errors import listing
from forecaster.evaluation.forecast import Question, forecast_parts
from forecaster.evaluation.reading import panel_ahead, unseen_ids
from forecaster.evaluation.sequence_continuation import Continued
from forecaster.evaluation.sequence_job import SequenceRun
from forecaster.evaluation.sequence_tables import read_sequences_like, say
from forecaster.evaluation.trained_run import TrainedRun


@dataclass(frozen=True)
class Job:
    """What is done with every shard.

    Attributes:
        name: Of the run, for messages.
        question: What is asked of a run of forecasts, or of one of sequences.
        as_of: Moment to look forward from (events), as the user wrote it.
        whole: Facts over all shards; None where they are the rows that the run keeps.
        mark: The question as JSON, which parts carry.
        future: Rows after the last ones; None for those that the data hold.
        moments: Of the file that ``as_of`` names; None for none.
    """

    name: str
    question: Asking
    as_of: str | None
    whole: Whole | None
    mark: str
    future: Beside | None = None
    moments: Beside | None = None


@dataclass(frozen=True)
class Answer:
    """What a shard is answered with.

    Attributes:
        tables: To be written, one after the other.
        n_series: That were read.
        notes: What should be known of the rows.
        unseen: How many of the ids were not trained on, and some of them; None of sequences, in which ids are
            nothing.
    """

    tables: Iterator[pd.DataFrame]
    n_series: int
    notes: tuple[Note, ...]
    unseen: tuple[int, str] | None


class Answers:
    """A run that is asked of one shard after the other.

    Args:
        run: A trained run.
        job: What is done.
    """

    def __init__(self, run: TrainedRun | SequenceRun, job: Job) -> None:
        self._run, self._job = run, job
        self._kept: Panel | None = None

    def of(self, shard: Shard) -> Answer:
        """The answer for a shard; its rows are read, its tables are still to be made.

        Args:
            shard: Of the data, or of the rows that the run keeps.

        Returns:
            The answer.

        Raises:
            ForecasterError: The rows cannot be read, or do not fit.
        """
        match self._run, self._job.question:
            case TrainedRun() as run, Question() as question:
                panel = self._panel(shard, partial(self._series, run, shard))
                unseen = unseen_ids(run, panel) if shard.source is not None else panel.ids[:0]
                tables = forecast_parts(run.models, panel, question)
                return Answer(tables, panel.n_series, _notes(panel, shard), (len(unseen), listing(unseen)))
            case SequenceRun() as run, Continued() as question:
                panel = self._panel(shard, partial(self._sequences, run, shard))
                return Answer(say(run, panel, question), panel.n_series, _notes(panel, shard), None)
        raise TypeError(f"a {type(self._run).__name__} cannot be asked a {type(self._job.question).__name__}")

    def _panel(self, shard: Shard, read: Callable[[], Panel]) -> Panel:
        """The rows of a shard; those that the run keeps are read once, and cut here."""
        if shard.source is not None:
            return read()
        if self._kept is None:
            self._kept = read()
        return pick_series(self._kept, np.arange(shard.begin, shard.end))

    def _series(self, run: TrainedRun, shard: Shard) -> Panel:
        """What is forecast from."""
        job, number = self._job, 0 if shard.source is None else shard.number
        future, moments = (None if one is None else one.of(number) for one in (job.future, job.moments))
        return panel_ahead(run, shard.source, job.as_of, future, job.whole, moments)[0]

    @staticmethod
    def _sequences(run: SequenceRun, shard: Shard) -> Panel:
        """What something is said of."""
        return run.panel if shard.source is None else read_sequences_like(run, shard.source)


def _notes(panel: Panel, shard: Shard) -> tuple[Note, ...]:
    """What should be known of the rows: of those that the run keeps once, and not what training has said."""
    if shard.source is not None:
        return (*panel.repairs, *panel.warnings)
    return panel.warnings if shard.number == 0 else ()
