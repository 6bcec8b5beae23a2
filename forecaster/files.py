"""Writing that leaves the old file or the new one, and checksums.

A file is written beside its place, flushed to the disk, renamed, and its folder flushed: a kill or
a full disk at any instant leaves what was there before. Symbolic links are refused where they would
be written through.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from forecaster.errors import RunError

# What a disk keeps free beyond the bytes to be written: folders, checksums, logs.
SPARE_BYTES = 1 << 20


def sha256(source: bytes | Path) -> str:
    """SHA-256 of some bytes, or of a file read in pieces.

    Args:
        source: The bytes, or the path of a file.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> sha256(b"")[:8]
        'e3b0c442'
    """
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_file(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file whole or not at all; one that is there is replaced in one step.

    Args:
        path: Where to; its folder must exist.
        data: The whole content.
        mode: Permissions of the new file, whatever the umask: 0o600 for rows of customers.

    Raises:
        RunError: ``path`` is a symbolic link or a folder, or it cannot be written.
    """
    with _taking_its_place(path) as temporary:
        write_new(temporary, data, mode)


@contextlib.contextmanager
def replaced_file(path: Path, mode: int = 0o644) -> Iterator[BinaryIO]:
    """A file to write in parts, which takes its place when all of them are written, or not at all.

    Args:
        path: Where to; its folder must exist.
        mode: Permissions of the new file, whatever the umask.

    Yields:
        The open file, under a name of its own.

    Raises:
        RunError: ``path`` is a symbolic link or a folder, or it cannot be written.
    """
    with _taking_its_place(path) as temporary:
        write_new(temporary, b"", mode)
        with temporary.open("r+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())


@contextlib.contextmanager
def _taking_its_place(path: Path) -> Iterator[Path]:
    """A name beside a file; what is written there takes the file's place, or is removed."""
    refuse_link(path)
    temporary = path.parent / f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    with explained(path):
        try:
            yield temporary
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        flush_folder(path.parent)


def write_folder(folder: Path, files: Mapping[str, bytes], temporary: Path) -> None:
    """Write a folder whole or not at all; it and its files are its owner's alone.

    Args:
        folder: Where to; nothing may be there, and the folder above it must exist.
        files: Content by plain file name; written with mode 0600.
        temporary: Where it is written first, beside ``folder``; nothing may be there either.

    Raises:
        OSError: It cannot be written; nothing of it is left.
    """
    try:
        temporary.mkdir(mode=0o700)
        for name, data in files.items():
            write_new(temporary / name, data, 0o600)
        flush_folder(temporary)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    flush_folder(folder.parent)


def write_new(path: Path, data: bytes, mode: int) -> None:
    """Create a file that is not there yet and flush it to the disk.

    Args:
        path: Where to; neither a file nor a link may be there.
        data: The whole content.
        mode: Permissions, whatever the umask.

    Raises:
        OSError: It exists, or cannot be written; a part of it may be left.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, mode)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(handle, mode)
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk; where folders cannot be opened, nothing is done.

    Args:
        folder: The folder in which a file was created, renamed or removed.

    Raises:
        OSError: The disk failed.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems do not flush folders; the rename itself is theirs to keep.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def refuse_link(path: Path) -> None:
    """Stop where writing or reading would follow a symbolic link.

    Args:
        path: A file or a folder, which need not exist.

    Raises:
        RunError: It is a symbolic link.
    """
    if path.is_symlink():
        raise RunError(f"{path}: it is a symbolic link; these are not followed. Name the file.")


def require_space(folder: Path, n_bytes: int) -> None:
    """Stop before writing what the disk cannot hold.

    Args:
        folder: Where to; it need not exist yet.
        n_bytes: How much will be written.

    Raises:
        RunError: Less than that (and a little more) is free.
    """
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    with explained(folder):
        free = shutil.disk_usage(place).free
    needed = n_bytes + SPARE_BYTES
    if free < needed:
        raise RunError(
            f"{folder}: {free / 1e6:.1f} MB are free, {needed / 1e6:.1f} MB are needed. "
            "Free some space, or choose another --out."
        )


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the system's errors inside into ones that name the path and what to do.

    Args:
        path: The file or folder as the user knows it.

    Raises:
        RunError: For any OSError inside.
    """
    try:
        yield
    except OSError as error:
        what, remedy = _REASONS.get(error.errno or 0, (error.strerror or str(error), "Choose another place."))
        raise RunError(f"{path}: {what}. {remedy}") from error


_REASONS = {
    errno.ENOSPC: ("the disk is full", "Free some space, or choose another place."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, or choose another place."),
    errno.EROFS: ("the disk is read-only", "Choose another place."),
    errno.EACCES: ("permission denied", "Choose another place, or ask for access to this one."),
    errno.EPERM: ("the system does not allow it", "Choose another place."),
    errno.ENOENT: ("the folder is missing", "Create it, or choose another place."),
    errno.ENOTDIR: ("a part of the path is a file", "Choose another place."),
    errno.EIO: ("the disk or the network failed (input/output error)", "Check it, or choose another place."),
    errno.ESTALE: ("the network folder has gone", "Mount it again, or choose another place."),
    errno.ENOLCK: ("the folder has no locks", "Choose another place."),
    errno.EFBIG: ("the file is larger than the disk allows", "Choose another place."),
    errno.EISDIR: ("it is a folder", "Name a file."),
    errno.EEXIST: ("a file is in the way", "Remove it, or choose another place."),
}
