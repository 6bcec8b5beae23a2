"""One fit: transforms, bins, head and networks from the rows and windows of one part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import keras
import numpy as np

from forecaster.config.facts import WAITING
from forecaster.config.settings import Settings
from forecaster.data.panel import Note, Panel
from forecaster.errors import ConfigError
from forecaster.network.architecture import Architecture, architecture_warnings
from forecaster.network.build import build_model
from forecaster.network.heads import Head
from forecaster.network.marked_head import with_marks
from forecaster.training.bin_notes import bin_notes
from forecaster.training.checkpoint import Checkpoint
from forecaster.training.fitted import Fitted
from forecaster.training.held_out import MOST_VALID, corrected, learn_errors, to_correct_by
from forecaster.training.interrupts import StopFlag
from forecaster.training.linear import LinearForecast, fit_linear
from forecaster.training.members import member_plans, train_members
from forecaster.training.networks import Networks
from forecaster.training.plan import EpochResult, TrainingPlan, TrainingResult
from forecaster.training.setup import Rate, make_architecture, make_head, make_plan
from forecaster.training.warm_start import Start, WarmStart
from forecaster.training.watch import Watch
from forecaster.windows.cells import target_cell
from forecaster.windows.future import with_known
from forecaster.windows.gather import WindowSource, with_scales
from forecaster.windows.parts import Parts
from forecaster.windows.transforms import fit_normaliser
from forecaster.windows.windows import history_rows

N = TypeVar("N", bound=Networks)


@dataclass(frozen=True)
class FitOutcome(Generic[N]):
    """What a fit gave.

    Attributes:
        fitted: The networks and transforms.
        results: One a member: history, best step, seconds.
        warnings: What the user should know about the training.
        is_short: Whether it was ended before all networks of the ensemble were trained.
    """

    fitted: N
    results: tuple[TrainingResult, ...]
    warnings: tuple[Note, ...]
    is_short: bool = False


@dataclass(frozen=True)
class Hooks:
    """What a caller may hang into a training.

    Attributes:
        progress: Called after every epoch with the stage, the member's number and the epoch's result.
        schedule: Learning rate by (step, total steps), in place of the setting.
        stop: Set from outside to end early with the best weights so far.
        checkpoint: Where it is kept how far training has come; None keeps nothing.
        start: Trained networks that training starts from; None for random weights.
    """

    progress: Callable[[str, int, EpochResult], None] | None = None
    schedule: Rate | None = None
    stop: StopFlag = field(default_factory=StopFlag)
    checkpoint: Checkpoint | None = None
    start: WarmStart | None = None

    def watch(self, stage: str) -> Callable[[int], Watch]:
        """What looks on while the networks of one stage are trained, by their number."""

        def of(member: int) -> Watch:
            def tell(result: EpochResult) -> None:
                if self.progress is not None:
                    self.progress(stage, member, result)

            keeper = None
            if self.checkpoint is not None:
                keeper = self.checkpoint.keeper(f"{stage}, network {member + 1}")
            return Watch(tell, self.stop, keeper)

        return of


def fit(
    panel: Panel, parts: Parts, settings: Settings, head_name: str, hooks: Hooks | None = None
) -> FitOutcome[Fitted]:
    """Fit transforms, bins and networks, and choose the best weights by the validation windows.

    Args:
        panel: The rows.
        parts: Windows to train on and to choose weights by, rows to fit transforms on.
        settings: None open.
        head_name: ``point``, ``quantile``, ``bins``, ``hazard`` or ``mixture``.
        hooks: Progress, schedule, stop.

    Returns:
        The trained networks, and how training went.

    Raises:
        ConfigError: There is no window to train on, or none to correct quantiles by.
    """
    return _fit(panel, parts, settings, (head_name, None), hooks or Hooks())


def fit_again(
    panel: Panel, parts: Parts, settings: Settings, first: FitOutcome[Fitted], hooks: Hooks | None = None
) -> FitOutcome[Fitted]:
    """The same on more rows, each member for the number of steps that it needed the first time.

    Args:
        panel: The rows.
        parts: Windows to train on; no validation windows are looked at.
        settings: None open.
        first: Of the fit that chose.
        hooks: Progress, schedule, stop.

    Returns:
        The trained networks; what was learnt from the first fit's validation windows is kept: the residuals
        of a point head, the widening of a mixture, the shifts of quantiles.
    """
    return _fit(panel, parts, settings, (first.fitted.head.name, first), hooks or Hooks())


def _fit(
    panel: Panel, parts: Parts, settings: Settings, which: tuple[str, FitOutcome[Fitted] | None], hooks: Hooks
) -> FitOutcome[Fitted]:
    """A fit by its own validation windows, or for the steps of an earlier one."""
    name, first = which
    peers = panel.peers
    n_windows = peers.total(parts.train.n_windows)
    if n_windows == 0:
        raise ConfigError(too_few(panel, settings))
    start = None if hooks.start is None else hooks.start.of(name)
    source = training_source(panel, parts, settings)
    if start is not None:
        source = replace(source, normaliser=start.normaliser_for(source, parts.fit))
    valid = replace(source, windows=parts.valid).thinned(MOST_VALID)
    held_out = to_correct_by(valid, settings, name) if first is None else None
    head, architecture, linear = _design(name, settings, source, start)
    plan = make_plan(settings, n_windows, hooks.schedule)
    plans = _plans(plan if start is None else start.plan(plan), settings, first, panel.kind)
    chooser = valid if first is None and peers.total(valid.n_windows) > 0 else None
    stage = f"{'fit' if first is None else 'fit again'} {name}"

    def build(one: TrainingPlan) -> keras.Model:
        """A fresh network: its linear path at the linear forecast, or all of it as it was trained before."""
        model = build_model(architecture, one.seed, one.device)
        if start is not None:
            start.put(model, one.seed - plans[0].seed, panel)
        elif linear is not None:
            linear.put(model, head.linear_output)
        return model

    members = train_members(build, head, source, chooser, plans, hooks.watch(stage))
    before = first.fitted.head.unmarked if first is not None else None
    head = head.with_unmarked(learn_errors(head.unmarked, members, chooser, source, before))
    fitted = Fitted(
        head,
        architecture,
        source.normaliser,
        tuple(member.model for member in members),
        peers.joined(panel.ids),
        panel.lowest,
        first.fitted.conformal if first is not None else None,
    )
    fitted, few = corrected(fitted, held_out)
    n_asked = settings.transform.n_bins if isinstance(settings.transform.bins, str) else None
    notes = [*architecture_warnings(architecture), *bin_notes(head.unmarked, source, n_asked)]
    notes += [*few, *(note for member in members for note in member.result.warnings)]
    warnings = tuple({note.code: note for note in notes}.values())
    results = tuple(member.result for member in members)
    return FitOutcome(fitted, results, warnings, is_short=len(members) < len(plans))


def _design(
    name: str, settings: Settings, source: WindowSource, start: Start | None
) -> tuple[Head, Architecture, LinearForecast | None]:
    """Head, sizes and linear forecast of fresh networks; those of the run that training starts from."""
    if start is not None:
        return start.head, start.architecture_for(source.panel), None
    linear = fit_linear(source) if settings.network.linear else None
    head = with_marks(make_head(name, settings, source, linear), len(source.panel.mark_names))
    return head, make_architecture(settings, source, head.n_outputs), linear


def _plans(
    plan: TrainingPlan, settings: Settings, first: FitOutcome[Fitted] | None, kind: str
) -> list[TrainingPlan]:
    """The plan of each member; after a first fit it ends at the step that was best then.

    The rate takes the same way up to there: the weights that were scored were found on it, and a shorter
    cycle would end elsewhere. A one-cycle on values runs to its end: only its last steps make the weights
    good, and the few rows that are new move the best step by chance.
    """
    plans = member_plans(plan, settings.training.ensemble or 1)
    if first is None or (plan.schedule.must_finish and kind not in WAITING):
        return plans
    return [
        replace(one, n_steps=max(result.best_step, 1), schedule_steps=one.epochs * result.steps_per_epoch)
        for one, result in zip(plans, first.results, strict=False)
    ]


def training_source(panel: Panel, parts: Parts, settings: Settings) -> WindowSource:
    """The training windows with the transforms that they go through, fitted.

    Args:
        panel: The rows.
        parts: Windows to train on, rows to fit transforms on.
        settings: None open.

    Returns:
        A source of normalised batches.
    """
    transform = settings.transform
    normaliser = fit_normaliser(
        panel,
        parts.fit,
        transform.transforms or (),
        scope=transform.scope or "panel",
        residual=transform.residual or "none",
    )
    features = [one for one in settings.window.features or () if one != "none"]
    normaliser = with_known(normaliser, panel, parts.fit, features)
    cell = target_cell(panel, parts.fit)
    tells_series = bool(settings.network.series_units)
    known = panel.peers.place(panel.n_series)[0] + np.arange(panel.n_series)
    return with_scales(WindowSource(panel, parts.train, normaliser, known, cell, tells_series))


def too_few(panel: Panel, settings: Settings) -> str:
    """Message for data without a single training window."""
    look_back, horizon = settings.window.look_back, settings.window.horizon
    longest = int(panel.peers.highest(panel.lengths, 0))
    need = history_rows(panel, settings.window.min_history or 0) + horizon
    asked, remedy = f"--look-back {look_back} needs", "Lower it"
    if horizon > 1:
        asked, remedy = f"--look-back {look_back} and --horizon {horizon} need", "Lower them"
    return (
        f"{panel.source}: {longest} rows are too few; {asked} at least {need}. {remedy}, or bring more rows."
    )
