"""Keras's own layers as ONNX operators; recurrent ones as ONNX's LSTM, GRU and RNN, whatever the length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from forecaster.errors import ConfigError
from forecaster.run.export_graph import Graph

# Activations as operators of their own.
OPERATORS = {"tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu"}

# Activations inside ONNX's recurrent operators: name, alpha, beta.
INSIDE: dict[str, tuple[str, float, float]] = {
    "tanh": ("Tanh", 0.0, 0.0),
    "sigmoid": ("Sigmoid", 0.0, 0.0),
    "relu": ("Relu", 0.0, 0.0),
    "softsign": ("Softsign", 0.0, 0.0),
    "softplus": ("Softplus", 0.0, 0.0),
    "elu": ("Elu", 1.0, 0.0),
    "hard_sigmoid": ("HardSigmoid", 1.0 / 6.0, 0.5),
    "linear": ("Affine", 1.0, 0.0),
}

# Gates in Keras's order, and where ONNX has each.
LSTM_ORDER = (0, 3, 1, 2)  # i f c o to i o f c

Inputs = Sequence[str]
Converter = Callable[[Graph, Any, Inputs], str]


def layer_to_onnx(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """Adds a layer to a graph.

    Args:
        graph: What is being made.
        layer: One of Keras's own, with its weights.
        inputs: Names of what it takes.

    Returns:
        Name of what it gives.

    Raises:
        ConfigError: ONNX has nothing like it.
    """
    convert = CONVERTERS.get(type(layer))
    if convert is None:
        raise ConfigError(
            f"--format onnx: no way to write the layer {layer.name} ({type(layer).__name__}). "
            f"Take --format keras."
        )
    return convert(graph, layer, inputs)


def _weights(layer: Any) -> list[np.ndarray]:
    """Weights of a layer as arrays."""
    return [np.asarray(weight) for weight in layer.get_weights()]


def _activated(graph: Graph, activation: Any, value: str) -> str:
    """A value through an activation."""
    name = keras.activations.serialize(activation)
    return value if name == "linear" else graph.add(OPERATORS[name], [value])


def _dense(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """Dense, over the last axis."""
    kernel, *bias = _weights(layer)
    value = graph.add("MatMul", [inputs[0], graph.array(kernel)])
    for one in bias:
        value = graph.add("Add", [value, graph.array(one)])
    return _activated(graph, layer.activation, value)


def _einsum_dense(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """The two kinds that the parallel decoder has: a matrix, or a factor for each unit; and a bias."""
    kernel, bias = _weights(layer)
    kind = "MatMul" if kernel.ndim == 2 else "Mul"
    return graph.add("Add", [graph.add(kind, [inputs[0], graph.array(kernel)]), graph.array(bias)])


def _embedding(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """A row of a table for each number."""
    return graph.add("Gather", [graph.array(_weights(layer)[0]), inputs[0]], axis=0)


def _concatenate(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """Side by side."""
    return graph.add("Concat", inputs, axis=layer.axis)


def _reshape(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """Another shape of each window."""
    return graph.add("Reshape", [inputs[0], graph.whole([0, *layer.target_shape])])


def _flatten(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """All numbers of each window in a row."""
    del layer
    return graph.add("Flatten", inputs, axis=1)


def _permute(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """Other order of the axes after the first."""
    return graph.add("Transpose", inputs, perm=[0, *layer.dims])


def _crop(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """Steps taken off at both ends."""
    begin, end = layer.cropping
    last = -end if end else np.iinfo(np.int64).max
    return graph.add("Slice", [inputs[0], *(graph.whole([one]) for one in (begin, last, 1))])


def _pad(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """Zeros at both ends."""
    begin, end = layer.padding
    return graph.add("Pad", [inputs[0], graph.whole([0, begin, 0, 0, end, 0])])


def _repeat(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """The same numbers for every step."""
    value = graph.add("Unsqueeze", [inputs[0], graph.whole([1])])
    return graph.add("Tile", [value, graph.whole([1, layer.n, 1])])


def _folded(kind: str) -> Converter:
    """An operator of two numbers over all inputs."""

    def convert(graph: Graph, layer: Any, inputs: Inputs) -> str:
        del layer
        value = inputs[0]
        for other in inputs[1:]:
            value = graph.add(kind, [value, other])
        return value

    return convert


def _activation(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """An activation by itself."""
    return _activated(graph, layer.activation, inputs[0])


def _nothing(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """Dropout, which does nothing in a forecast."""
    del graph, layer
    return inputs[0]


def _recurrent(graph: Graph, layer: Any, inputs: Inputs) -> str:
    """LSTM, GRU or plain RNN, in one direction or both."""
    is_both = isinstance(layer, keras.layers.Bidirectional)
    ways = [layer.forward_layer, layer.backward_layer] if is_both else [layer]
    kind = _kind(ways[0])
    kernels, recurrent, biases = zip(*(_gates(way) for way in ways), strict=True)
    steps = graph.add("Transpose", [inputs[0]], perm=[1, 0, 2])  # (n_steps, batch, n_features)
    given = [steps, *(graph.array(np.stack(part)) for part in (kernels, recurrent, biases))]
    attributes: dict[str, Any] = _activations(ways) | {
        "hidden_size": ways[0].units,
        "direction": "bidirectional" if is_both else "forward",
    }
    if kind == "GRU":
        attributes["linear_before_reset"] = int(ways[0].reset_after)
    size = len(ways) * ways[0].units
    if ways[0].return_sequences:
        every = graph.add(kind, given, **attributes)  # (n_steps, n_ways, batch, units)
        turned = graph.add("Transpose", [every], perm=[2, 0, 1, 3])
        return graph.add("Reshape", [turned, graph.whole([0, 0, size])])
    last = graph.add(kind, given, n_outputs=2, **attributes)  # (n_ways, batch, units)
    return graph.add("Reshape", [graph.add("Transpose", [last], perm=[1, 0, 2]), graph.whole([0, size])])


def _kind(layer: Any) -> str:
    """ONNX's name of a recurrent layer."""
    kinds = {keras.layers.LSTM: "LSTM", keras.layers.GRU: "GRU", keras.layers.SimpleRNN: "RNN"}
    return kinds[type(layer)]


