"""The commands that a benchmark runs, in a folder of its own, and how long they take."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGES = ("forecaster", "keras", "torch", "numpy", "scipy", "pandas")


@dataclass(frozen=True)
class Work:
    """A folder in which commands run.

    Attributes:
        data: Folder of the data.
        folder: Where commands read and write.
    """

    data: Path
    folder: Path

    def forecast(self, *arguments: str) -> str:
        """What `forecast` writes to stdout.

        Args:
            arguments: Of the command line.

        Returns:
            Its stdout.

        Raises:
            RuntimeError: The command failed.
        """
        return self.timed(*arguments)[0]

    def timed(self, *arguments: str) -> tuple[str, float]:
        """The same, and its seconds, start of Python included.

        Args:
            arguments: Of the command line.

        Returns:
            Its stdout, and seconds.

        Raises:
            RuntimeError: The command failed.
        """
        began = time.perf_counter()
        command = [sys.executable, str(ROOT / "cli.py"), *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines = "\n".join(done.stderr.splitlines()[-5:])
            raise RuntimeError(f"forecast {' '.join(arguments)[:200]}: exit code {done.returncode}\n{lines}")
        return done.stdout, time.perf_counter() - began

    def train(self, data: str, *options: str, seed: int) -> float:
        """Train on a file into ``run``.

        Args:
            data: The file.
            options: Of `forecast train`.
            seed: Of the networks.

        Returns:
            Seconds.

        Raises:
            RuntimeError: The command failed.
        """
        return self.timed("train", data, *options, "--seed", str(seed), "--out", "run")[1]

    def report(self) -> dict[str, Any]:
        """report.json of what was trained last."""
        run = self.folder / "run"
        version = (run / "CURRENT").read_text(encoding="utf-8").strip()
        tree: dict[str, Any] = json.loads((run / version / "report.json").read_text(encoding="utf-8"))
        return tree


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Versions of what the numbers depend on, where it is installed, and the number of processors.

    Args:
        packages: Names of distributions.

    Returns:
        By name.
    """
    installed = {one.metadata["Name"] for one in importlib.metadata.distributions()}
    found = {name: importlib.metadata.version(name) for name in packages if name in installed}
    return {"python": platform.python_version(), **found, "processors": str(os.cpu_count())}
