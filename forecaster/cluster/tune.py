"""Trials of a search by Ray Tune, which hands them to workers.

Ray's own ``OptunaSearch`` asks whenever a worker is free and tells in the order in which trials end, so that
what it finds depends on their speed; its sampler draws from one generator, so that a study that goes on would
draw the first numbers again; and of a trial that fails it keeps no message. Here Tune's ``Searcher`` hands on
what the same study asks that a local search asks, a batch at a time.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from forecaster.cluster.session import ray_session
from forecaster.config.engine import EngineSettings
from forecaster.training.interrupts import StopFlag

# How often a trial is begun again whose worker was lost.
RETRIES = 2

LOST = f"its worker was lost {RETRIES + 1} times; it may have had too little memory"

# Tune prints nothing, writes no logs of trials, and leaves Ctrl-C to us.
ENVIRONMENT = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
}


class Trials(Protocol):
    """A search, as seen from here.

    Attributes:
        stop: Whether to end early.
    """

    stop: StopFlag

    def next_batch(self) -> list[Any]:
        """Trials that may run side by side; none at the end."""
        ...

    def tell(self, asked: Any, outcome: Any) -> None:
        """Keep what became of a trial; a text says why nothing came back."""
        ...


def tune_on_ray(trials: Trials, run: Callable[[Any], Any], engine: EngineSettings) -> None:
    """Run the trials of a search by workers of Ray.

    Args:
        trials: Gives them out, and takes what became of them.
        run: Runs one and gives what became of it; it goes to the workers once.
        engine: Where the workers are.

    Raises:
        ConfigError: ray is not installed, or does not begin.
    """
    with ray_session(engine) as session, _quiet(), tempfile.TemporaryDirectory() as folder:
        from ray import tune

        trainable = tune.with_resources(
            tune.with_parameters(_train, run=run),
            {"cpu": session.resources["num_cpus"], "gpu": session.resources["num_gpus"]},
        )
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=_searcher(trials),
                num_samples=-1,  # the search says when there are enough
                max_concurrent_trials=session.n_workers,
                reuse_actors=True,  # a new process would import everything again
            ),
            run_config=tune.RunConfig(
                storage_path=folder,
                verbose=0,
                stop=_stopper(trials.stop),
                failure_config=tune.FailureConfig(max_failures=RETRIES),
            ),
        )
        tuner.fit()


def _train(config: dict[str, Any], run: Callable[[Any], Any]) -> dict[str, Any]:
    """What a worker runs."""
    return {"outcome": run(config["asked"])}


class _Batches:
    """Trials by the names that Tune gives them, each batch asked for when the one before is told."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._waiting: list[Any] = []
        self._running: dict[str, Any] = {}

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to run; asks for the next batch where it is time to."""
        if not self._waiting and not self._running:
            self._waiting = self._trials.next_batch()
        return not self._waiting and not self._running

    def start(self, name: str) -> Any:
        """The next trial of the batch; None while only others of it run."""
        if self._waiting:
            self._running[name] = self._waiting.pop(0)
        return self._running.get(name)

    def end(self, name: str, result: dict[str, Any] | None) -> None:
        """Tell what became of a trial; nothing of one that was ended from outside."""
        asked = self._running.pop(name)
        if result is not None and "outcome" in result:
            self._trials.tell(asked, result["outcome"])
        elif not self._trials.stop.is_set:
            self._trials.tell(asked, LOST)


def _searcher(trials: Trials) -> Any:
    """What Tune asks for trials."""
    from ray.tune.search import Searcher

    batches = _Batches(trials)

    class BatchSearcher(Searcher):
        """Tune's view of the batches."""

        def suggest(self, trial_id: str) -> dict[str, Any] | None:
            """The next trial; nothing yet while others of its batch run."""
            if batches.is_over:
                over: Any = Searcher.FINISHED
                return over  # type: ignore[no-any-return]
            asked = batches.start(trial_id)
            return None if asked is None else {"asked": asked}

        def on_trial_complete(
            self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
        ) -> None:
            """Tell what became of it."""
            batches.end(trial_id, None if error else result)

        def save(self, checkpoint_path: str) -> None:
            """Nothing: the study has its own file."""

        def restore(self, checkpoint_path: str) -> None:
            """Nothing: the study has its own file."""

    return BatchSearcher()


def _stopper(stop: StopFlag) -> Any:
    """Ends all trials when the flag is set."""
    from ray.tune import Stopper

    class FlagStopper(Stopper):
        """Asked by Tune again and again."""

        def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
            """Whether one trial is to end: none is by itself."""
            del trial_id, result
            return False

        def stop_all(self) -> bool:
            """Whether all are."""
            return stop.is_set

    return FlagStopper()


@contextmanager
def _quiet() -> Iterator[None]:
    """Tune says nothing for as long as the block lasts: what matters is told by the search."""
    logger = logging.getLogger("ray.tune")
    level, before = logger.level, {name: os.environ.get(name) for name in ENVIRONMENT}
    logger.setLevel(logging.CRITICAL)
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        logger.setLevel(level)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
