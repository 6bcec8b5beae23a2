"""The forecast of a run as a matplotlib figure, made without pyplot and its state."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import ConfigError
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.report.build import Wanted, draw_forecast
from forecaster.report.picture import Path, Wait
from forecaster.report.words import moment, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches of one drawing, and dots per inch of a PNG.
WIDTH, HEIGHT, DOTS = 9.0, 3.2, 150
# What a picture can be written as.
FORMATS = ("png", "svg")
INK, ACCENT = "#1b2027", "#0b5cad"
# How dark the areas of intervals are, widest first.
SHADES = (0.16, 0.22, 0.3)


def forecast_figure(run: TrainedRun, wanted: Wanted) -> tuple[Figure, list[str]]:
    """History and forecast, of events the time up to the next ones; a drawing for each series.

    Args:
        run: A trained run.
        wanted: What is to be drawn.

    Returns:
        The figure, and sentences on what should be known of the files.

    Raises:
        DataError: A file cannot be read.
        ConfigError: A name, a level or a file does not fit.
        RunError: The run holds no rows to go on from.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    _, drawn, notes = draw_forecast(run, wanted)
    figure = Figure(figsize=(WIDTH, HEIGHT * len(drawn)), layout="constrained")
    FigureCanvasAgg(figure)
    all_axes = np.atleast_1d(figure.subplots(len(drawn), 1))
    for axes, one in zip(all_axes, drawn, strict=True):
        if isinstance(one, Wait):
            _draw_wait(axes, one)
        elif isinstance(one, Path):
            _draw_path(axes, one)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#d5d9df", linewidth=0.8)
        axes.set_axisbelow(True)
    return figure, notes


def _draw_path(axes: Axes, path: Path) -> None:
    """History and forecast of one series."""
    x, ahead = _along(path.x, path.is_date), _along(path.ahead, path.is_date)
    is_single = len(path.ahead) == 1
    joined = np.concatenate([x[-1:], ahead])
    for (level, lower, upper), shade in zip(path.bands, SHADES * len(path.bands), strict=False):
        name = f"{level:g} %"
        if is_single:
            axes.vlines(ahead, lower, upper, color=ACCENT, alpha=shade, linewidth=8, label=name)
            continue
        low, high = (np.concatenate([path.y[-1:], end]) for end in (lower, upper))
        axes.fill_between(joined, low, high, color=ACCENT, alpha=shade, linewidth=0, label=name)
    axes.plot(x, path.y, color=INK, linewidth=1.3, label="history")
    if is_single:
        axes.plot(ahead, path.forecast, "o", color=ACCENT, markersize=5, label="forecast")
    else:
        line = np.concatenate([path.y[-1:], path.forecast])
        axes.plot(joined, line, color=ACCENT, linewidth=1.8, linestyle="--", label="forecast")
    axes.set_title(_safe(path.unique_id), loc="left", fontsize=10)
    axes.set_ylabel(_safe(path.label))
    axes.legend(loc="upper left", frameon=False, fontsize=8, ncols=len(path.bands) + 2)
    axes.margins(x=0.01)
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, top + 0.15 * (top - bottom))  # room for the legend


def _draw_wait(axes: Axes, wait: Wait) -> None:
    """How likely it is that the next event of one series has not come."""
    row = wait.row
    axes.fill_between(wait.since, 0, wait.left, color=ACCENT, alpha=SHADES[0], linewidth=0)
    axes.plot(wait.since, wait.left, color=ACCENT, linewidth=1.8)
    axes.axhline(0.5, color="#8a94a1", linewidth=0.8, linestyle=":")
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, float(wait.since[-1]))
    axes.set_xlabel(_safe(f"{wait.unit or 'time'} from {moment(row['as_of'])} on"))
    axes.set_ylabel("nothing has come yet")
    said = f"next event {moment(row['next_event'])}, never {share(float(row['never']))}"
    axes.set_title(_safe(f"{wait.unique_id}: {said}"), loc="left", fontsize=10)


def _along(places: np.ndarray, is_date: bool) -> np.ndarray:
    """Places along the axis as matplotlib takes them."""
    return (places * 1e9).astype(np.int64).astype("datetime64[ns]") if is_date else places


def _safe(text: str) -> str:
    """Text in which matplotlib sees no formula."""
    return text.replace("$", r"\$")


def figure_bytes(figure: Figure, ending: str) -> bytes:
    """A figure as a file.

    Args:
        figure: Of ``forecast_figure``.
        ending: ``png`` or ``svg``.

    Returns:
        Content of the file; the same figure gives the same bytes.

    Raises:
        ConfigError: The ending is another one.
    """
    check_ending(ending)
    import matplotlib

    buffer = io.BytesIO()
    metadata: dict[str, None] = {"Date": None} if ending == "svg" else {}
    with matplotlib.rc_context({"svg.hashsalt": "forecaster"}):
        figure.savefig(buffer, format=ending, dpi=DOTS, metadata=metadata)
    return buffer.getvalue()


def check_ending(ending: str, formats: Sequence[str] = FORMATS) -> None:
    """Refuse what a picture cannot be written as.

    Args:
        ending: Of the file, without its dot.
        formats: What can be written.

    Raises:
        ConfigError: It is none of them.
    """
    if ending not in formats:
        raise ConfigError(f"--out FILE.{ending}: ends in neither .png nor .svg. Name it so.")
