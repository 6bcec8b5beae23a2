from __future__ import annotations

import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from forecaster.errors import ConfigError
from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.heads import BinsHead, Head, PointHead, QuantileHead
from forecaster.network.predict import predict_outputs
from forecaster.training import feed as feed_module
from forecaster.training import stepper as stepper_module
from forecaster.training.feed import epoch_order
from forecaster.training.interrupts import StopFlag, catch_interrupts
from forecaster.training.loop import train
from forecaster.training.plan import TrainingPlan
from forecaster.training.schedules import SchedulePlan
from forecaster.training.watch import Watch

CONSTANT = SchedulePlan("constant")


def network(head: Head, look_back: int = 12, horizon: int = 2, **settings):
    settings = {"units": (8,), "dropout": 0.0, **settings}
    return build_model(Architecture(look_back, horizon, 1, head.n_outputs, **settings), 0)


def flat(model) -> np.ndarray:
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


@pytest.mark.parametrize(
    "head",
    [PointHead(), PointHead("mae"), QuantileHead(), BinsHead(np.linspace(-1.001, 1.001, 11))],
    ids=lambda head: head.name,
)
def test_every_head_beats_the_naive_forecast_on_a_sine_wave(head: Head, sine) -> None:
    train_source, valid = sine
    model = network(head, units=(16,), dropout=0.1)
    plan = TrainingPlan(epochs=40, learning_rate=0.01, batch_size=32)
    result = train(model, head, train_source, valid, plan)
    median = head.distribution(predict_outputs(model, valid)).quantile(0.5)
    naive = valid.past[:, -1, 0][:, None]
    error, naive_error = np.abs(median - valid.target).mean(), np.abs(naive - valid.target).mean()
    assert error < 0.4 * naive_error
    assert result.history[-1].valid_loss < result.history[0].valid_loss
    assert result.warnings == ()
    assert result.slow_path is None


def test_same_seed_gives_bit_identical_weights(sine) -> None:
    head = QuantileHead()
    plan = TrainingPlan(epochs=3, seed=4)
    found = []
    for seed in (4, 4, 5):
        model = network(head, dropout=0.3, units=(8, 8))
        torch.rand(3)  # what ran before does not matter
        train(model, head, *sine, replace(plan, seed=seed))
        found.append(flat(model))
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_training_leaves_other_random_numbers_alone(sine) -> None:
    torch.manual_seed(1)
    expected = float(torch.rand(()))
    torch.manual_seed(1)
    train(network(PointHead(), dropout=0.2), PointHead(), *sine, TrainingPlan(epochs=1))
    assert float(torch.rand(())) == expected


