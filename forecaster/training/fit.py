"""One fit: transforms, bins, head and networks from the rows and windows of one part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import keras
import numpy as np

from forecaster.config.facts import QUANTILE_LEVELS, WAITING
from forecaster.config.settings import Settings
from forecaster.data.panel import Note, Panel
from forecaster.distributions import median_of
from forecaster.errors import ConfigError
from forecaster.network.architecture import architecture_warnings
from forecaster.network.build import build_model
from forecaster.network.heads import Head, MixtureHead, PointHead, QuantileHead
from forecaster.network.marked_head import with_marks
from forecaster.network.predict import predict_outputs
from forecaster.training.bin_notes import bin_notes
from forecaster.training.calibrate import widen
from forecaster.training.conformal import Conformal, check_conformal, few_targets
from forecaster.training.fitted import Fitted
from forecaster.training.interrupts import StopFlag
from forecaster.training.linear import fit_linear
from forecaster.training.members import Member, member_plans, train_members
from forecaster.training.plan import EpochResult, TrainingPlan, TrainingResult
from forecaster.training.setup import Rate, make_architecture, make_head, make_plan
from forecaster.windows.batch import Batch, Gathered
from forecaster.windows.cells import target_cell
from forecaster.windows.future import with_known
from forecaster.windows.gather import WindowSource, with_scales
from forecaster.windows.parts import Parts
from forecaster.windows.transforms import fit_normaliser
from forecaster.windows.windows import history_rows, thin

# Windows that the best weights are chosen by; more change the choice little and cost an epoch's time.
MOST_VALID = 4096


@dataclass(frozen=True)
class FitOutcome:
    """What a fit gave.

    Attributes:
        fitted: The networks and transforms.
        results: One a member: history, best step, seconds.
        warnings: What the user should know about the training.
    """

    fitted: Fitted
    results: tuple[TrainingResult, ...]
    warnings: tuple[Note, ...]


@dataclass(frozen=True)
class Hooks:
    """What a caller may hang into a training.

    Attributes:
        progress: Called after every epoch with the stage, the member's number and the epoch's result.
        schedule: Learning rate by (step, total steps), in place of the setting.
        stop: Set from outside to end early with the best weights so far.
    """

    progress: Callable[[str, int, EpochResult], None] | None = None
    schedule: Rate | None = None
    stop: StopFlag = field(default_factory=StopFlag)

    def tell(self, stage: str) -> Callable[[int, EpochResult], None]:
        """The progress callback of one stage."""

        def report(member: int, result: EpochResult) -> None:
            if self.progress is not None:
                self.progress(stage, member, result)

        return report


def fit(
    panel: Panel, parts: Parts, settings: Settings, head_name: str, hooks: Hooks | None = None
) -> FitOutcome:
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
    panel: Panel, parts: Parts, settings: Settings, first: FitOutcome, hooks: Hooks | None = None
) -> FitOutcome:
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
    panel: Panel, parts: Parts, settings: Settings, which: tuple[str, FitOutcome | None], hooks: Hooks
) -> FitOutcome:
    """A fit by its own validation windows, or for the steps of an earlier one."""
    name, first = which
    if parts.train.n_windows == 0:
        raise ConfigError(too_few(panel, settings))
    source = training_source(panel, parts, settings)
    valid = replace(source, windows=thin(parts.valid, MOST_VALID))
    held_out = _to_correct_by(valid, settings, name) if first is None else None
    linear = fit_linear(source) if settings.network.linear else None
    head = with_marks(make_head(name, settings, source, linear), len(panel.mark_names))
    architecture = make_architecture(settings, source, head.n_outputs)
    plans = _plans(make_plan(settings, source.n_windows, hooks.schedule), settings, first, panel.kind)
    chooser = valid if first is None and valid.n_windows > 0 else None
    stage = f"{'fit' if first is None else 'fit again'} {name}"

    def build(one: TrainingPlan) -> keras.Model:
        """A fresh network whose linear path, where it has one, starts at the linear forecast."""
        model = build_model(architecture, one.seed, one.device)
        if linear is not None:
            linear.put(model, head.linear_output)
        return model

    members = train_members(build, head, source, chooser, plans, hooks.tell(stage), hooks.stop)
    head = head.with_unmarked(_learn_errors(head.unmarked, members, chooser, source, first))
    fitted = Fitted(
        head,
        architecture,
        source.normaliser,
        tuple(member.model for member in members),
        panel.ids,
        panel.lowest,
        first.fitted.conformal if first is not None else None,
    )
    fitted, few = _corrected(fitted, held_out)
    n_asked = settings.transform.n_bins if isinstance(settings.transform.bins, str) else None
    notes = [*architecture_warnings(architecture), *bin_notes(head.unmarked, source, n_asked)]
    notes += [*few, *(note for member in members for note in member.result.warnings)]
    warnings = tuple({note.code: note for note in notes}.values())
    return FitOutcome(fitted, tuple(member.result for member in members), warnings)


def _learn_errors(
    head: Head,
    members: Sequence[Member],
    chooser: WindowSource | None,
    source: WindowSource,
    first: FitOutcome | None,
) -> Head:
    """What a head takes from errors on held-out windows; those of the first fit where none are held out."""
    before = first.fitted.head.unmarked if first is not None else None
    if isinstance(head, PointHead):
        return before if isinstance(before, PointHead) else with_residuals(head, members, chooser or source)
    if isinstance(head, MixtureHead) and isinstance(before, MixtureHead):
        return replace(head, widening=before.widening)
    batch = chooser.gather_all()[0] if chooser is not None else None
    if isinstance(head, MixtureHead) and batch is not None and batch.cell is not None:
        outputs = [predict_outputs(member.model, Gathered(batch)) for member in members]
        return widen(head, [one[:, :, : head.n_outputs] for one in outputs], batch.cell)
    return head


def _to_correct_by(valid: WindowSource, settings: Settings, name: str) -> Batch | None:
    """The validation windows that quantiles are corrected by; None where they are left as they are."""
    beside_another = settings.network.task == "both" and name == "bins"  # which gives the forecasts
    if not settings.training.conformal or beside_another:
        return None
    batch = valid.gather_all()[0] if valid.n_windows > 0 else None
    check_conformal(valid.panel.kind, name, 0 if batch is None else int(batch.mask.sum()))
    return batch


def _corrected(fitted: Fitted, batch: Batch | None) -> tuple[Fitted, list[Note]]:
    """The networks with their quantiles corrected by some windows, and what must be said of it."""
    if batch is None:
        return fitted, []
    head = fitted.head.unmarked
    levels = np.asarray(head.levels if isinstance(head, QuantileHead) else QUANTILE_LEVELS)
    forecast = fitted.combine([predict_outputs(model, Gathered(batch)) for model in fitted.models])
    conformal = Conformal.fit(forecast, levels, batch.target, batch.mask)
    return replace(fitted, conformal=conformal), few_targets(levels, int(batch.mask.sum()))


def _plans(plan: TrainingPlan, settings: Settings, first: FitOutcome | None, kind: str) -> list[TrainingPlan]:
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
    known = np.arange(panel.n_series)
    return with_scales(WindowSource(panel, parts.train, normaliser, known, cell, tells_series))


def with_residuals(head: PointHead, members: Sequence[Member], source: WindowSource) -> PointHead:
    """A point head whose distribution is its errors on some windows.

    Args:
        head: Without residuals.
        members: Trained networks.
        source: Windows that were not trained on, where there are any.

    Returns:
        A new head.
    """
    source = replace(source, windows=thin(source.windows, MOST_VALID))
    batch, _ = source.gather_all()
    outputs = [predict_outputs(member.model, Gathered(batch))[:, :, 0] for member in members]
    return head.with_residuals(batch.target - median_of(outputs), batch.mask)


def too_few(panel: Panel, settings: Settings) -> str:
    """Message for data without a single training window."""
    look_back, horizon = settings.window.look_back, settings.window.horizon
    longest = int(panel.lengths.max()) if panel.n_series else 0
    need = history_rows(panel, settings.window.min_history or 0) + horizon
    asked, remedy = f"--look-back {look_back} needs", "Lower it"
    if horizon > 1:
        asked, remedy = f"--look-back {look_back} and --horizon {horizon} need", "Lower them"
    return (
        f"{panel.source}: {longest} rows are too few; {asked} at least {need}. {remedy}, or bring more rows."
    )
