"""A whole training job of sequences: the fit that is scored, the scores, and the fit that is shipped."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from forecaster.baselines.sequence_choose import sequence_baselines, simplest
from forecaster.config.build import change
from forecaster.config.settings import Settings
from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.evaluation.job import is_whole, refuse_nothing, with_going_on
from forecaster.evaluation.report import Job, build_report
from forecaster.evaluation.sequence_scores import SequenceScores, score_sequences
from forecaster.evaluation.trained_run import AnyRun
from forecaster.training.device import set_threads
from forecaster.training.fit import FitOutcome, Hooks
from forecaster.training.sequence_fit import fit_sequences
from forecaster.training.sequence_networks import SequenceNetworks
from forecaster.training.sequence_prepare import PreparedSequences, prepare_sequences
from forecaster.windows.windows import Span


@dataclass(frozen=True)
class SequenceRun(AnyRun):
    """A trained run of sequences, as it is saved and loaded.

    Attributes:
        models: One.
        panel: The facts of the training rows; of symbols the last rows of every series, to be continued.
    """

    models: tuple[SequenceNetworks, ...]

    @property
    def networks(self) -> SequenceNetworks:
        """The trained networks."""
        return self.models[0]


def train_sequences(panel: Panel, settings: Settings, hooks: Hooks, read_seconds: float = 0.0) -> SequenceRun:
    """Split, fit, score, fit again on all rows but those of ``--test``.

    Args:
        panel: All rows, with a goal.
        settings: As the user gave them.
        hooks: Progress and schedule.
        read_seconds: Time that reading took, for the report.

    Returns:
        The trained run; stopped early, the best weights so far.

    Raises:
        ConfigError: A setting does not fit the data.
        RunError: Training was ended before its first step, or its checkpoint is damaged.
    """
    if hooks.start is not None:
        raise ConfigError(f"--warm-start {hooks.start.run}: not for sequences. Leave it out.")
    prepared = prepare_sequences(panel, settings)
    split, training = prepared.split, prepared.settings.training
    n_threads = set_threads(training.threads)
    if hooks.checkpoint is not None:
        hooks.checkpoint.runs_on({"threads": str(n_threads)})
    seconds = {"read": read_seconds}
    began = time.perf_counter()
    first = fit_sequences(prepared, split.train, split.valid, hooks)
    refuse_nothing(first, panel, hooks)
    refitted = []
    if training.refit and _has_rows(split.valid) and _has_rows(split.test):
        refitted = _again(prepared, split.before_test, first, hooks)
    seconds["fit"] = time.perf_counter() - began
    began = time.perf_counter()
    scores = _scores(prepared, first, refitted)
    seconds["score"] = time.perf_counter() - began
    began = time.perf_counter()
    everything = _shipped_on(prepared)
    wants = training.final_fit and everything.n_rows > split.train.n_rows
    shipped: list[FitOutcome[SequenceNetworks]] = []
    if wants and refitted and everything.n_rows == split.before_test.n_rows:
        shipped = refitted  # the same rows
    elif wants:
        shipped = _again(prepared, everything, first, hooks)
    seconds["final_fit"] = time.perf_counter() - began
    last = shipped if wants else [first]
    whole = bool(last) and all(map(is_whole, last))
    job = Job(prepared, [first], refitted, shipped or [first], scores, seconds)
    learnt = everything if shipped else split.train
    return _finish(prepared, shipped or [first], learnt, with_going_on(job, hooks, whole))


def _has_rows(span: Span) -> bool:
    """Whether a part holds any rows."""
    return span.n_rows > 0


def _again(
    prepared: PreparedSequences, span: Span, first: FitOutcome[SequenceNetworks], hooks: Hooks
) -> list[FitOutcome[SequenceNetworks]]:
    """A fit on more rows; none where it was ended early, and so the first one stands."""
    if hooks.stop.is_set:
        return []
    outcome = fit_sequences(prepared, span, None, hooks, first)
    return [outcome] if is_whole(outcome) else []


def _shipped_on(prepared: PreparedSequences) -> Span:
    """All rows but those of ``--test``."""
    held_out, split = prepared.goal.held_out, prepared.split
    everything = split.everything
    if held_out is None:
        return everything
    return replace(everything, ends=np.where(held_out, everything.begins, everything.ends))


def _scores(
    prepared: PreparedSequences,
    first: FitOutcome[SequenceNetworks],
    refitted: list[FitOutcome[SequenceNetworks]],
) -> SequenceScores:
    """Scores on validation and test part."""
    panel, split = prepared.panel, prepared.split
    which = prepared.settings.window.baselines
    baselines, has_time = sequence_baselines(panel, prepared.goal, which), which == "all"
    last = (split.before_test, refitted[0]) if refitted else (split.train, first)
    return SequenceScores(
        score_sequences(panel, split.valid, split.train, first.fitted, baselines, has_time=has_time),
        score_sequences(panel, split.test, last[0], last[1].fitted, baselines, has_time=has_time),
    )


def _finish(
    prepared: PreparedSequences, shipped: list[FitOutcome[SequenceNetworks]], learnt: Span, job: Job
) -> SequenceRun:
    """The run with its report; ``learnt`` are the rows that its weights were fitted on."""
    panel = prepared.panel
    kept = _kept(prepared, learnt)
    known = {"kind": panel.kind, "test": None}
    return SequenceRun(
        models=tuple(outcome.fitted for outcome in shipped),
        settings=change(prepared.settings, known),
        panel=kept,
        last_times=kept.times[kept.offsets[1:] - 1],
        report=build_report(job),
        state="finished" if job.reason is None else "interrupted",
    )


def _kept(prepared: PreparedSequences, learnt: Span) -> Panel:
    """The facts of the rows; of symbols the last ones of every series, which can be continued."""
    panel, goal = prepared.panel, prepared.goal
    series = np.zeros(panel.n_series, dtype=bool)
    begins = panel.offsets[1:]
    if goal.kind == "marks":
        series = np.ones_like(series) if goal.held_out is None else ~goal.held_out
        begins = np.maximum(begins - (prepared.settings.window.look_back or 1), panel.offsets[:-1])
    rows = panel.take(np.where(series, begins, panel.offsets[1:]), panel.offsets[1:])
    lengths = rows.lengths[series]
    return replace(
        rows,
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        ids=panel.ids[series],
        goal=replace(goal.without_values, usual=_usual(panel, goal, learnt)),
        repairs=(),
        warnings=(),
    )


def _usual(panel: Panel, goal: Goal, learnt: Span) -> tuple[float, ...]:
    """Share of each class, or mean of each output, in the rows trained on."""
    return tuple(simplest(goal).fit(panel, goal, learnt).values.tolist())
