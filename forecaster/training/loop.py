"""train: fits a network to windows, keeps the weights that were best on others."""

from __future__ import annotations

from itertools import islice
from math import inf, isfinite
from time import perf_counter
from typing import Any

import keras
import numpy as np

from forecaster.errors import ConfigError
from forecaster.network.output import Output
from forecaster.network.placement import device_of, device_scope, on_torch, seeded
from forecaster.network.recurrent import slow_path
from forecaster.training.feed import Feed, epoch_order, make_feed, probe_order
from forecaster.training.interrupts import StopFlag
from forecaster.training.moved import not_moved
from forecaster.training.plan import EpochResult, TrainingPlan, TrainingResult
from forecaster.training.schedules import Plateau, make_schedule
from forecaster.training.standing import Kept, Standing
from forecaster.training.stepper import Stepper, make_stepper
from forecaster.training.watch import Watch
from forecaster.windows.batch import BatchSource

# Losses are looked at this often: waiting for each would hold up a GPU.
STEPS_BETWEEN_LOOKS = 100


def train(
    model: keras.Model,
    head: Output,
    train: BatchSource,
    valid: BatchSource | None,
    plan: TrainingPlan,
    watch: Watch | None = None,
) -> TrainingResult:
    """Fit ``model`` in place.

    Args:
        model: From ``build_model``, with as many outputs as the head takes.
        head: Its loss.
        train: Windows to learn from, one at least.
        valid: Windows that choose the weights to keep; None, or none, keeps the last ones.
        plan: How; ``plan.n_steps`` for a fixed number of steps.
        watch: Progress, an end from outside, and where to keep how far training has come.

    Returns:
        What happened. The model holds the best weights seen on ``valid``, else the last. A training that was
        ended and is gone on with gives what it would have given without the end.

    Raises:
        ConfigError: The loss is no longer a number.
        RunError: What was kept of this training is damaged, or of another network.
        ValueError: There are no training windows, or their inputs are not finite.
    """
    if train.peers.total(train.n_windows) == 0:
        raise ValueError("there are no training windows")
    watch = watch or Watch()
    if plan.device is not None and on_torch():
        model.to(plan.device)
    if watch.keeper is not None and watch.keeper.is_done:
        return watch.keeper.put_back(model)
    with seeded(plan.seed), device_scope(device_of(model)):
        stepper = make_stepper(model, head, plan, train.peers)
        try:
            result = _Training(stepper, head, train, valid, plan).run(watch, slow_path(model))
        finally:
            stepper.close()
    if watch.keeper is not None and result.interrupted is None:
        watch.keeper.finish(model, result)
    return result


