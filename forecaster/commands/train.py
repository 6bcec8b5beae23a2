"""`forecast train`: read, fit, score, save, and print the next forecast."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecaster.commands._market import conclude_market
from forecaster.commands._options import given, settings_options
from forecaster.commands._output import numbers
from forecaster.commands._progress import progress_lines
from forecaster.commands._scores import conclude, score_table
from forecaster.commands._show import as_json, frame, note
from forecaster.commands._source import read_source, run_name, show_reading
from forecaster.data.units import in_words

if TYPE_CHECKING:
    from forecaster.data.panel import Panel


# Rows of the forecast that are printed, so that the scores above them stay in sight.
MOST_ROWS = 12


@click.command("train")
@click.argument("data")
@settings_options()
@click.option("--out", type=click.Path(file_okay=False), help="Run folder. [default: runs/DATA]")
@click.option("--keep", type=click.IntRange(min=1), default=2, show_default=True, help="Versions that stay.")
@click.option("--no-context", is_flag=True, help="Leave the last rows out of the run.")
@click.option("--level", multiple=True, metavar="LIST", help="Intervals in percent. [default: 80]")
@click.option(
    "--report", "has_page", is_flag=True, help="Write report.html, a page for people, into the run."
)
@click.option("--json", "json_output", is_flag=True, help="Print the report as JSON.")
def train(
    data: str,
    out: str | None,
    keep: int,
    no_context: bool,
    level: tuple[str, ...],
    has_page: bool,
    json_output: bool,
    **options: Any,
) -> None:
    """Train on a file and compare with baselines.

    DATA is a CSV, TSV or Parquet file (gzip too), or - for standard input. Settings that are not given
    are chosen from the data; the report says which, and why.
    """
    from forecaster.data.future import lacks_future
    from forecaster.data.load import read_panel
    from forecaster.evaluation.tables import Columns
    from forecaster.forecaster import Forecaster
    from forecaster.run.find import set_latest
    from forecaster.run.store import check_place
    from forecaster.training.interrupts import catch_interrupts

    levels = numbers(level, "--level") or (80.0,)
    Columns(levels).check()
    forecaster = Forecaster.of(given(options))
    panel = read_panel(read_source(data), forecaster.settings.data)
    show_reading(panel)
    folder = Path(out) if out is not None else Path("runs") / run_name(data)
    check_place(folder)
    with progress_lines() as progress, catch_interrupts() as stop:
        forecaster.fit(panel, progress=progress, stop=stop)
    report = forecaster.report
    forecaster.save(folder, keep=keep, context=not no_context)
    set_latest(folder)
    if json_output:
        as_json(report)
    else:
        needs_future = lacks_future(panel, forecaster.settings.window.horizon)
        forecast = None if needs_future else forecaster.predict(level=levels)
        show_result(report, forecast, panel)
        if needs_future:
            note("The next forecast needs the rows to come: forecast predict --future FILE")
    if has_page:
        save_page(folder, levels)
    note(f"Saved to {folder}. Go on with: forecast predict --run {folder}")
    if report["state"] == "interrupted":
        note("Interrupted: these are the best weights so far.")
        raise click.exceptions.Exit(143 if report["signal"] == "SIGTERM" else 130)


def save_page(folder: Path, levels: tuple[float, ...]) -> None:
    """The page on a saved run, in its folder.

    Args:
        folder: Of the run.
        levels: Central intervals in percent.
    """
    from forecaster.commands.report import page_of

    page_of(folder, folder / "report.html", levels=levels)


def show_result(report: dict[str, Any], forecast: Any, panel: Panel) -> None:
    """The scores, the next forecast where there is one, and in the last line who is ahead."""
    known = {one.code for one in panel.warnings}
    for one in report["warnings"]:
        if one["code"] not in known:
            note(f"Note: {one['text']}")
    facts, scores = report["data"], report["scores"]
    part = next((name for name in ("test", "valid") if name in scores), None)
    if part is not None:
        head = report["training"][0]["head"]
        score_table(scores[part], head, facts["unit"], f"Scores on the {part} part")
    unit = f", in {in_words(facts['unit'])}" if facts["unit"] else ""
    if forecast is not None:
        frame(
            forecast,
            title=f"Forecast after {facts['last']}{unit}" if facts["n_series"] == 1 else f"Forecast{unit}",
            most=MOST_ROWS,
            writer="forecast predict --out FILE.csv",
        )
    if part is not None:
        conclude(scores[part], facts["unit"])
        if market := scores[part].get("market"):
            conclude_market(market)
