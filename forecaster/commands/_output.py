"""Options of every command that puts out a table: which intervals, and where it goes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from forecaster.commands._show import MOST_ROWS, frame
from forecaster.commands._spark import MOST_ROWS as DRAWN_ROWS
from forecaster.commands._spark import show_sparklines
from forecaster.commands._tables import check_out, json_pieces, names_folder, write_parts
from forecaster.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from forecaster.data.panel import Panel


OUT_HELP = "Write a .csv, .json or .parquet file; - for CSV on stdout."
FOLDER_HELP = " With --engine ray also a folder, for a Parquet file a part."


@dataclass(frozen=True)
class Output:
    """What was asked for.

    Attributes:
        levels: Central intervals in percent.
        quantiles: Quantile levels.
        out: File to write, None to print.
        is_json: Whether JSON is printed.
        given: Which of the first two were given, as ``refuse_forecasts`` takes them.
    """

    levels: tuple[float, ...]
    quantiles: tuple[float, ...]
    out: str | None
    is_json: bool
    given: dict[str, tuple[float, ...]]

    def put(self, content: pd.DataFrame, title: str) -> None:
        """The table to its file, or as JSON or a table to stdout."""
        self.put_parts([content], title)

    def put_parts(self, parts: Iterable[pd.DataFrame], title: str, panel: Panel | None = None) -> None:
        """The same of a table that comes in parts, of which no more than one is held.

        Args:
            parts: At least one.
            title: Line above the table.
            panel: What the table is a forecast of, to draw both on a terminal; None for no drawing.
        """
        if self.out is not None:
            write_parts(parts, self.out)
        elif self.is_json:
            for piece in json_pieces(parts):
                click.echo(piece, nl=False)
        else:
            first, n_rows = beginning(parts, MOST_ROWS if panel is None else DRAWN_ROWS)
            frame(first, title=title, n_rows=n_rows)
            if panel is not None:
                show_sparklines(first, panel)


def beginning(parts: Iterable[pd.DataFrame], most: int) -> tuple[pd.DataFrame, int]:
    """The first rows of a table that comes in parts, and how many it has.

    Args:
        parts: At least one.
        most: Rows to keep.

    Returns:
        A table of ``most`` rows at most, and the number of all rows.
    """
    import pandas as pd

    kept: list[pd.DataFrame] = []
    n_kept = n_rows = 0
    for part in parts:
        n_rows += len(part)
        if n_kept < most:
            kept.append(part.head(most - n_kept))
            n_kept += len(kept[-1])
    return pd.concat(kept, ignore_index=True), n_rows


def output_options(
    levels: Sequence[float] = (80,), *, folders: bool = False, quantiles: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator that adds --level, --quantile, --out and --json to a command.

    Args:
        levels: Central intervals where none are given.
        folders: Whether --out may also be a folder for parts, which the command looks at.
        quantiles: Whether there are quantiles in the table.

    Returns:
        A decorator; the command gets one keyword ``output`` for all of them.
    """
    shown = ",".join(f"{level:g}" for level in levels)

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def collected(
            *arguments: Any,
            level: tuple[str, ...],
            out: str | None,
            json_output: bool,
            quantile: tuple[str, ...] = (),
            **options: Any,
        ) -> None:
            if not (folders and names_folder(out)):
                check_out(out)
            given = {"level": numbers(level, "--level"), "quantile": numbers(quantile, "--quantile")}
            shares = given["level"] or tuple(levels), given["quantile"]
            command(*arguments, output=Output(*shares, out, json_output, given), **options)

        for option in _options(shown, folders, quantiles):
            collected = option(collected)
        return collected

    return decorate


def _options(shown: str, folders: bool, quantiles: bool) -> tuple[Callable[..., Any], ...]:
    """The options themselves, last first."""
    out_help = OUT_HELP + (FOLDER_HELP if folders else "")
    quantile = click.option(
        "--quantile", multiple=True, metavar="LIST", help="Quantile levels: 0.05 or 0.05,0.95."
    )
    return (
        click.option("--json", "json_output", is_flag=True, help="Print JSON."),
        click.option("--out", metavar="FILE", help=out_help),
        *((quantile,) if quantiles else ()),
        click.option(
            "--level",
            multiple=True,
            metavar="LIST",
            help=f"Intervals in percent: 80 or 80,95. [default: {shown}]",
        ),
    )


def texts(values: Sequence[str]) -> list[str]:
    """Values of a repeatable option that also takes commas.

    Args:
        values: As they were typed.

    Returns:
        Each on its own.

    Example:
        >>> texts(["7d,14d", "30d"])
        ['7d', '14d', '30d']
    """
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def numbers(values: Sequence[str], option: str) -> tuple[float, ...]:
    """The same as numbers.

    Args:
        values: As they were typed.
        option: Spelling of the option, for messages.

    Returns:
        The numbers.

    Raises:
        ConfigError: A part is no number.
    """
    found = []
    for text in texts(values):
        try:
            found.append(float(text))
        except ValueError:
            raise ConfigError(f"{option} {text}: not a number. Give 80 or 80,95, say.") from None
    return tuple(found)
