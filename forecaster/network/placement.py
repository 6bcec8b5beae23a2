"""Where a network lives, what its random numbers start from, and how it is put there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

if keras.backend.backend() == "torch":
    import torch


def on_torch() -> bool:
    """Whether Keras runs on torch."""
    return bool(keras.backend.backend() == "torch")


@contextmanager
def device_scope(device: str | None) -> Iterator[None]:
    """New variables and converted arrays are put on ``device``; Keras's own choice when None.

    Args:
        device: ``cpu``, ``cuda`` or ``mps``, with or without a number.
    """
    if device is None or not on_torch():
        yield
        return
    with keras.device(device):
        yield


def device_of(model: keras.Model) -> str:
    """Device of a model's weights: ``cpu``, ``cuda:0``, ...; ``cpu`` on other backends than torch.

    Args:
        model: A built model.

    Returns:
        Its name, as torch writes it.
    """
    if not on_torch() or not model.weights:
        return "cpu"
    return str(model.weights[0].value.device)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Random numbers of Python, NumPy and torch start from ``seed``; as they were afterwards.

    Args:
        seed: Not negative.
    """
    python_state, numpy_state = random.getstate(), np.random.get_state()
    torch_state = _torch_state()
    keras.utils.set_random_seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        _restore_torch(torch_state)


def _torch_state() -> Any:
    """State of torch's generators, None on other backends."""
    if not on_torch():
        return None
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return torch.get_rng_state(), cuda


def _restore_torch(state: Any) -> None:
    """Puts the state of torch's generators back."""
    if state is None:
        return
    torch.set_rng_state(state[0])
    if state[1]:
        torch.cuda.set_rng_state_all(state[1])
