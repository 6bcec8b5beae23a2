"""Board: what the workers of a training and the process that began it tell each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import ray

# Seconds between two looks of the first worker at whether training is to end.
SECONDS_BETWEEN_LOOKS = 0.25


class Board:
    """Kept by an actor of its own, which outlives workers that are lost."""

    def __init__(self) -> None:
        self.news: list[Any] = []
        self.asked: str | None = None
        self.attempts = 0
        self.found: Any = None
        self.error: BaseException | None = None

    def begin(self) -> tuple[int, bool]:
        """Take note of workers that begin.

        Returns:
            How often workers have begun before, and whether there is still something to do.
        """
        self.attempts += 1
        return self.attempts - 1, self.found is None and self.error is None

    def tell(self, news: Any) -> None:
        """Take the news of the first worker."""
        self.news.append(news)

    def take_news(self) -> tuple[list[Any], BaseException | None]:
        """What was told since it was last asked for, and what has gone wrong for good."""
        news, self.news = self.news, []
        return news, self.error

    def ask(self, reason: str) -> None:
        """Ask the workers to end."""
        self.asked = reason

    def reason(self) -> str | None:
        """Why the workers are to end; None while they are not."""
        return self.asked

    def finish(self, found: Any) -> None:
        """Take what the workers have made."""
        self.found = found

    def fail(self, error: BaseException) -> None:
        """Take what has gone wrong and would go wrong again."""
        self.error = self.error or error

    def result(self) -> Any:
        """What the workers have made; None while they have not."""
        return self.found


def listen(board: Any, stop: Callable[[str], None]) -> None:
    """Hear from the board, in a thread, when training is to end.

    Args:
        board: Of the training.
        stop: Called with the reason, once.
    """

    def look() -> None:
        """Ask until there is a reason, or the board is gone."""
        pause = threading.Event()
        while not pause.wait(SECONDS_BETWEEN_LOOKS):
            try:
                reason = ray.get(board.reason.remote())
            except Exception:  # whatever the reason, there is nobody left to hear from
                return
            if reason is not None:
                stop(reason)
                return

    threading.Thread(target=look, daemon=True).start()
