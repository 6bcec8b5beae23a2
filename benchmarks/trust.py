"""What SECURITY.md promises, put to the test: kills, full disks, fuzz, hostile specs, and load."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trust_fuzz import fuzz
from trust_kills import fill_disks, kill_saves
from trust_load import forecast_at_once, load_hostile, stream

MOST_SECONDS, MOST_MEGABYTES = 1.0, 200.0
# What a forecast of any number of ids may grow by once its first parts are written.
MOST_GROWTH = 200.0


def kills(is_fast: bool) -> dict[str, Any]:
    """SIGKILL at random instants of saving."""
    n_kills = 5 if is_fast else 1000
    found = kill_saves(n_kills)
    return {**found, "cases": n_kills, "passed": found["whole"] == n_kills}


def disks(is_fast: bool) -> dict[str, Any]:
    """Saves to disks that are full at one byte or another."""
    found = fill_disks(6 if is_fast else 40)
    if found is None:
        return {"cases": 0, "passed": True, "not run": "no small disk can be mounted here"}
    return {**found, "cases": found.total(), "passed": not found["damaged"]}


def damaged_files(is_fast: bool) -> dict[str, Any]:
    """Mutations of spec.json, weights.safetensors and report.json."""
    outcome = fuzz(300 if is_fast else 100_002, load_every=20 if is_fast else 200)
    return {
        "cases": outcome.n_cases.total(),
        "refused": outcome.n_refused.total(),
        "loaded and forecast": outcome.n_loaded,
        "other exceptions": len(outcome.others),
        "first of them": outcome.others[:5],
        "slowest seconds": round(outcome.slowest, 3),
        "passed": not outcome.others,
    }


def hostile(is_fast: bool) -> dict[str, Any]:
    """Specs that ask for much, or for what they should not."""
    del is_fast  # it takes no longer
    found = load_hostile()
    slowest = max(one["seconds"] for one in found.values())
    largest = max(one["megabytes"] for one in found.values())
    refused = sum(bool(one["text"]) for one in found.values())
    return {
        "cases": len(found),
        "refused": refused,
        "slowest seconds": slowest,
        "most megabytes": largest,
        "each": found,
        "passed": refused == len(found) and slowest < MOST_SECONDS and largest < MOST_MEGABYTES,
    }


def ids(is_fast: bool) -> dict[str, Any]:
    """A forecast of many ids, to a file of each kind."""
    n_ids = 30_000 if is_fast else 1_000_000
    found = {ending: stream(n_ids, ending) for ending in ("csv", "parquet")}
    fits = all(one["rows"] == n_ids and one["megabytes"] < MOST_GROWTH for one in found.values())
    return {**found, "cases": n_ids, "passed": fits}


def at_once(is_fast: bool) -> dict[str, Any]:
    """Forecasts of one run from many processes."""
    n_processes = 3 if is_fast else 32
    found = forecast_at_once(n_processes)
    fits = found == {"ended_well": n_processes, "outputs": 1}
    return {**found, "cases": n_processes, "passed": fits}


ROWS: dict[str, Callable[[bool], dict[str, Any]]] = {
    "kills": kills,
    "disks": disks,
    "fuzz": damaged_files,
    "hostile": hostile,
    "ids": ids,
    "at_once": at_once,
}


def as_table(results: dict[str, dict[str, Any]]) -> str:
    """The results as a table of Markdown."""
    lines = [
        "# Trust",
        "",
        "Written by `benchmarks/trust.py`; rows may come from several calls of it (`--only`). What is "
        "promised is in [SECURITY.md](../SECURITY.md).",
        "",
    ]
    lines += ["| row | cases | found | passed |", "| --- | ---: | --- | --- |"]
    for name, row in results.items():
        shown = {
            key: value
            for key, value in row.items()
            if key not in ("cases", "passed", "each", "first of them")
        }
        words = ", ".join(f"{key} {_words(value)}" for key, value in shown.items())
        lines.append(f"| {name} | {row['cases']:,} | {words} | {'yes' if row['passed'] else '**no**'} |")
    if "hostile" in results:
        lines += ["", "| hostile spec | seconds | MB |", "| --- | ---: | ---: |"]
        for name, one in results["hostile"]["each"].items():
            lines.append(f"| {name} | {one['seconds']} | {one['megabytes']} |")
    return "\n".join(lines) + "\n"


def _words(value: Any) -> str:
    """A value in a cell."""
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {_words(part)}" for key, part in value.items()) + ")"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def main() -> None:
    """Run the rows that are asked for; those of an earlier run that are not stay."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(ROWS), help=f"rows, of {', '.join(ROWS)}")
    parser.add_argument("--fast", action="store_true", help="few cases, to see that it runs")
    parser.add_argument("--out", type=Path, help="JSON file to write, with a table beside it")
    options = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    for name in options.only.split(","):
        results[name] = ROWS[name](options.fast)
        print(name, json.dumps(results[name]), flush=True)
    if options.out is not None:
        before = json.loads(options.out.read_text()) if options.out.is_file() else {}
        merged = {name: (before | results)[name] for name in ROWS if name in before | results}
        options.out.write_text(json.dumps(merged, indent=1) + "\n")
        options.out.with_suffix(".md").write_text(as_table(merged))
    sys.exit(not all(row["passed"] for row in results.values()))


if __name__ == "__main__":
    main()
