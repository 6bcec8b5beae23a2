"""Tasks: a function of many items, one worker of Ray each, results in the order of the items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from forecaster.cluster.session import ray_session
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
            return _run(function, items, session.resources, done or (lambda _: None))

        yield run


def _run(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    resources: dict[str, float],
    done: Callable[[int], None],
) -> list[Result]:
    """Results in the order of the items; whatever ends the wait ends all tasks."""
    import ray

    shared = ray.put(function)
    options: dict[str, Any] = {"max_retries": RETRIES, **resources}
    remote: Any = ray.remote(**options)(_call)
    tasks = [remote.remote(shared, item) for item in items]
    found: dict[Any, Result] = {}
    try:
        waiting = list(tasks)
        while waiting:
            ready, waiting = ray.wait(waiting)
            found |= {task: ray.get(task) for task in ready}
            done(len(found))
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
    finally:
        for task in tasks:
            if task not in found:
                ray.cancel(task, force=True)
    return [found[task] for task in tasks]


def _call(function: Callable[[Item], Result], item: Item) -> Result:
    """What a worker runs."""
    return function(item)
