"""A trained run to its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from forecaster.data.load import Source
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, RunError
from forecaster.evaluation.reading import panel_ahead
from forecaster.evaluation.tables import Columns
from forecaster.evaluation.trained_run import AnyRun, TrainedRun, forecasts
from forecaster.report.page import Content, build_page
from forecaster.report.picture import MOST_SERIES, Path, Wait, chosen_series, event_rows, paths, waits

# Interval that is drawn and named where none is asked for, in percent, and one about it.
LEVELS = (80.0, 95.0)


@dataclass(frozen=True)
class Wanted:
    """What is to be drawn.

    Attributes:
        data: Rows to forecast from; those that the run keeps when None.
        future: Rows after them, with the columns known in advance.
        series: Names of ids; the first ones when empty.
        levels: Central intervals in percent; the first is named in words.
        as_of: Moment to look forward from (events).
        most: Series that are drawn where none are named.
        horizon: Steps ahead; those of the settings when None.
    """

    data: Source | None = None
    future: Source | None = None
    series: Sequence[str] = ()
    levels: Sequence[float] = LEVELS
    as_of: str | None = None
    most: int = MOST_SERIES
    horizon: int | None = None


def draw_forecast(run: TrainedRun, wanted: Wanted) -> tuple[Panel, list[Path] | list[Wait], list[str]]:
    """What is drawn of the forecast of a run.

    Args:
        run: A trained run.
        wanted: What is to be drawn.

    Returns:
        What was forecast from, the drawings' content, and sentences on what should be known of the files.

    Raises:
        DataError: A file cannot be read.
        ConfigError: A name, a level or a file does not fit.
        RunError: The run holds no rows to go on from.
    """
    panel, notes = panel_ahead(run, wanted.data, wanted.as_of, wanted.future)
    series = chosen_series(run, panel, wanted.series, wanted.most)
    if panel.kind == "events":
        return panel, waits(run, panel, series, wanted.levels), notes
    return panel, paths(run, panel, series, wanted.levels, wanted.horizon), notes


def report_page(run: AnyRun, wanted: Wanted | None = None) -> tuple[str, list[str]]:
    """The page of a run.

    Args:
        run: A trained run.
        wanted: What is to be drawn.

    Returns:
        HTML, and sentences on what should be known. A run that holds no rows, or needs rows to come, gets a
        page without a forecast, where no file was named; the page and the sentences say why.

    Raises:
        DataError: A file cannot be read.
        ConfigError: A name, a level or a file does not fit.
    """
    wanted = wanted or Wanted()
    if run.panel.goal is not None:
        _refuse_forecast(run, wanted)
        return build_page(Content(run.name, run.report, [])), []
    Columns(tuple(wanted.levels)).check()
    drawn: list[Path] | list[Wait] = []
    events: pd.DataFrame | None = None
    why_not = ""
    notes: list[str] = []
    try:
        run_of = forecasts(run, "forecast")
        panel, drawn, notes = draw_forecast(run_of, wanted)
        events = event_rows(run_of, panel, wanted.levels[:1]) if panel.kind == "events" else None
    except (RunError, ConfigError) as error:
        if wanted != Wanted(levels=wanted.levels, most=wanted.most):
            raise
        why_not = f"Nothing is forecast here. {error}"
        notes = [why_not]
    content = Content(run.name, run.report, drawn, events, wanted.levels[0], why_not)
    return build_page(content), notes


def _refuse_forecast(run: AnyRun, wanted: Wanted) -> None:
    """Refuse what is asked of a forecast, of which there is none for sequences."""
    asked = {"data": wanted.data, "future": wanted.future, "as-of": wanted.as_of}
    asked |= {"series": ",".join(wanted.series) or None}
    for name, value in asked.items():
        if value is not None:
            raise ConfigError(
                f"--{name} {value}: {run.name} was trained on sequences, of which nothing is drawn. Leave it "
                "out."
            )
