"""Forecaster: fit, predict, evaluate, cross_validation, save and load."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.config.build import make_settings
from forecaster.config.settings import Settings
from forecaster.config.toml_file import read_settings_file
from forecaster.errors import RunError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forecaster.data.load import Source
    from forecaster.data.panel import Panel
    from forecaster.evaluation.job import TrainedRun
    from forecaster.training.checkpoint import Checkpoint
    from forecaster.training.interrupts import StopFlag

    Progress = Callable[[str, int, Any], None]


class Forecaster:
    """A forecaster of events, intervals, values or stock prices.

    Every setting is a keyword by the name of its option: ``Forecaster(look_back=3, units=64)`` is
    ``forecast train --look-back 3 --units 64``. Settings that are not given are chosen from the data.

    Args:
        settings: Settings by name.

    Attributes:
        settings: The settings given; after ``load`` all that were in force.
        notes: What should be known of the last ``predict``, ``evaluate`` or ``cross_validation``.

    Raises:
        ConfigError: A name is no setting, or a value is not possible.

    Example:
        >>> Forecaster(look_back=3).settings.window.look_back
        3
    """

    def __init__(self, **settings: Any) -> None:
        self.settings: Settings = make_settings(settings, style="keyword")
        self.notes: list[str] = []
        self._run: TrainedRun | None = None
        self._checkpoint: Checkpoint | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Forecaster:
        """A forecaster of settings as the command line spells them, for its messages.

        Args:
            options: Settings by name.

        Returns:
            An untrained forecaster.

        Raises:
            ConfigError: A name is no setting, or a value is not possible.
        """
        made = cls()
        made.settings = make_settings(options)
        return made

    @classmethod
    def from_config(cls, path: str | Path, **settings: Any) -> Forecaster:
        """A forecaster of the settings in a TOML file.

        Args:
            path: The file, as ``--config`` takes it.
            settings: Settings by name, which go before those of the file.

        Returns:
            An untrained forecaster.

        Raises:
            ConfigError: The file cannot be read, or it or a keyword holds what is no setting.
        """
        return cls(**(read_settings_file(path) | settings))

    @property
    def report(self) -> dict[str, Any]:
        """Scores, data facts and settings of the trained run, as report.json holds them.

        Raises:
            RunError: Nothing is trained yet.
        """
        return self._trained().report

    def fit(
        self,
        data: Source | Panel,
        *,
        schedule: Callable[[int, int], float] | None = None,
        progress: Progress | None = None,
        stop: StopFlag | None = None,
        checkpoint: str | Path | None = None,
        resume: str | Path | None = None,
        warm_start: str | Path | None = None,
    ) -> Forecaster:
        """Train on a file or a DataFrame, and score the model and the baselines on held-out rows.

        Args:
            data: A path, ``-`` for standard input, a binary file, a DataFrame, or a panel read before.
            schedule: Learning rate by (step, total steps), in place of the setting.
            progress: Called after every epoch with the stage, the network's number and the epoch's result.
            stop: Set from outside (a signal, another thread) to end early with the best weights so far.
            checkpoint: Run folder in which it is kept how far training has come, until ``save`` has written
                the finished run.
            resume: Run folder whose training was ended early, to go on with it: the data must be the same,
                and settings that are given too. It ends with the weights of a training that never stopped.
            warm_start: Run folder whose networks training starts from, for a quarter of the epochs at 0.3 of
                the learning rate; network and transforms are the run's, the rows those of ``data``.

        Returns:
            This forecaster, trained.

        Raises:
            DataError: The data cannot be read.
            ConfigError: A setting does not fit the data, or the run that is gone on with.
            RunError: A run folder cannot be read or written, or does not fit the data.
            ValueError: ``checkpoint`` and ``resume`` name different folders.
        """
        from forecaster.run.train import Training

        if checkpoint is not None and resume is not None and Path(checkpoint) != Path(resume):
            raise ValueError(f"checkpoint {checkpoint} is another folder than resume {resume}")
        training = Training(self.settings, checkpoint, resume, warm_start)
        self._run = training.run(data, schedule, progress, stop)
        self._checkpoint = training.checkpoint
        return self

    def predict(
        self,
        data: Source | None = None,
        *,
        level: Sequence[float] = (80,),
        quantile: Sequence[float] = (),
        horizon: int | None = None,
        as_of: str | None = None,
        within: Sequence[str] = (),
        future: Source | None = None,
    ) -> pd.DataFrame:
        """What comes after the last row.

        Args:
            data: Rows to forecast from, read as the training data was; the training data when None.
            level: Central intervals in percent.
            quantile: Quantile levels in (0, 1).
            horizon: Steps, those of the settings when None; of values and returns at most those trained for,
                of events and intervals any number: all after the first are drawn.
            as_of: Moment to look forward from (events), or a file with one for each id.
            within: Durations such as ``7d`` (events): the probability of an event within each.
            future: Rows after the last ones, with the columns of ``future_known``; those without a target at
                the end of the data when None.

        Returns:
            Values, intervals, ohlc: ``unique_id, ds, forecast, forecast-lo-80, ...``, a row a step.
            Events: ``unique_id, step, last_event, as_of, elapsed, next_event, ...``, a row a series and step;
            with marks ``next_mark`` and the probability of each, ``mark-NAME``, given that the event comes.

        Raises:
            DataError: The data cannot be read.
            ConfigError: A setting does not fit.
            RunError: Nothing is trained, or the run holds no rows to go on from.
        """
        from forecaster.evaluation.forecast import forecast_panel, panel_ahead
        from forecaster.evaluation.tables import Columns

        run = self._trained()
        panel, self.notes = panel_ahead(run, data, as_of, future)
        columns = Columns(tuple(level), tuple(quantile), run.point)
        steps = run.settings.window.horizon if horizon is None else horizon
        seed = run.settings.training.seed
        return forecast_panel(run.models, panel, columns, horizon=steps, within=within, seed=seed)

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

        wanted = Wanted(data, series=tuple(series), levels=tuple(level), **more)
        figure, self.notes = forecast_figure(self._trained(), wanted)
        return figure

    def evaluate(
        self, data: Source, *, level: Sequence[float] = (80, 95), within: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Scores on new rows: after each id's last training row, and all rows of ids not seen.

        Args:
            data: A file or frame with the new rows and those before them that the look-back needs.
            level: Central intervals whose coverage is scored, in percent.
            within: Durations such as ``7d`` (events) that are scored; those of training when None.

        Returns:
            ``model`` and ``baselines`` with their scores, ``n_windows`` and ``best_baseline``.

        Raises:
            DataError: The data cannot be read, or holds no new row.
            RunError: Nothing is trained.
        """
        from forecaster.evaluation.forecast import read_like, reading_notes
        from forecaster.evaluation.new_rows import score_new_rows

        run = self._trained()
        panel = read_like(run, data)
        self.notes = reading_notes(run, panel)
        return score_new_rows(run.models, panel, run.last_times, run.settings, level, run.panel.as_of, within)

    def cross_validation(
        self,
        data: Source | Panel,
        *,
        n_windows: int = 10,
        step_size: int = 1,
        refit: int = 0,
        level: Sequence[float] = (80,),
        quantile: Sequence[float] = (),
        progress: Progress | None = None,
    ) -> pd.DataFrame:
        """Forecasts from many past moments, each made from its series' rows before it alone.

        Cutoffs are counted back from the end of each series: where series end at different times, the
        shared weights have seen other series' rows that are later than some cutoffs.

        Args:
            data: A file, a frame, or a panel read before.
            n_windows: Cutoffs of every series, the last one a horizon before its end.
            step_size: Rows between two cutoffs.
            refit: Train again at every so many cutoffs; 0 trains once, before the first.
            level: Central intervals in percent.
            quantile: Quantile levels in (0, 1).
            progress: Called after every epoch.

        Returns:
            ``unique_id, ds, cutoff, y, forecast, forecast-lo-80, ...``; for events and intervals the
            cutoffs are the events themselves and ``y`` is a gap.

        Raises:
            DataError: The data cannot be read.
            ConfigError: A setting does not fit, or no series is long enough.
        """
        from forecaster.data.load import read_panel
        from forecaster.data.panel import Panel
        from forecaster.evaluation.backtest import Origins, run_backtest
        from forecaster.evaluation.tables import Columns
        from forecaster.training.fit import Hooks

        panel = data if isinstance(data, Panel) else read_panel(data, self.settings.data)
        asked = Origins(n_windows, step_size, refit), Columns(tuple(level), tuple(quantile))
        tested = run_backtest(panel, self.settings, *asked, Hooks(progress))
        self.notes = list(tested.notes)
        return tested.frame

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

    @classmethod
    def load(cls, path: str | Path) -> Forecaster:
        """A trained forecaster from its run folder.

        Args:
            path: The run folder.

        Returns:
            A forecaster that predicts what the saved one did.

        Raises:
            RunError: The folder is missing, incomplete, damaged or of a newer format.
        """
        from forecaster.run.load import load_run

        loaded = cls()
        loaded._run = load_run(Path(path))
        loaded.settings = loaded._run.settings
        return loaded

    def _trained(self) -> TrainedRun:
        """The trained run; a RunError where there is none."""
        if self._run is None:
            raise RunError("Nothing is trained yet. Call fit first, or load a run.")
        return self._run
