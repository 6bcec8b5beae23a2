"""predict_outputs: the network over all windows of a source, without gradients."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import keras
import numpy as np

from forecaster.network.forward import lean_forward
from forecaster.network.placement import device_of, device_scope, on_torch
from forecaster.windows.batch import Batch, BatchSource

if on_torch():
    import torch


def predict_outputs(model: keras.Model, source: BatchSource, batch_size: int = 1024) -> np.ndarray:
    """What the network puts out for every window, in the order of the source.

    Args:
        model: From ``build_model``.
        source: The windows.
        batch_size: Windows at once.

    Returns:
        (n_windows, horizon, n_outputs) float32.
    """
    horizon, n_outputs = model.output_shape[1:]
    outputs = np.empty((source.n_windows, horizon, n_outputs), dtype=np.float32)
    forward = forward_of(model)
    begin = 0
    for batch in source.batches(batch_size):
        end = begin + len(batch.past)
        outputs[begin:end] = forward(batch)
        begin = end
    return outputs


def forward_of(model: keras.Model) -> Callable[[Batch], np.ndarray]:
    """A network as a function of arrays, without gradients.

    Args:
        model: From ``build_model``.

    Returns:
        A function of a batch to (batch, horizon, n_outputs) float32.
    """
    lean = lean_forward(model) if on_torch() else None
    device = device_of(model)

    def forward(batch: Batch) -> np.ndarray:
        """Outputs of the network."""
        with device_scope(device), torch.inference_mode() if on_torch() else nullcontext():
            if lean is None:
                return np.asarray(model.predict_on_batch(_arrays(batch)))
            tensors = {name: torch.from_numpy(part).to(device) for name, part in _arrays(batch).items()}
            return np.asarray(lean(tensors, False).float().cpu().numpy())

    return forward


def _arrays(batch: Batch) -> dict[str, Any]:
    """Network inputs of a batch by name, in memory of their own where they are views."""
    return {name: np.ascontiguousarray(part) for name, part in batch.inputs.items()}
