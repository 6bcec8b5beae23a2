"""How commands print: tables and results on stdout, notes and progress on stderr."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecaster.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

# Rows of a table that are printed; all are written to a file or as JSON.
MOST_ROWS = 20


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


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout, its numbers aligned on the right.

    Args:
        title: Line above it; empty for none.
        header: Names of the columns; the first is text.
        rows: Cells; numbers get four significant digits.
    """
    from rich.console import Console
    from rich.table import Table

    grid = Table(box=None, pad_edge=False)
    for position, name in enumerate(header):
        grid.add_column(name, justify="left" if position == 0 else "right", overflow="fold")
    for row in rows:
        grid.add_row(*(number(cell) for cell in row))
    width = None if sys.stdout.isatty() else 200
    if title:  # not the grid's own, which would be folded to the width of the columns
        click.echo(title)
    Console(width=width, highlight=False).print(grid)


def frame(content: pd.DataFrame, title: str = "") -> None:
    """The first rows of a DataFrame on stdout, and how many more there are."""
    shown = content.head(MOST_ROWS)
    columns = [column for column in shown.columns if not column.startswith("p-")]
    rows = [[cell_text(row[column]) for column in columns] for _, row in shown.iterrows()]
    table(title, columns, rows)
    more = len(content) - len(shown)
    if more > 0 or len(columns) < len(content.columns):
        hidden = len(content.columns) - len(columns)
        parts = [f"{more:,} more rows"] * (more > 0) + [f"{hidden} columns p-1 .. p-{hidden}"] * (hidden > 0)
        note(f"{' and '.join(parts)} not shown; --out FILE.csv writes them all.")


def cell_text(value: Any) -> object:
    """A cell as people read it: dates without empty times, missing dates as nothing."""
    if hasattr(value, "isoformat"):
        text = str(value)
        if text == "NaT":
            return "-"
        return text.removesuffix(" 00:00:00")[:19] if "+" not in text else text[:25]
    return value


def write_frame(content: pd.DataFrame, path: str) -> None:
    """A table to a file, whole or not at all.

    Args:
        content: The table.
        path: Ends in .csv, .json or .parquet.

    Raises:
        ConfigError: The ending is another one.
    """
    import io

    from forecaster.files import write_file

    ending = Path(path).suffix.lower()
    if ending == ".csv":
        data = content.to_csv(index=False).encode()
    elif ending == ".json":
        data = records_json(content).encode()
    elif ending == ".parquet":
        buffer = io.BytesIO()
        content.to_parquet(buffer, index=False)
        data = buffer.getvalue()
    else:
        raise ConfigError(f"--out {path}: ends in neither .csv, .json nor .parquet. Name it so.")
    write_file(Path(path), data, mode=0o600)
    note(f"Wrote {len(content):,} rows to {path}.")


def check_out(path: str | None) -> None:
    """Refuse an output file of another kind before any work is done.

    Raises:
        ConfigError: The ending is none that can be written, or the folder is not there.
    """
    if path is None:
        return
    if Path(path).suffix.lower() not in (".csv", ".json", ".parquet"):
        raise ConfigError(f"--out {path}: ends in neither .csv, .json nor .parquet. Name it so.")
    if not Path(path).resolve().parent.is_dir():
        raise ConfigError(f"--out {path}: the folder {Path(path).parent} does not exist. Make it first.")


def records_json(content: pd.DataFrame) -> str:
    """A table as a JSON list of rows, dates in ISO form, missing numbers as null."""
    text: str = content.to_json(orient="records", date_format="iso", double_precision=15, indent=1)
    return text + "\n"


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
