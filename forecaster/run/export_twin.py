"""stock_twin: a network of this package as one of Keras's own layers, with the same weights.

What ``.keras`` files, Keras JSON and ONNX are written from: nothing in it needs this package.
"""

from __future__ import annotations

from typing import Any

import keras

from forecaster.errors import RunError
from forecaster.network.build import Segments
from forecaster.network.decoder import ParallelStep, SeriesVectors
from forecaster.network.dropout import LeanDropout
from forecaster.network.recurrent import FusedGRU, FusedLSTM, FusedRNN

STOCK = {
    FusedLSTM: keras.layers.LSTM,
    FusedGRU: keras.layers.GRU,
    FusedRNN: keras.layers.SimpleRNN,
    LeanDropout: keras.layers.Dropout,
}


def stock_twin(model: keras.Model) -> keras.Model:
    """The same network of stock layers.

    Args:
        model: From ``build_model``.

    Returns:
        A model of the same inputs and output and equal weights; cutting into segments and the parallel
        decoder are models inside it.

    Raises:
        RunError: A layer has no stock counterpart.
    """
    twin = keras.models.clone_model(model, clone_function=_counterpart)
    for layer in model.layers:
        _put_weights(layer, twin.get_layer(layer.name))
    return twin


def _counterpart(layer: Any) -> Any:
    """A stock layer, or a model of stock layers, that does what ``layer`` does; its weights are fresh."""
    if isinstance(layer, Segments):
        return _segments(layer)
    if isinstance(layer, ParallelStep):
        return _parallel_step(layer)
    if isinstance(layer, SeriesVectors):
        return keras.layers.Embedding(layer.input_dim, layer.output_dim, name=layer.name)
    if isinstance(layer, keras.layers.Bidirectional):
        return keras.layers.Bidirectional(_stock(layer.forward_layer), name=layer.name)
    if type(layer) in STOCK:
        return _stock(layer)
    if not type(layer).__module__.startswith("keras."):
        raise RunError(f"layer {layer.name}: {type(layer).__name__} has no counterpart among Keras's layers.")
    return type(layer).from_config(layer.get_config())


def _stock(layer: Any) -> Any:
    """The layer of Keras that one of ours stands for."""
    return STOCK[type(layer)].from_config(layer.get_config())


def _segments(layer: Segments) -> keras.Model:
    """Cutting into segments, as a model without weights."""
    inputs = [keras.Input(shape[1:], name=f"part_{n}") for n, shape in enumerate(_input_shapes(layer))]
    parts = list(inputs)
    if layer.channels is not None:
        parts[:2] = [_taken(part, layer.channels) for part in parts[:2]]
    joined = keras.layers.Concatenate(axis=2)(parts)
    look_back, width = joined.shape[1:]
    if missing := -look_back % layer.segment:
        joined = keras.layers.ZeroPadding1D((missing, 0))(joined)
    shape = ((look_back + missing) // layer.segment, layer.segment * width)
    return keras.Model(inputs, keras.layers.Reshape(shape)(joined), name=layer.name)


def _taken(part: Any, channels: tuple[int, ...]) -> Any:
    """(batch, look_back, n) to the channels that are asked for, in their order."""
    turned = keras.layers.Permute((2, 1))(part)
    n = turned.shape[1]
    rows = [keras.layers.Cropping1D((channel, n - channel - 1))(turned) for channel in channels]
    return keras.layers.Permute((2, 1))(rows[0] if len(rows) == 1 else keras.layers.Concatenate(axis=1)(rows))


def _parallel_step(layer: ParallelStep) -> keras.Model:
    """The parallel decoder's step, as a model of three gates; see ``ParallelStep``."""
    shapes = _input_shapes(layer)
    inputs = [
        keras.Input(shape[1:], name=name) for name, shape in zip(("state", *layer.names), shapes, strict=True)
    ]
    n_segments, width = layer.n_segments, shapes[0][-1]
    state, *others = inputs
    states = keras.layers.RepeatVector(n_segments)(state)
    driving = {}
    for name, given in zip(layer.names, others, strict=True):
        is_series = name == "series"
        driving[name] = keras.layers.RepeatVector(n_segments)(given) if is_series else _cut(given, layer)

    def driven(first: Any, gate: str, activation: str) -> Any:
        """What drives a gate by itself, and what else is known, through its activation."""
        more = [
            keras.layers.Dense(width, use_bias=False, name=f"{gate}_{name}")(given)
            for name, given in driving.items()
        ]
        return keras.layers.Activation(activation)(keras.layers.Add()([first, *more]) if more else first)

    def placed(gate: str, equation: str) -> Any:
        """A layer with a bias of its own for each segment."""
        shape = (n_segments, width)
        return keras.layers.EinsumDense(equation, shape, bias_axes="bd", name=gate)

    update = driven(placed("update", "abc,cd->abd")(states), "update", "sigmoid")
    reset = driven(placed("reset", "abc,cd->abd")(states), "reset", "sigmoid")
    kept = keras.layers.Multiply()([reset, keras.layers.Dense(width, name="kept")(states)])
    new = driven(placed("new", "abd,d->abd")(kept), "new", "tanh")
    moved = keras.layers.Multiply()([update, keras.layers.Subtract()([states, new])])
    return keras.Model(inputs, keras.layers.Add()([new, moved]), name=layer.name)


def _cut(future: Any, layer: ParallelStep) -> Any:
    """(batch, horizon, n_future) to (batch, n_segments, segment * n_future), zeros beyond the end."""
    if missing := layer.n_segments * layer.segment - layer.horizon:
        future = keras.layers.ZeroPadding1D((0, missing))(future)
    return keras.layers.Reshape((layer.n_segments, layer.segment * future.shape[2]))(future)


def _input_shapes(layer: Any) -> list[tuple[int | None, ...]]:
    """Shapes of all inputs of a layer of a functional model."""
    given = layer.input
    return [tuple(one.shape) for one in (given if isinstance(given, list) else [given])]


def _put_weights(layer: Any, twin: Any) -> None:
    """Gives the counterpart of a layer its weights."""
    if isinstance(layer, ParallelStep):
        _put_gates(layer, twin)
    elif isinstance(layer, SeriesVectors):  # which has the state of its random numbers besides
        twin.set_weights([keras.ops.convert_to_numpy(layer.embeddings)])
    elif layer.weights:
        twin.set_weights(layer.get_weights()[: len(twin.weights)])


def _put_gates(layer: ParallelStep, twin: keras.Model) -> None:
    """The weights of the parallel decoder's step, gate by gate."""
    kernel, bias, positions = (
        keras.ops.convert_to_numpy(weight) for weight in (layer.recurrent_kernel, layer.bias, layer.positions)
    )
    width = kernel.shape[0]
    for number, gate in enumerate(("update", "reset", "new")):
        own = slice(number * width, (number + 1) * width)
        place = positions[:, own] + bias[0, own]
        if gate == "new":
            twin.get_layer("kept").set_weights([kernel[:, own], bias[1, own]])
            twin.get_layer(gate).set_weights([keras.ops.convert_to_numpy(keras.ops.ones(width)), place])
        else:
            twin.get_layer(gate).set_weights([kernel[:, own], place + bias[1, own]])
        for name, weight in zip(layer.names, layer.kernels, strict=True):
            twin.get_layer(f"{gate}_{name}").set_weights([keras.ops.convert_to_numpy(weight)[:, own]])
