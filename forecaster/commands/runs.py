"""`forecast runs`: the trained runs of a folder."""

from __future__ import annotations

from pathlib import Path

import click

from forecaster.commands._show import as_json, note, table


@click.command("runs")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("runs"))
@click.option("--json", "json_output", is_flag=True, help="Print JSON.")
def runs(folder: Path, json_output: bool) -> None:
    """List trained runs and their scores.

    FOLDER holds the runs; runs in this folder when it is not given.
    """
    from forecaster.errors import RunError
    from forecaster.run.report_file import read_report
    from forecaster.run.store import list_runs, open_version

    rows = []
    for run in list_runs(folder):
        try:
            version = open_version(run, ("report.json",))
            report = read_report(version / "report.json")
        except RunError as error:
            note(f"{run}: {error}")
            continue
        part = report["scores"].get("test") or report["scores"].get("valid")
        best = report["best_baseline"]
        beside = part["baselines"].get(best) if part else None
        rows.append(
            {
                "run": run.name,
                "version": version.name,
                "data": report["data"]["source"],
                "kind": report["data"]["kind"],
                "score": part["deciding"] if part else None,
                "model": part["model"][part["deciding"]] if part else None,
                "best_baseline": best,
                "baseline": beside[part["deciding"]] if beside else None,
            }
        )
    if json_output:
        as_json(rows)
    elif rows:
        table("", list(rows[0]), [list(row.values()) for row in rows])
    else:
        note(f"{folder}: no runs. Make one with: forecast train data.csv")
