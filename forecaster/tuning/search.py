"""Search: gives out the trials of a study to whatever runs them, and takes what became of them."""

from __future__ import annotations

from collections.abc import Callable

from forecaster.training.interrupts import StopFlag
from forecaster.tuning.study import Asked, Study, Told, best_of
from forecaster.tuning.trial import Outcome, Work, run_trial

# Called after every trial with how many have ended, how many there are to be, the trial, and the best so far.
Progress = Callable[[int, int, Told, Told | None], None]


class Search:
    """The trials of a search, for whatever runs them.

    Attributes:
        work: What every trial needs.
        stop: Whether to end early.
    """

    def __init__(
        self, study: Study, work: Work, n_trials: int, stop: StopFlag, progress: Progress | None
    ) -> None:
        self.work = work
        self.stop = stop
        self._study = study
        self._n_trials = n_trials
        self._progress = progress

    def next_batch(self) -> list[Asked]:
        """Trials that may run side by side; none at the end. All must be told before the next batch."""
        return [] if self.stop.is_set else self._study.next_batch(self._n_trials)

    def tell(self, asked: Asked, outcome: Outcome | str) -> None:
        """Keep what became of a trial, and say so.

        Args:
            asked: The trial.
            outcome: What became of it; a text where nothing came back, to say why.
        """
        if isinstance(outcome, str):
            outcome = Outcome(error=outcome)
        self._study.tell(asked.number, outcome)
        if self._progress is None or outcome.is_stopped:
            return
        told = self._study.told()
        this = next(one for one in told if one.number == asked.number)
        self._progress(len(told), max(self._n_trials, len(told)), this, best_of(told))


def run_here(search: Search) -> None:
    """Run the trials in this process, one after the other.

    Args:
        search: Gives them out, and takes what became of them.
    """
    while batch := search.next_batch():
        for asked in batch:
            if search.stop.is_set:
                return
            search.tell(asked, run_asked(search.work, asked, search.stop))


def run_asked(work: Work, asked: Asked, stop: StopFlag | None = None) -> Outcome:
    """Run one trial, wherever this is called.

    Args:
        work: What every trial needs.
        asked: The trial.
        stop: Set from outside to end early.

    Returns:
        What became of it.
    """
    return run_trial(work, asked.values, asked.limits, stop)
