"""`forecast report`: a page on a trained run, for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecaster.commands._output import numbers, texts
from forecaster.commands._show import as_json, note
from forecaster.commands._source import read_source


@click.command("report")
@click.argument("run", required=False)
@click.option("--out", metavar="FILE.html", help="Where the page is written. [default: RUN/report.html]")
@click.option("--series", multiple=True, metavar="LIST", help="Ids that are drawn. [default: the first 6]")
@click.option("--level", multiple=True, metavar="LIST", help="Intervals in percent. [default: 80,95]")
@click.option("--data", metavar="FILE", help="Rows to forecast from. [default: those of the run]")
@click.option("--future", metavar="FILE", help="Rows after them, with the columns known in advance (values).")
@click.option("--as-of", metavar="STAMP", help="Moment to look forward from (events).")
@click.option("--open", "is_opened", is_flag=True, help="Show it in the browser.")
@click.option("--json", "json_output", is_flag=True, help="Print JSON.")
def report(
    run: str | None,
    out: str | None,
    series: tuple[str, ...],
    level: tuple[str, ...],
    is_opened: bool,
    json_output: bool,
    **files: str | None,
) -> None:
    """Write a page on a trained run.

    RUN is a name or a folder; the latest run when it is not given. The page is one HTML file that loads
    nothing from elsewhere: forecast, scores, errors, calibration, data, settings.
    """
    from forecaster.run.find import find_run

    folder = find_run(run)
    place = Path(out) if out is not None else folder / "report.html"
    check_page(place)
    levels = numbers(level, "--level")
    names = ("data", "future")
    data, future = (None if files[name] is None else read_source(files[name] or "") for name in names)
    more = {"data": data, "future": future, "series": tuple(texts(series)), "as_of": files["as_of"]}
    page_of(folder, place, **more, **({"levels": levels} if levels else {}))
    if json_output:
        as_json({"file": str(place), "n_bytes": place.stat().st_size})
    if is_opened:
        click.launch(str(place.resolve()))


def page_of(folder: Path, place: Path, **wanted: Any) -> None:
    """The page on a saved run to a file, readable by its owner alone: it holds rows of the data.

    Args:
        folder: Of the run.
        place: The file.
        wanted: What is drawn, as in ``forecaster.report.build.Wanted``.

    Raises:
        ForecasterError: What was asked for does not fit the run, or the file cannot be written.
    """
    from forecaster.files import write_file
    from forecaster.report.build import Wanted, report_page
    from forecaster.run.load import load_run

    page, notes = report_page(load_run(folder), Wanted(**wanted))
    for text in notes:
        note(f"Note: {text}")
    data = page.encode()
    write_file(place, data, mode=0o600)
    note(f"Wrote {place}, {len(data) / 1e3:,.0f} kB. Open it in a browser.")


def check_page(place: Path) -> None:
    """Refuse a place for the page before any work is done.

    Args:
        place: The file.

    Raises:
        ConfigError: It does not end in .html, or its folder is not there.
    """
    from forecaster.errors import ConfigError

    if place.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"--out {place}: does not end in .html. Name it so.")
    if not place.resolve().parent.is_dir():
        raise ConfigError(f"--out {place}: the folder {place.parent} does not exist. Make it first.")
