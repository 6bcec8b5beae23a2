"""History and forecast as a line of blocks a series, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forecaster.commands._fit import sparkline, terminal_width

if TYPE_CHECKING:
    import pandas as pd

    from forecaster.data.panel import Panel

# Series that are drawn, characters of an id, and of a line.
MOST_SERIES, MOST_ID, MOST_WIDTH = 6, 20, 100

# Rows of the forecast that are drawn from.
MOST_ROWS = 600


def show_sparklines(content: pd.DataFrame, panel: Panel) -> None:
    """A line a series on stdout: the last values, a bar, the forecast; nothing where there is no terminal.

    Args:
        content: The forecast, its rows by series; of prices the close is drawn.
        panel: Rows that it goes on from. Events have none to draw.
    """
    width = terminal_width()
    if width is None or panel.kind == "events" or "unique_id" not in content.columns:
        return
    is_price = panel.closes is not None and "close" in content.columns
    column, past = ("close", panel.closes) if is_price else ("forecast", panel.y)
    if column not in content.columns or past is None:
        return
    wanted = [str(one) for one in content["unique_id"].unique()[:MOST_SERIES]]
    names = {one: one if len(one) <= MOST_ID else f"{one[: MOST_ID - 1]}…" for one in wanted}
    indent = max(map(len, names.values()), default=0)
    room = min(width, MOST_WIDTH) - indent - 2
    places = {str(one): place for place, one in enumerate(panel.ids)}
    for one in wanted:
        if one not in places or room < 3:
            continue
        begin, end = panel.offsets[places[one]], panel.offsets[places[one] + 1]
        ahead = content.loc[content["unique_id"].astype(str) == one, column]
        line = sparkline([float(value) for value in past[begin:end]], [float(value) for value in ahead], room)
        click.echo(f"{names[one].ljust(indent)}  {line}")
