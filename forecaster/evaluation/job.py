"""A whole training job: the fit that is scored, the scores, and the fit that is shipped."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
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
from forecaster.training.device import set_threads
from forecaster.training.fit import FitOutcome, Hooks, fit, fit_again
from forecaster.training.fitted import Fitted
from forecaster.training.prepare import Prepared, prepare
from forecaster.training.warm_start import WarmStart
from forecaster.windows.parts import Parts, part_windows, training_span
from forecaster.windows.windows import Span

# Rows of every series that a run keeps beyond its look-back, to draw the forecast after.
CONTEXT_ROWS = 100


@dataclass(frozen=True)
class TrainedRun:
    """A trained run, as it is saved and loaded.

    Attributes:
        models: One, or with ``--task both`` two; the first gives the forecasts.
        settings: None open; ``data`` reads another file as the training file was read.
        panel: The last rows and the facts of every series.
        last_times: (n_series,) like ``panel.times``: time of each series' last training row.
        report: Content of report.json.
        state: ``finished`` or ``interrupted``.
        name: The run in messages.
    """

    models: tuple[Fitted, ...]
    settings: Settings
    panel: Panel
    last_times: np.ndarray
    report: dict[str, Any]
    state: str = "finished"
    name: str = "this run"

    @property
    def point(self) -> str:
        """What ``forecast`` is: the mean under squared error, the median otherwise."""
        return self.models[0].head.point_is


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
    outcomes = first_fits(prepared, hooks)
    training, parts = prepared.settings.training, prepared.parts
    refitted: list[FitOutcome] = []
    in_order = not prepared.split.leaky and parts.n_valid and parts.n_test
    if training.refit and in_order:
        refitted = fits_on(prepared, prepared.split.before_test, outcomes, hooks)
    seconds["fit"] = time.perf_counter() - began
    began = time.perf_counter()
    scores, scored_on = score_all(prepared, _fitted(outcomes), _fitted(refitted))
    seconds["score"] = time.perf_counter() - began
    began = time.perf_counter()
    shipped: list[FitOutcome] = []
    if training.final_fit and held_out(parts):
        shipped = fits_on(prepared, prepared.split.everything, outcomes, hooks)
    seconds["final_fit"] = time.perf_counter() - began
    last = shipped if training.final_fit and held_out(parts) else outcomes
    is_whole = len(last) == len(head_names(prepared.settings, panel.kind)) and all(map(_is_whole, last))
    job = Job(prepared, outcomes, refitted, shipped or outcomes, scores, seconds, notes=scored_on)
    return _finish(_with_going_on(job, hooks, is_whole))


def _with_going_on(job: Job, hooks: Hooks, is_whole: bool) -> Job:
    """The job with why it was ended early, unless it is whole, and with what it went on from."""
    return replace(
        job,
        reason=None if is_whole else hooks.stop.reason,
        resumed=0 if hooks.checkpoint is None else hooks.checkpoint.state.resumed,
        warm_start=_warm_start(job.prepared, hooks.start),
        notes=(*job.notes, *_going_on_notes(job.prepared, hooks)),
    )


def _is_whole(outcome: FitOutcome) -> bool:
    """Whether a fit was trained to its end."""
    return all(result.interrupted is None for result in outcome.results) and not outcome.is_short


def _warm_start(prepared: Prepared, start: WarmStart | None) -> dict[str, Any] | None:
    """What the report says of the networks that training started from."""
    if start is None:
        return None
    training = prepared.settings.training
    return start.facts(prepared.panel, training.epochs or 1, training.learning_rate or 1e-3)


def _going_on_notes(prepared: Prepared, hooks: Hooks) -> tuple[Note, ...]:
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


def _fitted(outcomes: list[FitOutcome]) -> list[Fitted]:
    """The trained networks of some fits."""
    return [outcome.fitted for outcome in outcomes]


def head_names(settings: Settings, kind: str) -> tuple[str, ...]:
    """Heads to train on a kind of panel: the one set, or with ``--task both`` one of each task."""
    if settings.network.task == "both":
        regress = settings.network.head if settings.network.head != "bins" else None
        return (regress or default_head(kind), "bins")
    return (settings.network.head or default_head(kind),)


def first_fits(prepared: Prepared, hooks: Hooks) -> list[FitOutcome]:
    """The fits on the training part, chosen by the validation part: one a head.

    Args:
        prepared: Panel, settings and windows.
        hooks: Progress, schedule, stop.

    Returns:
        One outcome a head, at least one.

    Raises:
        RunError: Training was ended before its first step.
    """
    outcomes: list[FitOutcome] = []
    for name in head_names(prepared.settings, prepared.panel.kind):
        if outcomes and hooks.stop.is_set:
            break
        outcomes.append(fit(prepared.panel, prepared.parts, prepared.settings, name, hooks))
        if outcomes[0].results[0].n_steps == 0:
            raise RunError(
                f"{prepared.panel.source}: ended by {hooks.stop.reason} before the first step of training; "
                "there is nothing to keep. Train again."
            )
    return outcomes


def held_out(parts: Parts) -> bool:
    """Whether any rows were kept from the first fit."""
    return parts.n_valid + parts.n_test > 0


def fits_on(prepared: Prepared, span: Span, outcomes: list[FitOutcome], hooks: Hooks) -> list[FitOutcome]:
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
        if not _is_whole(shipped[-1]):
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
