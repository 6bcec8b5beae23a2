"""When the next event comes: waiting-time distributions, conditioned on the time already waited, as dates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecaster.data.clock import to_display
from forecaster.data.panel import Panel
from forecaster.data.units import parse_duration
from forecaster.distributions.base import Distribution
from forecaster.distributions.conditioned import Conditioned
from forecaster.distributions.empirical import Empirical
from forecaster.errors import ConfigError
from forecaster.evaluation.tables import Columns, quantile_name
from forecaster.windows.waits import Waits, floor_to_unit, gap_cell, open_waits

# Longer than any wait, in whatever unit; at infinity itself a distribution has reached even what never comes.
FOREVER = 1e200
# Marks whose probabilities have a column each.
MOST_SHOWN = 20
# What a heavy tail leaves beyond FOREVER is no share of events that never come.
LEAST_NEVER = 1e-9


def event_table(
    panel: Panel,
    origins: np.ndarray,
    forecast: Distribution,
    columns: Columns,
    within: Sequence[str] = (),
    paths: np.ndarray | None = None,
    marks: np.ndarray | None = None,
) -> pd.DataFrame:
    """The next events of every series: one row a step.

    Args:
        panel: The events that were forecast from.
        origins: (n,) int64 flat row number of the last event of each series.
        forecast: Of shape (n, 1): the gap after that event, in units, whatever has been waited.
        columns: Which intervals and quantiles.
        within: Durations K such as ``7d``; plain numbers where times are numbers.
        paths: (n_paths, n, n_steps) gaps drawn after the same events, given what has been waited, for the
            steps beyond the first.
        marks: (n, n_steps, n_marks) probability of each mark of those events, given that they come; None
            without marks.

    Returns:
        ``unique_id, step, last_event, as_of, elapsed, next_event, next_event-lo-80, ..., never,
        overdue, within_7d, ..., next_mark, mark-NAME, ...``; all given that nothing has come since
        ``last_event``. In the row of step h they are about the h-th event after it; only the first can be
        overdue.

    Raises:
        ConfigError: A duration cannot be read.
    """
    wait = open_waits(panel, origins)
    known = wait.known[:, None]  # (n, 1)
    steps = [Conditioned(forecast, known), *_later_steps(paths)]
    n_steps = len(steps)
    wait = Waits(*(np.repeat(part, n_steps) for part in (wait.last, wait.as_of, wait.elapsed, wait.known)))
    table: dict[str, object] = {
        "unique_id": np.repeat(panel.ids[panel.series_of(origins)], n_steps),
        "step": np.tile(np.arange(1, n_steps + 1), len(origins)),
        "last_event": to_display(panel.clock, wait.last),
        "as_of": to_display(panel.clock, wait.as_of),
        "elapsed": wait.elapsed,
    }
    table |= _moment_columns(panel, wait, steps, columns)
    table["never"] = _never(steps)
    overdue = np.zeros((len(origins), n_steps))
    overdue[:, 0] = forecast.cdf(known)[:, 0]
    table["overdue"] = overdue.ravel()
    table |= _within_columns(panel, steps, known, within)
    return pd.DataFrame(table if marks is None else table | mark_columns(panel, marks))


def mark_columns(panel: Panel, marks: np.ndarray) -> dict[str, np.ndarray]:
    """The likeliest mark of each event, and the probability of each.

    Args:
        panel: Names the marks, the most frequent first.
        marks: (n, n_steps, n_marks) probabilities.

    Returns:
        (n * n_steps,) columns ``next_mark`` and ``mark-NAME``; beyond 20 marks those of the first 20, and
        ``mark-other`` for the others together.
    """
    flat = marks.reshape(-1, marks.shape[-1])
    names = np.array(panel.mark_names, dtype=object)
    table = {"next_mark": names[np.argmax(flat, axis=1)]}
    table |= {f"mark-{name}": flat[:, k] for k, name in enumerate(names[:MOST_SHOWN])}
    if len(names) > MOST_SHOWN:
        rest = "mark-other"
        while rest in table:  # a mark of that name
            rest += "s"
        table[rest] = flat[:, MOST_SHOWN:].sum(axis=1)
    return table


def _later_steps(paths: np.ndarray | None) -> list[Distribution]:
    """Time up to each event after the first, of shape (n, 1), from drawn gaps (n_paths, n, n_steps)."""
    if paths is None:
        return []
    total = np.cumsum(paths, axis=2)
    return [Empirical(total[:, :, step].T[:, None]) for step in range(1, total.shape[2])]


def _never(steps: Sequence[Distribution]) -> np.ndarray:
    """(n * n_steps,) P(the event of each step never comes), rising with the step."""
    never = np.stack([step.survival(FOREVER)[:, 0] for step in steps], axis=1)
    never = np.maximum.accumulate(np.clip(never, 0.0, 1.0), axis=1).ravel()
    return np.where(never > LEAST_NEVER, never, 0.0)


def _moment_columns(
    panel: Panel, wait: Waits, steps: Sequence[Distribution], columns: Columns
) -> dict[str, object]:
    """Dates of the forecast, its intervals and quantiles; ``wait`` has a row for each step of a series."""
    dates = _date_columns(columns)
    levels = np.array([level for _, level in dates])
    # no event comes before the one before it: what was drawn says so but for its noise
    gaps = np.maximum.accumulate(np.stack([step.quantile(levels)[:, 0] for step in steps], axis=1), axis=1)
    return {
        name: to_display(panel.clock, event_times(panel, wait, gaps[:, :, position].ravel()))
        for position, (name, _) in enumerate(dates)
    }


def _within_columns(
    panel: Panel, steps: Sequence[Distribution], known: np.ndarray, within: Sequence[str]
) -> dict[str, np.ndarray]:
    """P(the event of each step within each duration), rising with the duration and falling with the step."""
    if not within:
        return {}
    lengths = np.array([duration_of(panel, text) for text in within])
    order = np.argsort(lengths, kind="stable")
    ends = known[..., None] + lengths[order]  # (n, 1, n_within)
    found = np.stack(
        [np.stack([step.cdf(ends[..., k])[:, 0] for k in range(len(order))], axis=-1) for step in steps],
        axis=1,
    )  # (n, n_steps, n_within)
    found = np.maximum.accumulate(np.clip(found, 0.0, 1.0), axis=2)
    found = np.minimum.accumulate(found, axis=1).reshape(-1, len(order))
    place = np.argsort(order)
    return {f"within_{text}": found[:, place[k]] for k, text in enumerate(within)}


def _date_columns(columns: Columns) -> list[tuple[str, float]]:
    """Columns that are dates, with the quantile level of each."""
    dates = [("next_event", 0.5)]
    for level in columns.levels:
        share = level / 100
        dates.append((f"next_event-lo-{level:g}", (1 - share) / 2))
        dates.append((f"next_event-hi-{level:g}", (1 + share) / 2))
    return dates + [(quantile_name(quantile), quantile) for quantile in columns.quantiles]


def event_times(panel: Panel, wait: Waits, gap: np.ndarray) -> np.ndarray:
    """Moments ``gap`` after the last events, on the resolution of the stamps, never before ``as_of``.

    Args:
        panel: Gives clock and unit.
        wait: Last events.
        gap: (n,) in units; inf for never.

    Returns:
        (n,) like ``panel.times``, float64 for integer times; NaT or NaN where the date is beyond what
        can be written.

    Raises:
        ValueError: The panel has no ``unit_length``.
    """
    if panel.unit_length is None:
        raise ValueError(f"a panel of kind {panel.kind} has no unit of time")
    cell = gap_cell(panel)
    if cell > 0:  # to the middle of its cell: gaps within half a day of n days are n days
        gap = np.floor(gap / cell + 0.5) * cell
    start = floor_to_unit(panel, wait.last)
    if panel.clock.kind != "date":
        moment = start.astype(np.float64) + gap * panel.unit_length
        return np.where(np.isfinite(moment), np.maximum(moment, wait.as_of), np.nan)
    nanoseconds = gap * panel.unit_length
    limit = np.iinfo(np.int64).max - np.maximum(start.astype(np.int64), 0)
    fits = nanoseconds < limit * 0.999
    moment = start + np.where(fits, nanoseconds, 0).astype(np.int64).astype("timedelta64[ns]")
    return np.where(fits, np.maximum(moment, wait.as_of), np.datetime64("NaT", "ns"))


def duration_of(panel: Panel, text: str) -> float:
    """A duration in units of an events panel.

    Args:
        panel: Gives clock and unit.
        text: Such as ``7d``; a plain number where times are numbers.

    Returns:
        In units, above 0.

    Raises:
        ConfigError: It cannot be read.
    """
    if panel.clock.kind == "date":
        return parse_duration(text) / (panel.unit_length or 1.0)
    try:
        length = float(text)
    except ValueError:
        length = float("nan")
    if not 0 < length < float("inf"):
        raise ConfigError(
            f"--within {text}: times are plain numbers here. Give a number above 0 in the same unit."
        )
    return length
