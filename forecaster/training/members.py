"""train_members: an ensemble of networks that differ in their seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import keras

from forecaster.network.output import Output
from forecaster.training.loop import train
from forecaster.training.plan import TrainingPlan, TrainingResult
from forecaster.training.watch import Watch
from forecaster.windows.batch import BatchSource

# A fresh network, its weights from the plan's seed, on the plan's device.
Build = Callable[[TrainingPlan], keras.Model]


@dataclass(frozen=True)
class Member:
    """One trained network of an ensemble and how it was trained."""

    model: keras.Model
    result: TrainingResult


def member_plans(plan: TrainingPlan, n_members: int) -> list[TrainingPlan]:
    """The plan once for every member, with seeds seed, seed + 1, ...

    Args:
        plan: Of the first member.
        n_members: How many.

    Returns:
        The plans, for ``train_members``.
    """
    return [replace(plan, seed=plan.seed + number) for number in range(n_members)]


def train_members(
    build: Build,
    head: Output,
    train_source: BatchSource,
    valid_source: BatchSource | None,
    plans: Sequence[TrainingPlan],
    watch_of: Callable[[int], Watch] | None = None,
) -> list[Member]:
    """Build and train one network for each plan, from the plan's seed.

    Args:
        build: Gives the fresh network of a plan.
        head: Its loss.
        train_source: Windows to learn from.
        valid_source: Windows that choose the weights to keep.
        plans: From ``member_plans``; for a final fit each with the ``n_steps`` that its member needed.
        watch_of: What looks on, by the member's number, from 0. Once its stop is set, training ends after the
            batch at hand, and later members are not begun.

    Returns:
        The members that were trained, one at least. One that was ended early counts only where there is no
        other: beside whole ones it would spoil the forecast.
    """
    members: list[Member] = []
    for number, plan in enumerate(plans):
        watch = Watch() if watch_of is None else watch_of(number)
        if members and watch.stop.is_set:
            break
        model = build(plan)
        result = train(model, head, train_source, valid_source, plan, watch)
        if members and result.interrupted is not None:
            break
        members.append(Member(model, result))
    return members
