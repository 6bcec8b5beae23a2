from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import click
import pandas as pd
import pytest

from forecaster.commands import _spark
from forecaster.commands._progress import progress_lines
from forecaster.commands._spark import show_sparklines
from forecaster.data.panel import Panel
from tests.readme import ROOT

# Training of two networks, without the training.
TRAINING = """
from types import SimpleNamespace
from forecaster.commands._progress import progress_lines
with progress_lines() as report:
    for member in range(2):
        for epoch in range(1, 4):
            report("fit again quantile", member, SimpleNamespace(
                epoch=epoch, n_epochs=3, train_loss=0.123456, valid_loss=0.23456, learning_rate=0.00123))
"""


def on_terminal(code: str, width: int, **more: str) -> str:
    """What a Python program writes to stderr when that is a terminal."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": str(width)}
    process = subprocess.Popen([sys.executable, "-c", code], stderr=follower, env=environment | more)
    os.close(follower)
    parts = []
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:  # Linux ends a terminal so
            break
        if not part:
            break
        parts.append(part)
    os.close(leader)
    assert process.wait(timeout=60) == 0
    return b"".join(parts).decode()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_progress_is_one_line_that_fits(width: int) -> None:
    drawn = on_terminal(TRAINING, width, NO_COLOR="1")
    lines = [line.strip() for line in re.split(r"[\r\n]+", click.unstyle(drawn)) if line.strip()]
    assert lines and max(map(len, lines)) <= width
    assert any("loss 0.123" in line and "3/3" in line for line in lines)
    assert any("rate 0.0012" in line for line in lines) or width == 40
    assert not re.search(r"\x1b\[[\d;]*\b3[0-8]\b[\d;]*m", drawn)  # no colour, as NO_COLOR says
    assert drawn.count("\x1b[1A") <= 1  # the cursor goes up once, to clear the one line at the end


def test_progress_elsewhere_is_a_plain_line_a_stage(capsys: pytest.CaptureFixture[str]) -> None:
    result = SimpleNamespace(epoch=1, n_epochs=1, train_loss=0.5, valid_loss=None, learning_rate=0.001)
    with progress_lines() as report:
        report("fit point", 0, result)
    assert capsys.readouterr().err == "fit point: epoch 1/1, loss 0.5, rate 0.001\n"


def forecast() -> pd.DataFrame:
    return pd.DataFrame({"unique_id": ["a", "b"], "ds": 0, "forecast": [3.0, 10.0]})


def test_a_line_a_series_is_drawn_on_a_terminal(
    tiny_panel: Panel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    panel = replace(tiny_panel, ids=tiny_panel.ids.astype(str))
    first, second = map(str, panel.ids)
    table = forecast().assign(unique_id=[first, second])
    show_sparklines(table, panel)
    assert capsys.readouterr().out == ""  # no terminal
    monkeypatch.setattr(_spark, "terminal_width", lambda: 40)
    show_sparklines(table, panel)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [first, second]
    assert all(line.count("|") == 1 and len(line) <= 40 for line in lines)
    show_sparklines(table, replace(panel, kind="events"))
    assert capsys.readouterr().out == ""


def test_this_file_runs_the_program_of_the_checkout() -> None:
    assert Path(_spark.__file__).is_relative_to(ROOT)
