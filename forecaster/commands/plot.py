"""`forecast plot`: the forecast of a trained run as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from forecaster.commands._output import numbers, texts
from forecaster.commands._show import as_json, note
from forecaster.commands._source import read_source


@click.command("plot")
@click.argument("run", required=False)
@click.option("--out", metavar="FILE", help="Write a .png or .svg file. [default: RUN/forecast.png]")
@click.option("--series", multiple=True, metavar="LIST", help="Ids that are drawn. [default: the first 6]")
@click.option("--level", multiple=True, metavar="LIST", help="Intervals in percent. [default: 80,95]")
@click.option("--horizon", type=click.INT, metavar="N", help="Steps ahead. [default: those trained for]")
@click.option("--data", metavar="FILE", help="Rows to forecast from. [default: those of the run]")
@click.option("--future", metavar="FILE", help="Rows after them, with the columns known in advance (values).")
@click.option("--as-of", metavar="STAMP", help="Moment to look forward from (events).")
@click.option("--json", "json_output", is_flag=True, help="Print JSON.")
def plot(
    run: str | None,
    out: str | None,
    series: tuple[str, ...],
    level: tuple[str, ...],
    horizon: int | None,
    json_output: bool,
    **files: str | None,
) -> None:
    """Draw the forecast of a trained run.

    RUN is a name or a folder; the latest run when it is not given. Drawn are history and forecast with its
    intervals, of events the probability that the next one has not come yet.
    """
    from forecaster.run.find import find_run

    folder = find_run(run)
    place = Path(out) if out is not None else folder / "forecast.png"
    check_picture(place)
    levels = numbers(level, "--level")
    from forecaster.files import write_file
    from forecaster.report.build import LEVELS, Wanted
    from forecaster.report.figure import figure_bytes, forecast_figure
    from forecaster.run.load import load_forecasts

    data, future = (
        None if files[name] is None else read_source(files[name] or "") for name in ("data", "future")
    )
    wanted = Wanted(data, future, tuple(texts(series)), levels or LEVELS, files["as_of"], horizon=horizon)
    figure, notes = forecast_figure(load_forecasts(folder, "plot"), wanted)
    for text in notes:
        note(f"Note: {text}")
    write_file(place, figure_bytes(figure, place.suffix.lower().removeprefix(".")), mode=0o600)
    note(f"Wrote {place}.")
    if json_output:
        as_json({"file": str(place), "n_bytes": place.stat().st_size})


def check_picture(place: Path) -> None:
    """Refuse a place for the picture before any work is done.

    Args:
        place: The file.

    Raises:
        ConfigError: It ends in neither .png nor .svg, or its folder is not there.
    """
    from forecaster.errors import ConfigError

    if place.suffix.lower() not in (".png", ".svg"):
        raise ConfigError(f"--out {place}: ends in neither .png nor .svg. Name it so.")
    if not place.resolve().parent.is_dir():
        raise ConfigError(f"--out {place}: the folder {place.parent} does not exist. Make it first.")
