"""Row of commands: seconds from the shell to the result, start of Python included."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from speed_rounds import Asked, Bar, Found, Subject, race
from waiting_commands import Work

# Rows of the small file, and settings of the small network that predicts.
N_ROWS = 500
TINY = ("--look-back", "12", "--units", "16", "--epochs", "1", "--ensemble", "1", "--season", "1")
BARS = {
    "commands": (
        Bar("s of --help", most=0.3),
        Bar("s of inspect", most=1.5),
        Bar("predict / import keras", most=1.3),
    )
}


def run(name: str, asked: Asked) -> Found:
    """Run the row.

    Args:
        name: ``commands``.
        asked: How.

    Returns:
        Seconds of each command, beside those of an empty program and of importing Keras.
    """
    with tempfile.TemporaryDirectory() as folder:
        work = Work(asked.data, Path(folder))
        stamps = pd.date_range("2020-01-01", periods=N_ROWS, freq="h")
        y = np.sin(np.arange(N_ROWS)) + 2
        pd.DataFrame({"ds": stamps, "y": y}).to_csv(work.folder / "small.csv", index=False)
        work.train("small.csv", *TINY, seed=0)
        subjects: dict[str, Subject] = {
            "python": lambda: _python("pass"),
            "import keras": lambda: _python("import keras"),
            "--help": lambda: work.timed("--help")[1],
            "inspect": lambda: work.timed("inspect", "small.csv")[1],
            "predict": lambda: work.timed("predict", "--run", "run")[1],
            "predict FILE": lambda: work.timed("predict", "small.csv", "--run", "run")[1],
        }
        case = race(name, "s", subjects, asked)
    measures = {f"s of {command}": case.best(command) for command in ("--help", "inspect", "predict")}
    for command in ("predict", "predict FILE"):
        measures[f"{command} / import keras"] = case.ratio(command, "import keras")
    return Found([case], measures)


def _python(program: str) -> float:
    """Seconds of a program of one line, with the torch backend."""
    environment = os.environ | {"KERAS_BACKEND": "torch"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True)
    return time.perf_counter() - began
