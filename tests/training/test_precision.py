from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from forecaster import Forecaster
from forecaster.errors import ConfigError
from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.heads import Head, PointHead, QuantileHead
from forecaster.network.predict import predict_outputs
from forecaster.training import device
from forecaster.training.loop import train
from forecaster.training.plan import TrainingPlan


def trained(sine, precision: str, head: Head, **settings):
    """A network without dropout after a few epochs, and how they went."""
    settings = {"units": (16,), "dropout": 0.0, **settings}
    model = build_model(Architecture(12, 2, 1, head.n_outputs, **settings), 0)
    plan = TrainingPlan(epochs=6, learning_rate=5e-3, batch_size=32, precision=precision)
    return model, train(model, head, *sine, plan)


@pytest.mark.parametrize(
    "settings",
    [
        {"cell": "lstm"},
        {"cell": "gru", "dense_units": (8,)},
        {"cell": "gru", "segment": 6, "decoder": "parallel"},
        {"cell": "lstm", "units": (8, 8), "bidirectional": True},
        {"cell": "lstm", "activation": "relu"},
    ],
    ids=["lstm", "gru", "parallel", "bidirectional", "slow path"],
)
def test_bfloat16_follows_the_losses_of_float32(sine, settings: dict) -> None:
    curves = []
    for precision in ("float32", "bfloat16"):
        _, result = trained(sine, precision, QuantileHead(), **settings)
        curves.append(np.array([(e.train_loss, e.valid_loss) for e in result.history]))
    whole, mixed = curves
    assert whole[-1, 1] < 0.8 * whole[0, 1]  # there is a way to follow
    # A number of bfloat16 has 8 bits: each product is off by 0.4 % at most, up or down. Over 60 steps losses
    # may drift apart by a few times that, measured by the loss they began with.
    assert np.abs(mixed[:, 0] - whole[:, 0]).max() < 0.03 * whole[0, 0]
    assert abs(mixed[-1, 1] - whole[-1, 1]) < 0.03 * whole[0, 1]
    assert not np.array_equal(whole, mixed)


def test_bfloat16_leaves_weights_losses_and_forecasts_in_float32(sine) -> None:
    model, result = trained(sine, "bfloat16", PointHead())
    assert {weight.value.dtype for weight in model.weights} == {torch.float32}
    outputs = predict_outputs(model, sine[1])
    assert outputs.dtype == np.float32
    loss = np.mean((outputs[:, :, 0] - sine[1].target) ** 2)
    assert loss == pytest.approx(min(e.valid_loss for e in result.history), rel=1e-5)
    moved = np.concatenate([weight.numpy().ravel() for weight in model.weights])
    rounded = torch.tensor(moved).bfloat16().float().numpy()
    assert np.mean(moved != rounded) > 0.9  # updates smaller than bfloat16 can tell are kept


def test_bfloat16_gives_the_same_weights_every_time(sine) -> None:
    first, again = (trained(sine, "bfloat16", QuantileHead(), dropout=0.2)[0] for _ in range(2))
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_bfloat16_is_refused_on_another_backend_and_auto_does_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(device, "on_torch", lambda: False)
    with pytest.raises(
        ConfigError, match=r"^--precision bfloat16: only with the torch backend\. Leave it out\.$"
    ):
        device.choose_precision("bfloat16", "cpu", 8, 8)
    assert device.choose_precision("auto", "cpu", 1024, 1024) == "float32"
    assert device.choose_precision("float32", "cpu", 1024, 1024) == "float32"


def test_bfloat16_asked_for_is_taken_whatever_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_multiplies_bfloat16", lambda _: False)
    assert device.choose_precision("bfloat16", "cpu", 1, 1) == "bfloat16"
    assert device.choose_precision("auto", "cpu", 1024, 1024) == "float32"


def test_forecasts_hardly_depend_on_the_precision() -> None:
    step = np.arange(90)
    y = 10 + np.sin(step * 2 * np.pi / 7) + 0.1 * np.random.default_rng(1).normal(size=90)
    frame = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=90, freq="D"), "y": y})
    settings = {"kind": "values", "horizon": 7, "season": 7, "units": 8, "epochs": 4, "ensemble": 1}
    whole, mixed = (
        Forecaster(**settings, dropout=0.0, threads=1, precision=precision).fit(frame).predict()
        for precision in ("float32", "bfloat16")
    )
    # The residual that is learnt is of the order of 0.1; a few per cent of it are below 0.02.
    assert np.abs(whole["forecast"] - mixed["forecast"]).max() < 0.02
    assert not np.array_equal(whole["forecast"], mixed["forecast"])
