from __future__ import annotations

import pytest

from forecaster.errors import ConfigError
from forecaster.training.schedules import SCHEDULES, Plateau, SchedulePlan, make_schedule, one_cycle


def rates(plan: SchedulePlan, steps: tuple[int, ...], total: int = 100, per_epoch: int = 10) -> list[float]:
    schedule = make_schedule(plan, 0.1, total, per_epoch)
    return [schedule(step) for step in steps]


def test_constant_stays() -> None:
    assert rates(SchedulePlan("constant"), (0, 50, 99)) == [0.1, 0.1, 0.1]


def test_step_drops_every_so_many_epochs() -> None:
    plan = SchedulePlan("step", step_epochs=3, gamma=0.5)
    assert rates(plan, (0, 29, 30, 59, 60)) == [0.1, 0.1, 0.05, 0.05, 0.025]


def test_multistep_drops_at_its_milestones() -> None:
    plan = SchedulePlan("multistep", milestones=(2, 5), gamma=0.5)
    assert rates(plan, (19, 20, 49, 50, 99)) == [0.1, 0.05, 0.05, 0.025, 0.025]


def test_exponential_drops_every_epoch() -> None:
    assert rates(SchedulePlan("exponential", gamma=0.5), (9, 10, 20)) == [0.1, 0.05, 0.025]


def test_cosine_is_half_way_at_half_time() -> None:
    assert rates(SchedulePlan("cosine"), (0, 50, 100)) == pytest.approx([0.1, 0.05, 0.0], abs=1e-12)


def test_one_cycle_rises_for_30_percent_and_falls_to_nearly_nothing() -> None:
    found = [one_cycle(step, 101, 1.0) for step in (0, 15, 30, 65, 100)]
    assert found == pytest.approx([0.04, 0.52, 1.0, 0.50005, 0.0001])
    assert one_cycle(500, 101, 1.0) == pytest.approx(0.0001)
    assert one_cycle(0, 1, 1.0) == pytest.approx(0.04)


def test_plateau_drops_after_epochs_without_gain() -> None:
    schedule = make_schedule(SchedulePlan("plateau", gamma=0.5, plateau_patience=2), 0.1, 100, 10)
    assert isinstance(schedule, Plateau)
    seen = []
    for loss in (1.0, 0.9, 0.9, 0.95, 0.8, 0.85, 0.85, 0.85, 0.85):
        schedule.end_epoch(loss)
        seen.append(schedule(0))
    assert seen == pytest.approx([0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.0125])


def test_any_function_of_step_and_total_is_a_schedule() -> None:
    plan = SchedulePlan(lambda step, total: step / total)
    assert rates(plan, (0, 25, 100)) == [0.0, 0.25, 1.0]
    assert not plan.must_finish


def test_only_one_cycle_must_finish() -> None:
    assert [name for name in SCHEDULES if SchedulePlan(name).must_finish] == ["one-cycle"]


def test_unknown_schedule_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"--schedule zigzag: unknown\. Use one of constant, step"):
        make_schedule(SchedulePlan("zigzag"), 0.1, 10, 1)
