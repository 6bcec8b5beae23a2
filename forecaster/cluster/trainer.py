"""The workers of a training, begun by Ray Train and ended in order, whatever ends the training."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import ray
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer

from forecaster.cluster.session import Session
from forecaster.cluster.train_worker import Task, work
from forecaster.training.torch_peers import PATIENCE

# How often all workers begin again after one was lost, before training gives up.
MOST_FAILURES = 20

# Seconds between two looks of Ray at whether all workers are there.
SECONDS_BETWEEN_CHECKS = 0.5

# Seconds that workers are given to end in order; Ray Train waits for as long as it is beginning them.
SECONDS_TO_END = 30.0


class Trainer(TorchTrainer):
    """``TorchTrainer`` without the actor that gives processors back where its controller was killed.

    That actor asks Ray's dashboard whether the controller is there. In a Ray without one, as it is started
    here, no answer comes: it keeps the end of every training waiting for 12 s, and after one that was ended
    from outside it stays, and all processors with it. ``end`` has them given back by the controller itself.
    """

    def _create_default_callbacks(self) -> list[Any]:
        """What Ray Train does beside, but for that actor."""
        # of the second version of Ray Train, which type checkers do not see
        found: list[Any] = super()._create_default_callbacks()  # type: ignore[misc]
        return [one for one in found if type(one).__name__ != "PlacementGroupCleanerCallback"]


def begin(task: Task, session: Session, storage: str) -> Any:
    """Begin the workers of a training.

    Args:
        task: What they do.
        session: How many there are, and their GPUs.
        storage: Folder for what Ray Train writes by itself.

    Returns:
        Something to wait for, and to ``end``.
    """
    fit: Any = ray.remote(num_cpus=0, max_retries=0)(_fit)
    return fit.remote(task, session, storage)


def end(fitting: Any) -> None:
    """End the workers before they are done, and have their processors given back.

    Args:
        fitting: From ``begin``.
    """
    ray.cancel(fitting)  # which Ray Train takes as Ctrl-C
    if not ray.wait([fitting], timeout=SECONDS_TO_END)[0]:
        ray.cancel(fitting, force=True)


def _fit(task: Task, session: Session, storage: str) -> None:
    """Run the workers to their end, in a process of its own: what it has begun ends with it."""
    os.environ.setdefault("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", str(SECONDS_BETWEEN_CHECKS))
    gpus = session.gpus_per_worker
    resources = {"CPU": 1.0} | ({"GPU": gpus} if gpus else {})
    trainer = Trainer(
        work,
        train_loop_config={"task": task},
        # workers that share a GPU cannot use nccl
        torch_config=TorchConfig(
            backend="nccl" if gpus >= 1 else "gloo", timeout_s=int(PATIENCE.total_seconds())
        ),
        scaling_config=ScalingConfig(
            num_workers=session.n_workers, use_gpu=gpus > 0, resources_per_worker=resources
        ),
        run_config=RunConfig(storage_path=storage, failure_config=FailureConfig(max_failures=MOST_FAILURES)),
    )
    with contextlib.suppress(SystemExit):  # with which Ray Train leaves after Ctrl-C
        trainer.fit()
