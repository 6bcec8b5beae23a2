"""`forecast backtest`: rolling origins."""

from __future__ import annotations

from typing import Any

import click

from forecaster.commands.options import given, settings_options
from forecaster.commands.predict import numbers
from forecaster.commands.progress import progress_lines
from forecaster.commands.show import check_out, frame, records_json, table, write_frame
from forecaster.commands.source import read_source


@click.command("backtest")
@click.argument("data")
@settings_options()
@click.option("--windows", type=click.INT, default=10, show_default=True, help="Cutoffs of every series.")
@click.option("--step-size", type=click.INT, default=1, show_default=True, help="Rows between two cutoffs.")
@click.option(
    "--refit-every", type=click.INT, default=0, show_default=True, help="Cutoffs between two trainings; 0: once."
)
@click.option("--level", multiple=True, help="Intervals in percent: 80 or 80,95. [default: 80]")
@click.option("--quantile", multiple=True, help="Quantile levels: 0.05 or 0.05,0.95.")
@click.option("--out", metavar="FILE", help="Write a .csv, .json or .parquet file.")
@click.option("--json", "json_output", is_flag=True, help="Print JSON.")
def backtest(
    data: str,
    windows: int,
    step_size: int,
    refit_every: int,
    level: tuple[str, ...],
    quantile: tuple[str, ...],
    out: str | None,
    json_output: bool,
    **options: Any,
) -> None:
    """Forecast from many past moments and compare with what came.

    Every forecast is made from the rows before its cutoff alone.
    """
    check_out(out)
    levels, quantiles = numbers(level, "--level") or [80.0], numbers(quantile, "--quantile")
    from forecaster.forecaster import Forecaster

    forecaster = Forecaster.of(given(options))
    with progress_lines() as progress:
        content = forecaster.cross_validation(
            read_source(data),
            n_windows=windows,
            step_size=step_size,
            refit=refit_every,
            level=levels,
            quantile=quantiles,
            progress=progress,
        )
    if out is not None:
        write_frame(content, out)
    elif json_output:
        click.echo(records_json(content), nl=False)
        return
    else:
        frame(content, title="Backtest")
    error = (content["y"] - content["forecast"]).abs()
    rows: list[list[object]] = [["MAE", float(error.mean())], ["RMSE", float((error**2).mean() ** 0.5)]]
    for one in levels:
        inside = content["y"].between(content[f"forecast-lo-{one:g}"], content[f"forecast-hi-{one:g}"])
        rows.append([f"coverage of {one:g} %", float(inside.mean())])
    table(f"{len(content):,} forecasts", ["", "all cutoffs"], rows)
