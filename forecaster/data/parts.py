"""Work on many rows in parts that fit the processor's own memory, several of them side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, pairwise
from typing import TypeVar

import numpy as np
import pyarrow as pa

# Rows, or bytes, of a part.
PART = 1 << 18
# Numbers looked at before all are.
_FIRST = 1000

T = TypeVar("T")


def in_parts(work: Callable[[slice], T], n_rows: int, size: int = PART) -> list[T]:
    """What some work gives for every part of the rows, in their order.

    Args:
        work: Of one part; on arrays it runs beside others in as many threads as arrow has.
        n_rows: How many there are.
        size: Rows of a part.

    Returns:
        A result for each part.
    """
    return _side_by_side(work, [slice(begin, min(begin + size, n_rows)) for begin in range(0, n_rows, size)])


def in_series(work: Callable[[slice, slice], T], offsets: np.ndarray) -> list[T]:
    """What some work gives for every part of the series, in their order.

    Args:
        work: Of the series of one part and their rows; it runs like that of ``in_parts``.
        offsets: (n_series + 1,) where series begin among rows.

    Returns:
        A result for each part, one at least: of as many series as have the rows of one, or of a longer one.
    """
    within = np.searchsorted(offsets, np.arange(PART, offsets[-1], PART), side="right") - 1
    cuts = np.unique([0, *within, len(offsets) - 1])
    parts = [slice(int(begin), int(end)) for begin, end in pairwise(cuts)] or [slice(0, 0)]
    return _side_by_side(
        lambda part: work(part, slice(int(offsets[part.start]), int(offsets[part.stop]))), parts
    )


def _side_by_side(work: Callable[[slice], T], parts: list[slice]) -> list[T]:
    """What some work gives for each part; every thread takes the next one that is left."""
    n_threads = min(pa.cpu_count(), len(parts))
    if n_threads < 2:
        return [work(part) for part in parts]
    left = enumerate(parts)

    def strand() -> list[tuple[int, T]]:
        """Parts of one thread."""
        return [(place, work(part)) for place, part in left]

    with ThreadPoolExecutor(n_threads) as pool:
        strands = [pool.submit(strand) for _ in range(n_threads)]
    found = dict(chain.from_iterable(strand.result() for strand in strands))
    return [found[place] for place in range(len(parts))]


def part_of(column: pa.ChunkedArray, part: slice) -> pa.ChunkedArray:
    """Some rows of a column.

    Args:
        column: (n_rows,).
        part: From one row to another.

    Returns:
        The fields of these rows, not copied.
    """
    return column.slice(part.start, part.stop - part.start)


def cast_rows(column: pa.ChunkedArray, kind: pa.DataType, *, safe: bool = True) -> np.ndarray:
    """The fields of a column as an array of their own.

    Args:
        column: (n_rows,).
        kind: What they are made to be: numbers or moments.
        safe: Whether a field that does not fit is an error.

    Returns:
        (n_rows,) of that kind; NaN or NaT where one is missing.

    Raises:
        pyarrow.ArrowInvalid: A field does not fit.
    """
    cast = np.empty(len(column), dtype=kind.to_pandas_dtype())

    def fill(part: slice) -> None:
        """Put those of a part in their place."""
        cast[part] = part_of(column, part).cast(kind, safe=safe).to_numpy()

    in_parts(fill, len(column))
    return cast


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


def count_multiples(numbers: np.ndarray, offsets: np.ndarray, length: int) -> np.ndarray | None:
    """How many times a length goes into the way from the first number of a series to each.

    Args:
        numbers: (n_rows,) int64; no series is without.
        offsets: (n_series + 1,).
        length: Above 0.

    Returns:
        (n_rows,) int64; None where a part of a length is left.
    """
    counts = np.empty(len(numbers), dtype=np.int64)

    def count(series: slice, rows: slice) -> bool:
        """Count those of some series."""
        firsts = np.repeat(numbers[offsets[series]], np.diff(offsets[series.start : series.stop + 1]))
        away = numbers[rows] - firsts
        counts[rows] = found = away // length
        return bool((found * length == away).all())

    return counts if all(in_series(count, offsets)) else None


def positive_median(numbers: np.ndarray) -> float:
    """Median of the numbers above zero, found among all, which costs less than to take these out.

    Args:
        numbers: (n,) int64 or float64, any of which may be NaN.

    Returns:
        As ``np.median`` of those above zero; NaN where none is.

    Example:
        >>> positive_median(np.array([0, 3, 1, -7]))
        2.0
    """

    def count(part: slice) -> tuple[int, int]:
        """How many of a part are above zero, and how many are not."""
        return int(np.count_nonzero(numbers[part] > 0)), int(np.count_nonzero(numbers[part] <= 0))

    counts = in_parts(count, len(numbers))
    n_positive, n_others = (sum(part[place] for part in counts) for place in (0, 1))
    if n_positive == 0:
        return float("nan")
    middle = n_others + n_positive // 2
    # by one place alone, which numpy does several times sooner than by two
    ordered = np.partition(numbers, middle)
    below = ordered[middle] if n_positive % 2 else ordered[:middle].max()
    return float(np.mean([below, ordered[middle]]))
