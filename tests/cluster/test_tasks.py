"""Functions of many items run as tasks of Ray."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from forecaster.cluster.tasks import ray_tasks
from forecaster.config.engine import EngineSettings
from forecaster.errors import ConfigError, RunError

pytestmark = pytest.mark.usefixtures("ray_here")

ENGINE = EngineSettings(engine="ray", workers=2)


def squared(add: int, number: int) -> int:
    """Fails for 3."""
    if number == 3:
        raise ConfigError(f"--number {number}: too odd. Take another.")
    return number * number + add


def dies_once(mark: Path, number: int) -> int:
    """Ends its worker where it is called for the first time; always for numbers below 0."""
    if number < 0 or not mark.exists():
        mark.touch()
        os._exit(1)
    return number


def test_results_come_in_the_order_of_the_items() -> None:
    counts: list[int] = []
    with ray_tasks(ENGINE, counts.append) as run:
        assert run(partial(squared, 1), [4, 0, 2]) == [17, 1, 5]
    assert counts[-1] == 3 and counts == sorted(counts)


def test_errors_that_the_user_can_fix_are_as_they_were() -> None:
    with ray_tasks(ENGINE) as run, pytest.raises(ConfigError) as caught:
        run(partial(squared, 0), [1, 3])
    assert type(caught.value) is ConfigError
    assert str(caught.value) == "--number 3: too odd. Take another."


def test_a_task_whose_worker_was_lost_is_run_again(tmp_path: Path) -> None:
    with ray_tasks(ENGINE) as run:
        assert run(partial(dies_once, tmp_path / "mark"), [5, 6]) == [5, 6]
        with pytest.raises(RunError, match=r"^--engine ray: a worker was lost 4 times: "):
            run(partial(dies_once, tmp_path / "mark"), [-1])
