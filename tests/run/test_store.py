from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from forecaster.errors import RunError
from forecaster.locks import Lock
from forecaster.run import store
from forecaster.run.find import find_run, set_latest
from forecaster.run.store import list_runs, open_version, write_version

FILES = {"spec.json": b"{}", "weights.safetensors": b"\x00" * 100}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("runs/a1")


def contents(run: Path) -> dict[str, bytes]:
    version = open_version(run)
    return {name: (version / name).read_bytes() for name in FILES}


def test_first_version_is_written_whole(run: Path) -> None:
    version = write_version(run, FILES)
    assert version == run / "v0001"
    assert (run / "CURRENT").read_text() == "v0001\n"
    assert contents(run) == FILES
    assert sorted(os.listdir(run)) == [".lock", "CURRENT", "v0001"]
    assert sorted(os.listdir(version)) == ["SHA256SUMS", "spec.json", "weights.safetensors"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in version.iterdir()} == {0o600}


def test_sums_are_what_sha256sum_takes(run: Path) -> None:
    version = write_version(run, {"spec.json": b"abc"})
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (version / "SHA256SUMS").read_text() == f"{digest}  spec.json\n"


def test_versions_beyond_keep_are_deleted(run: Path) -> None:
    for _ in range(4):
        write_version(run, FILES, keep=2)
    assert sorted(os.listdir(run)) == [".lock", "CURRENT", "v0003", "v0004"]
    write_version(run, FILES, keep=1)
    assert sorted(os.listdir(run)) == [".lock", "CURRENT", "v0005"]


def test_version_never_put_in_force_goes_before_the_one_that_was(run: Path) -> None:
    write_version(run, FILES)
    write_version(run, FILES)
    (run / "CURRENT").write_text("v0001\n")  # killed between the rename and CURRENT
    assert open_version(run) == run / "v0001"
    write_version(run, FILES)
    assert sorted(os.listdir(run)) == [".lock", "CURRENT", "v0001", "v0003"]


def test_leftovers_of_a_killed_writer_are_removed(run: Path) -> None:
    write_version(run, FILES)
    (run / ".tmp-1-dead").mkdir()
    (run / ".tmp-1-dead" / "spec.json").write_bytes(b"{")
    (run / ".CURRENT.1-dead.tmp").write_bytes(b"")
    write_version(run, FILES)
    assert sorted(os.listdir(run)) == [".lock", "CURRENT", "v0001", "v0002"]


def test_writer_killed_in_the_middle_leaves_the_old_run(run: Path) -> None:
    write_version(run, FILES)
    program = (
        "import os; from pathlib import Path; from forecaster import files\n"
        "from forecaster.run import store\n"
        "original = files.write_new\n"
        "def write_new(path, data, mode):\n"
        "    if path.name == 'SHA256SUMS': os.kill(os.getpid(), 9)\n"
        "    original(path, data, mode)\n"
        "files.write_new = write_new\n"
        "store.write_version(Path('runs/a1'), {'spec.json': b'new'})\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(root)}, check=False
    )
    assert done.returncode == -9
    assert contents(run) == FILES
    assert list(run.glob(".tmp-*"))
    write_version(run, FILES)
    assert not list(run.glob(".tmp-*"))


