"""Trainings killed at random instants and gone on with: do they end with the weights of one never stopped?

Each run is a training of simulated rows. It is first done whole, then again in a process that is killed with
SIGKILL at a random instant, gone on with, killed again, and so on; then it is let finish. All tensors that
are saved must be the same to the last bit. Beside it, what checkpoints cost: how much longer training takes
with them, at the intervals that users have.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from accuracy import machine
from safetensors.numpy import load_file
from waiting_commands import versions

from forecaster.evaluation import job  # noqa: F401  # imported once, not in every process
from forecaster.forecaster import Forecaster
from forecaster.training.checkpoint import Checkpoint

PACKAGES = ("forecaster", "torch", "keras", "numpy")

# Trainings of some seconds keep a checkpoint this often, so that there are many to be killed at.
SECONDS_BETWEEN = 0.1

# A process is killed within this share of the time that its training would take.
LATEST = 0.9

VALUES = {"kind": "values", "look_back": 12, "season": 12, "units": 16, "epochs": 12, "batch_size": 16}
WAITS = {"look_back": 3, "unit": "day", "kind": "events", "units": 16, "epochs": 8, "batch_size": 16}

# Settings by name; each is run with several seeds.
SETUPS: dict[str, dict[str, Any]] = {
    "quantile, refit, conformal": {**VALUES, "head": "quantile", "refit": True, "conformal": True},
    "bins": {**VALUES, "task": "classify"},
    "both heads, two networks": {**VALUES, "task": "both", "ensemble": 2, "epochs": 6},
    "point, plateau, patience": {**VALUES, "head": "point", "schedule": "plateau", "patience": 4},
    "nadam, recurrent dropout": {**VALUES, "optimizer": "nadam", "recurrent_dropout": 0.2, "epochs": 4},
    "mixture, three networks": {**WAITS, "ensemble": 3, "refit": True},
    "hazard": {**WAITS, "head": "hazard", "ensemble": 1},
    "two threads": {**VALUES, "head": "quantile", "threads": 2, "epochs": 6},
}


@dataclass(frozen=True)
class Killed:
    """What came of one run.

    Attributes:
        setup: Name of its settings.
        seed: Of weights, shuffling and data.
        n_kills: Processes that were killed while they trained.
        n_resumed: Those of them after which training was gone on with.
        is_same: Whether all tensors are the same to the last bit.
        error: Of a process that ended with one; empty for none.
    """

    setup: str
    seed: int
    n_kills: int
    n_resumed: int
    is_same: bool
    error: str = ""


def rows_of(kind: str, seed: int) -> pd.DataFrame:
    """Simulated rows: a noisy wave of 240 days, or the events of 30 customers.

    Args:
        kind: ``values`` or ``events``.
        seed: Of the rows.

    Returns:
        A table.
    """
    random = np.random.default_rng(seed)
    if kind == "values":
        step = np.arange(240)
        y = 10 + np.sin(step * 2 * np.pi / 12) + random.normal(size=240) / 4
        return pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=240), "y": y})
    days = np.datetime64("2024-01-01") + random.integers(1, 20, size=(30, 8)).cumsum(axis=1).ravel()
    return pd.DataFrame(
        {"customer": np.repeat([f"c{number}" for number in range(30)], 8), "date": days.astype(str)}
    )


def in_process(work: Callable[[], None], errors: Path) -> int:
    """Start a process that does some work.

    Args:
        work: To be done.
        errors: File that a traceback is written to.

    Returns:
        The number of the process, which has the memory of this one.
    """
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        errors.write_text(traceback.format_exc(), encoding="utf-8")
        os._exit(1)
    os._exit(0)


def train(setup: str, seed: int, run: Path, resume: bool) -> None:
    """Train, or go on with a training, and save."""
    Checkpoint.every, Checkpoint.share = SECONDS_BETWEEN, 1.0
    settings = {"threads": 1, "baselines": "fast", **SETUPS[setup], "seed": seed}
    where: dict[str, Any] = {"resume": run} if resume else {"checkpoint": run}
    Forecaster(**settings).fit(rows_of(settings["kind"], seed), **where).save(run)


def kill_run(setup: str, seed: int, n_kills: int, folder: Path) -> Killed:
    """One run: whole, then killed so often, then let finish.

    Args:
        setup: Name of its settings.
        seed: Of weights, shuffling, data and instants.
        n_kills: How often it is killed.
        folder: An empty one.

    Returns:
        What came of it.
    """
    random, errors = np.random.default_rng(seed), folder / "error.txt"
    began = time.monotonic()
    child = in_process(partial(train, setup, seed, folder / "whole", False), errors)
    if os.waitpid(child, 0)[1] != 0:
        return Killed(setup, seed, 0, 0, False, errors.read_text("utf-8"))
    seconds = time.monotonic() - began
    killed = resumed = number = 0
    while True:
        run = folder / f"killed{number}"
        resume = (run / "checkpoint" / "state.json").exists()
        resumed += resume
        child = in_process(partial(train, setup, seed, run, resume), errors)
        if killed < n_kills:
            time.sleep(random.uniform(0, LATEST * seconds / (1 + n_kills / 4)))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            killed += 1
        elif status != 0:
            return Killed(setup, seed, killed, resumed, False, errors.read_text("utf-8"))
        elif not same(folder / "whole", run):
            return Killed(setup, seed, killed, resumed, False)
        elif killed == n_kills:
            return Killed(setup, seed, killed, resumed, True)
        else:  # it was faster than its killer: another one
            number += 1


def same(one: Path, other: Path) -> bool:
    """Whether two run folders hold the same tensors, to the last bit."""
    first, second = (
        {name: array.tobytes() for name, array in load_file(run / "v0001" / "weights.safetensors").items()}
        for run in (one, other)
    )
    return first == second


def cost_of_writing(n_rounds: int) -> dict[str, float]:
    """Training with and without checkpoints, turn by turn.

    Args:
        n_rounds: How often each is trained.

    Returns:
        Seconds of the fastest of each, and ``ratio``, the median of the rounds' ratios.
    """
    settings = {
        **VALUES,
        "head": "quantile",
        "threads": 1,
        "epochs": 150,
        "batch_size": 8,
        "baselines": "fast",
    }
    rows = rows_of("values", 0)
    seconds: dict[str, list[float]] = {"without": [], "with": []}
    for number in range(n_rounds):
        for name in ("without", "with") if number % 2 else ("with", "without"):
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter()
                Forecaster(**settings).fit(rows, checkpoint=folder if name == "with" else None)
                seconds[name].append(time.perf_counter() - began)
    ratios = np.array(seconds["with"]) / np.array(seconds["without"])
    best = {name: round(min(found), 3) for name, found in seconds.items()}
    return {**best, "ratio": round(float(np.median(ratios)), 4)}


def markdown_lines(found: dict[str, Any]) -> list[str]:
    """The results as Markdown."""
    about = {**found["machine"], **found["versions"]}
    lines = [
        "# Trainings killed and gone on with",
        "",
        ", ".join(f"{name} {one}" for name, one in about.items() if name != "processors"),
        "",
        "| training | seeds | kills | gone on with | bit-identical |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    runs = found["runs"]
    for setup in dict.fromkeys(one["setup"] for one in runs):
        own = [one for one in runs if one["setup"] == setup]
        kills, resumed = (sum(one[name] for one in own) for name in ("n_kills", "n_resumed"))
        n_same = sum(one["is_same"] for one in own)
        lines.append(f"| {setup} | {len(own)} | {kills} | {resumed} | {n_same} of {len(own)} |")
    kills, resumed = (sum(one[name] for one in runs) for name in ("n_kills", "n_resumed"))
    n_same = sum(one["is_same"] for one in runs)
    lines.append(f"| all | {len(runs)} | {kills} | {resumed} | {n_same} of {len(runs)} |")
    if cost := found.get("cost"):
        lines += [
            "",
            f"Checkpoints every {Checkpoint.every:g} s: training took {cost['with']:.2f} s with them and "
            f"{cost['without']:.2f} s without, the best of each; the median ratio of the rounds is "
            f"{cost['ratio']:.4f}.",
        ]
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, print the table, write the JSON; exit code 1 where weights differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=20, help="trainings")
    parser.add_argument("--kills", type=int, default=100, help="kills over all of them")
    parser.add_argument("--rounds", type=int, default=9, help="of the comparison of speed; 0 for none")
    parser.add_argument("--fast", action="store_true", help="two trainings, four kills, no comparison")
    parser.add_argument("--out", type=Path, help="JSON file; the table goes beside it")
    options = parser.parse_args(arguments)
    n_runs, n_kills, n_rounds = (2, 4, 0) if options.fast else (options.runs, options.kills, options.rounds)
    found: dict[str, Any] = {"versions": versions(PACKAGES), "machine": machine(), "runs": []}
    for number in range(n_runs):
        setup = list(SETUPS)[number % len(SETUPS)]
        share = n_kills // n_runs + (number < n_kills % n_runs)
        with tempfile.TemporaryDirectory() as folder:
            result = kill_run(setup, number, share, Path(folder))
        found["runs"].append(vars(result))
        print(vars(result), file=sys.stderr, flush=True)
    if n_rounds:
        found["cost"] = cost_of_writing(n_rounds)
    if options.out is not None:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        options.out.with_suffix(".md").write_text("\n".join(markdown_lines(found)) + "\n", encoding="utf-8")
    print("\n".join(markdown_lines(found)))
    sys.exit(not all(one["is_same"] for one in found["runs"]))


if __name__ == "__main__":
    main()
