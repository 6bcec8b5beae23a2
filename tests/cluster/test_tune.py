"""Searches on Ray find what local ones find."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from forecaster.cluster.tune import LOST, _Batches, tune_on_ray
from forecaster.config.engine import EngineSettings
from forecaster.training.interrupts import StopFlag
from tests.tuning.test_tune import outline, quick

# Ray takes its time to begin, and longer on a machine that others use.
pytestmark = pytest.mark.slow

ENGINE = EngineSettings(engine="ray", workers=2)
ON_RAY = {"engine": "ray", "workers": 2}


@pytest.mark.usefixtures("ray_here")
def test_a_search_on_ray_finds_what_a_local_one_finds(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    here = quick(trials=6, batch=3)
    there = quick(trials=4, batch=3, study=tmp_path / "study", **ON_RAY)
    assert outline(there) == outline(here)[:4]
    assert there.settings.keys() == here.settings.keys()  # where trials ran is no part of them
    # and a study that was begun there goes on here
    both = quick(trials=6, batch=3, study=tmp_path / "study")
    assert outline(both)[:4] == outline(here)[:4] and len(both.trials) == 6
    assert "".join(capfd.readouterr()) == ""


class Numbers:
    """Batches of numbers, and what was told of each."""

    def __init__(self, *batches: list[int]) -> None:
        self.stop = StopFlag()
        self.batches = list(batches)
        self.told: list[tuple[int, Any]] = []

    def next_batch(self) -> list[int]:
        return self.batches.pop(0) if self.batches else []

    def tell(self, asked: int, outcome: Any) -> None:
        self.told.append((asked, outcome))


def doubled(number: int) -> int:
    """Ends its worker for 3, and takes for ever for 9."""
    if number == 3:
        os._exit(1)
    if number == 9:
        time.sleep(600)
    return 2 * number


def test_a_batch_is_asked_for_when_the_one_before_is_told() -> None:
    numbers = Numbers([1, 2], [3])
    batches = _Batches(numbers)
    assert not batches.is_over and [batches.start(name) for name in "abc"] == [1, 2, None]
    batches.end("b", {"outcome": 20})
    assert not batches.is_over and batches.start("d") is None
    batches.end("a", {"outcome": 10})
    assert not batches.is_over and batches.start("e") == 3
    batches.end("e", None)
    assert batches.is_over
    assert numbers.told == [(2, 20), (1, 10), (3, LOST)]


def test_nothing_is_told_of_a_trial_that_was_ended_from_outside() -> None:
    numbers = Numbers([1])
    batches = _Batches(numbers)
    assert not batches.is_over and batches.start("a") == 1
    numbers.stop.set("SIGINT")
    batches.end("a", None)
    assert numbers.told == []


@pytest.mark.slow
@pytest.mark.usefixtures("ray_here")
def test_a_trial_whose_worker_is_lost_again_and_again_is_told_to_be() -> None:
    numbers = Numbers([3, 1])
    tune_on_ray(numbers, doubled, ENGINE)
    assert sorted(numbers.told) == [(1, 2), (3, LOST)]


@pytest.mark.slow
@pytest.mark.usefixtures("ray_here")
def test_trials_that_run_are_ended_and_not_told_when_the_search_is_stopped() -> None:
    numbers = Numbers([1, 9], [2])

    def tell(asked: int, outcome: Any) -> None:
        numbers.told.append((asked, outcome))
        numbers.stop.set("SIGINT")

    numbers.tell = tell  # type: ignore[method-assign]
    tune_on_ray(numbers, doubled, ENGINE)
    assert numbers.told == [(1, 2)]  # and no wait for the other