def test_second_writer_is_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_version(run, FILES)
    monkeypatch.setattr(store, "Lock", lambda path: Lock(path, seconds=0.0))
    with Lock(run / ".lock"), pytest.raises(RunError, match="another process is writing here"):
        write_version(run, FILES)


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "SHA256SUMS", ""])
def test_names_with_a_path_in_them_are_refused(run: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not plain file names"):
        write_version(run, {name: b""})
    assert not run.exists()


def test_run_that_is_a_link_is_not_written(run: Path) -> None:
    run.parent.mkdir()
    Path("elsewhere").mkdir()
    run.symlink_to(Path("elsewhere").absolute())
    with pytest.raises(RunError, match="symbolic link"):
        write_version(run, FILES)
    assert not os.listdir("elsewhere")


def test_run_cannot_be_called_latest(run: Path) -> None:
    with pytest.raises(RunError, match="kept for the newest run"):
        write_version(run.parent / "latest", FILES)


def damage(version: Path, what: str) -> None:
    weights = version / "weights.safetensors"
    if what == "byte":
        weights.write_bytes(b"\x01" + b"\x00" * 99)
    elif what == "short":
        weights.write_bytes(b"\x00" * 99)
    elif what == "missing":
        weights.unlink()
    elif what == "link":
        weights.rename(version.parent / "other")
        weights.symlink_to(version.parent / "other")
    elif what == "sums":
        (version / "SHA256SUMS").write_bytes(b"../../etc/passwd\n")
    elif what == "no sums":
        (version / "SHA256SUMS").unlink()
    elif what == "current":
        (version.parent / "CURRENT").write_bytes(b"../../etc")
    elif what == "other":
        (version.parent / "CURRENT").write_bytes(b"v0007\n")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("byte", "v0001/weights.safetensors: damaged; its checksum differs."),
        ("short", "v0001/weights.safetensors: damaged; its checksum differs."),
        ("missing", "v0001/weights.safetensors: the file is missing."),
        ("link", "v0001/weights.safetensors: it is a symbolic link"),
        ("sums", "v0001/SHA256SUMS, line 1: no checksum and name."),
        ("no sums", "v0001/SHA256SUMS: the file is missing."),
        ("current", "CURRENT: '../../etc' names no version such as v0001."),
        ("other", "v0007: CURRENT names it, but it is missing."),
    ],
)
def test_damage_is_named(run: Path, what: str, message: str) -> None:
    damage(write_version(run, FILES), what)
    with pytest.raises(RunError) as caught:
        open_version(run)
    assert str(caught.value).startswith(f"{run}/{message}")


def test_file_that_is_needed_must_be_listed(run: Path) -> None:
    write_version(run, FILES)
    with pytest.raises(RunError, match=r"v0001/SHA256SUMS: report.json not listed"):
        open_version(run, ["report.json", "spec.json"])


def test_reader_follows_a_writer_that_deleted_what_it_had_resolved(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_version(run, FILES)
    original, done = store._check_sums, []

    def check(version: Path, names: list[str]) -> None:
        if not done:
            done.append(version.name)
            write_version(run, FILES, keep=1)
        original(version, names)

    monkeypatch.setattr(store, "_check_sums", check)
    assert open_version(run) == run / "v0002"
    assert done == ["v0001"]


def test_missing_run_names_those_that_are_there(run: Path) -> None:
    write_version(run, FILES)
    with pytest.raises(RunError) as caught:
        find_run("a2")
    assert str(caught.value) == "a2: there is no such run. In runs: a1. Name one with --run."
    with pytest.raises(RunError, match=r"runs/a2: there is no run folder here. In runs: a1."):
        open_version(run.parent / "a2")


def test_latest_names_the_newest_run(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run was trained from this folder yet"):
        find_run()
    write_version(run, FILES)
    set_latest(run)
    assert Path("runs/latest").read_text() == "a1\n"
    assert find_run() == find_run("latest") == find_run("runs/latest") == run
    elsewhere = tmp_path / "elsewhere" / "b"
    write_version(elsewhere, FILES)
    set_latest(elsewhere)
    assert find_run() == elsewhere


def test_run_is_found_by_name_and_by_path(run: Path) -> None:
    write_version(run, FILES)
    assert find_run("a1") == find_run("runs/a1") == find_run(run) == run


def test_list_runs_leaves_out_what_is_no_run(run: Path) -> None:
    assert list_runs() == []
    write_version(run.parent / "b", FILES)
    write_version(run, FILES)
    (run.parent / "c").mkdir()
    set_latest(run)
    assert list_runs() == [run, run.parent / "b"]


def test_keep_below_one_is_a_mistake(run: Path) -> None:
    with pytest.raises(ValueError, match="keep is 0"):
        write_version(run, FILES, keep=0)
