"""Lock: at most one writer of a folder at a time."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from pathlib import Path
from types import TracebackType

from forecaster.errors import RunError
from forecaster.files import explained, refuse_link

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Lock:
    """At most one writer at a time; freed by the system when its process ends, however it ends.

    Attributes:
        path: The lock file; it stays, empty, for the next writer.
        seconds: How long to wait for another writer before giving up.
        option: What would choose another place.
    """

    def __init__(self, path: Path, seconds: float = 10.0, option: str = "--out") -> None:
        self.path = path
        self.seconds = seconds
        self.option = option
        self._handle: int | None = None

    def __enter__(self) -> Lock:
        """Take the lock.

        Raises:
            RunError: Another process holds it, or the disk has no locks.
        """
        refuse_link(self.path)
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        deadline = time.monotonic() + self.seconds
        with explained(self.path):
            handle = os.open(self.path, flags, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise RunError(f"{self.path}: it is not a plain file. Remove it.")
                while not _take(handle):
                    if time.monotonic() >= deadline:
                        raise RunError(
                            f"{self.path.parent}: another process is writing here. "
                            f"Wait until it has ended, or choose another {self.option}."
                        )
                    time.sleep(0.05)
            except BaseException:
                os.close(handle)
                raise
        self._handle = handle
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Free it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _take(handle: int) -> bool:
    """Try to lock an open file; False when another process has it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True
