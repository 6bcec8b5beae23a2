"""Options of trainings that go on from an earlier one, or end before their time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from forecaster.errors import ConfigError

# The last one stands first in the help.
OPTIONS = (
    click.option(
        "--max-seconds",
        type=click.FloatRange(min=0, min_open=True),
        metavar="N",
        help="End training after so long, with the best weights so far.",
    ),
    click.option(
        "--warm-start",
        metavar="RUN",
        help="Start from the networks of a finished run, on newer rows: a quarter of its epochs at 0.3 "
        "of its learning rate.",
    ),
    click.option(
        "--resume",
        metavar="RUN",
        help="Go on with the training of this run that was ended early, on the same DATA.",
    ),
)


@dataclass(frozen=True)
class GoingOn:
    """What a training goes on from.

    Attributes:
        resume: Run folder whose training was ended early; None for a new one.
        warm_start: Run folder whose networks training starts from; None for random weights.
        max_seconds: Limit of training; None for none.
    """

    resume: Path | None
    warm_start: Path | None
    max_seconds: float | None


def going_on_options(command: Callable[..., None]) -> Callable[..., None]:
    """A decorator that adds --resume, --warm-start and --max-seconds to a command.

    Args:
        command: Gets one keyword ``going`` for them; ``out`` is the folder of a resumed training.

    Returns:
        The command with its options.
    """

    @functools.wraps(command)
    def collected(
        *arguments: Any,
        resume: str | None,
        warm_start: str | None,
        max_seconds: float | None,
        **options: Any,
    ) -> None:
        from forecaster.run.find import find_run

        going = GoingOn(
            None if resume is None else find_run(resume),
            None if warm_start is None else find_run(warm_start),
            max_seconds,
        )
        if going.resume is not None:
            options["out"] = _same_folder(options.get("out"), going.resume)
        command(*arguments, going=going, **options)

    for option in OPTIONS:
        collected = option(collected)
    return collected


def _same_folder(out: str | None, resume: Path) -> str:
    """The folder of a training that is gone on with; another one is refused."""
    if out is not None and Path(out).absolute() != resume.absolute():
        raise ConfigError(f"--out {out}: a training that is gone on with stays in {resume}. Leave it out.")
    return str(resume)
