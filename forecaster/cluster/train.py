"""Training on Ray: data-parallel, each worker on its own series, by Ray Train's TorchTrainer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import ray

from forecaster.cluster.beside import Beside, cut_moments
from forecaster.cluster.board import Board
from forecaster.cluster.packed import unpack_run
from forecaster.cluster.session import Session, ray_session
from forecaster.cluster.train_worker import Task
from forecaster.cluster.trainer import MOST_FAILURES, begin, end
from forecaster.config.settings import Settings
from forecaster.data.load import Source
from forecaster.data.panel import Note, Panel
from forecaster.data.parted import PartedData, even_cuts, parted
from forecaster.data.some_series import pick_series
from forecaster.errors import ConfigError, RunError
from forecaster.evaluation.report import note_json
from forecaster.evaluation.trained_run import TrainedRun, forecasts
from forecaster.run.train import Training
from forecaster.training.fit import Hooks

# Seconds between two looks at how the workers are doing.
SECONDS_BETWEEN_LOOKS = 0.2


class RayTraining(Training):
    """``Training`` whose work Ray does: the same run, options, report and checkpoint."""

    def read(self, data: Source | Panel | PartedData, test: Source | None = None) -> Panel | PartedData:
        """The rows of a file, or where workers find them; see ``Training.read``.

        Args:
            data: As there, or what this has returned.
            test: As there.

        Returns:
            A panel; of a folder that `forecast shard` has written its parts, which only workers read.

        Raises:
            DataError: The data cannot be read.
            RunError: It has other columns than the run that training starts from.
            ConfigError: They are sequences, which one process learns from.
        """
        if isinstance(data, PartedData):
            return data
        found = None if self.is_warm else parted(data, self.settings.data)
        panel = super().read(data, test) if found is None else found
        if isinstance(panel, Panel) and panel.goal is not None:
            raise ConfigError("--engine ray: sequences are learnt in one process. Leave it out.")
        return panel

    def train(self, panel: Panel | PartedData, hooks: Hooks, read_seconds: float) -> TrainedRun:
        """The training itself, on workers; see ``Training.train``.

        Args:
            panel: All rows, or where they are.
            hooks: Likewise.
            read_seconds: Likewise.

        Returns:
            The trained run.

        Raises:
            ForecasterError: As ``train_run``, or workers are lost again and again.
        """
        if hooks.checkpoint is not None:
            hooks.checkpoint.close()  # its lock is for the first worker now
        with ray_session(self.settings.cluster) as session, self._moments(panel) as moments:
            data, settings, n_workers = self._shared(panel, session.n_workers)
            board: Any = ray.remote(num_cpus=0)(Board).remote()
            task = Task(
                board=board,
                data=data,
                settings=settings,
                folder=None if self.folder is None else self.folder.absolute(),
                resumed=0 if hooks.checkpoint is None else hooks.checkpoint.state.resumed,
                schedule=hooks.schedule,
                start=None if hooks.start is None else replace(hooks.start, models=()),
                read_seconds=read_seconds,
                moments=moments,
            )
            try:
                files = _wait(task, replace(session, n_workers=n_workers), hooks)
            finally:
                ray.kill(board)
        run = forecasts(unpack_run(files), "train on Ray")
        asked = self.settings.cluster.workers
        return run if asked is None or asked <= n_workers else _with_note(run, asked, n_workers)

    @contextmanager
    def _moments(self, panel: Panel | PartedData) -> Iterator[Beside | None]:
        """The moments of a file that ``--as-of`` names, where workers read parts of the data themselves."""
        if isinstance(panel, Panel):
            yield None
            return
        with tempfile.TemporaryDirectory(prefix=".moments-", dir=self.folder) as work:
            how = panel.parting, Path(work), lambda *_: None
            yield cut_moments(panel.columns, panel.settings.as_of, *how)

    def _shared(
        self, panel: Panel | PartedData, n_workers: int
    ) -> tuple[PartedData | tuple[Any, ...], Settings, int]:
        """What workers are given of the rows, how they are set, and how many have work."""
        if isinstance(panel, PartedData):
            settings = self.settings.model_copy(update={"data": panel.settings})
            return panel, settings, min(n_workers, len(panel.parts))
        parts = parts_of(panel, n_workers)
        return tuple(ray.put(part) for part in parts), self.settings, len(parts)


def _with_note(run: TrainedRun, n_asked: int, n_workers: int) -> TrainedRun:
    """The run with a note that not all workers had work."""
    text = f"{n_workers:,} of {n_asked:,} workers had series to train on: a series is never cut."
    warnings = [*run.report["warnings"], note_json(Note("fewer_workers", text, n_workers))]
    return replace(run, report=run.report | {"warnings": warnings})


def parts_of(panel: Panel, n_workers: int) -> list[Panel]:
    """Consecutive series for each worker, with about as many rows as those of any other.

    Args:
        panel: All rows.
        n_workers: Workers there are.

    Returns:
        A panel for each worker that has work: no more than there are series with rows.
    """
    n_parts = max(min(n_workers, int((panel.lengths > 0).sum())), 1)
    cuts = even_cuts(panel.offsets, n_parts)
    return [pick_series(panel, np.arange(first, last)) for first, last in pairwise(cuts)]


def _wait(task: Task, session: Session, hooks: Hooks) -> dict[str, bytes]:
    """Let workers train, and pass on what they tell and what they are told, until the run is made."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as storage:
        fitting = begin(task, session, storage)
        is_asked, is_over = False, False
        try:
            while not is_over:
                is_over = bool(ray.wait([fitting], timeout=SECONDS_BETWEEN_LOOKS)[0])
                told, error = ray.get(task.board.take_news.remote())
                if error is not None:
                    raise error
                for news in told:
                    if hooks.progress is not None:
                        hooks.progress(*news)
                if hooks.stop.is_set and not is_asked:
                    is_asked = True
                    ray.get(task.board.ask.remote(hooks.stop.reason))
            files: dict[str, bytes] | None = ray.get(task.board.result.remote())
            if files is None:
                raise RunError(_lost(fitting))
            return files
        finally:
            if not is_over:
                end(fitting)


def _lost(fitting: Any) -> str:
    """What to tell the user when workers were lost too often."""
    why = "the workers have ended without a run"
    try:
        ray.get(fitting)
    except Exception as error:  # of Ray, of any kind
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        why = lines[-1] if lines else type(error).__name__
    return (
        f"--engine ray: workers were lost more than {MOST_FAILURES} times: {why.rstrip('.')}. See to the "
        "memory of the machines, and go on with --resume."
    )
