"""The results of the speed benchmark as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MET = {True: "yes", False: "**NO**", None: "not run"}


def markdown_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Everything that was found, as Markdown.

    Args:
        found: Content of the JSON file.

    Yields:
        Lines.
    """
    machine, rates = found["machine"], found["machine"]["gflops"]
    yield "# Speed"
    yield ""
    yield (
        f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads, "
        f"{machine['device']}; "
        f"products of matrices: {', '.join(f'{name} {rate:.0f}' for name, rate in rates.items())} GFLOP/s; "
        f"{', '.join(f'{name} {version}' for name, version in found['versions'].items())}."
    )
    yield f"Subjects take turns; the best of {found['rounds']} rounds counts."
    if found["fast"]:
        yield ""
        yield "**A fast run of tiny rows: the numbers say nothing.**"
    yield ""
    yield from _table(("row", "measure", "wanted", "found", "reached"), _bar_cells(found["rows"]))
    for name, row in found["rows"].items():
        yield ""
        yield f"## {name}"
        yield ""
        yield from _table(("case", "subject", "best", "rounds", "unit"), _case_cells(row["cases"]))
        yield ""
        yield from _table(("measure", "value"), ((key, f"{v:.4g}") for key, v in row["measures"].items()))
        if row["skipped"]:
            yield ""
            for what, why in row["skipped"].items():
                yield f"- {what}: {why}."


def _bar_cells(rows: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """A line a bar."""
    for name, row in rows.items():
        for bar in row["bars"]:
            value = "" if bar["value"] is None else f"{bar['value']:.4g}"
            yield name, bar["measure"], bar["wanted"], value, MET[bar["met"]]


def _case_cells(cases: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """A line a subject; the case stands in the first."""
    for name, case in cases.items():
        shown = name
        for subject, best in case["best"].items():
            rounds = " ".join(f"{figure:.4g}" for figure in case["rounds"][subject])
            yield shown, subject, f"{best:.4g}", rounds, case["unit"]
            shown = ""


def _table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    for cells in rows:
        yield f"| {' | '.join(cells)} |"
