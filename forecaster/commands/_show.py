"""How commands print: tables and results on stdout, notes and progress on stderr."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from forecaster.commands._fit import fitting, terminal_width

if TYPE_CHECKING:
    import pandas as pd

# Rows of a table that are printed; all are written to a file or as JSON.
MOST_ROWS = 20

# Columns of tables that hold times, be they dates or numbers.
TIME_COLUMNS = ("ds", "cutoff", "last_event", "as_of")


def note(text: str) -> None:
    """One line on stderr."""
    click.echo(text, err=True)


def number(value: object) -> str:
    """A number with four significant digits, ``-`` for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return str(value)


def table(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    text: bool = False,
    leave_out: Sequence[str] = (),
) -> None:
    """A table on stdout, its numbers aligned on the right.

    On a terminal that is too narrow columns are left out, which is said; text is folded.

    Args:
        title: Line above it; empty for none.
        header: Names of the columns; the first is text.
        rows: Cells; numbers get four significant digits.
        text: Whether all columns are text, aligned on the left.
        leave_out: Columns that are left out first.
    """
    from rich.table import Table

    width = terminal_width()
    lines = [[number(cell) for cell in row] for row in rows]
    kept = list(range(len(header)))
    if width is not None and not text:
        kept = fitting(header, lines, width, leave_out)
    grid = Table(box=None, pad_edge=False)
    for position in kept:
        side = "left" if text or position == 0 else "right"
        grid.add_column(header[position], justify=side, overflow="fold")  # type: ignore[arg-type]
    for line in lines:
        grid.add_row(*(line[position] for position in kept))
    if title:  # not the grid's own, which would be folded to the width of the columns
        click.echo(title)
    _print(grid, width)
    if hidden := [name for position, name in enumerate(header) if position not in kept]:
        note(f"Not shown, as the terminal is {width} characters wide: {', '.join(hidden)}.")


def _print(grid: Any, width: int | None) -> None:
    """A rich table on stdout; 200 characters wide where it is no terminal."""
    from rich.console import Console

    class Plain(Console):
        """A console that leaves a reader that has gone to the command group."""

        def on_broken_pipe(self) -> None:
            """Pass it on.

            Raises:
                BrokenPipeError: Always.
            """
            raise BrokenPipeError

    # ids may hold [brackets] and :colons:, which are no markup here
    Plain(width=width or 200, highlight=False, markup=False, emoji=False).print(grid)


def frame(
    content: pd.DataFrame,
    title: str = "",
    most: int = MOST_ROWS,
    writer: str = "--out FILE.csv",
    n_rows: int | None = None,
) -> None:
    """The first rows of a DataFrame on stdout, and how many more there are.

    Args:
        content: The table.
        title: Line above it; empty for none.
        most: Rows to print.
        writer: What writes them all.
        n_rows: Rows of the whole table where ``content`` is its beginning.
    """
    shown = content.head(most)
    columns = [column for column in shown.columns if not column.startswith(("p-", "mark-"))]
    table(title, columns, zip(*(cells(column, shown[column]) for column in columns), strict=True))
    more = (len(content) if n_rows is None else n_rows) - len(shown)
    if more > 0 or len(columns) < len(content.columns):
        hidden = [str(column) for column in content.columns if column not in columns]
        parts = [f"{more:,} more rows"] * (more > 0)
        parts += [f"{len(hidden)} columns {hidden[0]} .. {hidden[-1]}"] if hidden else []
        note(f"{' and '.join(parts)} not shown; {writer} writes them all.")


def cells(name: str, column: pd.Series) -> list[object]:
    """A column as people read it.

    Args:
        name: Of the column; times that are numbers are written in full, year 2009 not as 2,009.
        column: Its values.

    Returns:
        Dates to the second, without a time where none has one; ``-`` for none.
    """
    if column.dtype.kind != "M":
        is_time = name in TIME_COLUMNS or name.startswith("next_event")
        return ["-" if value != value else f"{value:.15g}" for value in column] if is_time else list(column)
    texts = ["-" if text == "NaT" else text[:25] if "+" in text else text[:19] for text in column.map(str)]
    bare = [text.removesuffix(" 00:00:00") for text in texts]
    return list(bare if all(len(text) <= 10 for text in bare) else texts)


def as_json(tree: Any) -> None:
    """A tree as JSON on stdout, NaN and infinity as null."""
    click.echo(json.dumps(finite(tree), indent=1, default=str))


def finite(tree: Any) -> Any:
    """A tree of plain values with NaN and infinity as None, arrays as lists."""
    if isinstance(tree, dict):
        return {str(key): finite(value) for key, value in tree.items()}
    if hasattr(tree, "tolist"):
        return finite(tree.tolist())
    if isinstance(tree, list | tuple):
        return [finite(value) for value in tree]
    if isinstance(tree, float) and not math.isfinite(tree):
        return None
    return tree
