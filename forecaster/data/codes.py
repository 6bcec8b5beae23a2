"""Fields of a column -> the place of each among those that differ."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from forecaster.data.parts import PART, in_parts, part_of
from forecaster.data.table import Column

# First fields that show whether equal ones stand together, as in a file that is sorted.
_SAMPLE = 10_000
# Bytes of a text that fit a number, which is found among others many times sooner than a text; and what is
# left of a number of eight bytes for a text of 0, 1, ... of them.
_WORD = 8
_MASKS = np.array([(1 << (8 * n_bytes)) - 1 for n_bytes in range(_WORD + 1)], dtype=np.uint64)


def encode(column: Column) -> tuple[np.ndarray, np.ndarray | None, pa.Array]:
    """Place of each run of equal fields among those that differ.

    Args:
        column: (n_rows,) without missing fields, at least one row.

    Returns:
        (n_runs,) int64 codes; (n_runs,) int64 rows of each run, None where each row is taken for one; and the
        fields as text in the order in which they first appear.
    """
    first = column.slice(0, _SAMPLE)
    if 2 * _n_runs(first) > len(first):
        codes, names = _encode_each(column)
        return codes, None, names
    parts = in_parts(lambda part: _runs(part_of(column, part)), len(column))
    fields = pa.chunked_array([chunk for values, _ in parts for chunk in values], column.type)
    codes, names = _encode_rising(fields) or _encode_each(fields)
    return codes, np.concatenate([lengths for _, lengths in parts]), names


def _n_runs(column: Column) -> int:
    """How many runs of equal fields there are."""
    return len(_runs(column)[1])


def _runs(column: Column) -> tuple[list[pa.Array], np.ndarray]:
    """The field of each run of equal ones, in blocks, and (n_runs,) how many these are."""
    runs = [pc.run_end_encode(chunk, run_end_type=pa.int64()) for chunk in column.chunks]
    lengths = [np.diff(run.run_ends.to_numpy(), prepend=0) for run in runs]
    return [run.values for run in runs], np.concatenate(lengths)


def _encode_rising(column: Column) -> tuple[np.ndarray, pa.Array] | None:
    """Code of each field, and those that differ, where none is below the one before; else None."""
    fields = column.cast(pa.large_string()).combine_chunks()
    before, behind = fields[:-1], fields[1:]
    if not pc.all(pc.less_equal(before, behind), min_count=0).as_py():
        return None
    is_new = np.append(True, pc.not_equal(before, behind))
    return np.cumsum(is_new) - 1, fields.filter(pa.array(is_new)).cast(pa.string())


def _encode_each(column: Column) -> tuple[np.ndarray, pa.Array]:
    """Code of each field, looked up by itself in as few parts as there are threads, and those that differ."""
    words = _as_words(column) if pa.types.is_string(column.type) else None
    fields = column if words is None else pa.chunked_array([words])
    share = -(-len(column) // pa.cpu_count())
    parts = in_parts(lambda part: _encode_part(part_of(fields, part)), len(column), max(share, PART))
    encoded = pa.chunked_array(parts).unify_dictionaries()
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in encoded.chunks], dtype=np.int64)
    dictionary = encoded.chunk(0).dictionary
    if words is not None:
        dictionary = pa.array(dictionary.to_numpy().view(f"S{_WORD}"), pa.binary())
    return codes, dictionary.cast(pa.string())


def _encode_part(column: Column) -> pa.DictionaryArray:
    """The fields as places in one dictionary, which arrow gives to every block of them."""
    chunks = column.dictionary_encode().chunks
    indices = pa.concat_arrays([chunk.indices for chunk in chunks])
    return pa.DictionaryArray.from_arrays(indices, chunks[-1].dictionary)


def _as_words(column: Column) -> np.ndarray | None:
    """(n_rows,) texts as numbers of their bytes; None where one is too long, or holds a byte that is 0."""
    words = np.empty(len(column), dtype="<u8")

    def fill(part: slice) -> bool:
        """Find the words of a part, if all have one."""
        texts = part_of(column, part).combine_chunks()
        _, places, letters = texts.buffers()
        begins = np.frombuffer(places, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
        lengths = np.diff(begins)
        if letters is None or lengths.max() > _WORD:
            return False
        written = np.frombuffer(letters, dtype=np.uint8)[begins[0] : begins[-1]]
        padded = np.append(written, np.zeros(_WORD, dtype=np.uint8))
        if lengths.min() == lengths.max():  # one every so many bytes, which is found much sooner
            step = int(lengths[0])
            every = np.ndarray(len(texts), dtype=words.dtype, buffer=padded, strides=(step,))
            np.bitwise_and(every, _MASKS[step], out=words[part])
        else:
            windows = np.ndarray(len(written) + 1, dtype=words.dtype, buffer=padded, strides=(1,))
            words[part] = windows[begins[:-1] - begins[0]] & _MASKS[lengths]
        return bool(written.all())

    return words if all(in_parts(fill, len(column))) else None
