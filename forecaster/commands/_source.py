"""The DATA argument of commands: what is read, and what a run made from it is called."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from forecaster.commands._show import note
from forecaster.data.units import in_words

if TYPE_CHECKING:
    from forecaster.data.panel import Panel
    from forecaster.data.parted import PartedData


def read_source(data: str) -> str | BinaryIO:
    """The file as typed, or standard input for ``-``."""
    return sys.stdin.buffer if data == "-" else data


def run_name(data: str) -> str:
    """Name of the run folder of a file: its name without endings, of letters that every system takes."""
    if data == "-":
        return "stdin"
    stem = Path(data).name.split(".")[0]
    return re.sub(r"[^\w-]+", "-", stem) or "data"


def show_reading(panel: Panel | PartedData) -> None:
    """What was read and repaired, on stderr.

    Args:
        panel: All rows, or the parts that workers are to read.
    """
    from forecaster.data.clock import moment_text
    from forecaster.data.parted import PartedData
    from forecaster.data.roles import covariates_of

    if isinstance(panel, PartedData):
        note(f"{panel.source}: read by the workers, in {len(panel.parts):,} parts")
        note(f"{sum(panel.rows):,} rows, {panel.n_series:,} series")
        return

    note(panel.why)
    said = f"{panel.n_rows:,} row{'s' * (panel.n_rows != 1)}, {panel.n_series:,} series"
    if panel.goal is None or "time" in panel.columns:  # else rows are counted in each sequence
        first, last = (moment_text(panel.clock, one) for one in (panel.times.min(), panel.times.max()))
        said += f", {first} to {last}" + (f", in {in_words(panel.unit)}" if panel.unit else "")
    if panel.goal is not None and panel.goal.held_out is not None:
        said += f"; the last {int(panel.goal.held_out.sum()):,} series are those of --test"
    note(said)
    used = {name: columns for name, columns in covariates_of(panel.columns).items() if columns}
    if panel.goal is not None and used:
        note(f"Inputs: {', '.join(panel.channels)}")
    elif used:
        words = (f"{', '.join(columns)} ({name.replace('_', ' ')})" for name, columns in used.items())
        note(f"Covariates: {', '.join(words)}")
    for one in panel.repairs:
        note(f"Repaired: {one.line}")
    for one in panel.warnings:
        note(f"Note: {one.line}")
