"""train: fits a network to windows, keeps the weights that were best on others."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from time import perf_counter
from typing import Any

import keras
import numpy as np

from forecaster.data.panel import Note
from forecaster.errors import ConfigError
from forecaster.network.head import Head
from forecaster.network.placement import device_of, device_scope, on_torch, seeded
from forecaster.network.recurrent import slow_path
from forecaster.training.feed import Feed, epoch_order
from forecaster.training.interrupts import StopFlag
from forecaster.training.plan import EpochResult, TrainingPlan, TrainingResult
from forecaster.training.schedules import Plateau, make_schedule
from forecaster.training.stepper import Stepper, make_stepper
from forecaster.windows.batch import BatchSource

Progress = Callable[[EpochResult], None]

# Losses are looked at this often: waiting for each would hold up a GPU.
STEPS_BETWEEN_LOOKS = 100

# Training windows on which the loss before and after is compared, in batches.
PROBE_BATCHES = 4

# A loss has moved when it fell by more than this share.
LEAST_GAIN = 1e-3

# Below this a loss has nowhere to move to.
NOTHING_LEFT = 1e-6


def train(
    model: keras.Model,
    head: Head,
    train: BatchSource,
    valid: BatchSource | None,
    plan: TrainingPlan,
    progress: Progress | None = None,
    stop: StopFlag | None = None,
) -> TrainingResult:
    """Fit ``model`` in place.

    Args:
        model: From ``build_model``, with as many outputs as the head takes.
        head: Its loss.
        train: Windows to learn from, one at least.
        valid: Windows that choose the weights to keep; None, or none, keeps the last ones.
        plan: How; ``plan.n_steps`` for a fixed number of steps.
        progress: Called at every epoch's end.
        stop: Ends training after the batch at hand once it is set.

    Returns:
        What happened. The model holds the best weights seen on ``valid``, else the last.

    Raises:
        ConfigError: The loss is no longer a number.
        ValueError: There are no training windows, or their inputs are not finite.
    """
    if train.n_windows == 0:
        raise ValueError("there are no training windows")
    if plan.device is not None and on_torch():
        model.to(plan.device)
    with seeded(plan.seed), device_scope(device_of(model)):
        stepper = make_stepper(model, head, plan)
        try:
            training = _Training(stepper, head, train, valid, plan)
            return training.run(progress, stop or StopFlag(), slow_path(model))
        finally:
            stepper.close()


class _Training:
    """The state of one training."""

    def __init__(
        self,
        stepper: Stepper,
        head: Head,
        train: BatchSource,
        valid: BatchSource | None,
        plan: TrainingPlan,
    ) -> None:
        self.stepper = stepper
        self.plan = plan
        self.starts_fitted = head.starts_fitted
        self.n_windows = train.n_windows
        self.feed = Feed(train, head, stepper, plan.batch_size)
        self.valid_feed: Feed | None = None
        if valid is not None and valid.n_windows:
            self.valid_feed = Feed(valid, head, stepper, plan.batch_size)
        whole = -(-self.n_windows // plan.batch_size)
        self.steps_per_epoch = plan.steps_per_epoch or whole
        self.total_steps = plan.n_steps or plan.epochs * self.steps_per_epoch
        self.n_epochs = -(-self.total_steps // self.steps_per_epoch)
        self.schedule = make_schedule(
            plan.schedule,
            plan.learning_rate,
            plan.schedule_steps or self.total_steps,
            self.steps_per_epoch,
        )
        self.rate = 0.0
        self.step = 0
        self.best_loss = inf
        self.best_epoch = self.best_step = 0
        self.best_weights: Any = None
        self.history: list[EpochResult] = []

    def run(self, progress: Progress | None, stop: StopFlag, slow: str | None) -> TrainingResult:
        """Train to the end, restore the best weights.

        Raises:
            ConfigError: The loss became infinite or NaN.
            ValueError: It is so before training.
        """
        began = perf_counter()
        before = self._probe()
        if not isfinite(before):
            raise ValueError(
                f"the loss of the untrained network is {before}: inputs or targets are not finite"
            )
        for epoch in range(1, self.n_epochs + 1):
            if stop.is_set:
                break
            result = self._epoch(epoch, stop)
            self.history.append(result)
            if progress is not None:
                progress(result)
            if self._has_waited_enough(epoch):
                break
        after = self._probe()
        if not isfinite(after):
            raise self._not_a_number(after)
        if self.best_weights is not None:
            self.stepper.restore(self.best_weights)
        return TrainingResult(
            history=tuple(self.history),
            best_epoch=self.best_epoch,
            best_step=self.best_step,
            n_steps=self.step,
            steps_per_epoch=self.steps_per_epoch,
            interrupted=stop.reason,
            seconds=perf_counter() - began,
            slow_path=slow,
            warnings=() if stop.is_set or self.starts_fitted else _not_moved(before, after),
        )

    def _epoch(self, epoch: int, stop: StopFlag) -> EpochResult:
        """One epoch: its steps, then the validation loss."""
        began = perf_counter()
        train_loss = self._steps(epoch, stop)
        valid_loss = None if self.valid_feed is None else self._mean_loss(self.valid_feed)
        if valid_loss is not None and not isfinite(valid_loss):
            raise self._not_a_number(valid_loss)
        is_best = valid_loss is None or valid_loss < self.best_loss
        if is_best:
            self.best_epoch, self.best_step = epoch, self.step
            if valid_loss is not None:
                self.best_loss, self.best_weights = valid_loss, self.stepper.snapshot()
        if isinstance(self.schedule, Plateau):
            self.schedule.end_epoch(train_loss if valid_loss is None else valid_loss)
        return EpochResult(
            epoch=epoch,
            n_epochs=self.n_epochs,
            step=self.step,
            train_loss=train_loss,
            valid_loss=valid_loss,
            learning_rate=self.rate,
            seconds=perf_counter() - began,
            is_best=is_best,
        )

    def _steps(self, epoch: int, stop: StopFlag) -> float:
        """The steps of one epoch; its mean training loss."""
        n_steps = min(self.steps_per_epoch, self.total_steps - self.step)
        order = epoch_order(self.n_windows, self._n_wanted(n_steps), self.plan.seed, epoch)
        losses: list[Any] = []
        known: list[int] = []
        numbers: list[float] = []
        for batch in self.feed.batches(order):
            self.rate = self.schedule(self.step)
            losses.append(self.stepper.step(batch, self.rate))
            known.append(batch.n_known)
            self.step += 1
            if len(losses) == STEPS_BETWEEN_LOOKS:
                numbers += self._read(losses)
                losses = []
            if stop.is_set:
                break
        numbers += self._read(losses)
        return float(np.average(numbers, weights=known)) if sum(known) else 0.0

    def _n_wanted(self, n_steps: int) -> int:
        """Windows of so many steps; an epoch of all windows ends with what is left of them."""
        whole = -(-self.n_windows // self.plan.batch_size)
        return self.n_windows if n_steps == whole else n_steps * self.plan.batch_size

    def _read(self, losses: list[Any]) -> list[float]:
        """Losses as numbers; ConfigError when one is none."""
        numbers = self.stepper.read(losses)
        for number in numbers:
            if not isfinite(number):
                raise self._not_a_number(number)
        return numbers

    def _mean_loss(self, feed: Feed, order: np.ndarray | None = None) -> float:
        """Mean loss over the known targets of the windows in ``order``, of all when None."""
        losses: list[Any] = []
        known: list[int] = []
        for batch in feed.batches(order):
            losses.append(self.stepper.loss(batch))
            known.append(batch.n_known)
        return float(np.average(self.stepper.read(losses), weights=known)) if sum(known) else 0.0

    def _probe(self) -> float:
        """Loss on some training windows, evenly spaced, without dropout."""
        n_probed = min(PROBE_BATCHES * self.plan.batch_size, self.n_windows)
        order = np.linspace(0, self.n_windows - 1, n_probed).astype(np.int64)
        return self._mean_loss(self.feed, order)

    def _has_waited_enough(self, epoch: int) -> bool:
        """Whether the validation loss has not gained for as long as the plan waits."""
        if self.plan.patience is None or self.valid_feed is None or self.plan.schedule.must_finish:
            return False
        return epoch - self.best_epoch >= self.plan.patience

    def _not_a_number(self, loss: float) -> ConfigError:
        """What to tell the user."""
        return ConfigError(
            f"--learning-rate {self.plan.learning_rate:g}: the loss became {loss} within {self.step} steps. "
            "Lower it, or set --clip 1."
        )


def _not_moved(before: float, after: float) -> tuple[Note, ...]:
    """A warning when training has changed nothing."""
    if before < NOTHING_LEFT or before - after > LEAST_GAIN * abs(before):
        return ()
    text = (
        f"the loss has not moved: {before:.4g} before training, {after:.4g} after it. "
        "Try another --learning-rate, fewer --layers or more --epochs."
    )
    return (Note("loss_not_moved", text),)
