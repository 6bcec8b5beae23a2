"""Holders of a panel's parts in threads of one process, for tests of facts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from forecaster.data.panel import Panel
from forecaster.data.peers import Peers
from forecaster.data.some_series import pick_series


class Thread(Peers):
    """A holder that meets the others in memory; one that fails lets the others go."""

    def __init__(self, rank: int, n: int, table: list[Any], barrier: threading.Barrier) -> None:
        self.rank, self.n, self.table, self.barrier = rank, n, table, barrier

    def gathered(self, value: Any) -> list[Any]:
        self.table[self.rank] = value
        self.barrier.wait()
        found = list(self.table)
        self.barrier.wait()
        return found

    def at_first(self, value: Any) -> list[Any]:
        found = self.gathered(value)
        return found if self.rank == 0 else []


def held_in_parts(panel: Panel, n: int, work: Callable[[Panel], Any]) -> list[Any]:
    """What ``work`` gives each of ``n`` holders of consecutive series."""
    bounds = np.linspace(0, panel.n_series, n + 1).round().astype(int)

    def one(holder: Thread) -> Any:
        part = pick_series(panel, np.arange(bounds[holder.rank], bounds[holder.rank + 1]))
        return work(replace(part, peers=holder))

    return meeting(n, one)


def meeting(n: int, work: Callable[[Thread], Any]) -> list[Any]:
    """What ``work`` gives each of ``n`` holders, side by side."""
    table: list[Any] = [None] * n
    barrier = threading.Barrier(n, timeout=60)

    def one(rank: int) -> Any:
        try:
            return work(Thread(rank, n, table, barrier))
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(n) as pool:
        return [future.result() for future in [pool.submit(one, rank) for rank in range(n)]]
