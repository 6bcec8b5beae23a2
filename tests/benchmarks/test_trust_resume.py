from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from trust_resume import SETUPS, markdown_lines, rows_of

ROOT = Path(__file__).resolve().parents[2]


def test_table_counts_what_came_of_each_training() -> None:
    runs = [
        {"setup": "bins", "n_kills": 5, "n_resumed": 4, "is_same": True},
        {"setup": "bins", "n_kills": 5, "n_resumed": 5, "is_same": False},
        {"setup": "hazard", "n_kills": 5, "n_resumed": 5, "is_same": True},
    ]
    lines = markdown_lines({"machine": {"cores": 2}, "versions": {"torch": "2"}, "runs": runs})
    assert "| bins | 2 | 10 | 9 | 1 of 2 |" in lines
    assert lines[-1] == "| all | 3 | 15 | 14 | 2 of 3 |"


def test_rows_are_the_same_for_the_same_seed() -> None:
    for kind in {settings["kind"] for settings in SETUPS.values()}:
        assert rows_of(kind, 1).equals(rows_of(kind, 1))
        assert not rows_of(kind, 1).equals(rows_of(kind, 2))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_trainings_end_with_the_same_weights() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "trust_resume.py"), "--fast"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("| all | 2 | 4 |")
    assert done.stdout.splitlines()[-1].endswith("| 2 of 2 |")
