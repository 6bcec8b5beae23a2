"""What each worker of a training does: the same job as in one process, on its series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
import ray.train
import ray.train.torch
import torch

from forecaster.cluster.beside import Beside
from forecaster.cluster.board import listen
from forecaster.cluster.own_parts import read_own
from forecaster.cluster.packed import pack_run
from forecaster.cluster.shared_checkpoint import SharedCheckpoint
from forecaster.config.settings import Settings
from forecaster.data.parted import PartedData
from forecaster.data.peers import ALONE, Peers
from forecaster.errors import ForecasterError
from forecaster.evaluation.job import train_run
from forecaster.evaluation.trained_run import TrainedRun
from forecaster.run.load import load_forecasts
from forecaster.training.fit import Hooks
from forecaster.training.interrupts import StopFlag
from forecaster.training.torch_peers import TorchPeers
from forecaster.training.warm_start import WarmStart


@dataclass(frozen=True)
class Task:
    """What the workers of a training are given.

    Attributes:
        board: Where they tell how it goes.
        data: A panel for each worker, by reference, or parts that they read.
        settings: As the user gave them.
        folder: Run folder with the checkpoint; None keeps none.
        resumed: How often the training was gone on with, by commands.
        schedule: See ``Hooks``.
        start: What training starts from, without its networks, which are read from its run folder; None for
            random weights.
        read_seconds: See ``train_run``.
        moments: Of the file that ``--as-of`` names, for parts; None for none.
    """

    board: Any
    data: PartedData | tuple[Any, ...]
    settings: Settings
    folder: Path | None
    resumed: int
    schedule: Callable[[int, int], float] | None
    start: WarmStart | None
    read_seconds: float
    moments: Beside | None = None


def work(config: dict[str, Any]) -> None:
    """Train on this worker's series with the others.

    What the user can mend, and an error of the program, go to the board and end the training; a worker that
    has lost another one ends, and all begin again from the checkpoint.

    Args:
        config: With the ``Task`` as ``task``.
    """
    task: Task = config["task"]
    context = ray.train.get_context()
    rank = context.get_world_rank()
    device = ray.train.torch.get_device()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    peers = TorchPeers() if context.get_world_size() > 1 else ALONE
    attempt, is_open = peers.gathered(ray.get(task.board.begin.remote()) if rank == 0 else (0, False))[0]
    if not is_open:
        return
    try:
        run = _train(task, peers, attempt)
        if rank == 0:
            ray.get(task.board.finish.remote(pack_run(run)))
        peers.gathered(None)  # nobody leaves before all is done
    except (ForecasterError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        ray.get(task.board.fail.remote(error))
        raise


def _train(task: Task, peers: Peers, attempt: int) -> TrainedRun:
    """The job of one process, whose facts, steps and stops are those of all workers."""
    rank = peers.rank
    stop = peers.stop if isinstance(peers, TorchPeers) else StopFlag()
    if rank == 0:
        listen(task.board, stop.set)

    def tell(*news: Any) -> None:
        """Let the board know of an epoch."""
        task.board.tell.remote(news)

    start = task.start
    if start is not None:
        start = replace(start, models=load_forecasts(Path(start.run), "start from").models)
    checkpoint = None if task.folder is None else SharedCheckpoint(task.folder, peers, task.resumed + attempt)
    hooks = Hooks(tell if rank == 0 else None, task.schedule, stop, checkpoint, start)
    try:
        if isinstance(task.data, PartedData):
            panel = read_own(task.data, peers, task.moments)
        else:
            panel = replace(ray.get(task.data[rank]), peers=peers)
        run = train_run(panel, task.settings, hooks, task.read_seconds)
        if checkpoint is not None:
            checkpoint.flush()
    finally:
        if checkpoint is not None:
            checkpoint.close()
    return run
