"""`forecast predict`: what comes next, from a trained run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecaster.commands._options import given, settings_options
from forecaster.commands._output import Output, output_options, texts
from forecaster.commands._progress import counting
from forecaster.commands._show import note
from forecaster.commands._source import read_source
from forecaster.commands._tables import STDOUT, check_out, names_folder
from forecaster.config.engine import EngineSettings, uses_ray
from forecaster.data.units import in_words

if TYPE_CHECKING:
    from forecaster.evaluation.forecast import Question
    from forecaster.evaluation.sequence_continuation import Continued
    from forecaster.evaluation.sequence_job import SequenceRun
    from forecaster.evaluation.trained_run import TrainedRun


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
@settings_options("cluster")
@output_options(folders=True)
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
    **options: Any,
) -> None:
    """Forecast what comes after the last row.

    Of DATA, or of the training data when no file is given. Of sequences that have labels, outputs or tags it
    says these; sequences of symbols it continues. With --engine ray by several workers, of a file or of a
    folder that `forecast shard` wrote; the same command goes on where an earlier one ended.
    """
    from forecaster.config.build import make_settings
    from forecaster.run.find import find_run

    engine = make_settings(given(options)).cluster
    on_ray = uses_ray(engine)
    if not on_ray:
        check_out(output.out)
    folder = find_run(run)
    from forecaster.evaluation.forecast import Question
    from forecaster.evaluation.sequence_continuation import Continued, refuse_forecasts, refuse_symbols
    from forecaster.evaluation.sequence_job import SequenceRun
    from forecaster.run.load import load_run

    trained, asked = load_run(folder), Continued(horizon, sample, temperature, seed)
    if isinstance(trained, SequenceRun):
        refuse_forecasts(trained, output.given | {"as_of": as_of, "within": within, "future": future})
        _say(trained, (data, asked), engine, output)
        return
    refuse_symbols(trained, asked)
    unit = trained.report["data"]["unit"]
    title = f"Forecast of {folder}" + (f", in {in_words(unit)}" if unit else "")
    question = Question.of(trained, (output.levels, output.quantiles), horizon, texts(within), seed)
    sources = [None if name is None else read_source(name) for name in (data, future)]
    if on_ray:
        put_on_ray(trained, (sources, question, as_of), engine, (output, title))
        return
    _put(trained, (sources, question, as_of), (output, title))


def _put(trained: TrainedRun, asked: tuple[list[Any], Question, str | None], to: tuple[Output, str]) -> None:
    """The forecast, some thousand series at a time: that of a million ids is never held whole."""
    from forecaster.evaluation.forecast import forecast_parts
    from forecaster.evaluation.reading import panel_ahead

    (sources, question, as_of), (output, title) = asked, to
    panel, notes = panel_ahead(trained, sources[0], as_of, sources[1])
    parts = forecast_parts(trained.models, panel, question)
    for text in notes:
        note(f"Note: {text}")
    output.put_parts(parts, title, panel)


def put_on_ray(
    trained: TrainedRun | SequenceRun,
    asked: tuple[list[Any], Question | Continued, str | None],
    engine: EngineSettings,
    to: tuple[Output, str],
) -> None:
    """The same by the workers of Ray, to a folder of parts, or gathered as one table.

    Parts of a file are kept beside it until all are there, so that the same command goes on after any end.

    Args:
        trained: The run.
        asked: Data and its future, the question, and the moment to look forward from.
        engine: Where it is made.
        to: Where it goes, and its title.
    """
    from forecaster.cluster.asked import Asked
    from forecaster.cluster.predict import forecast_on_ray

    (sources, question, as_of), (output, title) = asked, to
    out, parts = output.out, None
    if out is not None and out != STDOUT:
        parts = out if names_folder(out) else str(Path(out).parent / f".{Path(out).name}.parts")
    job = Asked(sources[0], question, as_of, sources[1], parts)
    with counting() as report, forecast_on_ray(trained, job, engine, report) as made:
        for text in made.notes:
            note(f"Note: {text}")
        if made.n_kept:
            note(f"Note: {made.n_kept:,} of {len(made.places):,} parts were there already")
        if parts is not None and parts == out:
            note(f"Wrote {made.n_rows:,} rows in {len(made.places) - made.n_kept:,} parts to {out}.")
        else:
            output.put_parts(made.tables(), title)
    if parts is not None and parts != out:
        shutil.rmtree(parts, ignore_errors=True)


def _say(
    run: SequenceRun, asked: tuple[str | None, Continued], engine: EngineSettings, output: Output
) -> None:
    """What a run says of the sequences of a file, or how they go on."""
    from forecaster.evaluation.sequence_tables import predict_in_parts

    data, question = asked
    source = None if data is None else read_source(data)
    title = f"{run.networks.goal.kind.capitalize()} by {run.name}"
    if uses_ray(engine):
        put_on_ray(run, ([source, None], question, None), engine, (output, title))
        return
    parts, notes = predict_in_parts(run, source, question)
    for text in notes:
        note(f"Note: {text}")
    output.put_parts(parts, title)
