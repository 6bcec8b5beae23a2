from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.cluster.shared_checkpoint import SharedCheckpoint
from forecaster.errors import RunError
from forecaster.training.checkpoint import Checkpoint
from forecaster.training.checkpoint_file import Basis, read_state
from forecaster.training.standing import Kept, Standing
from tests.cluster.holders import Thread, meeting

BASIS = Basis(data="0" * 64, settings={}, backend="torch")


def standing(step: int) -> Standing:
    return Standing(
        epoch=1,
        step=step,
        losses=(),
        known=(),
        rate=0.1,
        before=1.0,
        best_loss=None,
        best_epoch=0,
        best_step=0,
        plateau=None,
        numbers={"n_steps": step},
        seconds=0.0,
        history=(),
    )


def begun(run: Path) -> None:
    """A training with a network at step 7, as a worker that was lost has left it."""
    checkpoint = Checkpoint.begin(run, BASIS, {})
    checkpoint.offer("fit", lambda: Kept(standing(7), {"weights": np.arange(3.0)}), must=True)
    checkpoint.close()


def test_all_workers_go_on_from_what_the_first_one_reads(tmp_path: Path) -> None:
    begun(tmp_path)

    def go_on(holder: Thread) -> tuple[int, list[float], int]:
        checkpoint = SharedCheckpoint(tmp_path, holder, 1)
        found: list[Kept] = []
        checkpoint.keeper("fit").resume(found.append)
        checkpoint.close()
        return found[0].standing.step, found[0].tensors["weights"].tolist(), checkpoint.state.resumed

    assert meeting(3, go_on) == [(7, [0.0, 1.0, 2.0], 1)] * 3


def test_only_the_first_worker_writes(tmp_path: Path) -> None:
    begun(tmp_path)

    def offer(holder: Thread) -> None:
        checkpoint = SharedCheckpoint(tmp_path, holder, 0)
        checkpoint.keeper("fit")
        kept = Kept(standing(10 + holder.rank), {"weights": np.zeros(1)})
        checkpoint.offer("fit", lambda: kept, must=True)
        holder.gathered(None)
        checkpoint.close()

    meeting(3, offer)
    state = read_state(tmp_path / "checkpoint")
    assert state.going is not None and state.going.standing.step == 10
    assert state.resumed == 0


def test_what_is_damaged_is_told_to_all(tmp_path: Path) -> None:
    begun(tmp_path)
    (tmp_path / "checkpoint/state.json").write_text("{")

    def message(holder: Thread) -> Any:
        with pytest.raises(RunError) as caught:
            SharedCheckpoint(tmp_path, holder, 1)
        return str(caught.value)

    first, *others = meeting(3, message)
    assert "damaged" in first and others == [first, first]


def test_the_number_of_workers_is_a_part_of_the_machine(tmp_path: Path) -> None:
    begun(tmp_path)

    def moved(n: int) -> list[dict[str, tuple[str, str]]]:
        def runs(holder: Thread) -> dict[str, tuple[str, str]]:
            checkpoint = SharedCheckpoint(tmp_path, holder, 0)
            checkpoint.runs_on({})
            kept = Kept(standing(8), {"weights": np.zeros(1)})
            checkpoint.keeper("fit")
            checkpoint.offer("fit", lambda: kept, must=True)
            holder.gathered(None)
            checkpoint.close()
            return checkpoint.moved

        return meeting(n, runs)

    assert moved(2) == [{}, {}]
    assert moved(3) == [{"workers": ("2", "3")}] * 3
