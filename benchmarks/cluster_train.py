"""Rows of training on Ray: two workers against one, and workers killed at random instants."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from speed_rounds import Asked, Bar, Case, Found, race

from forecaster import Forecaster
from forecaster.cluster.session import ray_session
from forecaster.config.engine import EngineSettings

# Share of two workers in the time of one: less is lost to waiting for each other.
BARS = {
    "train_growth": (Bar("two workers / one, large", least=1.5),),
    "train_small": (),
    "train_kills": (Bar("kills survived", least=10), Bar("losses as without kills", least=1)),
}

N_KILLS, FAST_KILLS = 10, 1

# Longest that a worker lives after it has begun, in seconds.
LATEST = 20.0

# Longest that a command may take, and workers to come back, in seconds.
PATIENCE, COME_BACK = 3600.0, 600.0

WORKER = "ray::RayTrainWorker"


@dataclass(frozen=True)
class Network:
    """A network and its steps.

    Attributes:
        look_back: Steps of a window.
        units: Width of its two layers.
        batch_size: Windows of a step, of all workers.
        steps: Of an epoch.
        epochs: Timed but for the first, in which memory is first asked for.
    """

    look_back: int
    units: int
    batch_size: int
    steps: int
    epochs: int = 4

    @property
    def settings(self) -> dict[str, Any]:
        """Of a training of nothing but steps."""
        return {
            "look_back": self.look_back,
            "units": self.units,
            "batch_size": self.batch_size,
            "steps_per_epoch": self.steps,
            "epochs": self.epochs,
            "horizon": 4,
            "ensemble": 1,
            "segment": 1,
            "patience": 100,
            "precision": "float32",
            "test_size": 0,
            "valid_size": 0,
            "final_fit": False,
            "baselines": "fast",
        }


# Compute dominates a step of the one (some 0.3 s on one thread), messages one of the other (2 ms).
LARGE, SMALL = Network(96, 128, 256, 8), Network(12, 8, 32, 200)
FAST = Network(12, 8, 32, 4, 2)


def run(name: str, asked: Asked) -> Found:
    """Run a row.

    Args:
        name: ``train_growth``, ``train_small`` or ``train_kills``.
        asked: How.

    Returns:
        Cases and measures.
    """
    if name == "train_kills":
        return kills(FAST_KILLS if asked.is_fast else N_KILLS)
    network = FAST if asked.is_fast else {"train_growth": LARGE, "train_small": SMALL}[name]
    label = "large" if name == "train_growth" else "small"
    with ray_session(EngineSettings(engine="ray", workers=2)):
        case = growth(label, network, asked)
    measure = f"two workers / one, {label}"
    return Found(cases=[case], measures={measure: case.ratio("two workers", "one worker")})


def growth(label: str, network: Network, asked: Asked) -> Case:
    """Windows a second of one worker and of two, one thread each, in turn.

    Args:
        label: Of the network.
        network: What is trained.
        asked: Rounds.

    Returns:
        The case.
    """
    data = rows_of(64, 4 * network.look_back + 200)

    def rate(n_workers: int) -> float:
        """Windows a second over the epochs after the first."""
        trained = Forecaster(**network.settings, engine="ray", workers=n_workers).fit(data)
        epochs = trained.report["training"][0]["members"][0]["history"][1:]
        seconds = sum(epoch["seconds"] for epoch in epochs)
        return float(network.batch_size * network.steps * len(epochs) / seconds)

    subjects: Mapping[str, Callable[[], float]] = {
        "one worker": lambda: rate(1),
        "two workers": lambda: rate(2),
    }
    return race(f"train {label} on Ray", "windows/s", subjects, asked)


def rows_of(n_series: int, n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Noisy waves of 24 steps.

    Args:
        n_series: How many.
        n_rows: Of each.
        seed: Of the noise.

    Returns:
        ``unique_id, ds, y``.
    """
    noise = np.random.default_rng(seed).normal(0, 0.2, (n_series, n_rows))
    waves = np.sin(np.arange(n_rows) * 2 * np.pi / 24 + np.arange(n_series)[:, None]) + noise
    names = np.char.add("wave ", np.arange(n_series).astype(str))
    return pd.DataFrame(
        {
            "unique_id": np.repeat(names, n_rows),
            "ds": np.tile(np.arange(n_rows), n_series),
            "y": waves.ravel(),
        }
    )


