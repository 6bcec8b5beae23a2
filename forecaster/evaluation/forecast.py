"""The forecast of a panel: what comes after the last row of every series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecaster.config.facts import WAITING
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, DataError
from forecaster.evaluation.events import event_table
from forecaster.evaluation.paths import at_once, draw_paths, step_forecasts
from forecaster.evaluation.tables import Columns, probability_columns, value_table
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.training.fitted import CHUNK, Fitted
from forecaster.windows.waits import open_waits
from forecaster.windows.windows import last_origins, windows_at


@dataclass(frozen=True)
class Question:
    """What is asked of a forecast.

    Attributes:
        columns: Which intervals and quantiles.
        n_steps: Steps ahead.
        within: Durations (events).
        seed: Of drawn paths.
    """

    columns: Columns
    n_steps: int
    within: Sequence[str] = ()
    seed: int = 0

    @classmethod
    def of(
        cls,
        run: TrainedRun,
        shown: tuple[Sequence[float], Sequence[float]],
        horizon: int | None,
        within: Sequence[str],
        seed: int | None,
    ) -> Question:
        """What is asked of a run, with its own horizon and seed where none is given.

        Args:
            run: A trained run.
            shown: Central intervals in percent, and quantile levels.
            horizon: Steps ahead.
            within: Durations (events).
            seed: Of drawn paths.
        """
        settings = run.settings
        return cls(
            Columns(tuple(shown[0]), tuple(shown[1]), run.point),
            settings.window.horizon if horizon is None else horizon,
            tuple(within),
            settings.training.seed if seed is None else seed,
        )

    def check(self, kind: str, trained: int) -> None:
        """Refuse what a run cannot answer.

        Args:
            kind: Of its panel.
            trained: Steps that it was trained for.

        Raises:
            ConfigError: The horizon is longer than trained for, or an option does not fit the kind.
        """
        self.columns.check()
        n_steps, draws = self.n_steps, kind in WAITING
        if n_steps < 1 or (n_steps > trained and not draws):
            lower = f"Lower it, or train again with --horizon {n_steps}."
            raise ConfigError(
                f"--horizon {n_steps}: "
                + (f"the run was trained for {trained} step{'s' * (trained > 1)}. " if not draws else "")
                + (lower if n_steps > 0 else "Give 1 at least.")
            )
        if self.within and kind != "events":
            raise ConfigError(f"--within {self.within[0]}: only for events; these are {kind}. Leave it out.")


def forecast_panel(
    models: Sequence[Fitted],
    panel: Panel,
    columns: Columns,
    *,
    horizon: int | None = None,
    within: Sequence[str] = (),
    seed: int = 0,
    origins: np.ndarray | None = None,
) -> pd.DataFrame:
    """What comes after the last row of every series; ``forecast_parts`` as one table.

    Args:
        models: As ``forecast_parts`` takes it.
        panel: Rows to go on from.
        columns: Which intervals and quantiles.
        horizon: Steps; those trained for when None.
        within: Durations (events).
        seed: Of what is drawn.
        origins: As ``forecast_parts`` takes it.

    Returns:
        A row a step; series in the order of the panel, or of ``origins``.

    Raises:
        DataError: There is no row to go on from.
        ConfigError: The horizon is longer than trained for, or an option does not fit the kind.
    """
    n_steps = models[0].architecture.horizon if horizon is None else horizon
    parts = forecast_parts(models, panel, Question(columns, n_steps, within, seed), origins)
    return pd.concat(list(parts), ignore_index=True)


def forecast_parts(
    models: Sequence[Fitted], panel: Panel, question: Question, origins: np.ndarray | None = None
) -> Iterator[pd.DataFrame]:
    """What comes after the last row of every series, some thousand series at a time.

    Args:
        models: The first gives the forecast; a second one with bins adds their probabilities.
        panel: Rows to go on from.
        question: Of values and returns at most the steps trained for; of events and intervals any number,
            drawn beyond the first (``evaluation.paths``).
        origins: (n,) int64 flat row numbers of the last rows of some series; of all when None.

    Yields:
        Tables of a row a step; series in the order of the panel, or of ``origins``.

    Raises:
        DataError: There is no row to go on from.
        ConfigError: The horizon is longer than trained for, or an option does not fit the kind.
    """
    question.check(panel.kind, models[0].architecture.horizon)
    if panel.n_rows == 0:
        raise DataError(f"{panel.source}: no rows to forecast from. Give a file with rows.")
    draws, n_steps = panel.kind in WAITING, question.n_steps
    origins = last_origins(panel) if origins is None else origins
    run = min(CHUNK, at_once(n_steps)) if draws and n_steps > 1 else CHUNK
    table = _waiting_table if draws else _value_table
    for begin in range(0, len(origins), run):
        yield table(models, panel, origins[begin : begin + run], question)


def _waiting_table(
    models: Sequence[Fitted], panel: Panel, origins: np.ndarray, question: Question
) -> pd.DataFrame:
    """The table of events or intervals after ``origins``."""
    n_steps, seed = question.n_steps, question.seed
    if panel.kind == "intervals":
        forecast = step_forecasts(models[0], panel, origins, n_steps, seed)
        table = value_table(panel, origins, forecast, question.columns)
        for model in models[1:]:
            more = step_forecasts(model, panel, origins, n_steps, seed)
            table = table.assign(**probability_columns(more))
        return table
    windows = windows_at(panel, origins, models[0].architecture.look_back, 1)
    forecast = models[0].predict(panel, windows)
    if n_steps == 1:
        marks = models[0].predict_marks(panel, windows)
        return event_table(panel, origins, forecast, question.columns, question.within, marks=marks)
    known = open_waits(panel, origins).known
    paths = draw_paths(models[0], panel, origins, known, n_steps, seed=seed)
    return event_table(panel, origins, forecast, question.columns, question.within, paths.gaps, paths.marks)


def _value_table(
    models: Sequence[Fitted], panel: Panel, origins: np.ndarray, question: Question
) -> pd.DataFrame:
    """The table of values or returns after ``origins``."""
    trained = models[0].architecture.horizon
    windows = windows_at(panel, origins, models[0].architecture.look_back, trained)
    table = value_table(panel, origins, models[0].predict(panel, windows), question.columns)
    for model in models[1:]:
        table = table.assign(**probability_columns(model.predict(panel, windows), panel.predict))
    if question.n_steps == trained:
        return table
    return table[np.arange(len(table)) % trained < question.n_steps]
