"""catch_interrupts: the first Ctrl-C ends training cleanly, the second ends everything."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class StopFlag:
    """Whether training should end after the batch it is at.

    Attributes:
        reason: ``SIGINT`` or ``SIGTERM``, or what else asked for it; None to go on.
    """

    reason: str | None = None

    @property
    def is_set(self) -> bool:
        """Whether training should end."""
        return self.reason is not None

    def set(self, reason: str) -> None:
        """Ask training to end.

        Args:
            reason: Name of the signal, or any word that says why.
        """
        self.reason = reason


@contextmanager
def catch_interrupts() -> Iterator[StopFlag]:
    """Turn SIGINT and SIGTERM into a flag for as long as the block lasts.

    A second signal raises KeyboardInterrupt at once. The handlers of before are put back at the end.
    Outside the main thread, where signals cannot be caught, the flag is simply never set.

    Yields:
        The flag, for ``train``.

    Raises:
        KeyboardInterrupt: At the second signal.
    """
    flag = StopFlag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        """First signal: set the flag; second: raise.

        Raises:
            KeyboardInterrupt: At the second signal.
        """
        if flag.is_set:
            raise KeyboardInterrupt
        flag.set(signal.Signals(number).name)

    caught = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in caught}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            # None stands for a handler that was not set from Python and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
