"""Speed against others doing the same work: `python benchmarks/speed.py --out FILE.json`.

Subjects take turns in rounds of one process (commands and memory: of processes one after the other), the best
round counts, and what is held against a bar is a ratio. ``--out FILE.json`` writes FILE.md too, after every
row. FOLDER of ``--data`` holds ``m4``, for the row ``time_to_accuracy`` alone. neuralforecast and Darts are
among the subjects where they are installed; rows say what they left out.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench_rows import listed, make_parser, refuse_unknown
from speed_rounds import Asked
from speed_table import markdown_lines
from waiting_commands import PACKAGES, versions

# The package sets Keras's backend and torch's waiting before either is imported, which the rows do.
import forecaster  # noqa: F401

# Where each row is, in the order in which they are run.
ROWS = {
    "train": "speed_train",
    "small": "speed_train",
    "predict": "speed_predict",
    "commands": "speed_commands",
    "reading": "speed_reading",
    "memory": "speed_growth",
    "scaling": "speed_growth",
    "time_to_accuracy": "speed_accuracy",
}
RIVAL_PACKAGES = ("pyarrow", "neuralforecast", "darts", "u8darts")
ROUNDS, FAST_ROUNDS = 6, 1
N_ROWS, FAST_N_ROWS = 10_000_000, 2_000
# Matrices of the machine's rate: large enough that nothing but their product takes time.
MATRIX, FAST_MATRIX = 2048, 64


def matrix_rates(asked: Asked) -> dict[str, float]:
    """What the machine multiplies at most.

    Args:
        asked: Rounds and device.

    Returns:
        Thousand million multiplications and additions a second, by type.
    """
    import torch
    from speed_rounds import race

    size = FAST_MATRIX if asked.is_fast else MATRIX
    matrices = {
        name: torch.ones(size, size, device=asked.device, dtype=getattr(torch, name))
        for name in ("float32", "bfloat16")
    }

    def rate(name: str) -> float:
        """One product."""
        began = time.perf_counter()
        (matrices[name] @ matrices[name])[0, 0].item()
        return 2 * size**3 / (time.perf_counter() - began) / 1e9

    subjects = {name: lambda name=name: rate(name) for name in matrices}
    case = race("products of matrices", "GFLOP/s", subjects, asked)
    return {name: case.best(name) for name in matrices}


def machine(asked: Asked) -> dict[str, Any]:
    """Processor, cores, threads, device, and how fast it multiplies."""
    from accuracy import processor

    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": asked.threads,
        "device": asked.device,
        "gflops": matrix_rates(asked),
    }


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for; a message and exit code 1 where it is not possible."""
    text = (__doc__ or "").splitlines()[0]
    parser = make_parser(text, [*ROWS], "tiny rows, to see that they run")
    parser.add_argument("--rounds", type=int, help=f"rounds that count; {ROUNDS} when not given")
    parser.add_argument("--threads", type=int, help="of networks; torch's own number when not given")
    parser.add_argument("--device", default="cpu", help="where networks are trained: cpu, cuda or mps")
    parser.add_argument("--rows", type=int, help=f"of the files that are read; {N_ROWS} when not given")
    options = parser.parse_args(arguments)
    options.only = listed(options.only)
    refuse_unknown("--only", options.only, ROWS)
    if options.out is not None and options.out.suffix != ".json":
        sys.exit(f"--out {options.out}: not a .json file. Name one; the table goes beside it, as .md.")
    return options


def asked_for(options: argparse.Namespace) -> Asked:
    """How rows are run, from the command line; sets the number of threads."""
    from forecaster.training.device import choose_device, set_threads

    return Asked(
        rounds=options.rounds or (FAST_ROUNDS if options.fast else ROUNDS),
        threads=set_threads(options.threads),
        device=choose_device(options.device),
        data=options.data,
        n_rows=options.rows or (FAST_N_ROWS if options.fast else N_ROWS),
        is_fast=options.fast,
    )


def run_row(name: str, asked: Asked) -> dict[str, Any]:
    """Run a row and hold it against its bars.

    Args:
        name: Of ``ROWS``.
        asked: How.

    Returns:
        ``cases``, ``measures``, ``skipped``, ``bars`` and ``seconds``, for JSON.
    """
    began = time.perf_counter()
    row = importlib.import_module(ROWS[name])
    found = row.run(name, asked)
    bars = [bar.held(found.measures) for bar in row.BARS[name]]
    return {**found.to_json(), "bars": bars, "seconds": time.perf_counter() - began}


def write(found: dict[str, Any], out: Path | None) -> None:
    """All results so far as JSON, and beside it as Markdown, where a file is named."""
    if out is not None:
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        out.with_suffix(".md").write_text("\n".join(markdown_lines(found)) + "\n", encoding="utf-8")


def earlier_rows(out: Path | None, only: Sequence[str], head: dict[str, Any]) -> dict[str, Any]:
    """Rows of an earlier run in the same circumstances that are not run again.

    Args:
        out: Its file.
        only: Rows that are run now.
        head: Versions, rounds and whether it is a fast run; rows under others are not kept.

    Returns:
        By name.
    """
    if out is None or not out.is_file():
        return {}
    earlier = json.loads(out.read_text(encoding="utf-8"))
    if any(earlier.get(name) != head[name] for name in ("versions", "rounds", "fast")):
        return {}
    return {name: row for name, row in earlier["rows"].items() if name not in only}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the rows asked for, print the table, write the JSON."""
    options = read_options(arguments)
    asked = asked_for(options)
    found: dict[str, Any] = {
        "versions": versions((*PACKAGES, *RIVAL_PACKAGES)),
        "rounds": asked.rounds,
        "fast": asked.is_fast,
        "machine": machine(asked),
    }
    rows = earlier_rows(options.out, options.only, found)
    for name in options.only:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows[name] = run_row(name, asked)
        found["rows"] = {one: rows[one] for one in ROWS if one in rows}
        write(found, options.out)
    print("\n".join(markdown_lines(found)))


if __name__ == "__main__":
    main()
