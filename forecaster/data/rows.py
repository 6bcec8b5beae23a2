"""Rows of a table -> series: ids, their order, and what is done about it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forecaster.data.clock import find_resolution
from forecaster.data.panel import Note
from forecaster.data.parts import in_parts, take_rows
from forecaster.data.table import Column, Table
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
        codes: (n_rows,) int64 index into ``names``; None when all rows are of one series.
        names: (n_series,) str, in the order of their first rows.
        notes: What was done to the names.
    """

    codes: np.ndarray | None
    names: np.ndarray
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Order:
    """Rows put together by series and in time.

    Attributes:
        rows: (n_rows,) int64 row of the file for every row of the panel; None when nothing moved.
        offsets: (n_series + 1,) int64.
        notes: Whether rows were sorted.
    """

    rows: np.ndarray | None
    offsets: np.ndarray
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
    codes, dictionary = _encode(column)
    names = dictionary.to_numpy(zero_copy_only=False).astype(object)
    if pc.all(pc.match_substring_regex(dictionary, pattern=_BARE)).as_py():
        return Ids(codes, names)
    stripped = np.array([text.strip() for text in names], dtype=object)
    if (stripped == "").any():
        raise _missing(table, name, (stripped == "")[codes])
    if np.array_equal(stripped, names):
        return Ids(codes, names)
    changed = int((stripped != names)[codes].sum())
    kept, first, inverse = np.unique(stripped, return_index=True, return_inverse=True)
    rank = np.empty(len(kept), dtype=np.int64)
    order = np.argsort(first)
    rank[order] = np.arange(len(kept))
    note = Note("trimmed", f"blanks around ids in column '{name}' were left out", changed)
    return Ids(rank[inverse][codes], kept[order], (note,))


def _encode(column: Column) -> tuple[np.ndarray, pa.Array]:
    """(n_rows,) place of each field among those that differ, and these as text; parts run side by side."""
    n_parts = min(pa.cpu_count(), max(column.num_chunks, 1))
    cuts = [column.num_chunks * part // n_parts for part in range(n_parts + 1)]
    parts = [pa.chunked_array(column.chunks[a:b], column.type) for a, b in pairwise(cuts)]
    with ThreadPoolExecutor(n_parts) as pool:
        encoded = pa.chunked_array(list(pool.map(_encode_part, parts))).unify_dictionaries()
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in encoded.chunks], dtype=np.int64)
    return codes, encoded.chunk(0).dictionary.cast(pa.string())


def _encode_part(column: Column) -> pa.DictionaryArray:
    """The fields as places in one dictionary, which arrow gives to every block of them."""
    chunks = column.dictionary_encode().chunks
    indices = pa.concat_arrays([chunk.indices for chunk in chunks])
    return pa.DictionaryArray.from_arrays(indices, chunks[-1].dictionary)


def sort_rows(codes: np.ndarray | None, times: np.ndarray | None, n_series: int, n_rows: int) -> Order:
    """Order of rows by series, then time; rows of one time stay as they were.

    Args:
        codes: (n_rows,) series of each row; None for one series.
        times: (n_rows,) times; None keeps the order of the file.
        n_series: Number of series.
        n_rows: Number of rows.

    Returns:
        The order, with a note when rows of a series were not in time order.
    """
    if codes is None:
        codes = np.zeros(n_rows, dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=n_series))]).astype(np.int64)
    moved = None if (codes[1:] >= codes[:-1]).all() else radix_order(codes)
    if times is None:
        return Order(moved, offsets)
    if moved is not None:
        times = take_rows(times, moved)
    late = times[1:] < times[:-1]
    late[offsets[1:-1] - 1] = False
    count = int(late.sum())
    if count == 0:
        return Order(moved, offsets)
    order = _within_series(_ranks(times), offsets)
    text = "rows were not in time order and were sorted"
    return Order(order if moved is None else take_rows(moved, order), offsets, (Note("sorted", text, count),))


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
    place_bits = _bits(len(keys) - 1)
    key_bits = _SIGNLESS - place_bits
    order = None
    for shift in range(0, max(_bits(int(keys.max(initial=0))), 1), key_bits):
        digits = (keys >> shift) & ((1 << key_bits) - 1)
        digits = digits if order is None else digits[order]
        digits <<= place_bits
        digits |= np.arange(len(keys))
        digits.sort()
        digits &= (1 << place_bits) - 1
        order = digits if order is None else order[digits]
    return np.arange(len(keys)) if order is None else order


def _within_series(ranks: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Stable order by rank of the rows of each series, which lie together; in one sort where bits suffice."""
    lengths = np.diff(offsets)
    place_bits, rank_bits = _bits(int(lengths.max()) - 1), _bits(int(ranks.max()))
    if place_bits + rank_bits + _bits(len(lengths)) > _SIGNLESS:
        order = radix_order(ranks)
        return np.asarray(order[radix_order(np.repeat(np.arange(len(lengths)), lengths)[order])])
    begins = np.repeat(offsets[:-1], lengths)
    keys = ranks << place_bits
    keys |= np.repeat(np.arange(len(lengths)) << (place_bits + rank_bits), lengths)
    keys |= np.arange(len(ranks)) - begins
    keys.sort()
    keys &= (1 << place_bits) - 1
    keys += begins
    return keys


def _bits(number: int) -> int:
    """How many bits a whole number takes."""
    return number.bit_length()


def _ranks(times: np.ndarray) -> np.ndarray:
    """Whole numbers that are in the order of the times, as small as is cheap."""
    if np.issubdtype(times.dtype, np.floating):
        numbers = _decimals(times)
    else:
        numbers = times.astype(np.int64)
    least = int(numbers.min())
    if int(numbers.max()) - least > 2**62:
        return np.unique(numbers, return_inverse=True)[1]
    numbers = numbers - least
    if np.issubdtype(times.dtype, np.datetime64):
        resolution = find_resolution(numbers.view("datetime64[ns]"))
        in_parts(lambda part: np.floor_divide(numbers[part], resolution, out=numbers[part]), len(numbers))
    return np.asarray(numbers)


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
