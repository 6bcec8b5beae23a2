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

# Characters of a line beside the bar, of the learning rate in it, and of the bar.
OTHERS, LEARNING_RATE, LEAST_BAR, MOST_BAR = 76, 14, 4, 20


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
def counting() -> Iterator[Callable[[str, int, int | None], None]]:
    """A callback (what, done, total) for work that is counted, by whoever did it: one bar, or plain lines.

    Yields:
        The callback; what is counted, how much is done, and how much there is, None where that is not known.
        It writes a line every ten seconds, and on a terminal draws a bar.
    """
    if not sys.stderr.isatty():
        last = time.monotonic()

        def line(what: str, done: int, total: int | None) -> None:
            nonlocal last
            if time.monotonic() - last >= EVERY:
                last = time.monotonic()
                click.echo(f"{what}: {done:,}{'' if total is None else f' of {total:,}'}", err=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    words = TextColumn("{task.description}", markup=False)
    count = TextColumn("{task.completed:,}{task.fields[of]}")
    bars = (words, BarColumn(), count, TimeRemainingColumn(compact=True))
    with Progress(*bars, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, of="")

        def update(what: str, done: int, total: int | None) -> None:
            of = "" if total is None else f"/{total:,}"
            bar.update(task, description=what, completed=done, total=total, of=of)

        yield update


@contextmanager
def _bar() -> Iterator[Callable[[str, int, Any], None]]:
    """One line, as wide as the terminal: network, bar, epoch, losses, learning rate, time left."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    console = Console(stderr=True)

    def text(template: str) -> TextColumn:
        """A column that is cut where the line ends, never folded."""
        return TextColumn(template, markup=False, table_column=Column(no_wrap=True))

    columns: list[ProgressColumn] = [
        text("{task.description}"),
        BarColumn(bar_width=min(max(console.width - OTHERS, LEAST_BAR), MOST_BAR)),
        text("{task.completed}/{task.total}"),
        text("{task.fields[losses]}"),
        TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
    ]
    if console.width < OTHERS + LEAST_BAR:
        del columns[1]
    if console.width < OTHERS - LEARNING_RATE:
        del columns[0]
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[tuple[str, int], Any] = {}

        def report(stage: str, member: int, result: Any) -> None:
            key = (stage, member)
            if key not in tasks:
                for done in tasks.values():  # one line: the network before goes
                    bar.update(done, visible=False)
                name = stage if member == 0 else f"{stage} {member + 1}"
                tasks[key] = bar.add_task(name, total=result.n_epochs, losses="")
            shown = losses(result, digits=3)
            if console.width < OTHERS:
                shown = shown.partition(", rate")[0]
            bar.update(tasks[key], completed=result.epoch, losses=shown)

        yield report


def losses(result: Any, digits: int = 4) -> str:
    """Training and validation loss of an epoch, and its learning rate.

    Args:
        result: Of the epoch.
        digits: Of the losses.

    Returns:
        A few words.
    """
    valid = f", valid {result.valid_loss:.{digits}g}" if result.valid_loss is not None else ""
    return f"loss {result.train_loss:.{digits}g}{valid}, rate {result.learning_rate:.2g}"
