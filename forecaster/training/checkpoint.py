"""Checkpoint: where a training of several networks stands, kept in a folder while it goes on.

All that lies between the trainings of single networks (splits, transforms, scores) follows from the data and
the settings, and is done again when a training is gone on with. What is kept is each network that was trained
to its end, and the state of the one at hand.
"""

from __future__ import annotations

import contextlib
import datetime
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from forecaster.errors import RunError
from forecaster.files import explained, flush_folder, refuse_link
from forecaster.locks import Lock
from forecaster.training.checkpoint_file import (
    REMEDY,
    STATE,
    Basis,
    Finished,
    Going,
    State,
    Stored,
    read_state,
    read_tensors,
    remove_unnamed,
    write_state,
    write_tensors,
)
from forecaster.training.keeper import Keeper
from forecaster.training.plan import TrainingResult
from forecaster.training.standing import Kept

FOLDER, ASIDE = "checkpoint", "checkpoint.old"


class Checkpoint:
    """Where a training stands, in a folder; held by one process at a time.

    Attributes:
        folder: ``RUN/checkpoint``.
        state: What is known so far; what is on the disk may be some seconds older.
        problem: Why the last writing failed, None when it did not.
        moved: What is another here than where the training was before, by name: then and now.
    """

    # Seconds between two writings at least, and share of the time that writing may take at most.
    every = 5.0
    share = 0.02

    def __init__(self, run: Path, state: State, patience: float = 0.0) -> None:
        """Take the lock, within ``patience`` seconds; see ``begin`` and ``resume``."""
        self.folder = run / FOLDER
        self.state = state
        self.problem: str | None = None
        self.moved: dict[str, tuple[str, str]] = {}
        self._lock = Lock(self.folder / ".lock", seconds=patience)
        self._pending: list[tuple[str, TrainingResult, dict[str, np.ndarray]]] = []
        self._n_asked = self._n_written = 0
        self._due = time.monotonic() + self.every
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock.__enter__()

    @classmethod
    def begin(cls, run: Path, basis: Basis, machine: Mapping[str, str]) -> Checkpoint:
        """The checkpoint of a training that begins.

        Args:
            run: The run folder; made when it is not there.
            basis: What the training is of.
            machine: What bit-identical weights need besides.

        Returns:
            A checkpoint, written; one that was there is set aside as ``checkpoint.old``.

        Raises:
            RunError: Another process trains into this folder, or it cannot be written.
        """
        refuse_link(run)
        refuse_link(run / FOLDER)
        state = State(
            name=secrets.token_hex(8),
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            basis=basis,
            machine=dict(machine),
        )
        made = cls(run, state)
        try:
            if made.folder.joinpath(STATE).exists():
                made.close()
                set_aside(run)
                made = cls(run, state)
            write_state(made.folder, state)
        except BaseException:
            made.close()
            raise
        return made

    @classmethod
    def resume(cls, run: Path, machine: Mapping[str, str]) -> Checkpoint:
        """The checkpoint of a training to go on with.

        Args:
            run: The run folder.
            machine: Where it is gone on with.

        Returns:
            A checkpoint that knows what was done.

        Raises:
            RunError: There is none, it is damaged, or another process trains into this folder.
        """
        read_state(run / FOLDER)  # before anything is written there
        made = cls(run, read_state(run / FOLDER))
        made.state = made.state.model_copy(update={"resumed": made.state.resumed + 1})
        made.runs_on(machine)
        return made

    def runs_on(self, machine: Mapping[str, str]) -> None:
        """Take note of what bit-identical weights need, and of what is another than before.

        Args:
            machine: Versions, device and the like, by name.
        """
        before = self.state.machine
        for name, now in machine.items():
            if before.get(name, now) != now:
                self.moved[name] = before[name], now
        self.state = self.state.model_copy(update={"machine": {**before, **machine}})

    def keeper(self, key: str) -> Keeper:
        """What keeps the next network; networks must be asked for in the same order each time.

        Args:
            key: What the network is, for messages.

        Returns:
            A keeper.

        Raises:
            RunError: Another network was the next when the training was begun.
        """
        number, finished = self._n_asked, self.state.finished
        self._n_asked += 1
        known: Finished | Going | None = self.state.going if number == len(finished) else None
        if number < len(finished):
            known = finished[number]
        if known is not None and known.key != key:
            raise RunError(f"{self.folder}: holds '{known.key}' where '{key}' comes. {REMEDY}")
        return Keeper(self, key, known)

    def tensors(self, stored: Stored) -> dict[str, np.ndarray]:
        """Tensors that the state names; see ``read_tensors``.

        Args:
            stored: What the state says of them.

        Returns:
            Arrays by name.

        Raises:
            RunError: The file is missing or damaged.
        """
        return read_tensors(self.folder, stored)

    def offer(self, key: str, make: Callable[[], Kept], must: bool) -> None:
        """Write the state of the network at hand, if it is time to.

        Args:
            key: Of the network.
            make: Gives the state.
            must: Whether it is written in any case.
        """
        if must or time.monotonic() >= self._due:
            self._write(key, make)

    def finish(self, key: str, result: TrainingResult, weights: dict[str, np.ndarray]) -> None:
        """Take a network that is trained to its end; it is written when it is time to.

        Args:
            key: Of the network.
            result: How it was trained.
            weights: All its weights by name.
        """
        self._pending.append((key, result, weights))
        self.state = self.state.model_copy(update={"going": None})
        if time.monotonic() >= self._due:
            self.flush()

    def flush(self) -> None:
        """Write what has been finished since the last writing."""
        if self._pending:
            self._write("", None)

    def _write(self, key: str, make: Callable[[], Kept] | None) -> None:
        """Write all that is known; training goes on where that fails, and says so at its end."""
        began = time.monotonic()
        state = self.state
        try:
            finished = list(state.finished)
            for name, result, weights in self._pending:
                stored = write_tensors(self.folder, f"done-{len(finished):06d}.safetensors", weights)
                finished.append(Finished(key=name, tensors=stored, result=result))
            going = None
            if make is not None:
                kept = make()
                stored = write_tensors(self.folder, self._free_name(), kept.tensors)
                going = Going(key=key, tensors=stored, standing=kept.standing)
            state = state.model_copy(update={"finished": tuple(finished), "going": going})
            write_state(self.folder, state)
        except RunError as error:
            self.problem = str(error)
        else:
            self.problem = None
            self.state = state
            self._pending = []
            remove_unnamed(self.folder, state)
        now = time.monotonic()
        self._due = now + max(self.every, (now - began) / self.share)

    def _free_name(self) -> str:
        """A name for the tensors of the network at hand that no state in force names."""
        in_force = self.state.going.tensors.file if self.state.going is not None else None
        while True:
            self._n_written += 1
            name = f"now-{self._n_written % 1_000_000:06d}.safetensors"
            if name != in_force and not (self.folder / name).exists():
                return name

    def close(self) -> None:
        """Let other processes have the folder."""
        self._lock.__exit__(None, None, None)

    def remove(self) -> None:
        """Remove the checkpoint of a training that is finished and saved, and what was set aside.

        Another process that has begun a training here in the meantime keeps its own.
        """
        if self._is_removed():
            shutil.rmtree(self.folder.parent / ASIDE, ignore_errors=True)

    def take_back(self) -> None:
        """Undo a training that could not begin: what was set aside for it is in force again."""
        aside = self.folder.parent / ASIDE
        if self._is_removed() and aside.is_dir():
            with contextlib.suppress(OSError):
                aside.rename(self.folder)

    def _is_removed(self) -> bool:
        """Whether the folder was this training's, and is no more."""
        try:
            with Lock(self.folder / ".lock", seconds=0.0):
                if read_state(self.folder).name != self.state.name:
                    return False
                shutil.rmtree(self.folder, ignore_errors=True)
        except RunError:
            return False
        return not self.folder.exists()


def set_aside(run: Path) -> None:
    """Keep a checkpoint that another training takes the place of.

    Args:
        run: The run folder.

    Raises:
        RunError: It cannot be renamed.
    """
    with explained(run / ASIDE):
        shutil.rmtree(run / ASIDE, ignore_errors=True)
        (run / FOLDER).rename(run / ASIDE)
        flush_folder(run)
