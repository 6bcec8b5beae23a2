"""Trained: what can be done with a trained run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from forecaster.config.engine import EngineSettings, uses_ray
from forecaster.config.fields import written
from forecaster.errors import RunError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forecaster.data.load import Source
    from forecaster.data.panel import Panel
    from forecaster.evaluation.forecast import Question
    from forecaster.evaluation.sequence_continuation import Continued
    from forecaster.evaluation.sequence_job import SequenceRun
    from forecaster.evaluation.trained_run import AnyRun, TrainedRun
    from forecaster.training.checkpoint import Checkpoint

Moment: TypeAlias = str | date | float | PathLike[str]


class Trained:
    """A forecaster once it is trained: its report, forecasts, scores, picture and run folder.

    Attributes:
        notes: What should be known of the last ``predict``, ``evaluate`` or ``cross_validation``.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._run: AnyRun | None = None
        self._checkpoint: Checkpoint | None = None
        self._engine = EngineSettings()

    @property
    def report(self) -> dict[str, Any]:
        """Scores, data facts and settings of the trained run, as report.json holds them.

        Raises:
            RunError: Nothing is trained yet.
        """
        return self._trained().report

    @property
    def context(self) -> Panel:
        """The last rows of every series, as the run keeps them.

        Raises:
            RunError: Nothing is trained yet.
        """
        return self._trained().panel

    def predict(  # noqa: PLR0913 - each is an option of `forecast predict`
        self,
        data: Source | None = None,
        *,
        level: Sequence[float] = (80,),
        quantile: Sequence[float] = (),
        horizon: int | None = None,
        as_of: Moment | None = None,
        within: Sequence[str] = (),
        future: Source | None = None,
        sample: bool = False,
        temperature: float = 1.0,
        seed: int | None = None,
    ) -> pd.DataFrame:
        """What comes after the last row.

        Args:
            data: Rows to forecast from, read as those of training; the training data when None.
            level: Central intervals in percent.
            quantile: Quantile levels in (0, 1).
            horizon: Steps, those of the settings when None; of values and returns at most those trained for,
                of events and intervals any number: all after the first are drawn. Of symbols any number.
            as_of: Moment to look forward from (events): text, date or number, or a file with one for each id.
            within: Durations such as ``7d`` (events): the probability of an event within each.
            future: Rows after the last ones, with the columns of ``future_known``, where the data has none.
            sample: Whether symbols are drawn by their probabilities; the likeliest of each step otherwise.
            temperature: Of these draws: less than 1 favours likely symbols, more than 1 the others.
            seed: Of what is drawn; that of the settings when None.

        Returns:
            Values, intervals, ohlc: ``unique_id, ds, forecast, forecast-lo-80, ...``, a row a step.
            Events: ``unique_id, step, last_event, as_of, elapsed, next_event, ...``, a row a series and step;
            with marks ``next_mark`` and the probability of each, ``mark-NAME``, given that the event comes.
            Sequences: ``unique_id, label, p-CLASS, ...``, a row a row with what was learnt, or one a symbol.

        Raises:
            ForecasterError: Nothing is trained, the data cannot be read, or a setting does not fit.
        """
        from forecaster.evaluation.forecast import Question
        from forecaster.evaluation.sequence_continuation import Continued, refuse_forecasts, refuse_symbols
        from forecaster.evaluation.sequence_job import SequenceRun

        trained, asked = self._trained(), Continued(horizon, sample, temperature, seed)
        if isinstance(trained, SequenceRun):
            given = {"quantile": quantile, "as_of": as_of, "within": within, "future": future}
            refuse_forecasts(trained, given)
            return self._say(trained, data, asked)
        refuse_symbols(trained, asked)
        question = Question.of(self._forecasts("predict"), (level, quantile), horizon, within, seed)
        return self._forecast(data, question, written(as_of), future)

    def _say(self, run: SequenceRun, data: Source | None, asked: Continued) -> pd.DataFrame:
        """What a run says of sequences, or how they go on."""
        if uses_ray(self._engine):
            return self._on_ray(run, data, asked)
        from forecaster.evaluation.sequence_tables import predict_sequences

        table, self.notes = predict_sequences(run, data, asked)
        return table

    def _forecast(
        self, data: Source | None, question: Question, as_of: str | None, future: Source | None
    ) -> pd.DataFrame:
        """What comes after the last row, in this process or by the workers of Ray."""
        run = self._forecasts("predict")
        if uses_ray(self._engine):
            return self._on_ray(run, data, question, as_of, future)
        import pandas as pd

        from forecaster.evaluation.forecast import forecast_parts
        from forecaster.evaluation.reading import panel_ahead

        panel, self.notes = panel_ahead(run, data, as_of, future)
        return pd.concat(list(forecast_parts(run.models, panel, question)), ignore_index=True)

    def _on_ray(
        self,
        run: TrainedRun | SequenceRun,
        data: Source | None,
        question: Question | Continued,
        as_of: str | None = None,
        future: Source | None = None,
    ) -> pd.DataFrame:
        """What the workers of Ray say."""
        from forecaster.cluster.asked import Asked
        from forecaster.cluster.predict import forecast_on_ray

        with forecast_on_ray(run, Asked(data, question, as_of, future), self._engine) as made:
            self.notes = list(made.notes)
            return made.table()

    def plot(
        self,
        data: Source | None = None,
        *,
        series: Sequence[str] = (),
        level: Sequence[float] = (80, 95),
        **more: Any,
    ) -> Figure:
        """History and forecast as a figure of matplotlib, of events how long the next ones may take.

        Args:
            data: As for ``predict``.
            series: Ids that are drawn; the first six when empty.
            level: Central intervals in percent.
            more: ``horizon``, ``as_of`` and ``future``, as for ``predict``.

        Returns:
            The figure: ``plot().savefig("forecast.svg")``.

        Raises:
            ForecasterError: As ``predict``, or an id is not there.
        """
        from forecaster.report.build import Wanted
        from forecaster.report.figure import forecast_figure

        more["as_of"] = written(more.get("as_of"))
        wanted = Wanted(data, series=tuple(series), levels=tuple(level), **more)
        figure, self.notes = forecast_figure(self._forecasts("plot"), wanted)
        return figure

    def evaluate(
        self, data: Source, *, level: Sequence[float] | None = None, within: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Scores on new rows: after each id's last training row, and all rows of ids not seen.

        Args:
            data: A file or frame with the new rows and those before them that the look-back needs.
            level: Central intervals whose coverage is scored, in percent; 80 and 95 when None.
            within: Durations such as ``7d`` (events) that are scored; those of training when None.

        Returns:
            ``model`` and ``baselines`` with their scores, ``n_windows`` and ``best_baseline``.

        Raises:
            ConfigError: A level or duration is asked for that the run has no use for.
            DataError: The data cannot be read, or holds no new row.
            RunError: Nothing is trained.
        """
        from forecaster.config.facts import SCORED_LEVELS
        from forecaster.evaluation.new_rows import score_new_rows
        from forecaster.evaluation.reading import read_like, reading_notes
        from forecaster.evaluation.sequence_continuation import refuse_forecasts
        from forecaster.evaluation.sequence_job import SequenceRun
        from forecaster.evaluation.sequence_tables import evaluate_sequences

        trained = self._trained()
        if isinstance(trained, SequenceRun):
            refuse_forecasts(trained, {"level": level, "within": within})
            scores, self.notes = evaluate_sequences(trained, data)
            return scores
        run = self._forecasts("evaluate")
        panel = read_like(run, data)
        self.notes = reading_notes(run, panel)
        levels = SCORED_LEVELS if level is None else level
        return score_new_rows(
            run.models, panel, run.last_times, run.settings, levels, run.panel.as_of, within
        )

    def save(self, path: str | Path, *, keep: int = 2, context: bool = True) -> Path:
        """Write the run to a folder, as a new version when it is there already.

        Args:
            path: The run folder.
            keep: Versions that stay.
            context: Whether the last rows of every series are kept, so that ``predict`` needs no file.

        Returns:
            The folder of the version written.

        Raises:
            RunError: Nothing is trained, or the folder cannot be written.
        """
        from forecaster.run.save import save_run

        version = save_run(self._trained(), Path(path), keep=keep, context=context)
        if self._checkpoint is not None and self._trained().state == "finished":
            self._checkpoint.remove()
        return version

    def _trained(self) -> AnyRun:
        """The trained run; a RunError where there is none."""
        if self._run is None:
            raise RunError("Nothing is trained yet. Call fit first, or load a run.")
        return self._run

    def _forecasts(self, what: str) -> TrainedRun:
        """The trained run, where it is one that forecasts what comes next."""
        from forecaster.evaluation.trained_run import forecasts

        return forecasts(self._trained(), what)
