from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from forecaster import files
from forecaster.errors import RunError
from forecaster.files import explained, require_space, sha256, write_file
from forecaster.locks import Lock


def test_written_file_has_the_content_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_file(path, b"one", mode=0o600)
    write_file(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        write_file(tmp_path / "a", b"", mode=0o644)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    write_file(path, b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(RunError) as caught:
        write_file(path, b"new")
    assert str(caught.value) == (f"{path}: the disk is full. Free some space, or choose another place.")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    with pytest.raises(RunError, match="symbolic link"):
        write_file(tmp_path / "link", b"new")
    assert (tmp_path / "victim").read_bytes() == b"old"


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no/a: the folder is missing"):
        write_file(tmp_path / "no" / "a", b"")


def test_sha256_of_bytes_and_of_a_file_agree(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(b"abc") == expected
    assert sha256(tmp_path / "a") == expected


def test_second_writer_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with Lock(tmp_path / ".lock"):
        with pytest.raises(RunError, match="another process is writing here"):
            with Lock(tmp_path / ".lock", seconds=0.0):
                pass
    with Lock(tmp_path / ".lock", seconds=0.0):
        pass


def test_lock_is_not_taken_through_a_link(tmp_path: Path) -> None:
    (tmp_path / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="symbolic link"):
        with Lock(tmp_path / ".lock"):
            pass
    assert not (tmp_path / "elsewhere").exists()


def test_more_than_the_disk_holds_is_refused_before_writing(tmp_path: Path) -> None:
    require_space(tmp_path / "not" / "yet", 1000)
    with pytest.raises(RunError, match=r"MB are free, 1000000000001.0 MB are needed"):
        require_space(tmp_path, 10**18)


def test_unknown_system_error_keeps_its_words() -> None:
    with pytest.raises(RunError, match=r"a: Too many links. Choose another place."):
        with explained(Path("a")):
            raise OSError(errno.EMLINK, "Too many links")
