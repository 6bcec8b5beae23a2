"""The run folder: numbered versions, each whole, and a file CURRENT that names the one in force.

    runs/NAME/CURRENT           v0002
    runs/NAME/v0002/...         the files, and SHA256SUMS as ``sha256sum -c`` takes it
    runs/NAME/.lock             held by the one writer

A version is written in a hidden folder, flushed, renamed, its parent flushed; then CURRENT is
replaced. A kill at any instant leaves the old version in force or the new one.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from forecaster.errors import RunError, listing
from forecaster.files import (
    explained,
    refuse_link,
    require_space,
    sha256,
    write_file,
    write_folder,
)
from forecaster.locks import Lock

RUNS = Path("runs")
LATEST = "latest"
CURRENT = "CURRENT"
SUMS = "SHA256SUMS"

_VERSION = re.compile(r"v(\d{4,9})")
_SUM = re.compile(r"([0-9a-f]{64})  ([\w.-]+)")
_MOST_SUMS_BYTES = 1 << 16


def write_version(run: Path, files: Mapping[str, bytes], keep: int = 2) -> Path:
    """Add a version to a run folder and put it in force; the folder is made when it is not there.

    Args:
        run: The run folder.
        files: Content by plain file name; written with mode 0600.
        keep: Versions that stay, this one included, at least 1; older ones are deleted.

    Returns:
        The folder of the new version.

    Raises:
        RunError: Another process is writing, the disk is full or not writable, or a link is in the
            way. What was in force before still is.
        ValueError: A name is not a plain file name, or ``keep`` is below 1.
    """
    if keep < 1:
        raise ValueError(f"keep is {keep}; at least 1")
    if wrong := [name for name in files if not re.fullmatch(r"\w[\w.-]*", name) or name == SUMS]:
        raise ValueError(f"not plain file names: {listing(wrong)}")
    check_place(run)
    require_space(run, sum(map(len, files.values())))
    with explained(run):
        run.mkdir(parents=True, exist_ok=True)
    with Lock(run / ".lock"):
        with explained(run):
            _remove_leftovers(run)
            before = _in_force(run)
            version = run / f"v{max(_numbers(run), default=0) + 1:04d}"
            sums = "".join(f"{sha256(files[name])}  {name}\n" for name in sorted(files))
            temporary = run / f".tmp-{os.getpid()}-{secrets.token_hex(4)}"
            write_folder(version, {**files, SUMS: sums.encode()}, temporary)
        write_file(run / CURRENT, f"{version.name}\n".encode())
        _remove_old(run, version.name, before, keep)
    return version


def check_place(run: Path) -> None:
    """Refuse what can be no run folder, before hours of training are spent on it.

    Args:
        run: The run folder; it need not be there.

    Raises:
        RunError: It is a link, a file, the name kept for the newest run, or may not be written.
    """
    refuse_link(run)
    if run.name == LATEST:
        raise RunError(f"{run}: this name is kept for the newest run. Choose another --out.")
    if run.exists() and not run.is_dir():
        raise RunError(f"{run}: it is a file, not a run folder. Choose another --out.")
    there = next((place for place in (run, *run.absolute().parents) if place.exists()), Path())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise RunError(f"{run}: {there} may not be written. Choose another --out.")


def _numbers(run: Path) -> list[int]:
    """Numbers of the versions that are there, rising."""
    found = (_VERSION.fullmatch(path.name) for path in run.iterdir())
    return sorted(int(match[1]) for match in found if match)


def _in_force(run: Path) -> str | None:
    """What CURRENT names, or None when it is missing or unreadable."""
    try:
        return _read_current(run)
    except RunError:
        return None


def _remove_leftovers(run: Path) -> None:
    """Remove what a writer that was killed has left; called under the lock."""
    for path in [*run.glob(".tmp-*"), *run.glob(f".{CURRENT}.*.tmp")]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _remove_old(run: Path, now: str, before: str | None, keep: int) -> None:
    """Remove versions beyond ``keep``; the one before goes last, as readers may still be in it."""
    names = [f"v{number:04d}" for number in reversed(_numbers(run))]
    order = [now, *([before] if before in names else [])]
    if before is not None:
        # A version newer than the one in force was never put in force: its writer was killed.
        names = [name for name in names if int(name[1:]) < int(before[1:])]
    order += [name for name in names if name not in order]
    kept = order[:keep]
    for number in _numbers(run):
        name = f"v{number:04d}"
        if name in kept:
            continue
        # Renamed first, so that no half-deleted folder bears the name of a version.
        doomed = run / f".tmp-old-{secrets.token_hex(4)}"
        with contextlib.suppress(OSError):
            (run / name).rename(doomed)
            shutil.rmtree(doomed)


def open_version(run: Path, names: Collection[str] = ()) -> Path:
    """The version in force, its checksums compared.

    Args:
        run: The run folder.
        names: Files that must be there.

    Returns:
        The folder of the version. CURRENT was read once: what is read there belongs together, and
        stays at least until two more versions are written.

    Raises:
        RunError: The run or one of its files is missing, damaged or a link; the message names it.
    """
    refuse_link(run)
    if not run.is_dir():
        raise RunError(f"{run}: there is no run folder here. {known_runs(run.parent)}")
    for _ in range(3):
        name = _read_current(run)
        try:
            _check_sums(run / name, names)
        except RunError:
            # Two writers in a row may have deleted this version since CURRENT was read.
            if _read_current(run) == name:
                raise
            continue
        return run / name
    raise RunError(f"{run}: it is being written again and again. Wait until that has ended.")


def _read_current(run: Path) -> str:
    """The name of the version in force."""
    place = run / CURRENT
    refuse_link(place)
    if not place.is_file():
        raise RunError(f"{run}: no finished version; {CURRENT} is missing. Train the run again.")
    with explained(place), place.open("rb") as file:
        text = file.read(64).decode("utf-8", "replace").strip()
    if not _VERSION.fullmatch(text):
        raise RunError(f"{place}: '{text}' names no version such as v0001. Train the run again.")
    return text


def _check_sums(version: Path, names: Collection[str]) -> None:
    """Compare every file of a version with SHA256SUMS."""
    refuse_link(version)
    if not version.is_dir():
        raise RunError(f"{version}: {CURRENT} names it, but it is missing. Train the run again.")
    sums = _read_sums(version)
    if missing := set(names) - set(sums):
        raise RunError(f"{version / SUMS}: {listing(missing)} not listed. Train the run again.")
    for name, expected in sums.items():
        path = version / name
        refuse_link(path)
        if not path.is_file():
            raise RunError(f"{path}: the file is missing. Train the run again.")
        with explained(path):
            damaged = sha256(path) != expected
        if damaged:
            raise RunError(f"{path}: damaged; its checksum differs. Train the run again.")


def _read_sums(version: Path) -> dict[str, str]:
    """Checksum by file name."""
    place = version / SUMS
    refuse_link(place)
    if not place.is_file():
        raise RunError(f"{place}: the file is missing. Train the run again.")
    with explained(place), place.open("rb") as file:
        data = file.read(_MOST_SUMS_BYTES)
    sums = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        match = _SUM.fullmatch(line)
        if match is None or match[2].startswith(".") or match[2] in sums:
            raise RunError(f"{place}, line {number}: no checksum and name. Train the run again.")
        sums[match[2]] = match[1]
    return sums


def known_runs(folder: Path) -> str:
    """What to do when a run was not found.

    Args:
        folder: Where it was looked for.

    Returns:
        The runs that are there, and how to name one, for the end of a message.
    """
    names = [run.name for run in list_runs(folder)]
    if names:
        return f"In {folder}: {listing(names)}. Name one with --run."
    return "Train one with forecast train DATA, or name one with --run."


def list_runs(folder: Path = RUNS) -> list[Path]:
    """The runs in a folder.

    Args:
        folder: Where to look; it need not exist.

    Returns:
        Folders that have a version in force, by name.

    Raises:
        RunError: The folder cannot be read.
    """
    if not folder.is_dir():
        return []
    with explained(folder):
        return sorted(path for path in folder.iterdir() if (path / CURRENT).is_file())
