"""`forecast runs`: the trained runs of a folder, or two of them side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecaster.commands._runs import compared, duration, read_row
from forecaster.commands._show import as_json, note, table
from forecaster.errors import ConfigError, RunError

# Columns of the list, and the order in which they go where the terminal is too narrow for all.
COLUMNS = "run version data kind score model best_baseline baseline skill age".split()
LEAVE_OUT = ("version", "data", "baseline", "score", "kind", "best_baseline", "model")


@click.command("runs")
@click.argument("names", nargs=-1, metavar="[FOLDER] | [RUN RUN]")
@click.option("--json", "json_output", is_flag=True, help="Print JSON.")
def runs(names: tuple[str, ...], json_output: bool) -> None:
    """List trained runs and their scores.

    FOLDER holds the runs; runs in this folder when it is not given. Of two RUNs (names or folders) it
    shows where settings and scores differ. The skill is the share of the best baseline's error that the
    model takes away: above 0 it is ahead.
    """
    if len(names) > 1:
        _compare(names, json_output)
        return
    from forecaster.run.store import list_runs

    folder = Path(names[0]) if names else Path("runs")
    rows = []
    for run in list_runs(folder):
        try:
            rows.append(read_row(run)[0])
        except RunError as error:
            note(f"{run}: {error}")
    if json_output:
        as_json(rows)
    elif rows:
        shown = [row | {"age": duration(row["age_seconds"])} for row in rows]
        table("", COLUMNS, [[row[name] for name in COLUMNS] for row in shown], leave_out=LEAVE_OUT)
    else:
        note(f"{folder}: no runs. Make one with: forecast train data.csv")


def _compare(names: tuple[str, ...], json_output: bool) -> None:
    """Two runs side by side; more are refused."""
    from forecaster.run.find import find_run

    if len(names) > 2:
        raise ConfigError(f"runs: {len(names)} names; name one folder, or two runs to compare.")
    found = [read_row(find_run(name)) for name in names]
    tree = compared(found)
    if json_output:
        as_json(tree)
        return
    header = ["", *(name or "-" for name in names)]
    facts = [[name, *(_fact(row, name) for row, _ in found)] for name in COLUMNS[1:]]
    table("", header, facts, text=True)
    scores: list[list[Any]] = [[name, *values] for name, values in tree["scores"].items()]
    table("Scores of the model, of the part held out", header, scores)
    if tree["settings"]:
        settings = [[name, *_plain(two)] for name, two in tree["settings"].items()]
        table("Settings that differ", header, settings, text=True)
    else:
        click.echo("No settings differ.")
    if not tree["comparable"]:
        note("Note: scored on different rows or by different scores; which is better cannot be told.")


def _fact(row: dict[str, Any], name: str) -> Any:
    """One cell of the upper table."""
    return duration(row["age_seconds"]) if name == "age" else row[name]


def _plain(values: list[Any]) -> list[str]:
    """Settings as they are written in one cell."""
    return [
        ",".join(map(str, one)) if isinstance(one, list) else "-" if one is None else str(one)
        for one in values
    ]
