from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.recurrent import LAYERS, FusedGRU, FusedLSTM, FusedRNN, slow_path

STOCK = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}
N_STATES = {"lstm": 2, "gru": 1, "rnn": 1}


def pair(cell: str, n_features: int, **settings):
    """A fused and a stock layer with the same weights, biases other than 0."""
    fused, stock = LAYERS[cell](6, **settings), STOCK[cell](6, **settings)
    for layer in (fused, stock):
        layer.build((None, 5, n_features))
    random = np.random.default_rng(1)
    weights = [random.normal(scale=0.4, size=w.shape).astype(np.float32) for w in fused.get_weights()]
    fused.set_weights(weights)
    stock.set_weights(weights)
    return fused, stock


def forced_to_fall_back(monkeypatch: pytest.MonkeyPatch, layer_class: type) -> None:
    """Make a fused layer fail loudly, should it call the stock path."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("stock path taken")

    monkeypatch.setattr(layer_class.__mro__[1], "call", fail)


def gradients(layer, x: torch.Tensor, **call) -> list[torch.Tensor]:
    """Gradients of a weighted sum of the outputs towards the input and every weight."""
    x = x.clone().requires_grad_(True)
    outputs = layer(x, **call)
    outputs = outputs if isinstance(outputs, tuple | list) else [outputs]
    total = sum((part * torch.linspace(-1, 1, part.numel()).view(part.shape)).sum() for part in outputs)
    return list(torch.autograd.grad(total, [x, *(w.value for w in layer.trainable_variables)]))


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"return_sequences": True},
        {"go_backwards": True, "return_sequences": True},
        {"return_state": True, "return_sequences": True},
        {"use_bias": False},
        {"go_backwards": True, "return_state": True},
    ],
)
@pytest.mark.parametrize("shape", [(1, 1, 1), (4, 7, 3)])
def test_fused_layer_equals_keras_layer(cell: str, settings: dict, shape: tuple) -> None:
    fused, stock = pair(cell, shape[2], **settings)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    ours, theirs = fused(x), stock(x)
    if not settings.get("return_state"):
        ours, theirs = [ours], [theirs]
    assert fused.uses_fused_path
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        assert torch.allclose(a, b, rtol=0, atol=1e-6)
    for a, b in zip(gradients(fused, x), gradients(stock, x), strict=True):
        assert torch.allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_fused_layer_starts_from_the_state_it_is_given(cell: str) -> None:
    fused, stock = pair(cell, 2)
    x = torch.randn(3, 5, 2)
    states = [torch.randn(3, 6) for _ in range(N_STATES[cell])]
    ours, theirs = fused(x, initial_state=states), stock(x, initial_state=states)
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-6)
    assert not torch.allclose(ours, fused(x), atol=1e-3)
    for a, b in zip(
        gradients(fused, x, initial_state=states), gradients(stock, x, initial_state=states), strict=True
    ):
        assert torch.allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_fused_path_does_not_call_the_stock_one(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forced_to_fall_back(monkeypatch, LAYERS[cell])
    layer = LAYERS[cell](4)
    assert layer(torch.zeros(2, 3, 1)).shape == (2, 4)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gradients_are_right_in_float64(cell: str) -> None:
    layer = LAYERS[cell](2, dtype="float64", return_sequences=True)
    layer.build((None, 3, 2))
    x = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, (x,))


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_bidirectional_layer_equals_keras_one(cell: str) -> None:
    ours = keras.layers.Bidirectional(LAYERS[cell](4, return_sequences=True))
    theirs = keras.layers.Bidirectional(STOCK[cell](4, return_sequences=True))
    x = torch.randn(3, 5, 2)
    ours(x), theirs(x)
    theirs.set_weights(ours.get_weights())
    assert type(ours.backward_layer) is LAYERS[cell]
    assert torch.allclose(ours(x), theirs(x), rtol=0, atol=1e-6)


def test_input_dropout_leaves_the_mean_and_stops_at_inference() -> None:
    layer = FusedRNN(1, dropout=0.5, activation="relu", kernel_initializer="ones", use_bias=False)
    x = torch.ones(4000, 1, 1)
    dropped = layer(x, training=True)
    assert set(dropped.detach().unique().tolist()) == {0.0, 2.0}
    assert abs(dropped.mean().item() - 1) < 0.1
    assert torch.equal(layer(x, training=False), torch.ones(4000, 1))


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (FusedLSTM(2, recurrent_dropout=0.1), False),
        (FusedLSTM(2, activation="relu"), False),
        (FusedLSTM(2, recurrent_activation="hard_sigmoid"), False),
        (FusedGRU(2, reset_after=False), False),
        (FusedRNN(2, activation="sigmoid"), False),
        (FusedRNN(2, activation="relu"), True),
        (FusedGRU(2), True),
    ],
)
def test_fused_path_is_only_taken_where_it_is_right(layer, reason: bool) -> None:
    assert layer.uses_fused_path is reason
    assert layer(torch.zeros(2, 3, 1), training=True).shape == (2, 2)


def test_masked_input_takes_the_stock_path() -> None:
    fused, stock = pair("lstm", 2)
    x, mask = torch.randn(2, 5, 2), torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()
    assert torch.allclose(fused(x, mask=mask), stock(x, mask=mask), atol=1e-6)


def test_slow_path_is_named_with_its_reason() -> None:
    assert slow_path(build_model(Architecture(3, 1, 1, 1))) is None
    slow = build_model(Architecture(3, 1, 1, 1, units=(4, 4), recurrent_dropout=0.1))
    assert slow_path(slow) == "recurrent_1: recurrent dropout; recurrent_2: recurrent dropout"
    other = build_model(Architecture(3, 1, 1, 1, units=(4,), activation="relu", bidirectional=True))
    assert slow_path(other) == "recurrent_1_both: activations relu, sigmoid"
