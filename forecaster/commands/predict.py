"""`forecast predict`: what comes next, from a trained run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forecaster.commands._output import Output, output_options, texts
from forecaster.commands._show import note
from forecaster.commands._source import read_source
from forecaster.data.units import in_words

if TYPE_CHECKING:
    from forecaster.evaluation.sequence_job import SequenceRun


@click.command("predict")
@click.argument("data", required=False)
@click.option("--run", help="Name or folder of a run. [default: the latest]")
@click.option(
    "--horizon",
    type=click.INT,
    metavar="N",
    help="Steps: any number of events and intervals, else at most those trained for.",
)
@click.option(
    "--as-of", metavar="STAMP", help="Moment to look forward from (events), or a file with one for each id."
)
@click.option(
    "--within", multiple=True, metavar="LIST", help="Durations: 7d or 7d,30d (events): P(an event within)."
)
@click.option(
    "--future", metavar="FILE", help="Rows after the last ones, with the columns known in advance (values)."
)
@output_options()
def predict(
    data: str | None,
    run: str | None,
    horizon: int | None,
    as_of: str | None,
    within: tuple[str, ...],
    future: str | None,
    output: Output,
) -> None:
    """Forecast what comes after the last row.

    Of DATA, or of the training data when no file is given.
    """
    from forecaster.run.find import find_run

    folder = find_run(run)
    from forecaster.evaluation.forecast import forecast_parts, panel_ahead
    from forecaster.evaluation.sequence_job import SequenceRun
    from forecaster.evaluation.tables import Columns
    from forecaster.run.load import load_run

    trained = load_run(folder)
    if isinstance(trained, SequenceRun):
        _say(trained, data, output)
        return
    sources = [None if name is None else read_source(name) for name in (data, future)]
    panel, notes = panel_ahead(trained, sources[0], as_of, sources[1])
    parts = forecast_parts(
        trained.models,
        panel,
        Columns(output.levels, output.quantiles, trained.point),
        horizon=trained.settings.window.horizon if horizon is None else horizon,
        within=texts(within),
        seed=trained.settings.training.seed,
    )
    for text in notes:
        note(f"Note: {text}")
    unit = trained.report["data"]["unit"]
    in_unit = f", in {in_words(unit)}" if unit else ""
    # some thousand series at a time: a forecast of a million ids is never held whole
    output.put_parts(parts, f"Forecast of {folder}{in_unit}", panel)


def _say(run: SequenceRun, data: str | None, output: Output) -> None:
    """What a run says of the sequences of a file."""
    from forecaster.evaluation.sequence_tables import predict_in_parts

    parts, notes = predict_in_parts(run, None if data is None else read_source(data))
    for text in notes:
        note(f"Note: {text}")
    output.put_parts(parts, f"{run.networks.goal.kind.capitalize()} by {run.name}")
