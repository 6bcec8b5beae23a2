"""Progress of training: a live bar on a terminal, a line now and then elsewhere; always on stderr."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

# Seconds between two lines where there is no terminal.
EVERY = 10.0


@contextmanager
def progress_lines() -> Iterator[Callable[[str, int, Any], None]]:
    """A callback (stage, member, epoch's result) for as long as training goes on.

    Yields:
        The callback; on a terminal it draws a bar, elsewhere it writes plain lines.
    """
    if sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield _Lines().report


class _Lines:
    """Plain lines: the first epoch, the end of every stage, and what goes on every ten seconds."""

    def __init__(self) -> None:
        self.last = -math.inf

    def report(self, stage: str, member: int, result: Any) -> None:
        """One line, if it is time for one."""
        now = time.monotonic()
        if result.epoch == result.n_epochs or now - self.last >= EVERY:
            self.last = now
            name = stage if member == 0 else f"{stage}, network {member + 1}"
            click.echo(f"{name}: epoch {result.epoch}/{result.n_epochs}, {losses(result)}", err=True)


@contextmanager
def _bar() -> Iterator[Callable[[str, int, Any], None]]:
    """A rich progress bar with loss, rate and time left."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.fields[losses]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[tuple[str, int], Any] = {}

        def report(stage: str, member: int, result: Any) -> None:
            key = (stage, member)
            if key not in tasks:
                name = stage if member == 0 else f"{stage}, network {member + 1}"
                tasks[key] = bar.add_task(name, total=result.n_epochs, losses="")
            bar.update(tasks[key], completed=result.epoch, losses=losses(result))

        yield report


def losses(result: Any) -> str:
    """Training and validation loss of an epoch, and its learning rate."""
    valid = f", valid {result.valid_loss:.4g}" if result.valid_loss is not None else ""
    return f"loss {result.train_loss:.4g}{valid}, rate {result.learning_rate:.2g}"
