"""`forecast backtest`: rolling origins."""

from __future__ import annotations

from typing import Any

import click

from forecaster.commands._options import given, settings_options
from forecaster.commands._output import Output, output_options
from forecaster.commands._progress import progress_lines
from forecaster.commands._show import table
from forecaster.commands._source import read_source, show_reading


@click.command("backtest")
@click.argument("data")
@settings_options()
@click.option("--windows", type=click.INT, default=10, show_default=True, help="Cutoffs of every series.")
@click.option("--step-size", type=click.INT, default=1, show_default=True, help="Rows between two cutoffs.")
@click.option(
    "--refit-every",
    type=click.INT,
    default=0,
    show_default=True,
    help="Cutoffs between two trainings; 0: once.",
)
@output_options()
def backtest(
    data: str,
    windows: int,
    step_size: int,
    refit_every: int,
    output: Output,
    **options: Any,
) -> None:
    """Forecast from many past moments and compare with what came.

    A forecast is made from its own series' rows up to its cutoff, by a network trained on the rows that each
    series has before its first cutoff. Where series end at different times, the network has therefore seen
    other series' rows that are later than some cutoffs.

    Of events and intervals, steps beyond the first are drawn: each path goes on from what was drawn for it.
    """
    from forecaster.data.load import read_panel
    from forecaster.forecaster import Forecaster

    forecaster = Forecaster.of(given(options))
    panel = read_panel(read_source(data), forecaster.settings.data)
    show_reading(panel)
    with progress_lines() as progress:
        content = forecaster.cross_validation(
            panel,
            n_windows=windows,
            step_size=step_size,
            refit=refit_every,
            level=output.levels,
            quantile=output.quantiles,
            progress=progress,
        )
    output.put(content, "Backtest")
    if output.is_json and output.out is None:
        return
    error = (content["y"] - content["forecast"]).abs()
    rows: list[list[object]] = [["MAE", float(error.mean())], ["RMSE", float((error**2).mean() ** 0.5)]]
    for level in output.levels:
        low, high = content[f"forecast-lo-{level:g}"], content[f"forecast-hi-{level:g}"]
        rows.append([f"coverage of {level:g} %", float(content["y"].between(low, high).mean())])
    table(f"{len(content):,} forecasts", ["", "all cutoffs"], rows)
