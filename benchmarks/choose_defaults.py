"""The study behind the defaults of value series: `python benchmarks/choose_defaults.py --data FOLDER`.

FOLDER holds ``m4``, ``m3`` and ``values``. Only training parts are looked at: their last rows are held out
and forecast, with the defaults and with one setting changed at a time. ``--out FILE.json`` writes FILE.md
too, after every fit; a study that was stopped goes on where it was: what is in the file is not fitted again.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from accuracy import processor
from bench_rows import check_options, listed, make_parser, refuse_unknown
from choose_runs import ROLLING, Case, Run, as_json, make_case, run_variant
from choose_table import markdown_lines
from choose_variants import DEFAULT, VARIANTS
from value_data import NAMES, Problem, files_of, load
from waiting_commands import versions

from forecaster.errors import ForecasterError
from forecaster.files import write_file

CHOSEN = ("m3_quarterly", "m3_yearly", "m3_other", "m3_monthly", "etth1", "m4_hourly")
Results = dict[Run, dict[str, Any]]


class Study:
    """Problems, what was found of them, and the file that holds it.

    Args:
        options: Of the command line.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.head = {"processor": processor(), "fast": options.fast}
        self.results: Results = read_results(options.out, options.fast)
        self.problems: dict[str, Problem] = load(options.data, options.only)
        self.failed: list[str] = []
        self._cases: dict[Run, Case] = {}

    def run_all(self) -> None:
        """The default on all problems, then the variants problem by problem, the quickest first."""
        for run in self._planned(self.options.only, [DEFAULT]):
            self._run(run)
        others = [name for name in self.options.variants if name != DEFAULT]
        for run in self._planned(sorted(self.options.only, key=self._seconds), others):
            self._run(run)

    def _planned(self, problems: Sequence[str], variants: Sequence[str]) -> Iterator[Run]:
        """Runs in order; of rolling moments there is one origin."""
        for problem in problems:
            for variant in variants:
                for origin in range(1 if problem == ROLLING else self.options.origins):
                    for seed in self.options.seeds:
                        yield Run(problem, variant, origin, seed)

    def _seconds(self, problem: str) -> float:
        """What the default took; for ever where it failed."""
        run = Run(problem, DEFAULT, 0, self.options.seeds[0])
        return float(self.results[run]["seconds"]) if run in self.results else float("inf")

    def _run(self, run: Run) -> None:
        """Fit and score what is not there yet, and write it."""
        is_default = run.variant == DEFAULT
        if not is_default and (run in self.results or run._replace(variant=DEFAULT) not in self.results):
            return
        try:
            case = self._case(run)  # also of a default that is there: it must still be the same
            if run in self.results:
                return
            found = run_variant(run.variant, case)
        except (ForecasterError, ValueError) as error:
            self.failed.append(f"{', '.join(map(str, run))}: {error}")
            print(self.failed[-1], file=sys.stderr, flush=True)
            return
        self.results[run] = {
            **(found or {"settings": None, "scores": None, "seconds": 0.0}),
            "threads": self.options.threads,
            "date": datetime.date.today().isoformat(),
            "versions": {name: version for name, version in versions().items() if name != "processors"},
        }
        print(
            f"{', '.join(map(str, run))}: {json.dumps(found and found['scores'])}",
            file=sys.stderr,
            flush=True,
        )
        write_results(self.head, self.results, self.options.out)

    def _case(self, run: Run) -> Case:
        """Held-out rows and default settings of a run; those in the file must be the same.

        Raises:
            SystemExit: The defaults have changed since.
        """
        default = run._replace(variant=DEFAULT)
        if default not in self._cases:
            options = self.options
            case = make_case(self.problems[run.problem], run, options.threads, options.fast)
            now = as_json(case.default)
            before = self.results.get(default, {"settings": now})["settings"]
            if changed := sorted(name for name in {*now, *before} if now.get(name) != before.get(name)):
                name = changed[0]
                sys.exit(
                    f"--out {options.out}: {run.problem} was run with other defaults, such as {name} "
                    f"{before.get(name)}, now {now.get(name)}. Name another file, or remove this one."
                )
            self._cases[default] = case
        return self._cases[default]


def read_results(out: Path | None, is_fast: bool) -> Results:
    """What a file holds of runs before.

    Args:
        out: The JSON file, which need not be there.
        is_fast: Whether fast runs are asked for; they are not mixed with others.

    Returns:
        By run.
    """
    if out is None or not out.exists():
        return {}
    tree = json.loads(out.read_text(encoding="utf-8"))
    if tree["fast"] != is_fast:
        sys.exit(f"--out {out}: holds {'fast' if tree['fast'] else 'full'} runs. Name another file.")
    return {Run(*(one.pop(name) for name in Run._fields)): one for one in tree["runs"]}


def write_results(head: dict[str, Any], results: Results, out: Path | None) -> None:
    """All runs so far as JSON, a line each, and beside it as Markdown, where a file is named.

    Args:
        head: What all runs have in common.
        results: By run.
        out: The JSON file.
    """
    if out is None:
        return
    lines = ",\n".join(json.dumps(run._asdict() | one) for run, one in results.items())
    text = f'{json.dumps(head)[:-1]}, "runs": [\n{lines}\n]}}\n'
    write_file(out, text.encode())
    write_file(out.with_suffix(".md"), ("\n".join(markdown_lines(head, results)) + "\n").encode())


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for; a message and exit code 1 where a name is not known or a file is missing."""
    text = (__doc__ or "").splitlines()[0]
    parser = make_parser(text, NAMES, "a few steps on a few series, to see that it runs")
    parser.set_defaults(only=",".join(CHOSEN))
    parser.add_argument("--variants", default=",".join(VARIANTS), help=f"of {', '.join(VARIANTS)}")
    parser.add_argument(
        "--origins", type=int, default=1, help="horizons held out of each training part, one after the other"
    )
    parser.add_argument("--threads", type=int, default=1, help="of the processor; 1 when not given")
    options = parser.parse_args(arguments)
    options.variants = listed(options.variants)
    refuse_unknown("--variants", options.variants, VARIANTS)
    check_options(options, {name: files_of(name) for name in NAMES})
    for name in ("origins", "threads"):
        if getattr(options, name) < 1:
            sys.exit(f"--{name} {getattr(options, name)}: below 1. Raise it.")
    if options.out is not None and options.out.suffix != ".json":
        sys.exit(f"--out {options.out}: not a .json file. Name one; the log goes beside it, as .md.")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is not there yet, write the JSON and the log, print the log."""
    study = Study(read_options(arguments))
    study.run_all()
    print("\n".join(markdown_lines(study.head, study.results)))
    if study.failed:
        sys.exit(f"{len(study.failed)} runs failed: {study.failed[0]}")


if __name__ == "__main__":
    main()
