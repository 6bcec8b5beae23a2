"""What the Ray engine must show: `python benchmarks/cluster.py --out FILE.json`.

Rows on forecasts are in cluster_predict.py, those on training in cluster_train.py. ``--out FILE.json`` writes
FILE.md too, after every row. Every worker has one thread.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from accuracy import processor
from bench_rows import listed, make_parser, refuse_unknown, write_found
from speed_rounds import Asked
from waiting_commands import PACKAGES, versions

# Where each row is, in the order in which they are run.
ROWS = {
    "same": "cluster_predict",
    "million": "cluster_predict",
    "growth": "cluster_predict",
    "kills": "cluster_predict",
    "driver": "cluster_predict",
    "train_growth": "cluster_train",
    "train_small": "cluster_train",
    "train_kills": "cluster_train",
}
MET = {True: "yes", False: "**NO**", None: "not run"}


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for; a message and exit code 1 where it is not possible."""
    parser = make_parser((__doc__ or "").splitlines()[0], [*ROWS], "tiny rows, to see that they run")
    parser.add_argument("--rounds", type=int, default=2, help="rounds that count")
    options = parser.parse_args(arguments)
    options.only = listed(options.only)
    refuse_unknown("--only", options.only, ROWS)
    return options


def markdown(found: Mapping[str, Any]) -> Iterator[str]:
    """Everything that was found, as Markdown."""
    machine = found["machine"]
    yield "# Ray"
    yield ""
    yield (
        f"{machine['processor']}, {machine['cores']} cores, one thread a worker; seed 0; "
        f"{', '.join(f'{name} {version}' for name, version in found['versions'].items())}."
    )
    for name, row in found["rows"].items():
        yield ""
        yield f"## {name}"
        yield ""
        yield (
            f"{row['seconds']:.0f} s in all; load of the machine (processes that want a core) before it "
            f"{row['load']:.1f}, of which this benchmark is none."
        )
        yield ""
        yield "| measure | value | bar | met |"
        yield "| --- | --- | --- | --- |"
        bars = {bar["measure"]: bar for bar in row["bars"]}
        for measure, value in row["measures"].items():
            bar = bars.get(measure, {"wanted": "", "met": ""})
            yield f"| {measure} | {value:.4g} | {bar['wanted']} | {MET.get(bar['met'], '')} |"
        for case, figures in row["cases"].items():
            best = ", ".join(f"{one} {value:.4g}" for one, value in figures["best"].items())
            n_rounds = len(next(iter(figures["rounds"].values())))
            yield f"| {case}, {figures['unit']}, best of {n_rounds} | {best} | | |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the rows asked for, print the table, write the JSON."""
    options = read_options(arguments)
    asked = Asked(options.rounds, 1, "cpu", options.data, 0, options.fast)
    earlier: dict[str, Any] = {}
    if options.out is not None and options.out.is_file():
        earlier = json.loads(options.out.read_text(encoding="utf-8"))
    found: dict[str, Any] = {
        "versions": versions((*PACKAGES, "pyarrow", "ray")),
        "machine": {"processor": processor(), "cores": os.cpu_count()},
        "fast": options.fast,
        "rows": earlier["rows"] if earlier.get("fast") == options.fast else {},
    }
    for name in options.only:
        print(f"{name} ...", file=sys.stderr, flush=True)
        began, load = time.perf_counter(), os.getloadavg()[0]
        row = importlib.import_module(ROWS[name])
        got = row.run(name, asked)
        bars = [bar.held(got.measures) for bar in row.BARS[name]]
        seconds = time.perf_counter() - began
        rows = found["rows"] | {name: {**got.to_json(), "bars": bars, "load": load, "seconds": seconds}}
        found["rows"] = {one: rows[one] for one in ROWS if one in rows}
        write_found(found, markdown(found), options.out)
    print("\n".join(markdown(found)))


if __name__ == "__main__":
    main()
