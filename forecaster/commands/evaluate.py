"""`forecast evaluate`: a saved run scored on new rows."""

from __future__ import annotations

from typing import Any

import click

from forecaster.commands._market import conclude_market
from forecaster.commands._output import Output, output_options, texts
from forecaster.commands._scores import conclude, score_table, show_confused
from forecaster.commands._show import as_json, note
from forecaster.commands._source import read_source
from forecaster.commands._tables import write_frame
from forecaster.config.facts import SCORED_LEVELS


@click.command("evaluate")
@click.argument("data")
@click.option("--run", help="Name or folder of a run. [default: the latest]")
@click.option(
    "--within",
    multiple=True,
    metavar="LIST",
    help="Durations: 7d or 7d,30d (events): P(an event within) is scored. [default: those of the run]",
)
@output_options(levels=SCORED_LEVELS, quantiles=False)
def evaluate(data: str, run: str | None, within: tuple[str, ...], output: Output) -> None:
    """Score a trained run on new rows.

    DATA goes on where the training data ended, and holds the rows before for the look-back; the rows after
    each id's last training row are scored, and all rows of ids that were not seen. Of events the interval
    that is open at the end counts too, by the probability that it lasts.
    """
    from forecaster.run.find import find_run

    folder = find_run(run)
    from forecaster.forecaster import Forecaster

    forecaster = Forecaster.load(folder)
    level = output.given["level"] or None
    scores = forecaster.evaluate(read_source(data), level=level, within=texts(within) or None)
    for text in forecaster.notes:
        note(f"Note: {text}")
    if scores.get("baselines_fitted_on") == "scored rows":
        note("Note: no rows lie before the scored ones; the baselines were fitted on these themselves.")
    for text in scores.get("notes", ()):
        note(f"Note: {text}")
    if output.is_json:
        as_json(scores)
        return
    if output.out is not None:
        _write(scores, output.out)
    head = forecaster.report["training"][0]["head"]
    unit = scores.get("unit", "")
    score_table(scores, head, unit, f"Scores of {folder}")
    show_confused(scores)
    conclude(scores, unit)
    if market := scores.get("market"):
        conclude_market(market)


def _write(scores: dict[str, Any], path: str) -> None:
    """Model and baselines to a file, a row each."""
    import pandas as pd

    rows = {"model": scores["model"], **scores["baselines"]}
    write_frame(pd.DataFrame(rows).T.rename_axis("name").reset_index(), path)
