"""Every single call to the system of a save fails in turn: the old run is whole, or the new one is."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forecaster.errors import RunError
from forecaster.run.store import check_place, open_version, write_version

CALLS = ("open", "write", "fchmod", "fsync", "close", "mkdir", "rename", "replace")
OLD = {"spec.json": b"old", "weights.safetensors": b"\x00" * 100}
NEW = {"spec.json": b"new!", "weights.safetensors": b"\x01" * 200}
REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk or the network failed",
    errno.ESTALE: "the network folder has gone",
    errno.EACCES: "permission denied",
}


class Faults:
    """Counts calls to the system, and lets one of them fail.

    Attributes:
        failing: Number of the call that fails, from 1; 0 for none.
        n_calls: So far.
        names: Of the calls, in order.
    """

    def __init__(self, patch: pytest.MonkeyPatch, failing: int, error: BaseException) -> None:
        self.failing, self.n_calls, self.error = failing, 0, error
        self.names: list[str] = []
        for name in CALLS:
            patch.setattr(os, name, self._counted(name, getattr(os, name)))

    def _counted(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.n_calls += 1
            self.names.append(name)
            if self.n_calls != self.failing:
                return original(*args, **kwargs)
            if name == "write":  # as much as still fits
                original(args[0], bytes(args[1])[: len(args[1]) // 2])
            if name == "close":  # the handle goes all the same
                original(*args)
            raise self.error

        return call


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_version(tmp_path / "a1", OLD)
    return tmp_path / "a1"


def contents(run: Path) -> dict[str, bytes]:
    version = open_version(run, OLD)
    return {name: (version / name).read_bytes() for name in OLD}


def calls_of_a_save(run: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    with monkeypatch.context() as patch:
        faults = Faults(patch, 0, OSError())
        write_version(run, OLD)
    return faults.names


def test_a_save_makes_the_calls_that_a_whole_version_needs(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = calls_of_a_save(run, monkeypatch)
    assert names.count("write") == 4  # two files, their checksums, CURRENT
    assert names.count("fsync") == 7  # each of them; the version's folder; the run's, twice
    assert names[-1] == "close"
    whole = [name for name in names if name in ("rename", "replace")]
    assert whole == ["rename", "replace"]  # the version's folder, then CURRENT


@pytest.mark.parametrize("code", REASONS, ids=lambda code: errno.errorcode[code])
def test_every_reason_is_said_in_words(run: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    failing = 1 + calls_of_a_save(run, monkeypatch).index("write")
    Faults(monkeypatch, failing, OSError(code, os.strerror(code)))
    with pytest.raises(RunError, match=f"^{run}: {REASONS[code]}"):
        write_version(run, NEW)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.ESTALE], ids=lambda code: errno.errorcode[code])
def test_failure_of_any_call_leaves_a_whole_run(
    run: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    names = calls_of_a_save(run, monkeypatch)
    # The last call of the new run's CURRENT; from there on the new version is in force.
    in_force = len(names) - names[::-1].index("replace")
    n_failed = 0
    for failing in range(1, len(names) + 1):
        before = contents(run)
        changed = NEW if before == OLD else OLD
        with monkeypatch.context() as patch:
            Faults(patch, failing, OSError(code, os.strerror(code)))
            try:
                write_version(run, changed)
            except RunError as error:
                n_failed += 1
                assert REASONS[code] in str(error), names[failing - 1]
            else:  # the folder was there already; what is tidied up at the end may fail without a word
                assert failing == 1 or failing > in_force
        assert contents(run) == (before if 1 < failing <= in_force else changed), (
            failing,
            names[failing - 1],
        )
        assert not [path for path in run.rglob("*") if path.name.startswith(".tmp") or path.suffix == ".tmp"]
    assert n_failed >= in_force - 1 > 20
    write_version(run, NEW)
    assert contents(run) == NEW


def test_interrupt_at_any_call_leaves_a_whole_run(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n_calls = len(calls_of_a_save(run, monkeypatch))
    for failing in range(1, n_calls + 1):
        with monkeypatch.context() as patch:
            Faults(patch, failing, KeyboardInterrupt())
            with pytest.raises(KeyboardInterrupt):
                write_version(run, NEW)
        assert contents(run) in (OLD, NEW)


def test_failure_of_any_call_of_the_first_save_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Path
) -> None:
    names = calls_of_a_save(run, monkeypatch)
    in_force = len(names) - names[::-1].index("replace")
    for failing in range(1, in_force + 1):
        place = tmp_path / f"new{failing}"
        with monkeypatch.context() as patch:
            Faults(patch, failing, OSError(errno.ENOSPC, "No space left on device"))
            with pytest.raises(RunError, match="the disk is full"):
                write_version(place, NEW)
        with pytest.raises(RunError, match=r"no run folder here|no finished version"):
            open_version(place)
        write_version(place, NEW)
        assert contents(place) == NEW


def test_version_before_stays_until_the_second_save_after_it(run: Path) -> None:
    write_version(run, NEW, keep=2)
    assert {path.name for path in run.glob("v*")} == {"v0001", "v0002"}
    assert (run / "v0001" / "spec.json").read_bytes() == b"old"


def test_folder_that_may_not_be_written_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_args: False)  # root may write anywhere
    with pytest.raises(RunError, match=r"a1: .* may not be written\. Choose another --out\."):
        check_place(tmp_path / "a1")


def test_full_disk_is_told_before_anything_is_written(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from forecaster import files

    monkeypatch.setattr(files.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 1000})())
    with pytest.raises(RunError, match=r"0.0 MB are free, 1.0 MB are needed\. Free some space"):
        write_version(run, NEW)
    assert sorted(path.name for path in run.iterdir()) == [".lock", "CURRENT", "v0001"]
