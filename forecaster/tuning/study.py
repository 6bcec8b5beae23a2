"""Study: asks Optuna for trials and tells it what became of them; kept in a file, so that it can go on.

What is asked depends on the seed, the number of the trial and the trials of the batches before it, and on
nothing else: neither on who runs the trials, in which order they end, nor on whether the study was ended and
gone on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState

from forecaster.errors import ConfigError, listing
from forecaster.files import explained
from forecaster.locks import Lock
from forecaster.tuning.space import Choice, Range, Space
from forecaster.tuning.trial import Outcome

NAME = "forecast tune"

# How the file of a study begins.
FIRST = b'{"op_code":'

# Trials that are finished on all folds before any is ended early.
LEAST_FINISHED = 5


@dataclass(frozen=True)
class Asked:
    """A trial to run.

    Attributes:
        number: From 0 on; 0 has the defaults by rule.
        values: Settings by name.
        limits: As ``run_trial`` takes them.
    """

    number: int
    values: dict[str, Any]
    limits: tuple[float, ...]


@dataclass(frozen=True)
class Told:
    """A trial that has ended.

    Attributes:
        number: From 0 on.
        values: Settings by name.
        state: ``done``, ``pruned`` or ``failed``.
        score: Mean over the folds that were scored; None of a failed one.
        seconds: How long it took.
        error: Why it failed; None where it did not.
    """

    number: int
    values: dict[str, Any]
    state: str
    score: float | None
    seconds: float
    error: str | None


STATES = {TrialState.COMPLETE: "done", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


class Study:
    """Trials of one search.

    Attributes:
        space: What is searched.
    """

    def __init__(self, kept: optuna.Study, space: Space, start: Mapping[str, Any], seed: int, batch: int):
        self.space = space
        self._kept = kept
        self._start = dict(start)
        self._seed = seed
        self._batch = batch

    def next_batch(self, n_trials: int) -> list[Asked]:
        """The trials to run next; none can be asked before all of them are told.

        Args:
            n_trials: How many the study is to have.

        Returns:
            Those that an earlier search left unfinished, then new ones up to the end of their batch; none
            where there are enough.
        """
        trials = self._kept.get_trials(deepcopy=False)
        left = [one for one in trials if one.state == TrialState.RUNNING]
        for one in left:
            if "settings" not in one.user_attrs:  # killed while it was asked
                self._kept.tell(one.number, state=TrialState.FAIL)
        left = [one for one in left if "settings" in one.user_attrs]
        number = len(trials)
        if left:
            end = -(-number // self._batch) * self._batch
        else:
            end = (number // self._batch + 1) * self._batch
        limits = self._limits(trials, (left[0].number if left else number) // self._batch * self._batch)
        asked = [Asked(one.number, dict(one.user_attrs["settings"]), limits) for one in left]
        return asked + [Asked(*self._ask(number), limits) for number in range(number, min(end, n_trials))]

    def _ask(self, number: int) -> tuple[int, dict[str, Any]]:
        """The number of a new trial and its settings."""
        is_first = not any("settings" in one.user_attrs for one in self._kept.get_trials(deepcopy=False))
        state = np.random.SeedSequence([self._seed, number]).generate_state(1)
        self._kept.sampler = optuna.samplers.TPESampler(seed=int(state[0]))
        if is_first:
            inside = {name: value for name, value in self._start.items() if self.space[name].holds(value)}
            self._kept.enqueue_trial(inside)
            trial, names = self._kept.ask(), list(inside)
        else:
            trial, names = self._kept.ask(), list(self.space)
        values = {name: _suggest(trial, name, self.space[name]) for name in names}
        if is_first:  # the defaults as they are, whether or not the space holds them
            values = self._start
        trial.set_user_attr("settings", values)
        return trial.number, values

    def _limits(self, trials: list[FrozenTrial], n_before: int) -> tuple[float, ...]:
        """Medians of the mean scores up to each fold, of the finished trials of batches before."""
        known = [one.user_attrs["scores"] for one in trials[:n_before] if one.state == TrialState.COMPLETE]
        if len(known) < LEAST_FINISHED:
            return ()
        means = np.cumsum(known, axis=1) / np.arange(1, len(known[0]) + 1)  # (n_trials, n_folds)
        return tuple(np.median(means, axis=0).tolist())

    def tell(self, number: int, outcome: Outcome) -> None:
        """Keep what became of a trial.

        Args:
            number: Of the trial.
            outcome: Of one that was ended from outside nothing is kept: it is run again when the study goes
                on.
        """
        if outcome.is_stopped:
            return
        frozen = self._kept.get_trials(deepcopy=False)[number]
        trial = optuna.trial.Trial(self._kept, frozen._trial_id)
        trial.set_user_attr("seconds", outcome.seconds)
        trial.set_user_attr("scores", list(outcome.scores))
        for fold in range(len(outcome.scores)):
            trial.report(float(np.mean(outcome.scores[: fold + 1])), fold)
        if outcome.error is not None:
            trial.set_user_attr("error", outcome.error)
            self._kept.tell(number, state=TrialState.FAIL)
        elif outcome.is_pruned:
            self._kept.tell(number, state=TrialState.PRUNED)
        else:
            self._kept.tell(number, outcome.score)

    def told(self) -> list[Told]:
        """All trials that have ended, in order."""
        return [
            Told(
                one.number,
                dict(one.user_attrs["settings"]),
                STATES[one.state],
                float(np.mean(one.user_attrs["scores"])) if one.user_attrs["scores"] else None,
                one.user_attrs["seconds"],
                one.user_attrs.get("error"),
            )
            for one in self._kept.get_trials(deepcopy=False)
            if one.state in STATES and "seconds" in one.user_attrs
        ]

    def importances(self) -> dict[str, float]:
        """Share of the differences between scores that each setting explains, the largest first.

        Returns:
            Shares by name; empty where too few trials are finished to tell.

        Source:
            Hutter, Hoos and Leyton-Brown, "An efficient approach for assessing hyperparameter importance",
            ICML 2014.
        """
        done = [one for one in self.told() if one.state == "done"]
        if len(done) < 2 * LEAST_FINISHED or len({one.score for one in done}) < 2:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=self._seed)
        return dict(optuna.importance.get_param_importances(self._kept, evaluator=evaluator))


def best_of(told: list[Told]) -> Told | None:
    """The finished trial with the lowest score, the earliest of equal ones; None without any."""
    done = [one for one in told if one.state == "done" and one.score is not None]
    return min(done, key=lambda one: (one.score, one.number)) if done else None


def _suggest(trial: optuna.Trial, name: str, part: Range | Choice) -> Any:
    """What Optuna wants a setting to be."""
    if isinstance(part, Choice):
        return trial.suggest_categorical(name, part.values)
    if part.is_whole:
        return trial.suggest_int(name, int(part.low), int(part.high), step=int(part.step or 1), log=part.log)
    found = trial.suggest_float(name, part.low, part.high, step=part.step, log=part.log)
    return float(f"{found:.6g}")  # what differs in later digits is no other setting


@contextmanager
def open_study(place: str | Path | None, facts: Mapping[str, Any]) -> Iterator[optuna.Study]:
    """A study of Optuna's, in a file or in memory, for as long as the block lasts.

    Args:
        place: The file; None for memory. One that is there already is gone on with.
        facts: What the study is of; that of a file must have the same.

    Yields:
        The study. Optuna's own messages are kept back but for warnings.

    Raises:
        ConfigError: The file is no study, or one of something else.
        RunError: The file cannot be written, or another process has it.
    """
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        if place is None:
            yield _made(optuna.storages.InMemoryStorage(), "", facts)
            return
        with Lock(Path(place), seconds=0, option="--study"):
            yield _made(_in_file(Path(place)), str(place), facts)
    finally:
        optuna.logging.set_verbosity(before)


def _in_file(place: Path) -> optuna.storages.BaseStorage:
    """Storage in a file of JSON lines, whose last one is cut off where it was not written to its end."""
    refused = ConfigError(f"{place}: no study, or a damaged one. Name another file with --study.")
    with explained(place), place.open("r+b") as file:
        content = file.read()
        if content and not content.startswith(FIRST):
            raise refused
        file.truncate(content.rfind(b"\n") + 1)
    backend = JournalFileBackend(str(place), lock_obj=JournalFileOpenLock(str(place)))
    try:
        return optuna.storages.JournalStorage(backend)
    except Exception:  # whatever Optuna meets in lines that it has not written
        raise refused from None


def _made(storage: optuna.storages.BaseStorage, place: str, facts: Mapping[str, Any]) -> optuna.Study:
    """The study of a storage; one that is there must be of the same."""
    kept = optuna.create_study(storage=storage, study_name=NAME, load_if_exists=True)
    known = kept.user_attrs.get("of")
    if known is None:
        kept.set_user_attr("of", dict(facts))
    elif known != facts:
        other = [name for name in facts if known.get(name) != facts[name]]
        raise ConfigError(
            f"{place}: a study with other {listing(other)}. Search as it does, or name another file with "
            f"--study."
        )
    return kept
