"""SharedFeed: of every batch of all holders the windows that this one holds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from forecaster.network.output import Output
from forecaster.training.feed import BLOCK_BATCHES, Device, Fed, Feed, fed
from forecaster.windows.batch import BatchSource
from forecaster.windows.windows import own_positions

# Batches whose windows are gathered at once where they are not kept.
GATHERED_BATCHES = 8


class SharedFeed(Feed):
    """Batches of a source that several hold.

    The batches are those of one holder of all windows: an order names windows of all, and each holder gives
    those of its own, which may be none. A window that does not count then stands in, so that every holder
    takes every step.
    """

    def __init__(self, source: BatchSource, head: Output, device: Device, batch_size: int) -> None:
        """Args: see ``Feed``; the batch size is that of all holders together."""
        self.before, _ = source.peers.place(source.n_windows)
        self.source, self.head, self.device, self.batch_size = source, head, device, batch_size
        self._cache, self._known = None, np.zeros(0, dtype=np.int64)
        first = None
        if source.n_windows:
            super().__init__(source, head, device, batch_size)
            first = self.arrays(next(iter(source.batches(1, np.zeros(1, dtype=np.int64)))))
        found = next(one for one in source.peers.gathered(first) if one is not None)
        found["mask"] = np.zeros_like(found["mask"])
        self._stand_in = {name: device.put(array) for name, array in found.items()}

    def batches(self, order: np.ndarray | None = None) -> Iterator[Fed]:
        """This holder's part of the batches in ``order``; its own windows as they are when None.

        Args:
            order: (n,) int64 positions among the windows of all holders.

        Yields:
            A batch for every ``batch_size`` of the order, of as many windows as are this holder's.
        """
        if order is None:
            if self.source.n_windows:
                yield from super().batches()
            return
        block = self.batch_size * (GATHERED_BATCHES if self._cache is None else BLOCK_BATCHES)
        for begin in range(0, len(order), block):
            wanted = order[begin : begin + block]
            batches = [
                own_positions(wanted[first : first + self.batch_size], self.before, self.source.n_windows)
                for first in range(0, len(wanted), self.batch_size)
            ]
            stored, known = self._stored(np.concatenate(batches))
            for first, last in pairwise(np.cumsum([0, *map(len, batches)]).tolist()):
                if first == last:
                    yield fed(dict(self._stand_in), 0)
                    continue
                parts = {name: whole[first:last] for name, whole in stored.items()}
                yield fed(parts, int(known[first:last].sum()))

    def _stored(self, rows: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
        """Own windows on the device, and how many targets of each are known."""
        if len(rows) == 0:
            return {}, rows
        if self._cache is not None:
            stored = {name: self.device.take(part, rows) for name, part in self._cache.items()}
            return stored, self._known[rows]
        parts = [self.arrays(batch) for batch in self.source.batches(len(rows), rows)]
        arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        known = np.count_nonzero(arrays["mask"], axis=1)
        return {name: self.device.put(array) for name, array in arrays.items()}, known
