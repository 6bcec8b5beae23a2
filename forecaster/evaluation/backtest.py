"""Rolling origins: forecasts from many past moments, each from its series' rows before it alone.

Cutoffs are counted back from the end of each series, so where series end at different times the shared
weights have seen other series' rows that are later than some cutoffs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from forecaster.config.build import change
from forecaster.config.facts import WAITING
from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.distributions.base import Distribution
from forecaster.evaluation.calls import Market, has_calls
from forecaster.evaluation.forecast import Question
from forecaster.evaluation.job import first_fits, fits_on, held_out
from forecaster.evaluation.origins import Origins, cutoff_rows, left_out, training_rows, usable_rows
from forecaster.evaluation.paths import at_once, step_forecasts
from forecaster.evaluation.tables import Columns, backtest_table, origin_columns
from forecaster.training.device import set_threads
from forecaster.training.fit import Hooks
from forecaster.training.fitted import CHUNK, Fitted
from forecaster.training.prepare import prepare
from forecaster.windows.split import usual_embargo
from forecaster.windows.windows import windows_at

# Values that are forecast at once: what is laid out of them before it becomes columns stays below 200 MB.
MOST_VALUES = 200_000


@dataclass(frozen=True)
class Block:
    """Cutoffs that are forecast by one training.

    Attributes:
        begins: (n_series,) int64 flat row number of the first row of each series that was trained on.
        ends: (n_series,) int64 flat row number after the last one: the first cutoff, less the embargo; the
            begin of the series where that is too short.
        origins: (n_windows,) int64 flat row number of the last input row of each forecast.
        look_back: Rows that a forecast reads.
        season_length: Steps in one season, as given or as the rows before the cutoffs show it.
    """

    begins: np.ndarray
    ends: np.ndarray
    origins: np.ndarray
    look_back: int
    season_length: int


@dataclass(frozen=True)
class Refit:
    """One training and what it forecasts.

    Attributes:
        block: Its cutoffs.
        pieces: Columns of the forecasts, some origins at a time, in order.
        markets: As in ``Backtest``, those of this training.
    """

    block: Block
    pieces: tuple[dict[str, np.ndarray], ...]
    markets: tuple[Market, ...]


@dataclass(frozen=True)
class Backtest:
    """A backtest and how it was made.

    Attributes:
        frame: ``unique_id, ds, cutoff, y, forecast, ...``, by cutoff, then series, then step.
        panel: All rows, with the season length of the first training.
        settings: As they were given.
        columns: Intervals and quantiles of the table.
        blocks: One a training, in order.
        markets: Of prices what the forecasts say of the next session, in order; empty for other kinds.
        notes: What the user should know.
    """

    frame: pd.DataFrame
    panel: Panel
    settings: Settings
    columns: Columns
    blocks: tuple[Block, ...]
    markets: tuple[Market, ...] = ()
    notes: tuple[str, ...] = ()


def backtest(
    panel: Panel, settings: Settings, origins: Origins, columns: Columns, hooks: Hooks
) -> pd.DataFrame:
    """Forecasts of every cutoff beside what came: the table of ``run_backtest`` alone.

    Args:
        panel: As in ``run_backtest``.
        settings: Likewise.
        origins: Likewise.
        columns: Likewise.
        hooks: Likewise.

    Returns:
        ``unique_id, ds, cutoff, y, forecast, ...``, by cutoff, then series, then step.

    Raises:
        ConfigError: As in ``run_backtest``.
    """
    return run_backtest(panel, settings, origins, columns, hooks).frame


def run_backtest(
    panel: Panel,
    settings: Settings,
    origins: Origins,
    columns: Columns,
    hooks: Hooks,
    run: Callable[[Callable[[int], Refit], Sequence[int]], Iterable[Refit]] | None = None,
) -> Backtest:
    """Forecasts of every cutoff beside what came.

    Args:
        panel: All rows.
        settings: As the user gave them; no test part is held out, a validation part lies before the
            first cutoff, and what is tested is fitted on both unless ``final_fit`` is off. The ``embargo``
            lies between the last training target and the cutoff.
        origins: Which cutoffs.
        columns: Which intervals and quantiles.
        hooks: Progress; of trainings elsewhere there is none.
        run: Runs the trainings elsewhere, as ``map`` would here; None for one after the other in this
            process.

    Returns:
        The table and how it was made. A series takes part from the first cutoff that has a row of it.

    Raises:
        ConfigError: No series is long enough for a single cutoff and the rows to train on before it.
    """
    origins.check()
    columns.check()
    horizon = settings.window.horizon
    rows = cutoff_rows(panel, origins, horizon)
    usable = usable_rows(panel, origins, horizon)
    firsts = range(0, origins.n_windows, origins.refit or origins.n_windows)
    task = partial(_refit, panel, settings, origins, columns)
    made = list(run(task, firsts)) if run is not None else [task(first, hooks) for first in firsts]
    pieces = (piece for one in made for piece in one.pieces)
    return Backtest(
        backtest_table(panel, rows[usable], horizon, pieces),
        replace(panel, season_length=made[0].block.season_length),
        settings,
        columns,
        tuple(one.block for one in made),
        tuple(market for one in made for market in one.markets),
        tuple(left_out(usable)),
    )


def _refit(
    panel: Panel,
    settings: Settings,
    origins: Origins,
    columns: Columns,
    first: int,
    hooks: Hooks | None = None,
) -> Refit:
    """The training before cutoff number ``first``, and the forecasts from there to the next training."""
    horizon = settings.window.horizon
    rows = cutoff_rows(panel, origins, horizon)
    begins, ends = training_rows(panel, rows[first], origins, usual_embargo(panel, settings.window))
    model, season = _train(panel, begins, ends, settings, hooks or Hooks())
    now = rows[first : first + (origins.refit or origins.n_windows)]
    block = Block(begins, ends, now[now >= panel.offsets[:-1]], model.architecture.look_back, season)
    question = Question(replace(columns, point=model.head.point_is), horizon, seed=settings.training.seed)
    seen = replace(panel, season_length=season)
    pieces: list[dict[str, np.ndarray]] = []
    markets: list[Market] = []
    for some, forecast in _forecasts(model, seen, block.origins, question):
        pieces.append(origin_columns(seen, some, forecast, question.columns))
        if has_calls(panel):
            markets.append(Market.of(panel, some, forecast, model))
    return Refit(block, tuple(pieces), tuple(markets))


def at_most(rows: np.ndarray, n_steps: int, most: int = CHUNK) -> Iterator[np.ndarray]:
    """Cutoffs in pieces that are forecast at once.

    Args:
        rows: (n_windows,) int64 flat row numbers.
        n_steps: Steps of each forecast.
        most: Cutoffs of a piece.

    Yields:
        Views of ``rows``, in order.
    """
    run = max(min(most, MOST_VALUES // n_steps), 1)
    for begin in range(0, len(rows), run):
        yield rows[begin : begin + run]


def rows_before(panel: Panel, begins: np.ndarray, ends: np.ndarray) -> Panel:
    """The rows before a cutoff: events that came later are no open interval.

    Args:
        panel: All rows.
        begins: (n_series,) int64 flat row number of the first row to keep of each series.
        ends: (n_series,) int64 flat row number after the last one.

    Returns:
        A panel of the same series.
    """
    rows = panel.take(begins, ends)
    which = "before the cutoff"
    if (begins > panel.offsets[:-1]).any():
        which = f"the last {int((ends - begins).max()):,} of --train-size before the cutoff"
    return replace(rows, source=f"{panel.source}, {which}", as_of=None)


def _train(
    panel: Panel, begins: np.ndarray, ends: np.ndarray, settings: Settings, hooks: Hooks
) -> tuple[Fitted, int]:
    """The network as training ships it, fitted on the rows before the cutoff, and their season length."""
    # each series is cut at an event of its own: what came by then in others says nothing of open intervals
    changed = change(settings, {"test_size": 0} | ({"censor": False} if panel.kind == "events" else {}))
    prepared = prepare(rows_before(panel, begins, ends), changed)
    set_threads(prepared.settings.training.threads)
    outcomes = first_fits(prepared, hooks)
    if prepared.settings.training.final_fit and held_out(prepared.parts) and not hooks.stop.is_set:
        outcomes = fits_on(prepared, prepared.split.everything, outcomes, hooks)
    return outcomes[0].fitted, prepared.panel.season_length


def _forecasts(
    model: Fitted, panel: Panel, rows: np.ndarray, question: Question
) -> Iterator[tuple[np.ndarray, Distribution]]:
    """Some of the cutoffs ``rows`` and their forecast, as many at once as fit."""
    draws, n_steps = panel.kind in WAITING, question.n_steps
    for origins in at_most(rows, n_steps, at_once(n_steps) if draws and n_steps > 1 else CHUNK):
        if draws:
            yield origins, step_forecasts(model, panel, origins, n_steps, question.seed)
        else:
            windows = windows_at(panel, origins, model.architecture.look_back, model.architecture.horizon)
            yield origins, model.predict(panel, windows)
