"""TorchPeers: the holders of a panel's parts as the processes of ``torch.distributed``."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist

from forecaster.data.peers import Peers
from forecaster.training.interrupts import StopFlag

# How long processes wait for each other: one of them scores while the others wait. One that dies is noticed
# at once, by its connections.
PATIENCE = datetime.timedelta(hours=12)


class AgreedStop(StopFlag):
    """A stop that is in force once all processes know of it, at the same step."""

    asked: str | None = None

    def set(self, reason: str) -> None:
        """Ask all processes to end; the first one's word counts."""
        self.asked = reason


class TorchPeers(Peers):
    """One process among those of ``torch.distributed``, which must be set up.

    Attributes:
        stop: Of all of them.
    """

    def __init__(self) -> None:
        """Join the others."""
        self.rank, self.n = dist.get_rank(), dist.get_world_size()
        self.stop = AgreedStop()
        # plain values and arrays travel by gloo, gradients by what the default group was made with
        self._group = dist.new_group(backend="gloo", timeout=PATIENCE)

    def gathered(self, value: Any) -> list[Any]:
        """See ``Peers.gathered``."""
        found = [None] * self.n
        dist.all_gather_object(found, value, group=self._group)
        return found

    def at_first(self, value: Any) -> list[Any]:
        """See ``Peers.at_first``."""
        found = [None] * self.n if self.rank == 0 else None
        dist.gather_object(value, found, dst=0, group=self._group)
        return found or []

    def meet(self, n_known: int) -> Callable[[], int]:
        """See ``Peers.meet``; at the same time all learn whether to end."""
        brought = torch.tensor([n_known, self.rank == 0 and self.stop.asked is not None], dtype=torch.int64)
        work = dist.all_reduce(brought, group=self._group, async_op=True)

        def met() -> int:
            """The number of all."""
            work.wait()
            n_all, is_asked = brought.tolist()
            if is_asked and not self.stop.is_set:
                self.stop.reason = self.gathered(self.stop.asked)[0]
            return int(n_all)

        return met