def kills(n_kills: int, seed: int = 0, epochs: int = 500) -> Found:
    """One training whose workers are killed again and again, beside the same one left alone.

    Args:
        n_kills: Workers killed with SIGKILL, each at a random instant after the workers have begun.
        seed: Of the instants.
        epochs: Of the training; it must outlast the kills.

    Returns:
        How many kills it outlived, and whether its losses are those of the other to the last bit.
    """
    drawn = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        rows_of(60, 200).to_csv(place / "waves.csv", index=False)
        alone = _begin(place, "alone", epochs)
        if alone.wait(PATIENCE) != 0:
            raise RuntimeError("the training that was left alone has failed")
        process = _begin(place, "killed", epochs)
        n_done = sum(1 for _ in _kills(process.pid, n_kills, drawn))
        code = process.wait(PATIENCE)
        found = [_report(place / name) for name in ("alone", "killed")] if code == 0 else []
    is_same = len(found) == 2 and _losses(found[0]) == _losses(found[1])
    survived = n_done if code == 0 else 0
    resumed = found[1]["resumed"] if found else 0
    print(
        f"{n_done} kills, exit code {code}, gone on {resumed} times, same losses: {is_same}", file=sys.stderr
    )
    return Found(measures={"kills survived": survived, "losses as without kills": float(is_same)})


def _begin(folder: Path, name: str, epochs: int) -> subprocess.Popen[bytes]:
    """`forecast train --engine ray` in a process of its own."""
    root = Path(__file__).parents[1]
    options = f"--epochs {epochs} --units 64 --look-back 24 --horizon 4 --ensemble 1 --baselines fast"
    command = [sys.executable, str(root / "cli.py"), "train", "waves.csv", *options.split(), "--no-final-fit"]
    command += ["--precision", "float32", "--engine", "ray", "--workers", "2", "--out", name]
    env = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    nothing = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=folder, env=env, stdout=nothing, stderr=nothing)


def _kills(pid: int, n_kills: int, drawn: random.Random) -> Iterator[int]:
    """Kill a worker of a command so many times; ends early when there is none any more."""
    seen: set[int] = set()
    for _ in range(n_kills):
        end = time.monotonic() + COME_BACK
        while len(fresh := [one for one in workers_of(pid) if one not in seen]) < 2:
            if time.monotonic() > end or not Path(f"/proc/{pid}/cmdline").read_bytes():
                return
            time.sleep(0.2)
        time.sleep(drawn.uniform(0, LATEST))
        victim = drawn.choice(fresh)
        seen |= set(fresh)
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            return
        yield victim


def workers_of(pid: int) -> list[int]:
    """Processes that train, among those that a command has begun.

    Args:
        pid: Of the command.

    Returns:
        Their numbers, rising.
    """
    parents, titles = {}, {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(place.name)] = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            titles[int(place.name)] = (place / "cmdline").read_bytes().decode()
        except (OSError, IndexError):
            continue
    family, wanted = set(), {pid}
    while wanted:
        wanted = {child for child, parent in parents.items() if parent in wanted}
        family |= wanted
    return sorted(one for one in family if titles[one].startswith(WORKER))


def _report(run: Path) -> dict[str, Any]:
    """The report of a run folder."""
    version = (run / "CURRENT").read_text().strip()
    report: dict[str, Any] = json.loads((run / version / "report.json").read_text())
    return report


def _losses(report: dict[str, Any]) -> list[tuple[float, float]]:
    """Training and validation losses of all epochs."""
    epochs = report["training"][0]["members"][0]["history"]
    return [(epoch["train_loss"], epoch["valid_loss"]) for epoch in epochs]
