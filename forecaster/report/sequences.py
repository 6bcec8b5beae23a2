"""The part of the page on sequences: what was learnt, and which classes were mistaken for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forecaster.data.goals import GoalKind
from forecaster.report.markup import Html, section, tag
from forecaster.report.table import Cell, Column, grid, sortable
from forecaster.report.words import scored_part, share

# Classes up to which the table of confusions is shown; of more, the pairs most often confused are.
MOST_CLASSES, MOST_PAIRS = 30, 20

# What was learnt, in words that go before how many there are.
_WORDS: dict[GoalKind, str] = {
    "label": "A class of each sequence, '{column}', one of {n:,}: {names}.",
    "tags": "A class of each row, '{column}', one of {n:,}: {names}.",
    "marks": "The next symbol of each sequence, one of {n:,}: {names}.",
    "outputs": "{n:,} number{s} of each row: {names}.",
}

# Names that a sentence holds.
MOST_NAMES = 6


def goal_words(facts: Mapping[str, Any]) -> str:
    """What was learnt of sequences.

    Args:
        facts: ``data`` of report.json.

    Returns:
        A sentence; empty for forecasts.
    """
    goal = facts.get("goal")
    if not goal:
        return ""
    names, n_more = goal["names"][:MOST_NAMES], goal["n_names"] - MOST_NAMES
    listed = ", ".join(names) + (f" and {n_more:,} more" if n_more > 0 else "")
    return _WORDS[goal["kind"]].format(
        column=goal["column"], n=goal["n_names"], s="s" * (goal["n_names"] != 1), names=listed
    )


def class_section(report: Mapping[str, Any]) -> Html:
    """Which classes were mistaken for which, and how well each was found.

    Args:
        report: As report.json.

    Returns:
        The section; nothing without classes.
    """
    name = scored_part(dict(report))
    part = {} if name is None else report["scores"][name]
    if "classes" not in part:
        return Html("")
    names, counts = part["classes"], part["confusion"]
    right, total = sum(row[place] for place, row in enumerate(counts)), sum(map(sum, counts))
    said = f"The likeliest class was right in {right:,} of {total:,} cases ({share(right / total)})."
    if len(names) <= MOST_CLASSES:
        said += " These are framed; the darker a cell, the larger its share of the row."
        caption = "Confusion matrix: how often each class was taken for each"
        table = grid(caption, names, counts, ("is", "taken for"))
    else:
        table = _pairs(names, counts)
    return section("classes", "Classes", tag("p", said), table, _by_class(names, counts))


def most_confused(names: Sequence[str], counts: Sequence[Sequence[int]]) -> list[tuple[str, str, int]]:
    """Classes that were mistaken for others.

    Args:
        names: Of the classes.
        counts: (n, n) a row for each true class.

    Returns:
        True class, the one it was taken for, and how often: most often first.
    """
    found = [
        (names[one], names[other], count)
        for one, row in enumerate(counts)
        for other, count in enumerate(row)
        if one != other and count > 0
    ]
    return sorted(found, key=lambda pair: -pair[2])


def _pairs(names: Sequence[str], counts: Sequence[Sequence[int]]) -> Html:
    """The pairs of classes most often confused."""
    columns = [Column("is", is_number=False), Column("taken for", is_number=False), Column("times")]
    rows = [list(pair) for pair in most_confused(names, counts)[:MOST_PAIRS]]
    return sortable("Classes most often mistaken", columns, rows) if rows else Html("")


def _by_class(names: Sequence[str], counts: Sequence[Sequence[int]]) -> Html:
    """Precision and recall of each class."""
    columns = [
        Column("class", is_number=False),
        Column("cases", "that are of this class"),
        Column("precision", "share of those taken for this class that are of it"),
        Column("recall", "share of those of this class that were taken for it"),
    ]
    rows = []
    for place, name in enumerate(names):
        n_true, n_taken = sum(counts[place]), sum(row[place] for row in counts)
        right = counts[place][place]
        shares = [right / n if n else None for n in (n_taken, n_true)]
        rows.append([name, n_true, *(Cell(share(one), one) for one in shares)])
    return sortable("How well each class was found", columns, rows)
