from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from forecaster.data.peers import ALONE
from forecaster.windows.batch import Batch


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> Iterator[None]:
    """Tiny networks wait for a second thread longer than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class ArraySource:
    """Windows that lie in arrays; counts how often batches are asked for."""

    peers = ALONE

    def __init__(self, past: np.ndarray, target: np.ndarray) -> None:
        self.past = past.astype(np.float32)
        self.target = target
        self.n_windows = len(past)
        self.n_passes = 0

    def batches(self, batch_size: int, order: np.ndarray | None = None) -> Iterator[Batch]:
        self.n_passes += 1
        order = np.arange(self.n_windows) if order is None else order
        for begin in range(0, len(order), batch_size):
            rows = order[begin : begin + batch_size]
            yield Batch(
                past=self.past[rows],
                observed=np.ones_like(self.past[rows]),
                target=np.nan_to_num(self.target[rows]),
                mask=~np.isnan(self.target[rows]),
                series=np.zeros(len(rows), dtype=np.int64),
            )


def source_of(values: np.ndarray, look_back: int, horizon: int) -> ArraySource:
    """Every window of one series."""
    starts = np.arange(len(values) - look_back - horizon + 1)[:, None]
    past = values[starts + np.arange(look_back)][:, :, None]
    return ArraySource(past, values[starts + look_back + np.arange(horizon)])


@pytest.fixture
def sine() -> tuple[ArraySource, ArraySource]:
    """Training and validation windows of a clean sine wave of period 12: look-back 12, horizon 2."""
    wave = np.sin(np.arange(420) * 2 * np.pi / 12)
    return source_of(wave[:340], 12, 2), source_of(wave[340:], 12, 2)


@pytest.fixture
def noise() -> Callable[[int], ArraySource]:
    """Makes windows without any pattern: look-back 3, horizon 1."""

    def make(n: int) -> ArraySource:
        random = np.random.default_rng(n)
        return ArraySource(random.normal(size=(n, 3, 1)), random.normal(size=(n, 1)))

    return make
