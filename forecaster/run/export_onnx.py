"""onnx_bytes: a network as an ONNX file, and what onnxruntime makes of it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from forecaster.errors import ConfigError
from forecaster.run.export_graph import Graph
from forecaster.run.export_layers import layer_to_onnx

# Old enough for every runtime of the last years; nothing newer is needed.
OPSET = 17
IR_VERSION = 8


def onnx_bytes(model: keras.Model, twin: keras.Model, metadata: Mapping[str, str]) -> bytes:
    """A network as an ONNX file.

    Args:
        model: From ``build_model``.
        twin: Its ``stock_twin``, which has the weights.
        metadata: Texts by name, for the file's ``metadata_props``.

    Returns:
        The file's content: inputs by the names that the network has for them, the first axis of any length,
        and one output ``outputs``.

    Raises:
        ConfigError: The package onnx is missing, or ONNX has nothing like some part of the network.
    """
    onnx = need("onnx")
    graph = Graph(onnx)
    names = {id(one): one.name for one in model.inputs}
    for operation in model.operations:
        if isinstance(operation, keras.layers.InputLayer):
            continue
        given = [names[id(one)] for one in _listed(operation.input)]
        names[id(operation.output)] = _converted(graph, twin.get_layer(operation.name), given)
    graph.nodes.append(onnx.helper.make_node("Identity", [names[id(model.output)]], ["outputs"]))
    inputs = [_value(onnx, one.name, one) for one in model.inputs]
    made = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes, "forecaster", inputs, [_value(onnx, "outputs", model.output)], graph.arrays
        ),
        producer_name="forecaster",
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.helper.set_model_props(made, dict(metadata))
    onnx.checker.check_model(made, full_check=True)
    content: bytes = made.SerializeToString()
    return content


def run_onnx(content: bytes, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """What onnxruntime makes of a file.

    Args:
        content: Of the file.
        inputs: Arrays by name.

    Returns:
        (batch, horizon, n_outputs) float32.

    Raises:
        ConfigError: The package onnxruntime is missing.
    """
    runtime = need("onnxruntime")
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["outputs"], dict(inputs))[0])


def need(package: str) -> Any:
    """A package of the extra ``onnx``.

    Args:
        package: ``onnx`` or ``onnxruntime``.

    Returns:
        The module.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError:
        raise ConfigError(
            f"--format onnx: the package {package} is missing. Install forecaster[onnx]."
        ) from None


def _converted(graph: Graph, layer: Any, inputs: list[str]) -> str:
    """Adds a layer, or all layers of a model inside the network."""
    if not isinstance(layer, keras.Model):
        return layer_to_onnx(graph, layer, inputs)
    names = {id(one): name for one, name in zip(layer.inputs, inputs, strict=True)}
    for operation in layer.operations:
        if not isinstance(operation, keras.layers.InputLayer):
            given = [names[id(one)] for one in _listed(operation.input)]
            names[id(operation.output)] = layer_to_onnx(graph, operation, given)
    return names[id(layer.output)]


def _listed(tensors: Any) -> list[Any]:
    """One symbolic tensor or several, as a list."""
    return tensors if isinstance(tensors, list) else [tensors]


def _value(onnx: Any, name: str, tensor: Any) -> Any:
    """Name, type and shape of an input or output."""
    kind = onnx.TensorProto.INT32 if tensor.dtype == "int32" else onnx.TensorProto.FLOAT
    return onnx.helper.make_tensor_value_info(name, kind, ["batch", *tensor.shape[1:]])
