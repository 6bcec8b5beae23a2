"""Tasks: a function of many items, one worker of Ray each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from forecaster.cluster.session import Session, ray_session
from forecaster.config.engine import EngineSettings
from forecaster.errors import ForecasterError, RunError

Item = TypeVar("Item")
Result = TypeVar("Result")

# How often a task is begun again whose worker was lost.
RETRIES = 3


@contextmanager
def ray_tasks(engine: EngineSettings, done: Callable[[int], None] | None = None) -> Iterator[Any]:
    """Something like ``map`` whose calls are tasks of Ray, for as long as the block lasts.

    Args:
        engine: As it was set.
        done: Called after every task with how many have ended.

    Yields:
        A function of a function and a sequence of items, which gives their results in order. The function
        must be one that workers can import, or a ``partial`` of such; it goes to each of them once.

    Raises:
        ConfigError: ray is not installed, or does not begin.
    """
    with ray_session(engine) as session:

        def run(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
            found: dict[int, Result] = {}
            for place, result in run_tasks(function, items, session):
                found[place] = result
                if done is not None:
                    done(len(found))
            return [found[place] for place in range(len(items))]

        yield run


def run_tasks(
    function: Callable[[Item], Result], items: Sequence[Item], session: Session
) -> Iterator[tuple[int, Result]]:
    """Results of a function of many items, as they are done; whatever ends the loop ends all tasks.

    Args:
        function: As ``ray_tasks`` takes it.
        items: All of them; two a worker are begun ahead.
        session: The running Ray.

    Yields:
        Place of the item, and its result.

    Raises:
        ForecasterError: As the function raised it.
        RunError: A worker was lost again and again.
    """
    import ray

    shared = ray.put(function)
    options: dict[str, Any] = {"max_retries": RETRIES, **session.resources}
    task: Any = ray.remote(**options)(_call)
    waiting = iter(enumerate(items))
    running: dict[Any, int] = {}
    try:
        while True:
            for place, item in itertools.islice(waiting, 2 * session.n_workers - len(running)):
                running[task.remote(shared, item)] = place
            if not running:
                return
            ready, _ = ray.wait(list(running), num_returns=1)
            result = _result(ready[0])
            yield running.pop(ready[0]), result
    finally:
        # where Ray ends with the session, tasks do; one that is being cancelled then crashes this process, as
        # one that has just ended does where it is cancelled by force
        for one in running if session.stays else ():
            ray.cancel(one)


def _result(task: Any) -> Any:
    """What came of a task that has ended."""
    import ray

    try:
        return ray.get(task)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ForecasterError):  # without the traceback of the worker in its text
            raise error.cause from None
        raise
    except ray.exceptions.RayError as error:
        what = str(error).strip().splitlines()[0].rstrip(".")
        raise RunError(
            f"--engine ray: a worker was lost {RETRIES + 1} times: {what}. Give workers more memory, or take "
            f"fewer."
        ) from error


def _call(function: Callable[[Item], Result], item: Item) -> Result:
    """What a worker runs."""
    return function(item)
