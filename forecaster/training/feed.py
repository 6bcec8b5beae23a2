"""Feed: batches as the network takes them, gathered once when small, again each epoch when not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from forecaster.network.output import Output
from forecaster.training.plan import TrainingPlan
from forecaster.windows.batch import Batch, BatchSource

# Windows that take less than this are gathered once and stay on the device.
CACHE_BYTES = 64 * 2**20

# Training windows on which the loss before and after is compared, in batches.
PROBE_BATCHES = 4

# Cached batches that are put in their shuffled order at once.
BLOCK_BATCHES = 64


class Device(Protocol):
    """Where arrays are kept and rearranged."""

    def put(self, array: np.ndarray) -> Any:
        """The array, contiguous, as the network takes it.

        Args:
            array: Any shape.
        """

    def take(self, stored: Any, index: np.ndarray) -> Any:
        """Rows of what ``put`` returned.

        Args:
            stored: From ``put``.
            index: (n,) int64 rows.
        """


@dataclass(frozen=True)
class Fed:
    """A batch on the device.

    Attributes:
        inputs: Network inputs by name.
        y: What the head's ``encode`` made of the targets.
        mask: (batch, horizon) float32, 1 where the target is known.
        n_known: Number of known targets.
    """

    inputs: dict[str, Any]
    y: Any
    mask: Any
    n_known: int


class Feed:
    """Batches of one source for one head."""

    def __init__(self, source: BatchSource, head: Output, device: Device, batch_size: int) -> None:
        """Args: the windows, the head that encodes their targets, where to put them, windows at once."""
        self.source = source
        self.head = head
        self.device = device
        self.batch_size = batch_size
        self._cache: dict[str, Any] | None = None
        self._known = np.zeros(0, dtype=np.int64)
        first = self.arrays(next(iter(source.batches(1, np.zeros(1, dtype=np.int64)))))
        n_bytes = sum(array.nbytes for array in first.values()) * source.n_windows
        if n_bytes <= CACHE_BYTES:
            self._fill()

    def batches(self, order: np.ndarray | None = None) -> Iterator[Fed]:
        """The windows in ``order``, as they are when None.

        Args:
            order: (n,) int64 positions.

        Yields:
            Batches of ``batch_size``, the last one of what is left.
        """
        if self._cache is None:
            for batch in self.source.batches(self.batch_size, order):
                arrays = self.arrays(batch)
                stored = {name: self.device.put(array) for name, array in arrays.items()}
                yield fed(stored, int(np.count_nonzero(arrays["mask"])))
            return
        if order is None:
            order = np.arange(self.source.n_windows)
        block = self.batch_size * BLOCK_BATCHES
        for begin in range(0, len(order), block):
            rows = order[begin : begin + block]
            stored = {name: self.device.take(part, rows) for name, part in self._cache.items()}
            for first in range(0, len(rows), self.batch_size):
                part = slice(first, first + self.batch_size)
                yield fed(
                    {name: whole[part] for name, whole in stored.items()}, int(self._known[rows[part]].sum())
                )

    def _fill(self) -> None:
        """Gather every window once."""
        parts = [self.arrays(batch) for batch in self.source.batches(max(self.batch_size, 1024))]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        self._known = np.count_nonzero(joined["mask"], axis=1)
        self._cache = {name: self.device.put(array) for name, array in joined.items()}

    def arrays(self, batch: Batch) -> dict[str, np.ndarray]:
        """Everything of a batch that the network and its loss take, float32.

        Args:
            batch: Gathered windows.

        Returns:
            Arrays by name: the inputs, ``y`` and ``mask``.
        """
        return {
            **batch.inputs,
            "y": self.head.encode_batch(batch),
            "mask": self.head.known(batch).astype(np.float32),
        }


def fed(stored: dict[str, Any], n_known: int) -> Fed:
    """A batch from its parts by name.

    Args:
        stored: Inputs, ``y`` and ``mask``, from ``Device.put`` or ``Device.take``.
        n_known: Number of known targets.

    Returns:
        The batch.
    """
    y, mask = stored.pop("y"), stored.pop("mask")
    return Fed(stored, y, mask, n_known)


def make_feed(source: BatchSource, head: Output, device: Device, batch_size: int) -> Feed:
    """The batches of one source; of several holders this one's part of each.

    Args:
        source: The windows.
        head: That encodes their targets.
        device: Where to put them.
        batch_size: Windows at once, of all holders together.

    Returns:
        The feed.
    """
    if source.peers.n == 1:
        return Feed(source, head, device, batch_size)
    from forecaster.training.shared_feed import SharedFeed

    return SharedFeed(source, head, device, batch_size)


def epoch_order(n_windows: int, n_wanted: int, plan: TrainingPlan, epoch: int) -> np.ndarray:
    """Windows of one epoch, shuffled but where they are of streams; it depends on the arguments alone.

    Args:
        n_windows: Windows there are.
        n_wanted: Windows wanted; more than there are means all of them again, in another order.
        plan: Its seed, and whether windows come in their order.
        epoch: Number of the epoch.

    Returns:
        (n_wanted,) int64 positions; none twice unless more are wanted than there are.
    """
    if plan.in_order:
        return np.arange(n_wanted, dtype=np.int64) % n_windows
    random = np.random.default_rng([plan.seed, epoch])
    if n_wanted < n_windows // 2:
        return random.choice(n_windows, n_wanted, replace=False)
    if n_wanted <= n_windows:  # joining would take as much memory again
        return random.permutation(n_windows)[:n_wanted]
    n_passes = -(-n_wanted // n_windows)
    return np.concatenate([random.permutation(n_windows) for _ in range(n_passes)])[:n_wanted]


def probe_order(n_windows: int, plan: TrainingPlan) -> np.ndarray:
    """Windows on which the loss before and after training is compared: evenly spaced, of streams the first.

    Args:
        n_windows: Windows there are.
        plan: Its batch size, and whether windows come in their order.

    Returns:
        (n,) int64 positions, rising.
    """
    n_probed = min(PROBE_BATCHES * plan.batch_size, n_windows)
    if plan.in_order:
        return np.arange(n_probed, dtype=np.int64)
    return np.linspace(0, n_windows - 1, n_probed).astype(np.int64)
