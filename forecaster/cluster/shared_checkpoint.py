"""The checkpoint of a training by several workers: the first keeps it, the others know what it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.data.peers import Peers
from forecaster.errors import RunError
from forecaster.training.checkpoint import FOLDER, Checkpoint
from forecaster.training.checkpoint_file import State, Stored, read_state, read_tensors
from forecaster.training.plan import TrainingResult
from forecaster.training.standing import Kept

# Seconds that the first worker waits for the lock of one before it that is being ended.
PATIENCE = 60.0


class SharedCheckpoint(Checkpoint):
    """``Checkpoint`` as each of several workers holds it; only the first one's reads and writes files."""

    def __init__(self, run: Path, peers: Peers, resumed: int) -> None:
        """Take over the checkpoint that the process which began the training has made.

        Args:
            run: The run folder, which the first worker must reach.
            peers: The workers.
            resumed: How often the training was gone on with, by commands and by workers after others.

        Raises:
            RunError: There is no checkpoint, it is damaged, or another process trains into this folder.
        """
        self.peers = peers
        state = self._of_first(lambda: read_state(run / FOLDER)).model_copy(update={"resumed": resumed})
        self._of_first(lambda: super(SharedCheckpoint, self).__init__(run, state, PATIENCE))
        if peers.rank > 0:
            self._follow(run, state)

    def _follow(self, run: Path, state: State) -> None:
        """Know what the first worker knows, and write nothing."""
        self.folder, self.state = run / FOLDER, state
        self.problem, self.moved = None, {}
        self._n_asked = 0

    def _of_first(self, work: Callable[[], Any]) -> Any:
        """What some work gives the first worker, for all; its error likewise."""
        found: tuple[Any, RunError | None] = (None, None)
        if self.peers.rank == 0:
            try:
                found = work(), None
            except RunError as error:
                found = None, error
        result, problem = self.peers.gathered(found)[0]
        if problem is not None:
            raise problem
        return result

    def tensors(self, stored: Stored) -> dict[str, np.ndarray]:
        """See ``Checkpoint.tensors``.

        Raises:
            RunError: As there.
        """
        found: dict[str, np.ndarray] = self._of_first(lambda: read_tensors(self.folder, stored))
        return found

    def offer(self, key: str, make: Callable[[], Kept], must: bool) -> None:
        """See ``Checkpoint.offer``."""
        if self.peers.rank == 0:
            super().offer(key, make, must)

    def finish(self, key: str, result: TrainingResult, weights: dict[str, np.ndarray]) -> None:
        """See ``Checkpoint.finish``."""
        if self.peers.rank == 0:
            super().finish(key, result, weights)

    def flush(self) -> None:
        """See ``Checkpoint.flush``."""
        if self.peers.rank == 0:
            super().flush()

    def close(self) -> None:
        """See ``Checkpoint.close``."""
        if self.peers.rank == 0:
            super().close()

    def runs_on(self, machine: Mapping[str, str]) -> None:
        """See ``Checkpoint.runs_on``; the number of workers is one of what weights depend on."""
        super().runs_on({**machine, "workers": str(self.peers.n)})
