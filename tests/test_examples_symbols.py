"""The examples of symbols and marks run, on small settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DATA = os.environ.get("FORECASTER_DATA")


def run(name: str, *options: str) -> str:
    """What an example prints."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *options],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_characters_go_on() -> None:
    lines = run("characters.py", "--units", "8", "--epochs", "2").splitlines()
    assert lines[0] == "10,000 characters, 58 different"
    assert lines[1].startswith("perplexity of the text trained on: ")
    names = [line.split(": ")[1].split()[0] for line in lines[2:6]]
    assert names == ["network", "frequencies", "markov", "markov_2"]
    assert lines[6].startswith("likeliest: Alice was beginning to ")
    begin = "{'sample': True, 'seed': 1}: Alice was beginning to "
    assert lines[7].startswith(begin) and len(lines[7]) == len(begin) + 200


@pytest.mark.slow
def test_next_badge_is_scored_beside_markov() -> None:
    folder = Path(DATA or "") / "events" / "stackoverflow_badges"
    if DATA is None or not folder.is_dir():
        pytest.skip("FORECASTER_DATA names no folder with events/stackoverflow_badges")
    text = run("next_badge.py", "--data", str(folder), "--users", "40", "--epochs", "1")
    assert text.startswith("40 users not seen")
    assert all(name in text for name in ("mark_accuracy", "markov_2", "censored_crps", "model"))
