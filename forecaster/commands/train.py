"""`forecast train`: read, fit, score, save, and print the next forecast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecaster.commands._config import config_options, save_settings, with_config
from forecaster.commands._going_on import GoingOn, going_on_options
from forecaster.commands._market import conclude_market
from forecaster.commands._options import settings_options
from forecaster.commands._output import numbers
from forecaster.commands._progress import progress_lines
from forecaster.commands._scores import conclude, score_table, show_confused
from forecaster.commands._show import as_json, frame, note
from forecaster.commands._source import read_source, run_name, show_reading
from forecaster.commands._spark import show_sparklines
from forecaster.config.facts import Default
from forecaster.data.units import in_words
from forecaster.errors import RunError

if TYPE_CHECKING:
    from forecaster.data.panel import Panel
    from forecaster.data.parted import PartedData
    from forecaster.forecaster import Forecaster


# Of a process that a signal has ended, as shells count them.
EXIT_CODES = {"SIGINT": 130, "SIGTERM": 143}

# Rows of the forecast that are printed, so that the scores above them stay in sight.
MOST_ROWS = 12


@click.command("train")
@click.argument("data")
@settings_options()
@config_options
@click.option("--out", type=click.Path(file_okay=False), help="Run folder. [default: runs/DATA]")
@click.option("--keep", type=click.IntRange(min=1), default=2, show_default=True, help="Versions that stay.")
@click.option("--no-context", is_flag=True, help="Leave the last rows out of the run.")
@click.option("--level", multiple=True, metavar="LIST", help="Intervals in percent. [default: 80]")
@click.option(
    "--report", "has_page", is_flag=True, help="Write report.html, a page for people, into the run."
)
@going_on_options
@click.option("--json", "json_output", is_flag=True, help="Print the report as JSON.")
def train(
    data: str,
    out: str | None,
    keep: int,
    no_context: bool,
    level: tuple[str, ...],
    json_output: bool,
    going: GoingOn,
    **options: Any,
) -> None:
    """Train on a file and compare with baselines.

    DATA is a CSV, TSV or Parquet file (gzip too), or - for standard input. Settings that are not given
    are chosen from the data; the report says which, and why. --save-config FILE keeps those that were given,
    and the others as comments.
    """
    from forecaster.cluster.engine import engine_begun, training_class
    from forecaster.evaluation.tables import Columns
    from forecaster.forecaster import Forecaster
    from forecaster.run.find import set_latest
    from forecaster.run.store import check_place

    levels = numbers(level, "--level") or (80.0,)
    Columns(levels).check()
    has_page, save_config = (options.pop(name) for name in ("has_page", "save_config"))
    settings = with_config(options)
    forecaster = Forecaster.of(settings)
    trains = training_class(forecaster.settings.cluster)
    training = trains(forecaster.settings, resume=going.resume, warm_start=going.warm_start)
    panel = training.read(read_source(data))
    show_reading(panel)
    folder = Path(out) if out is not None else Path("runs") / run_name(data)
    check_place(folder)

    def save() -> None:
        """Put the run in force, and remove the checkpoint of a finished one."""
        forecaster.save(folder, keep=keep, context=not no_context)
        set_latest(folder)

    with engine_begun(forecaster.settings.cluster):
        caught = fit_and_save(forecaster, panel, (folder, going), save)
        report = forecaster.report
        save_settings(save_config, settings, (Default(**one) for one in report["defaults"]))
        if json_output:
            as_json(report)
        else:
            show_training(forecaster, panel, levels)
    if has_page:
        save_page(folder, levels)
    end(report, data, folder, caught)


def end(report: dict[str, Any], data: str, folder: Path, caught: str | None) -> None:
    """Say where the run is, whether training was ended early, and how to go on.

    Args:
        report: Of the run.
        data: The file as typed.
        folder: Of the run.
        caught: Signal that ended training; None for none.

    Raises:
        Exit: A signal was caught.
    """
    note(f"Saved to {folder}. Go on with: forecast predict --run {folder}")
    if report["state"] == "interrupted":
        why = "Ended by --max-seconds" if report["reason"] == "max_seconds" else "Interrupted"
        note(f"{why}: these are the best weights so far.")
        note(f"Go on training with: forecast train {data} --resume {folder}")
    if caught is not None:
        raise click.exceptions.Exit(EXIT_CODES[caught])


def fit_and_save(
    forecaster: Forecaster, panel: Panel | PartedData, where: tuple[Path, GoingOn], save: Callable[[], None]
) -> str | None:
    """Train and save; a signal ends training with the best weights so far, a second one everything.

    Args:
        forecaster: To train.
        panel: The rows.
        where: Run folder, and what training goes on from.
        save: Puts the run in force.

    Returns:
        The signal that was caught; None for none.

    Raises:
        Exit: A second signal has come, or the first before there was anything to keep.
    """
    from forecaster.training.interrupts import catch_interrupts

    folder, going = where
    with progress_lines() as progress, catch_interrupts() as stop:
        try:
            with stop.after(going.max_seconds):
                forecaster.fit(
                    panel,
                    progress=progress,
                    stop=stop,
                    checkpoint=folder,
                    resume=going.resume,
                    warm_start=going.warm_start,
                )
            save()
        except (KeyboardInterrupt, RunError) as error:
            if stop.signal is None:
                raise
            note(str(error) or "Interrupted: nothing was saved.")
            raise click.exceptions.Exit(EXIT_CODES[stop.signal]) from None
    return stop.signal


def show_training(forecaster: Forecaster, panel: Panel | PartedData, levels: tuple[float, ...]) -> None:
    """Scores, the next forecast, and who is ahead.

    Args:
        forecaster: Trained.
        panel: The rows, or where workers have found them.
        levels: Central intervals in percent.
    """
    from forecaster.data.future import lacks_future
    from forecaster.data.panel import Note, Panel

    if not isinstance(panel, Panel):  # the workers have read it
        panel = forecaster.context
        for one in forecaster.report["repairs"]:
            note(f"Repaired: {Note(**one).line}")
    if panel.goal is not None:
        show_result(forecaster.report, None, panel)
        return
    needs_future = lacks_future(panel, forecaster.settings.window.horizon)
    forecast = None if needs_future else forecaster.predict(level=levels)
    show_result(forecaster.report, forecast, panel)
    if needs_future:
        note("The next forecast needs the rows to come: forecast predict --future FILE")


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
        show_confused(scores[part])
    unit = f", in {in_words(facts['unit'])}" if facts["unit"] else ""
    if forecast is not None:
        frame(
            forecast,
            title=f"Forecast after {facts['last']}{unit}" if facts["n_series"] == 1 else f"Forecast{unit}",
            most=MOST_ROWS,
            writer="forecast predict --out FILE.csv",
        )
        show_sparklines(forecast, panel)
    if part is not None:
        conclude(scores[part], facts["unit"])
        if market := scores[part].get("market"):
            conclude_market(market)
