"""Rows of a table -> series: ids, their order, and what is done about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forecaster.data.clock import find_resolution
from forecaster.data.codes import encode
from forecaster.data.panel import Note
from forecaster.data.parts import in_parts, in_series, take_rows
from forecaster.data.table import Table
from forecaster.errors import DataError

# Bits of an int64 beside its sign.
_SIGNLESS = 63
# Parts of one that real times may be whole numbers of, and the number up to which these are exact.
_SCALES = (1.0, 1e3, 1e6)
_LARGEST_EXACT = 2.0**53
# Text that has no blank of any kind at its ends.
_BARE = r"^[!-~]([^\n]*[!-~])?$"


@dataclass(frozen=True)
class Ids:
    """Which series each row belongs to.

    Attributes:
        runs: (n_runs,) int64 index into ``names`` of each run of rows that have one id; None when all rows
            are of one series.
        names: (n_series,) str, in the order of their first rows.
        lengths: (n_runs,) int64 rows of each run; None where each row is taken for one.
        notes: What was done to the names.
    """

    runs: np.ndarray | None
    names: np.ndarray
    lengths: np.ndarray | None = None
    notes: tuple[Note, ...] = ()

    @property
    def codes(self) -> np.ndarray:
        """(n_rows,) int64 index into ``names`` of each row.

        Raises:
            ValueError: All rows are of one series, and there are no ``runs``.
        """
        if self.runs is None:
            raise ValueError("rows of one series have no codes")
        return self.runs if self.lengths is None else np.repeat(self.runs, self.lengths)


@dataclass(frozen=True)
class Order:
    """Rows put together by series and in time.

    Attributes:
        rows: (n_rows,) int64 row of the file for every row of the panel; None when nothing moved.
        offsets: (n_series + 1,) int64.
        times: (n_rows,) in this order; the place of each row in its series where the file has none.
        notes: Whether rows were sorted.
    """

    rows: np.ndarray | None
    offsets: np.ndarray
    times: np.ndarray
    notes: tuple[Note, ...] = ()

    def take(self, values: np.ndarray) -> np.ndarray:
        """Values of the file in the order of the panel."""
        return values if self.rows is None else take_rows(values, self.rows)

    def row(self, place: int) -> int:
        """Row of the file that a row of the panel came from."""
        return int(place) if self.rows is None else int(self.rows[place])


def read_ids(table: Table, name: str | None) -> Ids:
    """Series of every row.

    Args:
        table: The file.
        name: Its id column; None for one series.

    Returns:
        Codes and names, in the order of first appearance.

    Raises:
        DataError: A row has no id.
    """
    if name is None:
        return Ids(None, np.array(["series"], dtype=object))
    column = table.columns[name]
    if pa.types.is_floating(column.type) and pc.all(pc.equal(pc.floor(column), column)).as_py():
        column = column.cast(pa.int64())
    if column.null_count:
        raise _missing(table, name, np.asarray(column.is_null()))
    runs, lengths, dictionary = encode(column)
    names = dictionary.to_numpy(zero_copy_only=False).astype(object)
    ids = Ids(runs, names, lengths)
    if all(in_parts(lambda part: _are_bare(dictionary[part]), len(dictionary))):
        return ids
    stripped = np.array([text.strip() for text in names], dtype=object)
    if (stripped == "").any():
        raise _missing(table, name, (stripped == "")[ids.codes])
    if np.array_equal(stripped, names):
        return ids
    changed = int((stripped != names)[ids.codes].sum())
    kept, first, inverse = np.unique(stripped, return_index=True, return_inverse=True)
    rank = np.empty(len(kept), dtype=np.int64)
    order = np.argsort(first)
    rank[order] = np.arange(len(kept))
    note = Note("trimmed", f"blanks around ids in column '{name}' were left out", changed)
    return Ids(rank[inverse][runs], kept[order], lengths, (note,))


def _are_bare(names: pa.Array) -> bool:
    """Whether no text has a blank of any kind at its ends."""
    return bool(pc.all(pc.match_substring_regex(names, pattern=_BARE)).as_py())


def sort_rows(ids: Ids, times: np.ndarray | None, n_rows: int) -> Order:
    """Order of rows by series, then time; rows of one time stay as they were.

    Args:
        ids: Series of each row.
        times: (n_rows,) times; None keeps the order of the file.
        n_rows: Number of rows.

    Returns:
        The order, with a note when rows of a series were not in time order.
    """
    offsets, moved = np.array([0, n_rows]), None
    if ids.runs is not None:
        counts = np.bincount(ids.runs, weights=ids.lengths, minlength=len(ids.names))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        moved = radix_order(ids.codes) if _n_falls(ids.runs) else None
    if times is None:
        return Order(moved, offsets, np.arange(n_rows) - np.repeat(offsets[:-1], np.diff(offsets)))
    if moved is not None:
        times = take_rows(times, moved)
    begins = offsets[:-1][np.diff(offsets) > 0][1:]  # of series with rows, but for the first
    count = _n_falls(times) - int(np.count_nonzero(times[begins] < times[begins - 1]))
    if count == 0:
        return Order(moved, offsets, times)
    order = _within_series(times, offsets)
    rows = order if moved is None else take_rows(moved, order)
    text = "rows were not in time order and were sorted"
    return Order(rows, offsets, take_rows(times, order), (Note("sorted", text, count),))


def _n_falls(numbers: np.ndarray) -> int:
    """How many numbers are below the one before."""

    def count(part: slice) -> int:
        """Those of a part, and the one behind it."""
        piece = numbers[part.start : part.stop + 1]
        return int(np.count_nonzero(piece[1:] < piece[:-1]))

    return sum(in_parts(count, len(numbers)))


def radix_order(keys: np.ndarray) -> np.ndarray:
    """Stable order of whole numbers.

    As many bits of the keys as there is room for are put above the places in one number, and the numbers are
    sorted themselves, which numpy does many times faster than it finds the order of others.

    Args:
        keys: (n,) int64, not negative.

    Returns:
        (n,) int64 positions in rising order of ``keys``; equal keys stay as they were.

    Example:
        >>> radix_order(np.array([70000, 2, 1, 2]))
        array([2, 1, 3, 0])
    """
    order = None
    key_bits = _SIGNLESS - _bits(len(keys) - 1)
    for shift in range(0, max(_bits(int(keys.max(initial=0))), 1), key_bits):
        order = _by_digits(keys, shift, order)
    return np.arange(len(keys)) if order is None else order


def _by_digits(keys: np.ndarray, shift: int, order: np.ndarray | None) -> np.ndarray:
    """An order in which the bits of keys above ``shift`` that there is room for rise; else it stays."""
    place_bits = _bits(len(keys) - 1)
    most, last = (1 << (_SIGNLESS - place_bits)) - 1, (1 << place_bits) - 1
    packed = np.empty(len(keys), dtype=np.int64)

    def pack(part: slice) -> None:
        """Put bits of the keys above their places."""
        digits = keys[part] if order is None else keys[order[part]]
        packed[part] = ((digits >> shift) & most) << place_bits | np.arange(part.start, part.stop)

    def unpack(part: slice) -> None:
        """Leave what was at each place."""
        places = packed[part] & last
        packed[part] = places if order is None else order[places]

    in_parts(pack, len(keys))
    packed.sort()
    in_parts(unpack, len(keys))
    return packed


def _within_series(times: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(n_rows,) stable order by time of the rows of each series, which lie together."""
    numbers = _decimals(times) if np.issubdtype(times.dtype, np.floating) else times.view(np.int64)
    unit = find_resolution(times) if np.issubdtype(times.dtype, np.datetime64) else 1
    order = np.empty(len(times), dtype=np.int64)

    def sort(series: slice, rows: slice) -> None:
        """Find the order of the rows of some series."""
        lengths = np.diff(offsets[series.start : series.stop + 1])
        order[rows] = rows.start + _of_series(_ranks(numbers[rows], unit), lengths)

    in_series(sort, offsets)
    return order