@pytest.mark.parametrize("optimizer", ["rmsprop", "adam", "sgd"])
def test_lean_path_learns_as_keras_does(optimizer: str, sine, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = TrainingPlan(optimizer=optimizer, momentum=0.5, epochs=3, learning_rate=2e-3, clip=0.05)
    curves, weights = [], []
    for lean in (True, False):
        monkeypatch.setattr(stepper_module, "on_torch", lambda lean=lean: lean)
        model = network(QuantileHead())
        result = train(model, QuantileHead(), *sine, plan)
        curves.append([(e.train_loss, e.valid_loss) for e in result.history])
        weights.append(flat(model))
    assert np.allclose(*curves, rtol=1e-4)
    assert np.allclose(*weights, rtol=1e-2, atol=1e-4)


def test_keras_path_takes_classes(sine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepper_module, "on_torch", lambda: False)
    head = BinsHead(np.linspace(-1, 1, 5))
    result = train(network(head), head, *sine, TrainingPlan(epochs=2))
    assert result.history[1].valid_loss < np.log(4)


def test_windows_too_large_to_keep_are_gathered_each_epoch_with_the_same_result(
    sine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = TrainingPlan(epochs=3, batch_size=50)
    kept = network(PointHead())
    train(kept, PointHead(), *sine, plan)
    passes = sine[0].n_passes
    monkeypatch.setattr(feed_module, "CACHE_BYTES", 0)
    fresh = network(PointHead())
    train(fresh, PointHead(), *sine, plan)
    assert passes == 2  # one window to see its size, then all of them
    assert sine[0].n_passes - passes == 1 + 2 + 3  # size, two probes, three epochs
    assert np.array_equal(flat(kept), flat(fresh))


def test_epoch_is_all_windows_once_in_an_order_of_its_own() -> None:
    first, second = epoch_order(10, 10, TrainingPlan(), 1), epoch_order(10, 10, TrainingPlan(), 2)
    assert sorted(first) == sorted(second) == list(range(10))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, epoch_order(10, 10, TrainingPlan(), 1))
    few = epoch_order(1000, 10, TrainingPlan(), 1)
    assert len(np.unique(few)) == 10
    many = epoch_order(10, 25, TrainingPlan(), 1)
    assert np.bincount(many).tolist().count(3) == 5


def test_history_counts_steps_and_epochs(noise) -> None:
    told = []
    plan = TrainingPlan(epochs=3, batch_size=32, schedule=CONSTANT, learning_rate=1e-3)
    result = train(network(PointHead(), 3, 1), PointHead(), noise(70), noise(20), plan, Watch(told.append))
    assert [(e.epoch, e.step, e.n_epochs, e.learning_rate) for e in result.history] == [
        (1, 3, 3, 1e-3),
        (2, 6, 3, 1e-3),
        (3, 9, 3, 1e-3),
    ]
    assert tuple(told) == result.history
    assert (result.n_steps, result.steps_per_epoch) == (9, 3)
    assert result.best_step == 3 * result.best_epoch


def test_fixed_number_of_steps_is_kept_exactly(noise) -> None:
    plan = TrainingPlan(epochs=99, n_steps=7, batch_size=10)
    result = train(network(PointHead(), 3, 1), PointHead(), noise(30), None, plan)
    assert [e.step for e in result.history] == [3, 6, 7]
    assert (result.n_steps, result.best_step, result.best_epoch) == (7, 7, 3)
    assert result.history[-1].valid_loss is None


def test_steps_per_epoch_may_be_fewer_or_more_than_hold_all_windows(noise) -> None:
    for steps in (2, 50):
        plan = TrainingPlan(epochs=2, steps_per_epoch=steps, batch_size=10)
        result = train(network(PointHead(), 3, 1), PointHead(), noise(100), None, plan)
        assert [e.step for e in result.history] == [steps, 2 * steps]


def test_training_stops_when_patience_is_over_and_keeps_the_best_weights(noise) -> None:
    train_source, valid = noise(40), noise(41)
    plan = TrainingPlan(epochs=200, patience=3, learning_rate=0.02, schedule=CONSTANT)
    model = network(PointHead(), 3, 1, units=(16,))
    result = train(model, PointHead(), train_source, valid, plan)
    losses = [e.valid_loss for e in result.history]
    assert len(losses) == result.best_epoch + 3 < 200
    assert losses[result.best_epoch - 1] == min(losses)
    outputs = predict_outputs(model, valid)[:, :, 0]
    assert np.mean((outputs - valid.target) ** 2) == pytest.approx(min(losses), rel=1e-5)


def test_one_cycle_runs_to_its_end_whatever_the_patience(noise) -> None:
    plan = TrainingPlan(epochs=12, patience=1, learning_rate=0.02)
    result = train(network(PointHead(), 3, 1), PointHead(), noise(40), noise(41), plan)
    assert len(result.history) == 12
    assert result.history[-1].learning_rate == pytest.approx(0.02 / 1e4)


@pytest.mark.parametrize("head", [PointHead(), QuantileHead(), BinsHead(np.array([0.9, 0.95, 1.05, 1.1]))])
def test_constant_target_is_learnt(head: Head, noise) -> None:
    source = noise(64)
    source.past[:] = 1.0
    source.target[:] = 1.0
    model = network(head, 3, 1)
    train(model, head, source, source, TrainingPlan(epochs=60, learning_rate=0.02))
    median = head.distribution(predict_outputs(model, source)).quantile(0.5)
    assert np.abs(median - 1).max() < 0.01


def test_masked_targets_do_not_change_the_weights(noise) -> None:
    source = noise(40)
    source.target[20:] = np.nan
    result = train(
        network(PointHead(), 3, 1), PointHead(), source, None, TrainingPlan(epochs=2, batch_size=8)
    )
    assert np.isfinite(result.history[-1].train_loss)
    source.target[:] = np.nan
    model = network(PointHead(), 3, 1)
    before = flat(model)
    train(model, PointHead(), source, source, TrainingPlan(epochs=1))
    assert np.array_equal(flat(model), before)


def test_predictions_are_in_the_order_of_the_source_whatever_the_batch(sine) -> None:
    model = network(QuantileHead())
    whole = predict_outputs(model, sine[1])
    assert whole.shape == (sine[1].n_windows, 2, 13)
    assert whole.dtype == np.float32
    assert np.allclose(whole, predict_outputs(model, sine[1], batch_size=7), atol=1e-6)
    inputs = {"past": torch.tensor(sine[1].past), "observed": torch.ones(sine[1].past.shape)}
    assert np.allclose(whole, model(inputs).detach().numpy(), atol=1e-6)


def test_weights_have_memory_of_their_own_after_training(noise) -> None:
    model = network(PointHead(), 3, 1)
    train(model, PointHead(), noise(20), None, TrainingPlan(epochs=1))
    storages = {weight.value.untyped_storage().data_ptr() for weight in model.weights}
    assert len(storages) == len(model.weights)
    assert all(weight.value.grad is None for weight in model.weights)


def test_loss_that_is_no_number_names_the_learning_rate(noise) -> None:
    plan = TrainingPlan("sgd", learning_rate=1e30, clip=0, epochs=5, schedule=CONSTANT)
    with pytest.raises(ConfigError, match=r"--learning-rate 1e\+30: the loss became (nan|inf) .* Lower it"):
        train(network(PointHead(), 3, 1), PointHead(), noise(100), noise(10), plan)


def test_inputs_that_are_no_numbers_are_the_callers_mistake(noise) -> None:
    source = noise(10)
    source.past[0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        train(network(PointHead(), 3, 1), PointHead(), source, None, TrainingPlan(epochs=1))
    with pytest.raises(ValueError, match="no training windows"):
        train(network(PointHead(), 3, 1), PointHead(), noise(0), None, TrainingPlan(epochs=1))


def test_loss_that_has_not_moved_is_said(noise) -> None:
    plan = TrainingPlan(learning_rate=1e-12, epochs=2)
    result = train(network(PointHead(), 3, 1), PointHead(), noise(50), None, plan)
    (note,) = result.warnings
    assert note.code == "loss_not_moved"
    assert note.text.startswith("the loss has not moved: ")


def test_interrupt_ends_after_the_batch_and_keeps_the_best_weights(sine) -> None:
    train_source, valid = sine
    model, head = network(PointHead()), PointHead()
    best = {}

    def interrupt_third(epoch) -> None:
        best[epoch.epoch] = epoch.valid_loss
        if epoch.epoch == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with catch_interrupts() as stop:
        result = train(
            model, head, train_source, valid, TrainingPlan(epochs=50), Watch(interrupt_third, stop)
        )
    assert result.interrupted == "SIGINT"
    assert len(result.history) == 3
    outputs = predict_outputs(model, valid)[:, :, 0]
    assert np.mean((outputs - valid.target) ** 2) == pytest.approx(min(best.values()), rel=1e-5)


def test_interrupt_within_an_epoch_ends_after_one_batch(noise) -> None:
    stop = StopFlag("SIGTERM")
    model = network(PointHead(), 3, 1)
    before = flat(model)
    result = train(model, PointHead(), noise(100), noise(10), TrainingPlan(), Watch(stop=stop))
    assert (result.interrupted, result.n_steps, result.best_epoch) == ("SIGTERM", 0, 0)
    assert np.array_equal(flat(model), before)

    stop = StopFlag()
    plan = TrainingPlan(
        batch_size=10, schedule=SchedulePlan(lambda step, _: 1e-3 if step < 4 else stop.set("SIGINT") or 1e-3)
    )
    result = train(model, PointHead(), noise(100), noise(10), plan, Watch(stop=stop))
    assert (result.interrupted, result.n_steps, result.best_step) == ("SIGINT", 5, 5)
    assert result.history[0].valid_loss is not None


def test_training_that_ends_early_follows_the_longer_schedule(sine) -> None:
    head = PointHead()
    whole = TrainingPlan(epochs=4, schedule=SchedulePlan("cosine"))

    def rates(plan: TrainingPlan) -> list[float]:
        result = train(network(head), head, *sine, plan)
        return [epoch.learning_rate for epoch in result.history]

    n_steps = train(network(head), head, *sine, whole).steps_per_epoch
    early = replace(whole, n_steps=2 * n_steps)
    assert rates(replace(early, schedule_steps=4 * n_steps)) == rates(whole)[:2]
    assert rates(early)[-1] < rates(whole)[1]
