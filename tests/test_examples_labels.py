"""The programs of examples/ that learn labels, on small settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

CASES = {
    "mnist": (["--epochs", "1", "--images", "300"], "mnist", "300 images, accuracy"),
    "ucr": (["--epochs", "2"], "ucr", "ItalyPowerDemand: 67 rows to learn from, 1,029 sequences scored"),
    "sentiment": (
        ["--epochs", "1", "--folds", "1", "--sentences", "100"],
        "text/sentiment_sentences",
        "fold 1: model",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CASES))
def test_an_example_runs_and_prints_its_scores(name: str) -> None:
    arguments, folder, said = CASES[name]
    data = Path(os.environ.get("FORECASTER_DATA", "")) / folder
    if "FORECASTER_DATA" not in os.environ or not data.is_dir():
        pytest.skip(f"FORECASTER_DATA names no folder with {folder}")
    program = [sys.executable, str(ROOT / "examples" / f"{name}.py"), "--data", str(data)]
    done = subprocess.run([*program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
