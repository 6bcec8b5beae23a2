from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import torch

from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model, with_weights_of
from forecaster.network.forward import lean_forward
from forecaster.network.recurrent import slow_path

# Cell and activation; with relu an LSTM takes Keras's own path.
PATHS = [("lstm", "tanh"), ("gru", "tanh"), ("rnn", "tanh"), ("lstm", "relu"), ("gru", "relu")]


def sizes(cell: str = "lstm", activation: str = "tanh", look_back: int = 4) -> Architecture:
    return Architecture(
        look_back=look_back,
        horizon=look_back,
        n_channels=2,
        n_outputs=3,
        cell=cell,
        units=(5, 4),
        dropout=0.0,
        activation=activation,
        decoder="steps",
    )


def inputs(past: np.ndarray, *carries: float) -> dict[str, Any]:
    given = {"past": torch.tensor(past, dtype=torch.float32), "observed": torch.ones(past.shape)}
    return given | ({"carries": torch.tensor(carries)} if carries else {})


def outputs(model: keras.Model, given: dict[str, Any]) -> np.ndarray:
    with torch.no_grad():
        return np.array(lean_forward(model)(given, False))


@pytest.mark.parametrize(("cell", "activation"), PATHS)
def test_two_windows_of_a_stream_equal_one_long_window(cell: str, activation: str) -> None:
    past = np.random.default_rng(0).normal(size=(2, 8, 2))
    long = build_model(sizes(cell, activation, 8))
    streams = with_weights_of(build_model(sizes(cell, activation), n_streams=2), long)
    whole = outputs(long, inputs(past))
    first = outputs(streams, inputs(past[:, :4], 0.0, 0.0))
    second = outputs(streams, inputs(past[:, 4:], 1.0, 1.0))
    assert np.allclose(np.concatenate([first, second], axis=1), whole, atol=1e-6)
    assert (slow_path(streams) is None) == (activation == "tanh" or cell == "rnn")


def test_a_window_that_carries_nothing_stands_alone() -> None:
    past = np.random.default_rng(1).normal(size=(2, 4, 2))
    alone = build_model(sizes())
    streams = with_weights_of(build_model(sizes(), n_streams=2), alone)
    for _ in range(2):
        assert np.allclose(outputs(streams, inputs(past, 0.0, 0.0)), outputs(alone, inputs(past)), atol=1e-6)
    mixed = outputs(streams, inputs(past, 0.0, 1.0))
    assert np.allclose(mixed[0], outputs(alone, inputs(past))[0], atol=1e-6)
    assert not np.allclose(mixed[1], outputs(alone, inputs(past))[1], atol=1e-3)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_no_gradient_flows_to_the_window_before(activation: str) -> None:
    streams = build_model(sizes("lstm", activation), n_streams=1)
    forward = lean_forward(streams)
    first = inputs(np.ones((1, 4, 2)), 0.0)
    second = inputs(np.ones((1, 4, 2)), 1.0)
    first["past"].requires_grad_()
    second["past"].requires_grad_()
    forward(first, True)
    forward(second, True).sum().backward()
    assert first["past"].grad is None
    assert second["past"].grad is not None and bool((second["past"].grad != 0).any())


def test_states_are_kept_but_not_trained() -> None:
    streams = build_model(sizes(), n_streams=3)
    states = [one for one in streams.non_trainable_variables if "state_" in one.path]
    assert [tuple(one.shape) for one in states] == [(3, 5), (3, 5), (3, 4), (3, 4)]
    assert len(streams.trainable_variables) == len(build_model(sizes()).trainable_variables)


def test_a_carried_layer_is_copied_by_keras() -> None:
    streams = build_model(sizes(), n_streams=2)
    copied = keras.models.clone_model(streams)
    past = np.ones((2, 4, 2))
    with_weights_of(copied, streams)
    assert np.allclose(outputs(copied, inputs(past, 0.0, 0.0)), outputs(streams, inputs(past, 0.0, 0.0)))
