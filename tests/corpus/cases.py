"""Bad files, one a line: what is in them, how they are read, and what is then said word for word."""

from __future__ import annotations

from dataclasses import dataclass

DAYS = [f"2020-01-{day:02d}" for day in range(1, 29)]
ROWS = [f"{day},{place % 5 + 1}" for place, day in enumerate(DAYS)]
PRICES = [f"{day},{10 + place % 3},14,8,11" for place, day in enumerate(DAYS)]


@dataclass(frozen=True)
class Case:
    """A file and the answer to it.

    Attributes:
        name: What is wrong with it.
        data: Its bytes.
        said: The error; where the file is read, the codes of its notes.
        options: Of the command.
        facts: Of ``inspect --json``, where the file is read.
    """

    name: str
    data: bytes
    said: str
    options: tuple[str, ...] = ()
    facts: tuple[tuple[str, object], ...] = ()


def csv(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def field(text: str) -> bytes:
    """A good file but for the value in line 6."""
    return csv("ds,y", *ROWS[:4], f"{DAYS[4]},{text}", *ROWS[5:])


def stamps(*times: object) -> bytes:
    return csv("ds,y", *(f"{time},{place % 5 + 1}" for place, time in enumerate(times)))


def price(row: str) -> bytes:
    return csv("date,open,high,low,close", *PRICES[:4], row, *PRICES[5:])
