"""Forecaster: fit, predict, evaluate, cross_validation, save and load."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.config.build import change, make_settings, section_of
from forecaster.config.settings import Settings
from forecaster.config.toml_file import read_settings_file
from forecaster.errors import ConfigError, listing
from forecaster.trained import Trained

if TYPE_CHECKING:
    import pandas as pd

    from forecaster.data.load import Source
    from forecaster.data.panel import Panel
    from forecaster.data.parted import PartedData
    from forecaster.training.interrupts import StopFlag

    Progress = Callable[[str, int, Any], None]


class Forecaster(Trained):
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
        super().__init__()
        self.settings: Settings = make_settings(settings, style="keyword")
        self._engine = self.settings.cluster

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
        made._engine = made.settings.cluster
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

    def fit(
        self,
        data: Source | Panel | PartedData,
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
        from forecaster.cluster.engine import training_class

        if checkpoint is not None and resume is not None and Path(checkpoint) != Path(resume):
            raise ValueError(f"checkpoint {checkpoint} is another folder than resume {resume}")
        training = training_class(self.settings.cluster)(self.settings, checkpoint, resume, warm_start)
        self._run = training.run(data, schedule, progress, stop)
        self._checkpoint = training.checkpoint
        return self

    def cross_validation(  # noqa: PLR0913 - each is an option of `forecast backtest`
        self,
        data: Source | Panel,
        *,
        n_windows: int = 10,
        step_size: int = 1,
        refit: int = 0,
        train_size: int | None = None,
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
            train_size: Latest rows of every series to train on; all when None.
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
        asked = Origins(n_windows, step_size, refit, train_size), Columns(tuple(level), tuple(quantile))
        tested = run_backtest(panel, self.settings, *asked, Hooks(progress))
        self.notes = list(tested.notes)
        return tested.frame

    @classmethod
    def load(cls, path: str | Path, **engine: Any) -> Forecaster:
        """A trained forecaster from its run folder.

        Args:
            path: The run folder.
            engine: Where it works: ``engine``, ``address``, ``workers`` and ``gpus_per_worker``.

        Returns:
            A forecaster that predicts what the saved one did.

        Raises:
            RunError: The folder is missing, incomplete, damaged or of a newer format.
            ConfigError: Another setting was given, which is the run's to say.
        """
        from forecaster.run.load import load_run

        others = {name for name in engine if section_of(name) != "cluster"}
        if others:
            raise ConfigError(f"{listing(others)}: a loaded run has its own. Give what says where it works.")
        loaded = cls(**engine)
        loaded._run = load_run(Path(path))
        loaded.settings = change(loaded._run.settings, engine)
        return loaded