class _Training:
    """The state of one training."""

    def __init__(
        self,
        stepper: Stepper,
        head: Output,
        train: BatchSource,
        valid: BatchSource | None,
        plan: TrainingPlan,
    ) -> None:
        self.stepper = stepper
        self.plan = plan
        self.starts_fitted = head.starts_fitted
        self.peers = train.peers
        self.n_windows = self.peers.total(train.n_windows)
        self.feed = make_feed(train, head, stepper, plan.batch_size)
        self.valid_feed: Feed | None = None
        if valid is not None and self.peers.total(valid.n_windows):
            self.valid_feed = make_feed(valid, head, stepper, plan.batch_size)
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
        self.epoch = self.step = 0
        self.losses: list[float] = []  # of the batches done of an epoch that was cut
        self.known: list[int] = []
        self.is_cut = False
        self.before: float | None = None
        self.seconds_before = 0.0
        self.best_loss = inf
        self.best_epoch = self.best_step = 0
        self.best_weights: Any = None
        self.history: list[EpochResult] = []

    def run(self, watch: Watch, slow: str | None) -> TrainingResult:
        """Train to the end, restore the best weights.

        Raises:
            ConfigError: The loss became infinite or NaN.
            ValueError: It is so before training.
        """
        self.began, self.watch, stop = perf_counter(), watch, watch.stop
        if watch.keeper is not None:
            watch.keeper.resume(self.resume)
        if self.before is None:
            self.before = self._probe()
        if not isfinite(self.before):
            raise ValueError(
                f"the loss of the untrained network is {self.before}: inputs or targets are not finite"
            )
        while not (stop.is_set or self._is_over()):
            self.history.append(self._epoch(stop))
            self._keep(self.is_cut)
            if watch.progress is not None:
                watch.progress(self.history[-1])
        if stop.is_set and not self.is_cut and not self._is_over():
            self.is_cut = True
            self._keep(False, must=True)
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
            interrupted=stop.reason if self.is_cut else None,
            seconds=self._seconds,
            slow_path=slow,
            warnings=() if self.is_cut or self.starts_fitted else not_moved(self.before, after),
        )

    @property
    def _seconds(self) -> float:
        """Spent on this training, in processes that were ended too."""
        return self.seconds_before + perf_counter() - self.began

    def _keep(self, is_within: bool, must: bool = False) -> None:
        """Let the keeper have the state; within an epoch it has had it before the validation."""
        if self.watch.keeper is not None and not is_within:
            self.watch.keeper.offer(self.state, must)

    def state(self) -> Kept:
        """Where training stands, before the next step changes it."""
        tensors, numbers = self.stepper.state(self.best_weights)
        standing = Standing(
            epoch=self.epoch,
            step=self.step,
            losses=tuple(self.losses),
            known=tuple(self.known),
            rate=self.rate,
            before=self.before or 0.0,
            best_loss=self.best_loss if isfinite(self.best_loss) else None,
            best_epoch=self.best_epoch,
            best_step=self.best_step,
            plateau=self.schedule.standing if isinstance(self.schedule, Plateau) else None,
            numbers=numbers,
            seconds=self._seconds,
            history=tuple(self.history),
        )
        return Kept(standing, tensors)

    def resume(self, kept: Kept) -> None:
        """Go on from a state; ValueError when it is of another network."""
        was = kept.standing
        self.best_weights = self.stepper.resume(kept.tensors, was.numbers)
        self.epoch, self.step, self.rate, self.before = was.epoch, was.step, was.rate, was.before
        self.losses, self.known = list(was.losses), list(was.known)
        self.best_loss = inf if was.best_loss is None else was.best_loss
        self.best_epoch, self.best_step = was.best_epoch, was.best_step
        self.history, self.seconds_before = list(was.history), was.seconds
        if isinstance(self.schedule, Plateau) and was.plateau is not None:
            self.schedule.resume(was.plateau)

    def _is_over(self) -> bool:
        """Whether all epochs are done, or the last ones have not gained for as long as the plan waits."""
        if self.epoch >= self.n_epochs or self.is_cut:
            return True
        if self.plan.patience is None or self.valid_feed is None or self.plan.schedule.must_finish:
            return False
        return self.epoch - self.best_epoch >= self.plan.patience

    def _epoch(self, stop: StopFlag) -> EpochResult:
        """One epoch: its steps, then the validation loss."""
        began = perf_counter()
        epoch = self.epoch + 1
        train_loss = self._steps(epoch, stop)
        self.epoch = epoch
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
        n_done = len(self.known)
        n_steps = min(self.steps_per_epoch, self.total_steps - self.step + n_done)
        order = epoch_order(self.n_windows, self._n_wanted(n_steps), self.plan, epoch)
        losses: list[Any] = []
        known, numbers = self.known, self.losses
        for batch in islice(self.feed.batches(order), n_done, None):
            self.rate = self.schedule(self.step)
            loss, n_known = self.stepper.step(batch, self.rate)
            losses.append(loss)
            known.append(n_known)
            self.step += 1
            if len(losses) == STEPS_BETWEEN_LOOKS:
                numbers += self._read(losses)
                losses = []
            if stop.is_set:
                self.is_cut = True
                break
        numbers += self._read(losses)
        self.losses, self.known = numbers, known
        if self.is_cut:
            self._keep(False, must=True)
        self.losses, self.known = [], []
        return float(np.average(numbers, weights=known)) if sum(known) else 0.0

    def _n_wanted(self, n_steps: int) -> int:
        """Windows of so many steps; an epoch of all windows ends with what is left of them."""
        whole = -(-self.n_windows // self.plan.batch_size)
        return self.n_windows if n_steps == whole else n_steps * self.plan.batch_size

    def _read(self, losses: list[Any]) -> list[float]:
        """Losses as numbers; ConfigError when one is none."""
        numbers: list[float] = self.peers.total(np.array(self.stepper.read(losses))).tolist()
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
        total = float(np.multiply(self.stepper.read(losses), known).sum())
        total, n_known = self.peers.total(np.array([total, sum(known)])).tolist()
        return total / n_known if n_known else 0.0

    def _probe(self) -> float:
        """Loss on some training windows, without dropout."""
        return self._mean_loss(self.feed, probe_order(self.n_windows, self.plan))

    def _not_a_number(self, loss: float) -> ConfigError:
        """What to tell the user."""
        return ConfigError(
            f"--learning-rate {self.plan.learning_rate:g}: the loss became {loss} within {self.step} steps. "
            "Lower it, or set --clip 1."
        )
