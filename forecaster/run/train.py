"""Training: a training with what it goes on from, and with the checkpoint that it keeps."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.config.settings import Settings
from forecaster.errors import ConfigError, DataError, RunError, listing

if TYPE_CHECKING:
    from forecaster.data.load import Source
    from forecaster.data.panel import Panel
    from forecaster.data.parted import PartedData
    from forecaster.evaluation.trained_run import AnyRun, TrainedRun
    from forecaster.training.checkpoint import Checkpoint
    from forecaster.training.fit import Hooks
    from forecaster.training.interrupts import StopFlag
    from forecaster.training.warm_start import WarmStart


class Training:
    """One training: new, or gone on with after its end, from random weights or from those of a run.

    Attributes:
        settings: As they are in force, those not given still open.
        checkpoint: What was kept of the training; None before ``run``, and where nothing is kept.
    """

    def __init__(
        self,
        settings: Settings,
        checkpoint: str | Path | None = None,
        resume: str | Path | None = None,
        warm_start: str | Path | None = None,
    ) -> None:
        """What is to be done; see ``Forecaster.fit``.

        Raises:
            ConfigError: A setting is another one than that of the training or the run gone on with.
            RunError: There is none, or it cannot be read.
        """
        place = resume if resume is not None else checkpoint
        self.folder = None if place is None else Path(place)
        self.is_resumed = resume is not None
        self.checkpoint: Checkpoint | None = None
        self.settings = self._asked = settings
        self._before: TrainedRun | None = None
        self._start: WarmStart | None = None
        if self.folder is not None and self.is_resumed:
            from forecaster.training.going_on import resumed_settings

            self.settings = self._asked = resumed_settings(self.folder, settings)
        if warm_start is not None:
            self._load(Path(warm_start))

    def _load(self, folder: Path) -> None:
        """Take networks and settings of a finished run."""
        from forecaster.run.load import load_forecasts
        from forecaster.training.going_on import warm_settings
        from forecaster.training.warm_start import WarmStart

        before = load_forecasts(folder, "start from")
        if before.state != "finished":
            raise RunError(
                f"{folder}: was ended early. Finish it with --resume {folder}, or name another run."
            )
        self.settings, given = warm_settings(str(folder), before.settings, self._asked)
        self._before = before
        self._start = WarmStart(
            before.models,
            str(folder),
            before.last_times,
            keeps_epochs="epochs" in given,
            keeps_rate="learning_rate" in given,
        )

    @property
    def is_warm(self) -> bool:
        """Whether it starts from the networks of a run."""
        return self._start is not None

    def read(self, data: Source | Panel | PartedData, test: Source | None = None) -> Panel | PartedData:
        """The rows of a file, read with the settings in force.

        Args:
            data: As ``Forecaster.fit`` takes it.
            test: Likewise.

        Returns:
            A panel; one that was read before as it is. Parts that others read are for trainings by them.

        Raises:
            ConfigError: Test data are given and their series cannot be held out.
            DataError: The data cannot be read.
            RunError: It has other columns than the run that training starts from.
        """
        from forecaster.data.load import hold_out, read_panel
        from forecaster.data.panel import Panel
        from forecaster.data.parted import PartedData

        if isinstance(data, PartedData):
            data = data.source
        if self._before is None:
            panel = data if isinstance(data, Panel) else read_panel(data, self.settings.data)
            return panel if test is None else hold_out(panel, test, self.settings.data)
        from forecaster.evaluation.reading import read_like

        was = self._before.panel
        given = isinstance(data, Panel)
        panel = data if isinstance(data, Panel) else read_like(self._before, data, self.settings.data.as_of)
        kinds = (panel.kind, panel.channels, panel.static_names, panel.mark_names, panel.unit)
        if kinds != (was.kind, was.channels, was.static_names, was.mark_names, was.unit):
            what = "this panel" if given else panel.source
            raise RunError(
                f"{self._before.name}: trained on {was.kind} with {listing(was.channels)}; {what} holds "
                f"{panel.kind} with {listing(panel.channels)}. Use data with the same columns."
            )
        return panel

    def run(
        self,
        data: Source | Panel | PartedData,
        schedule: Callable[[int, int], float] | None = None,
        progress: Callable[[str, int, Any], None] | None = None,
        stop: StopFlag | None = None,
        test: Source | None = None,
    ) -> AnyRun:
        """Train, and keep how far training has come.

        Args:
            data: As ``Forecaster.fit`` takes it, like all that follow.
            schedule: Of the learning rate.
            progress: Of every epoch.
            stop: From outside.
            test: What is held out.

        Returns:
            The trained run. Its checkpoint stays until it is removed.

        Raises:
            DataError: The data cannot be read.
            ConfigError: A setting does not fit the data.
            RunError: The data is not what was gone on with, or a folder cannot be read or written.
        """
        began = time.perf_counter()
        panel = self.read(data, test)
        seconds = time.perf_counter() - began
        from forecaster.training import going_on
        from forecaster.training.fit import Hooks
        from forecaster.training.interrupts import StopFlag

        hooks = Hooks(progress, schedule, stop or StopFlag(), start=self._start)
        if self.folder is None:
            return self.train(panel, hooks, seconds)
        made = [place for place in (self.folder, *self.folder.parents) if not place.exists()]
        open_, own = going_on.resume if self.is_resumed else going_on.begin, schedule is not None
        self.checkpoint = open_(self.folder, panel, self._asked, own_schedule=own, start=self._start)
        try:
            run = self.train(panel, replace(hooks, checkpoint=self.checkpoint), seconds)
            self.checkpoint.flush()
        except (ConfigError, DataError):
            self.checkpoint.close()
            self._leave_nothing(made)
            raise
        finally:
            self.checkpoint.close()
        return run

    def train(self, panel: Panel | PartedData, hooks: Hooks, read_seconds: float) -> AnyRun:
        """The training itself, in this process; see ``forecaster.evaluation.train``.

        Args:
            panel: All rows.
            hooks: Progress, schedule, stop, checkpoint and start.
            read_seconds: Time that reading took, for the report.

        Returns:
            The trained run.

        Raises:
            TypeError: The rows were not read.
        """
        from forecaster.data.panel import Panel
        from forecaster.evaluation.train import train

        if not isinstance(panel, Panel):
            raise TypeError(f"{panel.source}: parts that were not read")
        return train(panel, self.settings, hooks, read_seconds)

    def _leave_nothing(self, made: list[Path]) -> None:
        """Remove the checkpoint of a training that could not begin, and the folders made for it."""
        if self.checkpoint is None or self.is_resumed:
            return
        self.checkpoint.take_back()
        for place in made:
            with contextlib.suppress(OSError):  # what others have put there stays
                place.rmdir()
