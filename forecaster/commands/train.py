"""`forecast train`: read, fit, score, save, and print the next forecast."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecaster.commands.options import given, settings_options
from forecaster.commands.progress import progress_lines
from forecaster.commands.show import as_json, frame, note, table
from forecaster.commands.source import read_source, run_name

# Metrics in the table of train and evaluate, in this order; the report has them all.
COLUMNS = ("mae", "rmse", "mase", "crps", "coverage_80", "nll")
BIN_COLUMNS = ("accuracy", "log_score", "ranked_probability_score")


@click.command("train")
@click.argument("data")
@settings_options()
@click.option("--out", type=click.Path(file_okay=False), help="Run folder. [default: runs/DATA]")
@click.option("--keep", type=click.IntRange(min=1), default=2, show_default=True, help="Versions that stay.")
@click.option("--no-context", is_flag=True, help="Leave the last rows out of the run.")
@click.option("--level", multiple=True, type=click.FLOAT, help="Interval in percent; repeatable. [default: 80]")
@click.option("--json", "json_output", is_flag=True, help="Print the report as JSON.")
def train(
    data: str,
    out: str | None,
    keep: int,
    no_context: bool,
    level: tuple[float, ...],
    json_output: bool,
    **options: Any,
) -> None:
    """Train on a file and compare with baselines.

    DATA is a CSV, TSV or Parquet file (gzip too), or - for standard input. Settings that are not given
    are chosen from the data; the report says which, and why.
    """
    from forecaster.forecaster import Forecaster

    forecaster = Forecaster.of(given(options))
    folder = Path(out) if out is not None else Path("runs") / run_name(data)
    with progress_lines() as progress:
        forecaster.fit(read_source(data), progress=progress)
    report = forecaster.report
    forecaster.save(folder, keep=keep, context=not no_context)
    if json_output:
        as_json(report)
        return
    show_reading(report)
    show_scores(report)
    forecast = forecaster.predict(level=level or (80,))
    frame(forecast, title=_title(report))
    note(f"Saved to {folder}. Go on with: forecast predict --run {folder}")
    if report["state"] == "interrupted":
        note("Interrupted: these are the best weights so far.")
        raise click.exceptions.Exit(143 if report["signal"] == "SIGTERM" else 130)


def show_reading(report: dict[str, Any]) -> None:
    """What was read and repaired, on stderr."""
    facts = report["data"]
    unit = f", in {facts['unit']}" if facts["unit"] else ""
    note(facts["why"])
    note(f"{facts['n_rows']:,} rows, {facts['n_series']:,} series, {facts['first']} to {facts['last']}{unit}")
    for one in report["repairs"]:
        note(f"Repaired: {one['text']}")
    for one in report["warnings"]:
        note(f"Note: {one['text']}")


def show_scores(report: dict[str, Any]) -> None:
    """The table of model against baselines, and what it comes to."""
    scores = report["scores"]
    part = "test" if "test" in scores else "valid" if "valid" in scores else None
    if part is None:
        return
    heads = [training["head"] for training in report["training"]]
    score_table(scores[part], heads[0], report["data"]["unit"], f"Scores on the {part} part")
    conclude(scores[part], report["data"]["unit"])


def score_table(part: dict[str, Any], head: str, unit: str, title: str) -> None:
    """Model and baselines by CRPS, best first."""
    models = part.get("models", {head: part["model"]})
    rows = [(f"model ({name})", scores) for name, scores in models.items()]
    rows += list(part["baselines"].items())
    shown = [name for name in COLUMNS + BIN_COLUMNS if any(name in scores for _, scores in rows)]
    rows.sort(key=lambda row: row[1].get("crps") if row[1].get("crps") == row[1].get("crps") else 1e300)
    header = ["", *(name.replace("ranked_probability_score", "rps") for name in shown)]
    where = f", {part['n_windows']:,} windows" + (f", errors in {unit}" if unit else "")
    table(title + where, header, [[name, *(scores.get(key) for key in shown)] for name, scores in rows])


def conclude(part: dict[str, Any], unit: str) -> None:
    """Say plainly whether a baseline is ahead."""
    best = part["best_baseline"]
    if best is None:
        return
    ours, theirs = part["model"]["crps"], part["baselines"][best]["crps"]
    unit = f" {unit}" if unit else ""
    if part["beaten_by"]:
        click.echo(
            f"A baseline beats the model: {best} has CRPS {theirs:.4g}{unit}, the model {ours:.4g}{unit}. "
            f"Use the baseline, or bring more data."
        )
    else:
        click.echo(
            f"The model beats every baseline: CRPS {ours:.4g}{unit}, the best baseline ({best}) {theirs:.4g}{unit}."
        )


def _title(report: dict[str, Any]) -> str:
    """Heading of the forecast."""
    facts = report["data"]
    return f"Forecast after {facts['last']}" + (f", in {facts['unit']}" if facts["unit"] else "")