def _gates(layer: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kernel and recurrent kernel, gates first: (gates * units, ...); both biases: (2 * gates * units,)."""
    kernel, recurrent, bias = _weights(layer)
    if _kind(layer) == "LSTM":
        kernel, recurrent, bias = (_reordered(part, LSTM_ORDER) for part in (kernel, recurrent, bias))
    both = bias.ravel() if bias.ndim == 2 else np.concatenate([bias, np.zeros_like(bias)])
    return kernel.T, recurrent.T, both


def _reordered(weight: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """(..., gates * units) with the gates in another order."""
    parts = np.split(weight, len(order), axis=-1)
    return np.concatenate([parts[gate] for gate in order], axis=-1)


def _activations(ways: Sequence[Any]) -> dict[str, list[Any]]:
    """Activations of all directions, as ONNX lists them."""
    own = []
    for way in ways:
        new = _inside(way, "activation")
        own += [new] if _kind(way) == "RNN" else [_inside(way, "recurrent_activation"), new]
        own += [new] if _kind(way) == "LSTM" else []
    names, alphas, betas = (list(part) for part in zip(*own, strict=True))
    return {"activations": names, "activation_alpha": alphas, "activation_beta": betas}


def _inside(layer: Any, which: str) -> tuple[str, float, float]:
    """An activation of a recurrent layer, as ONNX has it."""
    name = keras.activations.serialize(getattr(layer, which))
    if name not in INSIDE:
        raise ConfigError(
            f"--format onnx: its recurrent operators have no {which} {name}; they have "
            f"{', '.join(sorted(INSIDE))}. Take --format keras."
        )
    return INSIDE[name]


CONVERTERS: dict[type, Converter] = {
    keras.layers.Activation: _activation,
    keras.layers.Add: _folded("Add"),
    keras.layers.Bidirectional: _recurrent,
    keras.layers.Concatenate: _concatenate,
    keras.layers.Cropping1D: _crop,
    keras.layers.Dense: _dense,
    keras.layers.Dropout: _nothing,
    keras.layers.EinsumDense: _einsum_dense,
    keras.layers.Embedding: _embedding,
    keras.layers.Flatten: _flatten,
    keras.layers.GRU: _recurrent,
    keras.layers.LSTM: _recurrent,
    keras.layers.Multiply: _folded("Mul"),
    keras.layers.Permute: _permute,
    keras.layers.RepeatVector: _repeat,
    keras.layers.Reshape: _reshape,
    keras.layers.SimpleRNN: _recurrent,
    keras.layers.Subtract: _folded("Sub"),
    keras.layers.ZeroPadding1D: _pad,
}
