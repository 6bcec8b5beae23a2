"""`forecast predict`: what comes next, from a trained run."""

from __future__ import annotations

import click

from forecaster.commands.show import check_out, frame, note, records_json, write_frame
from forecaster.commands.source import read_source


@click.command("predict")
@click.argument("data", required=False)
@click.option("--run", help="Name or folder of a run. [default: the latest]")
@click.option("--horizon", type=click.INT, metavar="N", help="Steps, at most those trained for.")
@click.option("--level", multiple=True, help="Intervals in percent: 80 or 80,95. [default: 80]")
@click.option("--quantile", multiple=True, help="Quantile levels: 0.05 or 0.05,0.95.")
@click.option("--as-of", metavar="STAMP", help="Moment to look forward from (events).")
@click.option("--within", multiple=True, help="Durations: 7d or 7d,30d (events): P(an event within).")
@click.option("--out", metavar="FILE", help="Write a .csv, .json or .parquet file.")
@click.option("--json", "json_output", is_flag=True, help="Print JSON.")
def predict(
    data: str | None,
    run: str | None,
    horizon: int | None,
    level: tuple[str, ...],
    quantile: tuple[str, ...],
    as_of: str | None,
    within: tuple[str, ...],
    out: str | None,
    json_output: bool,
) -> None:
    """Forecast what comes after the last row.

    Of DATA, or of the training data when no file is given.
    """
    check_out(out)
    levels, quantiles = numbers(level, "--level") or [80.0], numbers(quantile, "--quantile")
    from forecaster.run.store import find_run

    folder = find_run(run)
    from forecaster.forecaster import Forecaster

    forecaster = Forecaster.load(folder)
    table = forecaster.predict(
        None if data is None else read_source(data),
        level=levels,
        quantile=quantiles,
        horizon=horizon,
        as_of=as_of,
        within=texts(within),
    )
    for text in forecaster.notes:
        note(f"Note: {text}")
    if out is not None:
        write_frame(table, out)
    elif json_output:
        click.echo(records_json(table), nl=False)
    else:
        facts = forecaster.report["data"]
        unit = f", in {facts['unit']}" if facts["unit"] else ""
        frame(table, title=f"Forecast of {folder}{unit}")


def texts(values: tuple[str, ...]) -> list[str]:
    """Values of a repeatable option that also takes commas."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def numbers(values: tuple[str, ...], option: str) -> list[float]:
    """The same as numbers.

    Raises:
        ConfigError: A part is no number.
    """
    from forecaster.errors import ConfigError

    found = []
    for text in texts(values):
        try:
            found.append(float(text))
        except ValueError:
            raise ConfigError(f"{option} {text}: not a number. Give 80 or 80,95, say.") from None
    return found
