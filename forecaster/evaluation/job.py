"""A whole training job: the fit that is scored, the scores, and the fit that is shipped."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from forecaster.config.build import change
from forecaster.config.defaults import default_head
from forecaster.config.facts import WAITING
from forecaster.config.settings import Settings
from forecaster.data.panel import Note, Panel
from forecaster.data.ties import decided_ties
from forecaster.errors import RunError, listing
from forecaster.evaluation.report import Job, build_report
from forecaster.evaluation.shared import joined_at_first, score_all
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.training.device import set_threads
from forecaster.training.fit import FitOutcome, Hooks, fit, fit_again
from forecaster.training.fitted import Fitted
from forecaster.training.prepare import Prepared, prepare
from forecaster.training.sequence_prepare import PreparedSequences
from forecaster.training.warm_start import WarmStart
from forecaster.windows.parts import Parts, part_windows, training_span
from forecaster.windows.windows import Span

# Rows of every series that a run keeps beyond its look-back, to draw the forecast after.
CONTEXT_ROWS = 100


def train_run(panel: Panel, settings: Settings, hooks: Hooks, read_seconds: float = 0.0) -> TrainedRun:
    """Split, fit, score, fit again on all rows.

    Args:
        panel: All rows.
        settings: As the user gave them.
        hooks: Progress and schedule.
        read_seconds: Time that reading took, for the report.

    Returns:
        The trained run; stopped early, the best weights so far.

    Raises:
        ConfigError: A setting does not fit the data.
        RunError: Training was ended before its first step, or its checkpoint is damaged.
    """
    prepared = prepare(panel, settings)
    n_threads = set_threads(prepared.settings.training.threads)
    if hooks.checkpoint is not None:
        hooks.checkpoint.runs_on({"threads": str(n_threads)})
    seconds = {"read": read_seconds}
    began = time.perf_counter()
    outcomes, refitted = fits_to_score(prepared, hooks)
    training, parts = prepared.settings.training, prepared.parts
    seconds["fit"] = time.perf_counter() - began
    began = time.perf_counter()
    scores, scored_on = score_all(prepared, _fitted(outcomes), _fitted(refitted))
    seconds["score"] = time.perf_counter() - began
    began = time.perf_counter()
    shipped: list[FitOutcome[Fitted]] = []
    if training.final_fit and held_out(parts):
        shipped = fits_on(prepared, prepared.split.everything, outcomes, hooks)
    seconds["final_fit"] = time.perf_counter() - began
    last = shipped if training.final_fit and held_out(parts) else outcomes
    whole = len(last) == len(head_names(prepared.settings, panel.kind)) and all(map(is_whole, last))
    job = Job(prepared, outcomes, refitted, shipped or outcomes, scores, seconds, notes=scored_on)
    return _finish(with_going_on(job, hooks, whole))


def with_going_on(job: Job, hooks: Hooks, whole: bool) -> Job:
    """The job with why it was ended early, unless it is whole, and with what it went on from.

    Args:
        job: That is done.
        hooks: Stop, checkpoint and start.
        whole: Whether it was trained to its end.

    Returns:
        The job for its report.
    """
    return replace(
        job,
        reason=None if whole else hooks.stop.reason,
        resumed=0 if hooks.checkpoint is None else hooks.checkpoint.state.resumed,
        warm_start=_warm_start(job.prepared, hooks.start),
        notes=(*job.notes, *_going_on_notes(job.prepared, hooks)),
    )


def is_whole(outcome: FitOutcome[Any]) -> bool:
    """Whether a fit was trained to its end.

    Args:
        outcome: Of any fit.
    """
    return all(result.interrupted is None for result in outcome.results) and not outcome.is_short


def _warm_start(prepared: Prepared | PreparedSequences, start: WarmStart | None) -> dict[str, Any] | None:
    """What the report says of the networks that training started from."""
    if start is None:
        return None
    training = prepared.settings.training
    return start.facts(prepared.panel, training.epochs or 1, training.learning_rate or 1e-3)


def _going_on_notes(prepared: Prepared | PreparedSequences, hooks: Hooks) -> tuple[Note, ...]:
    """What must be said of a warm start, of training gone on with elsewhere, and of failed checkpoints."""
    notes = []
    if hooks.start is not None:
        spans = (prepared.split.valid, prepared.split.test)
        n_held_out = prepared.panel.peers.total(sum(span.n_rows for span in spans))
        n_seen = sum(hooks.start.n_seen(prepared.panel, span) for span in spans)
        if n_seen:
            text = (
                f"{hooks.start.run} was trained on {n_seen:,} of the {n_held_out:,} rows held out here: the "
                "scores are better than on time to come. Hold out later rows alone with --test-size and "
                "--valid-size."
            )
            notes.append(Note("warm_start_seen", text, n_seen))
    checkpoint = hooks.checkpoint
    if checkpoint is not None and checkpoint.moved:
        moved = listing(f"{name} {now} in place of {was}" for name, (was, now) in checkpoint.moved.items())
        text = f"Gone on with {moved}: the weights may differ from those of a training never stopped."
        notes.append(Note("resumed_elsewhere", text))
    if checkpoint is not None and checkpoint.problem is not None:
        text = f"No checkpoint could be kept: {checkpoint.problem}"
        notes.append(Note("no_checkpoint", text))
    return tuple(notes)


def _fitted(outcomes: list[FitOutcome[Fitted]]) -> list[Fitted]:
    """The trained networks of some fits."""
    return [outcome.fitted for outcome in outcomes]


def head_names(settings: Settings, kind: str) -> tuple[str, ...]:
    """Heads to train on a kind of panel: the one set, or with ``--task both`` one of each task."""
    if settings.network.task == "both":
        regress = settings.network.head if settings.network.head != "bins" else None
        return (regress or default_head(kind), "bins")
    return (settings.network.head or default_head(kind),)


def fits_to_score(
    prepared: Prepared, hooks: Hooks
) -> tuple[list[FitOutcome[Fitted]], list[FitOutcome[Fitted]]]:
    """The fits whose forecasts are scored.

    Args:
        prepared: Panel, settings and windows.
        hooks: Progress, schedule, stop.

    Returns:
        The first fits, one a head; and with ``refit`` those fitted again on all rows before the test part,
        which it is then scored with, else none.

    Raises:
        RunError: Training was ended before its first step.
    """
    outcomes, parts = first_fits(prepared, hooks), prepared.parts
    in_order = not prepared.split.leaky and parts.n_valid and parts.n_test
    if not (prepared.settings.training.refit and in_order):
        return outcomes, []
    return outcomes, fits_on(prepared, prepared.split.before_test, outcomes, hooks)


def first_fits(prepared: Prepared, hooks: Hooks) -> list[FitOutcome[Fitted]]:
    """The fits on the training part, chosen by the validation part: one a head.

    Args:
        prepared: Panel, settings and windows.
        hooks: Progress, schedule, stop.

    Returns:
        One outcome a head, at least one.

    Raises:
        RunError: Training was ended before its first step.
    """
    outcomes: list[FitOutcome[Fitted]] = []
    for name in head_names(prepared.settings, prepared.panel.kind):
        if outcomes and hooks.stop.is_set:
            break
        outcomes.append(fit(prepared.panel, prepared.parts, prepared.settings, name, hooks))
        refuse_nothing(outcomes[0], prepared.panel, hooks)
    return outcomes


def refuse_nothing(outcome: FitOutcome[Any], panel: Panel, hooks: Hooks) -> None:
    """Refuse a fit that was ended before there was anything to keep.

    Args:
        outcome: Of the first fit.
        panel: The rows.
        hooks: What ended it.

    Raises:
        RunError: It was.
    """
    if outcome.results[0].n_steps == 0:
        raise RunError(
            f"{panel.source}: ended by {hooks.stop.reason} before the first step of training; there is "
            "nothing to keep. Train again."
        )


def held_out(parts: Parts) -> bool:
    """Whether any rows were kept from the first fit."""
    return parts.n_valid + parts.n_test > 0


def fits_on(
    prepared: Prepared, span: Span, outcomes: list[FitOutcome[Fitted]], hooks: Hooks
) -> list[FitOutcome[Fitted]]:
    """Fits on more rows, for the number of steps that the first fits found.

    Args:
        prepared: Panel, settings and split.
        span: Rows to fit on: all of them for the fits that are shipped.
        outcomes: Of the first fits.
        hooks: Progress, schedule, stop.

    Returns:
        One outcome a head; none at all where one was ended early, and so the first fits stand.
    """
    window = prepared.settings.window
    span = training_span(span, window)
    train = part_windows(prepared.panel, span, window, stride=window.stride)
    nothing = train.select(np.zeros(0, dtype=np.int64))
    parts = Parts(span, train, nothing, nothing)
    shipped = []
    for outcome in outcomes:
        if hooks.stop.is_set:
            return []
        shipped.append(fit_again(prepared.panel, parts, prepared.settings, outcome, hooks))
        if not is_whole(shipped[-1]):
            return []
    return shipped


def _finish(job: Job) -> TrainedRun:
    """The run with its report; of several holders the first one's has the last rows of all."""
    panel, settings = job.prepared.panel, job.prepared.settings
    rows = max(settings.window.look_back or 1, 2 * panel.season_length) + CONTEXT_ROWS
    begins = np.maximum(panel.offsets[1:] - rows, panel.offsets[:-1])
    context = replace(panel.take(begins, panel.offsets[1:]), repairs=(), warnings=())
    return TrainedRun(
        models=tuple(outcome.fitted for outcome in job.shipped),
        settings=change(settings, reading(panel, settings)),
        panel=joined_at_first(context),
        last_times=panel.peers.joined(panel.times[panel.offsets[1:] - 1]),
        report=build_report(job),
        state="finished" if job.reason is None else "interrupted",
    )


def reading(panel: Panel, settings: Settings) -> dict[str, Any]:
    """Settings under which another file is read as this one was, nothing detected anew."""
    known: dict[str, Any] = {"season": panel.season_length}
    if settings.data.count_per is None:
        known["kind"] = panel.kind
    if panel.kind in WAITING and panel.unit:
        known["unit"] = panel.unit
    if panel.kind == "events":
        said = panel.peers.gathered(decided_ties(panel, settings.data))
        known["ties"] = max(said, key=said.count)
    return known
