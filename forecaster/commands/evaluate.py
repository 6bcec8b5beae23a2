"""`forecast evaluate`: a saved run scored on new rows."""

from __future__ import annotations

import click

from forecaster.commands.predict import numbers
from forecaster.commands.show import as_json, check_out, note
from forecaster.commands.source import read_source


@click.command("evaluate")
@click.argument("data")
@click.option("--run", help="Name or folder of a run. [default: the latest]")
@click.option("--level", multiple=True, help="Intervals whose coverage is scored. [default: 80,95]")
@click.option("--out", metavar="FILE", help="Write the scores to a .csv, .json or .parquet file.")
@click.option("--json", "json_output", is_flag=True, help="Print JSON.")
def evaluate(
    data: str, run: str | None, level: tuple[str, ...], out: str | None, json_output: bool
) -> None:
    """Score a trained run on new rows.

    DATA goes on where the training data ended, and holds the rows before for the look-back; the rows after
    each id's last training row are scored, and all rows of ids that were not seen.
    """
    check_out(out)
    levels = numbers(level, "--level") or [80.0, 95.0]
    from forecaster.run.store import find_run

    folder = find_run(run)
    from forecaster.commands.train import conclude, score_table
    from forecaster.forecaster import Forecaster

    forecaster = Forecaster.load(folder)
    scores = forecaster.evaluate(read_source(data), level=levels)
    for text in forecaster.notes:
        note(f"Note: {text}")
    if json_output:
        as_json(scores)
        return
    if out is not None:
        import pandas as pd

        from forecaster.commands.show import write_frame

        rows = {"model": scores["model"], **scores["baselines"]}
        write_frame(pd.DataFrame(rows).T.rename_axis("name").reset_index(), out)
        return
    score_table(scores, forecaster.report["training"][0]["head"], scores["unit"], f"Scores of {folder}")
    conclude(scores, scores["unit"])
