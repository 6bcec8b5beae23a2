"""A run is killed while it is saved, again and again; and saved to a disk that is full at every size."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from unittest.mock import patch

from forecaster.errors import RunError
from forecaster.run.store import CURRENT, open_version, write_version

ROOT = Path(__file__).parents[1]
NAMES = ("context.parquet", "report.json", "series.parquet", "spec.json", "weights.safetensors")

# Saves for ever, every file of a version filled with its number; says when it has begun.
WRITER = """
import sys
from pathlib import Path
from unittest.mock import patch
from forecaster.run.store import write_version
run, names, n_bytes = Path(sys.argv[1]), sys.argv[3:], int(sys.argv[2])
number = 0
print("began", flush=True)
while True:
    number += 1
    write_version(run, {name: number.to_bytes(8, "little") * (n_bytes // 8) for name in names})
"""


def kill_saves(n_kills: int, seed: int = 0, n_bytes: int = 40_000) -> Counter[str]:
    """Kill a saving process at random instants and look at what it leaves.

    Args:
        n_kills: How often.
        seed: Of the instants.
        n_bytes: Of each of the files of a version.

    Returns:
        How many runs were found whole, ``unreadable``, or ``mixed`` of two versions; and how many kills hit a
        save that was under way, that is left a folder of its own behind.
    """
    rng = random.Random(seed)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        write_version(run, {name: bytes(n_bytes) for name in NAMES})
        for _ in range(n_kills):
            _kill_one(run, n_bytes, rng.uniform(0.0, 0.05))
            found[_state(run)] += 1
            found["under way"] += any(path.name.startswith(".tmp") for path in run.iterdir())
    return found


def _kill_one(run: Path, n_bytes: int, seconds: float) -> None:
    """Start a writer, and kill it some time after its first save began."""
    command = [sys.executable, "-c", WRITER, str(run), str(n_bytes), *NAMES]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        if writer.stdout is None or not writer.stdout.readline():
            raise RuntimeError("the writer did not begin")
        time.sleep(seconds)
        os.kill(writer.pid, signal.SIGKILL)


def _state(run: Path) -> str:
    """What a reader finds."""
    try:
        version = open_version(run, NAMES)
        contents = {(version / name).read_bytes() for name in NAMES}
    except RunError:
        return "unreadable"
    return "whole" if len(contents) == 1 else "mixed"


def fill_disks(steps: int = 40) -> Counter[str] | None:
    """Save to small disks of rising size, each full at another byte.

    Args:
        steps: Sizes to try.

    Returns:
        How many saves were refused with the old run whole, went through, or left something else; None where
        no small disk can be mounted.
    """
    found: Counter[str] = Counter()
    files = {name: os.urandom(20_000) for name in NAMES}
    for step in range(steps):
        with tempfile.TemporaryDirectory() as folder:
            size = 40 + 8 * step
            mounted = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", folder],
                check=False,
                capture_output=True,
            )
            if mounted.returncode:
                return None
            try:
                run = Path(folder) / "run"
                # the check beforehand would refuse them all
                with patch("forecaster.run.store.require_space"):
                    write_version(run, {name: b"old" for name in NAMES})
                    found[_saved(run, files)] += 1
            finally:
                subprocess.run(["umount", folder], check=True)
    return found


def _saved(run: Path, files: dict[str, bytes]) -> str:
    """What became of one save."""
    try:
        write_version(run, files)
    except RunError as error:
        version = open_version(run, NAMES)
        is_old = all((version / name).read_bytes() == b"old" for name in NAMES)
        is_clean = sorted(path.name for path in run.iterdir()) == [".lock", CURRENT, "v0001"]
        return "old run whole" if is_old and is_clean and "the disk is full" in str(error) else "damaged"
    return "saved" if _same(run, files) else "damaged"


def _same(run: Path, files: dict[str, bytes]) -> bool:
    """Whether the version in force holds these files."""
    version = open_version(run, NAMES)
    return all((version / name).read_bytes() == data for name, data in files.items())
