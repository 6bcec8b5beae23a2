"""One fit of sequences: scales, output and networks from the rows of one part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np

from forecaster.config.settings import Settings
from forecaster.data.goals import Goal
from forecaster.data.panel import Note, Panel
from forecaster.errors import ConfigError
from forecaster.network.architecture import Architecture, architecture_warnings
from forecaster.network.build import build_model, with_weights_of
from forecaster.network.class_output import ClassOutput
from forecaster.network.number_output import NumberOutput
from forecaster.network.output import Output
from forecaster.training.fit import FitOutcome, Hooks
from forecaster.training.members import Member, member_plans, train_members
from forecaster.training.plan import TrainingPlan
from forecaster.training.sequence_networks import SequenceNetworks
from forecaster.training.sequence_prepare import PreparedSequences
from forecaster.training.setup import make_plan
from forecaster.training.sizes import layer_sizes, mark_sizes
from forecaster.windows.scales import channel_scales
from forecaster.windows.sequences import (
    SequenceSource,
    SequenceWindows,
    overlapping_windows,
    piece_windows,
    stream_windows,
    whole_windows,
)
from forecaster.windows.transforms import Normaliser
from forecaster.windows.windows import Span


@dataclass(frozen=True)
class _Design:
    """What the networks of a fit are built from."""

    output: Output
    architecture: Architecture
    normaliser: Normaliser


def fit_sequences(
    prepared: PreparedSequences,
    train: Span,
    valid: Span | None,
    hooks: Hooks,
    first: FitOutcome[SequenceNetworks] | None = None,
) -> FitOutcome[SequenceNetworks]:
    """Fit scales and networks.

    Args:
        prepared: Rows and settings.
        train: Rows to learn from.
        valid: Rows that choose the best weights; None trains for the steps of ``first``.
        hooks: Progress, schedule, stop.
        first: Of the fit that chose; None for that fit itself.

    Returns:
        The trained networks, and how training went.

    Raises:
        ConfigError: There is no window to train on.
    """
    goal, settings = prepared.goal, prepared.settings
    design = _design(prepared, train)
    source = _source(prepared, train, design.normaliser, learns=True)
    plan = make_plan(settings, source.n_windows, hooks.schedule)
    n_streams = plan.batch_size if settings.network.stateful else None
    chooser = None
    if valid is not None and valid.n_rows:
        chooser = _source(prepared, valid, design.normaliser, learns=False)
    plans = _plans(replace(plan, in_order=n_streams is not None), settings, first)

    def build(one: TrainingPlan) -> keras.Model:
        """A fresh network."""
        return build_model(design.architecture, one.seed, one.device, n_streams)

    stage = f"{'fit' if first is None else 'fit again'} {goal.kind}"
    members = train_members(build, design.output, source, chooser, plans, hooks.watch(stage))
    models = tuple(_standing_alone(member, design.architecture, n_streams) for member in members)
    fitted = SequenceNetworks(
        design.output,
        design.architecture,
        design.normaliser,
        models,
        goal.without_values,
        n_streams is not None,
    )
    results = tuple(member.result for member in members)
    notes = _notes(design.architecture, members)
    return FitOutcome(fitted, results, notes, is_short=len(members) < len(plans))


def _notes(architecture: Architecture, members: Sequence[Member]) -> tuple[Note, ...]:
    """What must be said of the network and its training, each once."""
    notes = [*architecture_warnings(architecture)]
    notes += [note for member in members for note in member.result.warnings]
    return tuple({note.code: note for note in notes}.values())


def _standing_alone(member: Member, architecture: Architecture, n_streams: int | None) -> keras.Model:
    """A network without states of streams, with the weights of one that has them."""
    return member.model if n_streams is None else with_weights_of(build_model(architecture), member.model)


def _plans(
    plan: TrainingPlan, settings: Settings, first: FitOutcome[SequenceNetworks] | None
) -> list[TrainingPlan]:
    """The plan of each member; after a first fit it ends with the epoch that was best then."""
    plans = member_plans(plan, settings.training.ensemble or 1)
    if first is None or plan.schedule.must_finish:
        return plans
    return [
        replace(one, epochs=max(result.best_epoch, 1))
        for one, result in zip(plans, first.results, strict=False)
    ]


def _source(
    prepared: PreparedSequences, span: Span, normaliser: Normaliser, *, learns: bool
) -> SequenceSource:
    """The windows of some rows, to learn from or to choose weights by; a ConfigError where there are none."""
    windows, panel = _windows(prepared, span, learns), prepared.panel
    if windows.n_windows == 0:
        raise ConfigError(f"{panel.source}: no row is left to train on. Lower --test-size and --valid-size.")
    return SequenceSource(panel, windows, normaliser, prepared.goal)


def _windows(prepared: PreparedSequences, span: Span, learns: bool) -> SequenceWindows:
    """Windows side by side, or as far apart as was asked for; those that choose as the network is used."""
    settings, goal = prepared.settings, prepared.goal
    look_back = settings.window.look_back or 1
    if settings.network.stateful:
        batch = settings.training.batch_size or 1
        return stream_windows(span, look_back, batch, goal.ahead)
    if goal.kind == "label":
        return whole_windows(span, look_back)
    if not learns:
        looks_back = not settings.network.bidirectional
        return overlapping_windows(prepared.panel, span, look_back, goal.ahead, looks_back=looks_back)
    stride = settings.window.stride
    every = look_back if stride == 1 else stride
    return piece_windows(prepared.panel, span, look_back, every, goal.ahead)


def _design(prepared: PreparedSequences, train: Span) -> _Design:
    """Scales, output and sizes from the training rows."""
    panel, goal, settings = prepared.panel, prepared.goal, prepared.settings
    rows = panel.take(train.begins, train.ends)
    normaliser = Normaliser((), "none", 1, 0, *_scales(rows.values))
    output = _output(rows, goal)
    look_back = settings.window.look_back or 1
    architecture = Architecture(
        look_back=look_back,
        horizon=look_back if goal.is_of_steps else 1,
        n_channels=len(panel.channels),
        n_outputs=output.n_outputs,
        **layer_sizes(settings.network),
        **mark_sizes(settings.network, len(panel.mark_names)),
        decoder="steps" if goal.is_of_steps else "direct",
    )
    return _Design(output, architecture, normaliser)


def _scales(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of every channel; none of sequences of marks alone."""
    return channel_scales(values) if values.shape[1] else (np.zeros(0), np.ones(0))


def _output(rows: Panel, goal: Goal) -> Output:
    """What the networks put out."""
    if goal.is_class:
        return ClassOutput(len(goal.names))
    values = rows.goal.values if rows.goal is not None else goal.values
    loc, scale = channel_scales(values)
    return NumberOutput(tuple(loc.tolist()), tuple(scale.tolist()))
