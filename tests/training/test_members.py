from __future__ import annotations

import keras
import numpy as np

from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.heads import PointHead
from forecaster.training.interrupts import StopFlag
from forecaster.training.members import member_plans, train_members
from forecaster.training.plan import TrainingPlan
from forecaster.training.watch import Watch

SMALL = Architecture(3, 1, 1, 1, units=(4,))


def small(plan: TrainingPlan) -> keras.Model:
    return build_model(SMALL, plan.seed, plan.device)


def test_members_differ_in_their_seed_and_each_could_be_trained_alone(noise) -> None:
    plans = member_plans(TrainingPlan(epochs=2, seed=7), 2)
    assert [plan.seed for plan in plans] == [7, 8]
    told = []
    members = train_members(
        small,
        PointHead(),
        noise(30),
        noise(10),
        plans,
        lambda member: Watch(lambda epoch: told.append((member, epoch.epoch))),
    )
    assert told == [(0, 1), (0, 2), (1, 1), (1, 2)]
    first, second = (member.model.get_weights() for member in members)
    assert not np.array_equal(first[0], second[0])
    (alone,) = train_members(small, PointHead(), noise(30), noise(10), plans[1:])
    assert all(np.array_equal(a, b) for a, b in zip(second, alone.model.get_weights(), strict=True))


def test_members_after_an_interrupt_are_not_begun(noise) -> None:
    stop = StopFlag()
    watch = Watch(lambda _: stop.set("SIGINT"), stop)
    plans = member_plans(TrainingPlan(epochs=3), 3)
    members = train_members(small, PointHead(), noise(30), None, plans, lambda _: watch)
    assert len(members) == 1
    assert members[0].result.interrupted == "SIGINT"
