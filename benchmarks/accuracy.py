"""Accuracy of value series with default settings: `python benchmarks/accuracy.py --data FOLDER`.

FOLDER holds ``m4``, ``m3`` and ``values``. Every row trains and forecasts through ``Forecaster``, is scored
by the programs of this folder, and is held against its bar and against what others reach. The rivals of
single series need statsforecast: ``pip install 'forecaster[baselines]'``. ``--out FILE.json`` writes FILE.md
too, after every row, so that a run which is stopped keeps what it has.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pandas as pd
from accuracy_rows import ROWS, SINGLES, Asked, read_problem, run_row
from accuracy_table import markdown_lines, singles_standing
from bench_rows import check_options, held_against, listed, make_parser, refuse_unknown, write_found
from waiting_commands import PACKAGES, versions

from forecaster.config.settings import Preset

PRESETS = "balanced,accurate"
RIVAL_PACKAGE = "statsforecast"


def run_presets(name: str, options: argparse.Namespace, presets: Sequence[str]) -> dict[str, Any]:
    """Results of a row under each preset: for each seed, their mean, and which bars the mean is within.

    Args:
        name: Of ``ROWS``.
        options: Of the command line.
        presets: Those to run.

    Returns:
        By preset.
    """
    problem = read_problem(name, options.data, options.fast)
    known = ROWS[name].known(problem, options.data)
    found = {}
    for preset in presets:
        results = []
        for seed in options.seeds:
            scores = run_row(name, problem, Asked(preset, seed, options.fast), options.data)
            results.append({"seed": seed, **scores})
            print(f"{name}, {preset}: {json.dumps(results[-1])}", file=sys.stderr, flush=True)
        mean = pd.DataFrame(results).drop(columns="seed").mean().to_dict()
        bars = held_against(mean, ROWS[name].bars(preset, known))
        found[preset] = {"known": known, "results": results, "mean": mean, "bars": bars}
    return found


def machine() -> dict[str, Any]:
    """Processor, cores, and threads that training may use."""
    import torch

    return {"processor": processor(), "cores": os.cpu_count(), "threads": torch.get_num_threads()}


def processor(info: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name.

    Args:
        info: Where Linux says it.

    Returns:
        As the system names it.
    """
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for; a message and exit code 1 where a name is not known or a file is missing."""
    text = (__doc__ or "").splitlines()[0]
    parser = make_parser(text, [*ROWS], "a few steps on a few series, to see that it runs")
    parser.add_argument("--presets", default=PRESETS, help=f"of {', '.join(get_args(Preset))}")
    options = parser.parse_args(arguments)
    options.presets = listed(options.presets)
    refuse_unknown("--presets", options.presets, get_args(Preset))
    check_options(options, {name: row.files for name, row in ROWS.items()})
    if options.out is not None and options.out.suffix != ".json":
        sys.exit(f"--out {options.out}: not a .json file. Name one; the table goes beside it, as .md.")
    if set(options.only) & set(SINGLES) and importlib.util.find_spec(RIVAL_PACKAGE) is None:
        sys.exit(
            f"--only {','.join(options.only)}: {RIVAL_PACKAGE} is missing, which forecasts the rivals of "
            f"single series. Install forecaster[baselines], or leave out {', '.join(SINGLES)}."
        )
    return options


def earlier_rows(out: Path | None, head: dict[str, Any]) -> dict[str, Any]:
    """Rows of a run that was stopped, or that ran others: they are not run again.

    Args:
        out: The file to go on with.
        head: Seeds, versions and whether it is a fast run; rows under others are not kept.

    Returns:
        By name, then preset.
    """
    if out is None or not out.is_file():
        return {}
    earlier = json.loads(out.read_text(encoding="utf-8"))
    same = all(earlier.get(name) == head[name] for name in ("versions", "seeds", "fast"))
    return dict(earlier["rows"]) if same else {}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the rows asked for, print the table, write the JSON."""
    options = read_options(arguments)
    found: dict[str, Any] = {
        "versions": versions((*PACKAGES, RIVAL_PACKAGE)),
        "machine": machine(),
        "seeds": options.seeds,
        "fast": options.fast,
    }
    rows = found["rows"] = earlier_rows(options.out, found)
    for name in options.only:
        left = [preset for preset in options.presets if preset not in rows.get(name, {})]
        if left:
            rows.setdefault(name, {}).update(run_presets(name, options, left))
            found["singles"] = singles_standing(rows)
            write_found(found, markdown_lines(found), options.out)
    print("\n".join(markdown_lines(found)))


if __name__ == "__main__":
    main()
