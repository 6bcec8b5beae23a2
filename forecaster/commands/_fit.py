"""What fits on a terminal: its width, the columns of a table, and lines of block characters."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"

# Columns that stay however narrow the terminal is; what does not fit then is folded.
FEWEST = 2


def terminal_width() -> int | None:
    """Characters of a line of stdout, None where it is no terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def fitting(
    header: Sequence[str], rows: Sequence[Sequence[str]], width: int, leave_out: Sequence[str] = ()
) -> list[int]:
    """Columns of a table that fit beside each other, two spaces apart.

    Args:
        header: Names of the columns.
        rows: Cells.
        width: Characters of a line.
        leave_out: Names of columns that go first, in this order; then the others, from the right.

    Returns:
        Their places, rising; two at least.

    Example:
        >>> fitting(["id", "a", "b"], [["x", "1234", "12"]], 9)
        [0, 1]
    """
    widths = [
        max(len(name), *(len(row[place]) for row in rows)) if rows else len(name)
        for place, name in enumerate(header)
    ]
    names = list(header)
    order = [names.index(name) for name in leave_out if name in names]
    order += [place for place in reversed(range(len(names))) if place not in order]
    kept = list(range(len(names)))
    for place in order:
        if len(kept) <= FEWEST or sum(widths[one] + 2 for one in kept) - 2 <= width:
            break
        kept.remove(place)
    return kept


def sparkline(history: Sequence[float], forecast: Sequence[float], width: int) -> str:
    """History and forecast as one line of blocks, parted by a bar.

    Args:
        history: Last values, oldest first; NaN leaves a space.
        forecast: What follows.
        width: Characters, of which the forecast gets half at most; values beyond them are left out, the
            oldest of the history and the farthest of the forecast.

    Returns:
        A character a value, from the lowest to the highest of those shown.

    Example:
        >>> sparkline([0.0, 7.0], [3.5], 10)
        '▁█|▅'
    """
    ahead = list(forecast)[: max((width - 1) // 2, 1)]
    room = width - 1 - len(ahead)
    before = list(history)[-room:] if room > 0 else []
    known = [value for value in (*before, *ahead) if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)

    def block(value: float) -> str:
        """The character of one value."""
        if not math.isfinite(value):
            return " "
        share = (value - low) / (high - low) if high > low else 0.5
        return BLOCKS[min(round(share * (len(BLOCKS) - 1) + 1e-9), len(BLOCKS) - 1)]

    return f"{''.join(map(block, before))}|{''.join(map(block, ahead))}"
