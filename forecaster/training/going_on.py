"""What must be the same to go on with a training, and what bit-identical weights need besides."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Collection
from pathlib import Path
from typing import Any

import keras

import forecaster
from forecaster.config.build import change, flatten, make_settings, option_name
from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.data.parted import PartedData
from forecaster.errors import ConfigError, RunError
from forecaster.training.checkpoint import FOLDER, Checkpoint
from forecaster.training.checkpoint_file import Basis, read_state
from forecaster.training.device import choose_device
from forecaster.training.digest import panel_digest
from forecaster.training.warm_start import WarmStart

# Packages whose arithmetic the weights come from.
PACKAGES = ("keras", "numpy", "scipy", "scikit-learn")

# Settings of a training that a warm start may change; all others are those of the run.
FREE = {"as_of", "encoding", "test_size", "valid_size", "split", "stride", "baselines", "within", "embargo"}
FREE |= {"optimizer", "learning_rate", "momentum", "clip", "schedule", "step_epochs", "milestones", "gamma"}
FREE |= {"plateau_patience", "epochs", "steps_per_epoch", "batch_size", "patience", "seed", "device"}
FREE |= {"threads", "precision", "refit", "final_fit", "conformal"}


def resumed_settings(run: Path, asked: Settings) -> Settings:
    """Settings of a training to go on with, as the user gave them; those given again must be the same.

    Args:
        run: The run folder.
        asked: As the user gave them now.

    Returns:
        As the user gave them when the training was begun.

    Raises:
        ConfigError: A setting is another one now.
        RunError: There is no training to go on with, or its checkpoint is damaged.
    """
    try:
        stored = make_settings(read_state(run / FOLDER).basis.settings)
    except ConfigError as error:
        raise RunError(f"{run / FOLDER}: {error} Install the forecaster that it was begun with.") from None
    _must_agree(asked, stored, f"the training in {run} was begun", "Leave it out, or train without --resume")
    return stored.model_copy(update={"cluster": asked.cluster})


def warm_settings(run: str, stored: Settings, asked: Settings) -> tuple[Settings, set[str]]:
    """Settings of a training that starts from a run: the run's, but for those that may be others.

    Args:
        run: In messages.
        stored: Of the run, none open.
        asked: As the user gave them.

    Returns:
        The settings, and the names of those given.

    Raises:
        ConfigError: A setting is given that only a training from random weights can change.
    """
    remedy = "Leave it out, or train without --warm-start"
    _must_agree(asked, stored, f"{run} was trained", remedy, FREE)
    flat = flatten(asked)
    given = {name for name in _given(asked) if name in FREE}
    changed = change(stored, {name: flat[name] for name in given} | {"as_of": asked.data.as_of})
    return changed.model_copy(update={"cluster": asked.cluster}), given


def _given(settings: Settings) -> list[str]:
    """Names of the settings that a user gave, but for where the work is done: no training depends on that."""
    sections = (getattr(settings, section) for section in type(settings).model_fields if section != "cluster")
    return [name for section in sections for name in section.model_fields_set]


def _plain(settings: Settings) -> dict[str, Any]:
    """The settings that a user gave, as JSON holds them."""
    tree = settings.model_dump(mode="json", exclude_unset=True)
    return {name: value for section in tree.values() for name, value in section.items()}


def _must_agree(
    asked: Settings, stored: Settings, what: str, remedy: str, free: Collection[str] = ()
) -> None:
    """Refuse a setting that is given and differs."""
    now, before = flatten(asked), flatten(stored)
    for name in sorted(set(_given(asked)) - set(free)):
        if now[name] != before[name]:
            raise ConfigError(
                f"{option_name(name)} {_words(now[name])}: {what} with {_words(before[name])}. {remedy}."
            )


def _words(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def begin(
    run: Path, panel: Panel | PartedData, settings: Settings, *, own_schedule: bool, start: WarmStart | None
) -> Checkpoint:
    """The checkpoint of a training that begins.

    Args:
        run: The run folder.
        panel: The rows.
        settings: As the user gave them.
        own_schedule: Whether the caller gives the learning rate.
        start: What training starts from.

    Returns:
        A checkpoint that is held by this process.

    Raises:
        RunError: Another process trains into this folder, or it cannot be written.
    """
    basis = _basis(panel, settings, own_schedule, start)
    return Checkpoint.begin(run, basis, _machine(settings))


def resume(
    run: Path, panel: Panel | PartedData, settings: Settings, *, own_schedule: bool, start: WarmStart | None
) -> Checkpoint:
    """The checkpoint of a training to go on with.

    Args:
        run: The run folder.
        panel: The rows.
        settings: From ``resumed_settings``.
        own_schedule: Whether the caller gives the learning rate.
        start: What training started from.

    Returns:
        A checkpoint that is held by this process, and knows what was done.

    Raises:
        RunError: Rows, backend, schedule or start are others than when the training was begun; there is
            no checkpoint, or it is damaged; or another process trains into this folder.
    """
    was = read_state(run / FOLDER).basis
    now = _basis(panel, settings, own_schedule, start)
    place = run / FOLDER
    if was.data != now.data:
        raise RunError(
            f"{panel.source}: holds other rows than the training in {run} was begun with. "
            "Give the same file, or train without --resume."
        )
    if was.backend != now.backend:
        raise RunError(
            f"{place}: begun with the backend {was.backend}; this is {now.backend}. Take {was.backend}."
        )
    if was.own_schedule != now.own_schedule:
        has = "a schedule of its own" if was.own_schedule else "no schedule of its own"
        raise RunError(f"{place}: begun with {has}. Give fit the same schedule.")
    if was.warm_start != now.warm_start:
        began = "from random weights" if was.warm_start is None else "with --warm-start"
        remedy = "Leave --warm-start out" if was.warm_start is None else "Name the same run with --warm-start"
        raise RunError(f"{place}: begun {began}, and not from what is given now. {remedy}.")
    return Checkpoint.resume(run, _machine(settings))


def _basis(
    panel: Panel | PartedData, settings: Settings, own_schedule: bool, start: WarmStart | None
) -> Basis:
    """What must be the same."""
    return Basis(
        data=panel_digest(panel),
        settings=_plain(settings),
        backend=keras.backend.backend(),
        own_schedule=own_schedule,
        warm_start=None if start is None else start.digest(),
    )


def _machine(settings: Settings) -> dict[str, str]:
    """Versions, device and processor; the threads are known once the defaults are chosen."""
    backend = keras.backend.backend()
    packages = (*PACKAGES, backend)
    return {
        "forecaster": forecaster.__version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in packages},
        "processor": f"{platform.system()} {platform.machine()}",
        "device": choose_device(settings.training.device),
    }
