"""weights.safetensors: every member's tensors, compared with what the spec implies."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from forecaster.errors import RunError, listing

Expected = Mapping[str, tuple[Sequence[int], np.dtype[Any] | type | str]]

_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}
_MOST_HEADER_BYTES = 1 << 24


def weights_bytes(members: Sequence[Mapping[str, np.ndarray]]) -> bytes:
    """The tensors of all members as one safetensors file.

    Args:
        members: Arrays by name, one dictionary a member; names may hold slashes.

    Returns:
        The file's content; the name of a tensor is ``member0/`` and its own name.

    Raises:
        RunError: A tensor holds NaN or infinity.
    """
    tensors = {}
    for number, member in enumerate(members):
        for name, array in member.items():
            tensors[f"member{number}/{name}"] = np.asarray(array, order="C")
    for name, array in tensors.items():
        _check_finite("weights", name, array, "Training went astray; lower --learning-rate.")
    return bytes(save(tensors))


def read_weights(
    data: bytes, expected: Sequence[Expected], place: str = "weights.safetensors"
) -> list[dict[str, np.ndarray]]:
    """The tensors of all members; nothing is allocated before names, shapes and dtypes fit.

    Args:
        data: The file's content.
        expected: Shape and dtype by name, one dictionary a member, as the spec implies them.
        place: The file, for messages.

    Returns:
        Arrays by name, one dictionary a member, in the order of ``expected``.

    Raises:
        RunError: A tensor is missing, unknown, of another shape or dtype, or not finite; or the
            file is damaged.
    """
    wanted = {
        f"member{number}/{name}": (list(shape), str(np.dtype(dtype)))
        for number, member in enumerate(expected)
        for name, (shape, dtype) in member.items()
    }
    _check_header(_read_header(data, place), wanted, len(data), place)
    try:
        tensors = load(data)
    except (SafetensorError, ValueError, OverflowError) as error:
        raise RunError(f"{place}: damaged ({error}). Train the run again.") from error
    for name, array in tensors.items():
        _check_finite(place, name, array, "Train the run again.")
    return [
        {name: tensors[f"member{number}/{name}"] for name in member} for number, member in enumerate(expected)
    ]


def _read_header(data: bytes, place: str) -> dict[str, Any]:
    """Dtype, shape and place of every tensor, as the file states them."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(len(data) - 8, _MOST_HEADER_BYTES):
        raise RunError(f"{place}: not a safetensors file, or cut short. Train the run again.")
    try:
        header = json.loads(data[8 : 8 + size], object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{place}: damaged header ({error}). Train the run again.") from error
    if not isinstance(header, dict):
        raise RunError(f"{place}: damaged header. Train the run again.")
    header.pop("__metadata__", None)
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object without repeated keys."""
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a name twice")
    return tree


def _check_header(
    header: dict[str, Any], wanted: dict[str, tuple[list[int], str]], n_bytes: int, place: str
) -> None:
    """Compare what the file states with what the spec implies."""
    if missing := wanted.keys() - header.keys():
        raise RunError(f"{place}: no tensor {listing(missing)}. Train the run again.")
    if unknown := header.keys() - wanted.keys():
        raise RunError(f"{place}: unknown tensor {listing(unknown)}. Train the run again.")
    total = 0
    for name, (shape, dtype) in wanted.items():
        entry = header[name] if isinstance(header[name], dict) else {}
        found = (entry.get("shape"), _DTYPES.get(str(entry.get("dtype"))))
        if found != (shape, dtype):
            raise RunError(
                f"{place}: tensor {name} is {found[1]} {found[0]}, the spec needs {dtype} {shape}. "
                "Train the run again."
            )
        total += math.prod(shape) * np.dtype(dtype).itemsize
    if total > n_bytes:
        raise RunError(f"{place}: {n_bytes} bytes, its tensors need {total}. Train the run again.")


def _check_finite(place: str, name: str, array: np.ndarray, remedy: str) -> None:
    """Refuse NaN and infinity."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise RunError(f"{place}: tensor {name} holds NaN or infinity. {remedy}")