def _of_series(ranks: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Stable order by series, of these lengths, then rank; in one sort where bits suffice."""
    series = np.repeat(np.arange(len(lengths)), lengths)
    place_bits, rank_bits = _bits(len(ranks) - 1), _bits(int(ranks.max()))
    if place_bits + rank_bits + _bits(len(lengths) - 1) > _SIGNLESS:
        order = radix_order(ranks)
        return np.asarray(order[radix_order(series[order])])
    keys = series << rank_bits
    keys |= ranks
    keys <<= place_bits
    keys |= np.arange(len(ranks))
    keys.sort()
    keys &= (1 << place_bits) - 1
    return keys


def _ranks(numbers: np.ndarray, unit: int) -> np.ndarray:
    """Numbers from 0 on in the order of whole ones, which are multiples of a unit: as small as is cheap."""
    least = int(numbers.min())
    if int(numbers.max()) - least > 2**62:
        return np.unique(numbers, return_inverse=True)[1]
    return np.asarray((numbers - least) // unit)


def _bits(number: int) -> int:
    """How many bits a whole number takes."""
    return number.bit_length()


def _decimals(times: np.ndarray) -> np.ndarray:
    """Real numbers as int64 in their order: as whole parts of a power of ten, else by their bits."""
    for scale in _SCALES:
        for part in (times[:1000], times):
            whole = np.rint(part * scale)
            if not (np.abs(whole) < _LARGEST_EXACT).all() or not (whole / scale == part).all():
                break
        else:
            return whole.astype(np.int64)
    bits = (times + 0.0).view(np.int64)  # the sum makes -0.0 equal to 0.0
    return np.where(bits < 0, bits ^ np.int64(2**63 - 1), bits)


def _missing(table: Table, name: str, empty: np.ndarray) -> DataError:
    """The error of rows without an id."""
    count = int(empty.sum())
    more = f" ({count} rows have none)" if count > 1 else ""
    place = table.place(int(np.argmax(empty)), name)
    return DataError(f"{place}: no id{more}. Complete the row or remove it.")
