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
    from forecaster.evaluation.job import TrainedRun


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
@settings_options("cluster")
@output_options(folders=True)
def predict(
    data: str | None,
    run: str | None,
    horizon: int | None,
    as_of: str | None,
    within: tuple[str, ...],
    future: str | None,
    output: Output,
    **options: Any,
) -> None:
    """Forecast what comes after the last row.

    Of DATA, or of the training data when no file is given. With --engine ray by several workers, of a file
    or of a folder that `forecast shard` wrote; the same command goes on where an earlier one ended.
    """
    from forecaster.config.build import make_settings
    from forecaster.run.find import find_run

    engine = make_settings(given(options)).cluster
    on_ray = uses_ray(engine)
    if not on_ray:
        check_out(output.out)
    folder = find_run(run)
    from forecaster.evaluation.forecast import Question, forecast_parts
    from forecaster.evaluation.reading import panel_ahead
    from forecaster.evaluation.tables import Columns
    from forecaster.run.load import load_run

    trained = load_run(folder)
    unit = trained.report["data"]["unit"]
    title = f"Forecast of {folder}" + (f", in {in_words(unit)}" if unit else "")
    question = Question(
        Columns(output.levels, output.quantiles, trained.point),
        trained.settings.window.horizon if horizon is None else horizon,
        texts(within),
        trained.settings.training.seed,
    )
    sources = [None if name is None else read_source(name) for name in (data, future)]
    if on_ray:
        put_on_ray(trained, (sources, question, as_of), engine, (output, title))
        return
    panel, notes = panel_ahead(trained, sources[0], as_of, sources[1])
    for text in notes:
        note(f"Note: {text}")
    asked: dict[str, Any] = {"horizon": question.n_steps, "within": question.within, "seed": question.seed}
    parts = forecast_parts(trained.models, panel, question.columns, **asked)
    # some thousand series at a time: a forecast of a million ids is never held whole
    output.put_parts(parts, title, panel)


def put_on_ray(
    trained: TrainedRun,
    asked: tuple[list[Any], Question, str | None],
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
    from forecaster.cluster.predict import Asked, forecast_on_ray

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
