"""What benchmarks share: the options, which rows are asked for, and whether a mean is within its bars."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

BEST = -np.inf


def make_parser(text: str, rows: Sequence[str], fast: str) -> argparse.ArgumentParser:
    """The options that every benchmark has.

    Args:
        text: What the benchmark does.
        rows: Names of all rows.
        fast: What ``--fast`` does.

    Returns:
        A parser that more can be added to.
    """
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument(
        "--data", type=Path, default=Path("data"), help="folder of the data; data when not given"
    )
    parser.add_argument("--only", default=",".join(rows), help=f"rows, of {', '.join(rows)}")
    parser.add_argument("--seeds", default="0", help="seeds of the networks, such as 0,1")
    parser.add_argument("--fast", action="store_true", help=fast)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser


def check_options(options: argparse.Namespace, files: Mapping[str, Sequence[str]]) -> None:
    """Split the lists; a message and exit code 1 where a row is not known or a file is missing.

    Args:
        options: Of ``make_parser``; ``only`` and ``seeds`` become lists.
        files: Those that each row needs, in the data folder.
    """
    options.only = listed(options.only)
    options.seeds = [int(part) for part in listed(options.seeds)]
    refuse_unknown("--only", options.only, files)
    for name in options.only:
        for file in files[name]:
            if not (options.data / file).is_file():
                sys.exit(
                    f"--data {options.data}: {file} is missing, which {name} needs. Name another folder."
                )


def listed(text: str) -> list[str]:
    """``a,b`` as a list."""
    return [part.strip() for part in text.split(",")]


def refuse_unknown(option: str, given: Sequence[str], known: Mapping[str, Any] | Sequence[str]) -> None:
    """A message and exit code 1 where a name is not known.

    Args:
        option: As it is spelt.
        given: The names.
        known: All that there are.
    """
    if unknown := sorted(set(given) - set(known)):
        what = "row" if option == "--only" else option.removeprefix("--").removesuffix("s")
        sys.exit(f"{option} {','.join(unknown)}: no such {what}. Name some of {', '.join(known)}.")


def held_against(mean: Mapping[Any, float], bars: Mapping[str, tuple[float, float]]) -> list[dict[str, Any]]:
    """Bars, and whether the mean over seeds is within them.

    Args:
        mean: By metric.
        bars: Lowest and highest score that is wanted, by metric.

    Returns:
        ``metric``, ``from`` (None for no lower end), ``to`` and ``met`` of each.
    """
    return [
        {
            "metric": metric,
            "from": None if np.isinf(low) else low,
            "to": high,
            "met": bool(low <= mean[metric] <= high),
        }
        for metric, (low, high) in bars.items()
    ]


def bar_text(bar: Mapping[str, Any]) -> str:
    """A bar as people read it.

    Args:
        bar: Of ``held_against``.

    Returns:
        Such as ``<= 0.435`` or ``0.76 to 0.84``.
    """
    return f"<= {bar['to']:g}" if bar["from"] is None else f"{bar['from']:g} to {bar['to']:g}"


def write_found(found: Mapping[str, Any], lines: Iterable[str], out: Path | None) -> None:
    """All results so far as JSON, and beside it as Markdown, where a file is named.

    Args:
        found: Content of the JSON file.
        lines: Of the Markdown file.
        out: The JSON file; None for none.
    """
    if out is not None:
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        out.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")
