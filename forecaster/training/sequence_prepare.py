"""What comes before a fit of sequences: the split, then the defaults that the training rows suggest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.config.build import change, flatten, option_name
from forecaster.config.facts import Default
from forecaster.config.sequence_rules import FEW_SEQUENCES, SequenceFacts, complete_sequences
from forecaster.config.settings import Settings, TransformSettings
from forecaster.data.goals import Goal
from forecaster.data.panel import Note, Panel
from forecaster.errors import ConfigError, listing
from forecaster.windows.sequence_split import split_sequences
from forecaster.windows.split import Split
from forecaster.windows.windows import Span


@dataclass(frozen=True)
class PreparedSequences:
    """All that a fit needs.

    Attributes:
        panel: The rows.
        goal: What is learnt of them.
        settings: None open.
        defaults: What was chosen, and why.
        split: Rows of each part.
        warnings: What the user should know.
    """

    panel: Panel
    goal: Goal
    settings: Settings
    defaults: tuple[Default, ...]
    split: Split
    warnings: tuple[Note, ...] = ()


def prepare_sequences(panel: Panel, settings: Settings) -> PreparedSequences:
    """Split and defaults of sequences.

    Args:
        panel: All rows, with a goal.
        settings: As the user gave them.

    Returns:
        Everything chosen from the training rows alone.

    Raises:
        ConfigError: A setting does not fit the data, or there is nothing to learn.
        ValueError: The panel has no goal.
    """
    if panel.goal is None:
        raise ValueError(f"a panel of {panel.kind} has no goal")
    if panel.goal.is_class and len(panel.goal.names) < 2:
        only = listing(panel.goal.names)
        raise ConfigError(f"{panel.source}: one class only, {only}. Bring rows of several.")
    settings, first = _without_valid(settings, panel, panel.goal)
    split = split_sequences(panel, settings.window, settings.training.seed)
    complete, others = complete_sequences(settings, sequence_facts(panel, panel.goal, split))
    _check(complete, panel.goal)
    _check_windows(settings, complete.window.look_back or 1)
    defaults = (*first, *others)
    return PreparedSequences(panel, panel.goal, complete, defaults, split, tuple(_warnings(split)))


def _without_valid(settings: Settings, panel: Panel, goal: Goal) -> tuple[Settings, list[Default]]:
    """Few labels are all learnt from, where the schedule ends by itself and needs no validation part."""
    n_free = panel.n_series if goal.held_out is None else int((~goal.held_out).sum())
    ends = settings.training.schedule in (None, "one-cycle") and settings.training.patience is None
    if goal.kind != "label" or settings.window.valid_size is not None or n_free >= FEW_SEQUENCES or not ends:
        return settings, []
    why = "few sequences: all are needed, and a one-cycle ends by itself"
    return change(settings, {"valid_size": 0}), [Default("valid_size", 0, why)]


def sequence_facts(panel: Panel, goal: Goal, split: Split) -> SequenceFacts:
    """What the rules of the defaults look at, from the training rows alone.

    Args:
        panel: The rows.
        goal: What is learnt.
        split: Rows of each part.

    Returns:
        The facts.
    """
    lengths = split.train.ends - split.train.begins
    return SequenceFacts(
        goal=goal.kind,
        n_series=int((lengths > 0).sum()),
        n_rows=int(lengths.sum()),
        longest=int(lengths.max(initial=0)),
        n_channels=len(panel.channels),
        n_marks=len(panel.mark_names),
        n_classes=len(goal.names) if goal.is_class else 0,
        has_pieces=is_cut(split),
    )


def is_cut(split: Split) -> bool:
    """Whether series are held out in part, and not as a whole.

    Args:
        split: Rows of each part.
    """
    parts: list[Span] = [split.train, split.valid, split.test]
    used = np.sum([one.ends > one.begins for one in parts], axis=0)
    return bool((used > 1).any()) or len(split.begins) == 1


# Settings of forecasts of numbers, and of rows that are regular, which sequences have no use for; the effort
# of presets is that of values and prices.
_REFUSED: dict[str, tuple[object, ...]] = {
    "task": ("regress",),
    "head": (None,),
    "horizon": (1,),
    "embargo": (None,),
}
_REFUSED |= {"decoder": ("direct",), "split": ("time",), "residual": (None,), "bins": ("quantile",)}
_REFUSED |= {"transforms": (("standard",),), "features": (("none",),)}
_REFUSED |= {"branch": (("none",),), "n_bins": (None,), "loss": (None,), "components": (None,)}
_REFUSED |= {"preset": ("balanced",), "conformal": (False,), "scope": (None,), "quantile_levels": (None,)}
_REFUSED |= {"min_history": (0,), "censor": (True,), "within": (None,), "series_units": (0,)}
_REFUSED |= {name: (TransformSettings.model_fields[name].default,) for name in ("dead_band", "smoothing")}


def _check(settings: Settings, goal: Goal) -> None:
    """Refuse settings that do not fit each other or the goal."""
    flat = flatten(settings)
    for name, allowed in _REFUSED.items():
        if flat[name] not in allowed:
            value = flat[name]
            raise ConfigError(f"{_spelled(name, value)}: sequences have no use for it. Leave it out.")
    network = settings.network
    if goal.kind != "label" and network.segment != 1:
        raise ConfigError(f"--segment {network.segment}: every step has an output. Leave it out.")
    if goal.kind in ("marks", "outputs") and network.bidirectional:
        what = "its own successor" if goal.kind == "marks" else "its outputs from what came before"
        raise ConfigError(
            f"--bidirectional: every step gives {what}; backwards it would see the answer. Leave it out."
        )
    if network.linear and goal.kind == "label":
        raise ConfigError("--linear: a label is no linear function of one row. Leave it out.")
    if network.stateful and (network.bidirectional or goal.kind == "label"):
        why = "a label has no state to carry on" if goal.kind == "label" else "no state goes on backwards"
        raise ConfigError(f"--stateful: {why}. Leave it out.")


def _spelled(name: str, value: object) -> str:
    """A setting as it was given."""
    if isinstance(value, bool):
        return option_name(name) if value else f"--no-{option_name(name)[2:]}"
    return f"{option_name(name)} {','.join(map(str, value)) if isinstance(value, tuple) else value}"


def _check_windows(settings: Settings, look_back: int) -> None:
    """Refuse windows, as the user asked for them, that leave rows out or that no state goes through."""
    stride = settings.window.stride
    if stride > look_back:
        raise ConfigError(
            f"--stride {stride}: above --look-back {look_back}, so rows between windows would never be "
            f"learnt. Lower it to {look_back}, or raise --look-back."
        )
    if settings.network.stateful and stride > 1:
        raise ConfigError(
            f"--stride {stride}: with --stateful each window begins where the one before ended. Leave it out."
        )
    steps = settings.training.steps_per_epoch
    if settings.network.stateful and steps is not None:
        raise ConfigError(
            f"--steps-per-epoch {steps}: with --stateful an epoch is every series once. Leave it out."
        )


def _warnings(split: Split) -> list[Note]:
    """What must be said of the parts."""
    notes = []
    if not (split.test.ends > split.test.begins).any():
        notes.append(Note("no_test_part", "Nothing is held out: trained without scores."))
    return notes
