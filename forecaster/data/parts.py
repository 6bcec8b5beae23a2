"""Work on many rows in parts that fit the processor's own memory, several of them side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import pyarrow as pa

# Rows, or bytes, of a part.
_PART = 1 << 18
# Numbers looked at before all are.
_FIRST = 1000

T = TypeVar("T")


def in_parts(work: Callable[[slice], T], n_rows: int) -> list[T]:
    """What some work gives for every part of the rows, in their order.

    Args:
        work: Of one part; on arrays it runs beside others in as many threads as arrow has.
        n_rows: How many there are.

    Returns:
        A result for each part.
    """
    parts = [slice(begin, min(begin + _PART, n_rows)) for begin in range(0, n_rows, _PART)]
    if len(parts) < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(pa.cpu_count()) as pool:
        return list(pool.map(work, parts))


def take_rows(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows of an array.

    Args:
        values: (n_rows, ...).
        rows: (n,) int64, 0 .. n_rows - 1.

    Returns:
        (n, ...) as ``values[rows]``.
    """
    taken = np.empty((len(rows), *values.shape[1:]), dtype=values.dtype)
    if taken.size:  # clipping changes nothing, and lets numpy write in place
        in_parts(lambda part: values.take(rows[part], axis=0, out=taken[part], mode="clip"), len(rows))
    return taken


def are_multiples(numbers: np.ndarray, length: int) -> bool:
    """Whether whole numbers are all multiples of one.

    Args:
        numbers: (n,) int64.
        length: Above 0.

    Returns:
        True for none at all.
    """

    def fits(part: slice) -> bool:
        """Whether those of a part are; numpy finds quotients sooner than remainders."""
        return bool((numbers[part] // length * length == numbers[part]).all())

    return fits(slice(0, _FIRST)) and all(in_parts(fits, len(numbers)))
