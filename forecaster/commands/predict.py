"""`forecast predict`: what comes next, from a trained run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from forecaster.commands._output import Output, output_options, texts
from forecaster.commands._show import note
from forecaster.commands._source import read_source
from forecaster.data.units import in_words

if TYPE_CHECKING:
    from forecaster.evaluation.sequence_continuation import Continued
    from forecaster.evaluation.sequence_job import SequenceRun


@click.command("predict")
@click.argument("data", required=False)
@click.option("--run", help="Name or folder of a run. [default: the latest]")
@click.option(
    "--horizon",
    type=click.INT,
    metavar="N",
    help="Steps: any number of events, intervals and symbols, else at most those trained for.",
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
@click.option("--sample", is_flag=True, help="Draw symbols by their probabilities, not the likeliest ones.")
@click.option(
    "--temperature",
    type=click.FLOAT,
    default=1.0,
    show_default=True,
    help="Of these draws: below 1 favours likely symbols, above 1 the others.",
)
@click.option("--seed", type=click.INT, metavar="N", help="Of what is drawn. [default: that of the run]")
@output_options()
def predict(  # noqa: PLR0913 - an argument for each option
    data: str | None,
    run: str | None,
    horizon: int | None,
    as_of: str | None,
    within: tuple[str, ...],
    future: str | None,
    sample: bool,
    temperature: float,
    seed: int | None,
    output: Output,
) -> None:
    """Forecast what comes after the last row.

    Of DATA, or of the training data when no file is given. Of sequences that have labels, outputs or tags it
    says these; sequences of symbols it continues.
    """
    from forecaster.run.find import find_run

    folder = find_run(run)
    from forecaster.evaluation.forecast import forecast_parts, panel_ahead
    from forecaster.evaluation.sequence_continuation import Continued, refuse_forecasts, refuse_symbols
    from forecaster.evaluation.sequence_job import SequenceRun
    from forecaster.evaluation.tables import Columns
    from forecaster.run.load import load_run

    trained, asked = load_run(folder), Continued(horizon, sample, temperature, seed)
    if isinstance(trained, SequenceRun):
        given = {"quantile": output.quantiles, "as_of": as_of, "within": within, "future": future}
        refuse_forecasts(trained, given)
        _say(trained, data, asked, output)
        return
    refuse_symbols(trained, asked)
    sources = [None if name is None else read_source(name) for name in (data, future)]
    panel, notes = panel_ahead(trained, sources[0], as_of, sources[1])
    parts = forecast_parts(
        trained.models,
        panel,
        Columns(output.levels, output.quantiles, trained.point),
        horizon=trained.settings.window.horizon if horizon is None else horizon,
        within=texts(within),
        seed=trained.settings.training.seed if seed is None else seed,
    )
    for text in notes:
        note(f"Note: {text}")
    unit = trained.report["data"]["unit"]
    in_unit = f", in {in_words(unit)}" if unit else ""
    # some thousand series at a time: a forecast of a million ids is never held whole
    output.put_parts(parts, f"Forecast of {folder}{in_unit}", panel)


def _say(run: SequenceRun, data: str | None, asked: Continued, output: Output) -> None:
    """What a run says of the sequences of a file, or how they go on."""
    from forecaster.evaluation.sequence_tables import predict_sequences

    table, notes = predict_sequences(run, None if data is None else read_source(data), asked)
    for text in notes:
        note(f"Note: {text}")
    output.put(table, f"{run.networks.goal.kind.capitalize()} by {run.name}")
