"""catch_interrupts: the first Ctrl-C ends training cleanly, the second ends everything."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

# Why a training ended that was given a limit of time.
MAX_SECONDS = "max_seconds"


@dataclass
class StopFlag:
    """Whether training should end after the batch it is at.

    Attributes:
        reason: ``SIGINT`` or ``SIGTERM``, ``max_seconds``, or what else asked for it; None to go on.
        signal: The last signal that was caught; None for none.
    """

    reason: str | None = None
    signal: str | None = None

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
    def after(self, seconds: float | None) -> Iterator[None]:
        """Ask training to end when so much time has passed, for as long as the block lasts.

        Args:
            seconds: How long, more than 0; None for no limit.

        Yields:
            Nothing; the flag is this one.

        Example:
            >>> stop = StopFlag()
            >>> with stop.after(3600):
            ...     pass  # Forecaster().fit(data, stop=stop)
        """
        if seconds is None:
            yield
            return
        timer = threading.Timer(seconds, self._time_is_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _time_is_up(self) -> None:
        """Ask for the end, unless something has asked before."""
        if self.reason is None:
            self.reason = MAX_SECONDS


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
        is_second = flag.signal is not None
        flag.signal = signal.Signals(number).name
        if is_second:
            raise KeyboardInterrupt
        flag.set(flag.signal)

    caught = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in caught}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            # None stands for a handler that was not set from Python and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
