"""Tables of the page: sortable by their headings, and with bars where numbers are compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from forecaster.report.markup import Html, tag
from forecaster.report.words import number

# A bar is full at so many times the least value: far worse ones would leave nothing to see of the others.
FULL = 4.0


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: Heading.
        text: What it means; empty where the heading says it.
        is_number: Whether its cells stand on the right.
    """

    name: str
    text: str = ""
    is_number: bool = True


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and what it is sorted by.

    Attributes:
        shown: Text or markup.
        value: Number to sort by; the text itself when None.
    """

    shown: object
    value: float | None = None


def sortable(
    caption: str, columns: Sequence[Column], rows: Sequence[Sequence[object]], marked: Sequence[int] = ()
) -> Html:
    """A table that the page's script makes sortable; without it, it stands as given.

    Args:
        caption: What the rows are.
        columns: Of the table; the first one names the rows.
        rows: Cells: text, numbers, or ``Cell``.
        marked: Rows that stand out.

    Returns:
        Its markup, in a box that scrolls where the screen is too narrow.
    """
    head = [
        tag(
            "th",
            column.name,
            scope="col",
            title=column.text or None,
            class_="n" if column.is_number else None,
        )
        for column in columns
    ]
    body = []
    for place, row in enumerate(rows):
        cells = [
            _cell(value, column, first=number == 0)
            for number, (value, column) in enumerate(zip(row, columns, strict=True))
        ]
        body.append(tag("tr", *cells, class_="marked" if place in marked else None))
    table = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
        class_="sortable" if len(rows) > 1 else None,
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _cell(value: object, column: Column, *, first: bool) -> Html:
    """One cell; that of the first column is the heading of its row."""
    shown, by = (value.shown, value.value) if isinstance(value, Cell) else (value, None)
    if by is None and isinstance(value, int | float) and not isinstance(value, bool):
        by = float(value)
    if by is not None and not math.isfinite(by):
        by = None
    text = shown if isinstance(shown, Html) else number(shown)
    sort = None if by is None else f"{by:.9g}"
    kind = "n" if column.is_number else None
    if first:
        return tag("th", text, scope="row", data_v=sort, class_=kind)
    return tag("td", text, data_v=sort, class_=kind)


def bar(value: float | None, values: Sequence[float | None], *, ours: bool) -> Cell:
    """A bar as long as a value is large, beside those of other rows.

    Args:
        value: Of this row.
        values: Of all rows.
        ours: Whether it is the model's.

    Returns:
        A cell; empty where a value is not above 0.
    """
    known = [one for one in values if one is not None and math.isfinite(one)]
    if value is None or not math.isfinite(value) or min(known) <= 0:
        return Cell("", value)
    full = min(max(known), FULL * min(known))
    width = min(value / full, 1.0) * 100
    kind = "ours" if ours else "theirs"
    shape = tag("rect", x="0", y="0", width=f"{width:.1f}", height="10", class_=kind)
    cut = tag("path", d="M90 10L94 0M94 10L98 0", class_="cut") if value > full * 1.001 else ""
    drawn = tag(
        "svg", shape, cut, viewBox="0 0 100 10", class_="bar", preserveAspectRatio="none", aria_hidden="true"
    )
    return Cell(drawn, value)


def grid(caption: str, names: Sequence[str], counts: Sequence[Sequence[int]], heads: tuple[str, str]) -> Html:
    """Counts of one thing (rows) by another (columns), shaded by their share of the row.

    Args:
        caption: What is counted.
        names: Of both.
        counts: (n, n).
        heads: What rows and columns are.

    Returns:
        Its markup.
    """
    head = [tag("th", f"{heads[0]} \N{DOWNWARDS ARROW} {heads[1]} \N{RIGHTWARDS ARROW}", scope="col")]
    head += [tag("th", name, scope="col", class_="n") for name in names]
    body = []
    for place, (name, row) in enumerate(zip(names, counts, strict=True)):
        total = sum(row)
        cells = [tag("th", name, scope="row")]
        for other, count in enumerate(row):
            shade = round(9 * count / total) if total else 0
            kind = f"n c{shade}" + (" right" if place == other else "")
            cells.append(tag("td", f"{count:,}", class_=kind))
        body.append(tag("tr", *cells))
    table = tag(
        "table", tag("caption", caption), tag("thead", tag("tr", *head)), tag("tbody", *body), class_="grid"
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def pairs(caption: str, rows: Sequence[tuple[str, object]]) -> Html:
    """A table of names and what they are.

    Args:
        caption: What they are of.
        rows: Name and text, number or markup; None leaves a row out.

    Returns:
        Its markup.
    """
    body = [
        tag(
            "tr", tag("th", name, scope="row"), tag("td", value if isinstance(value, Html) else number(value))
        )
        for name, value in rows
        if value is not None
    ]
    return tag(
        "div", tag("table", tag("caption", caption), tag("tbody", *body), class_="facts"), class_="scroll"
    )
