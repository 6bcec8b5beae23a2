"""weights.safetensors: every member's tensors, compared with what the spec implies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from forecaster.errors import RunError, listing
from forecaster.files import explained
from forecaster.run.strict_json import strict_json

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
# The most networks of the most layers have 90,000 tensors, each said in ten values and 150 bytes.
_MOST_HEADER_BYTES = 1 << 24
_MOST_VALUES = 1_500_000
_MOST_TENSORS = 150_000


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
    _check_header(_header(data, place), wanted, len(data), place)
    try:
        tensors = load(data)
    except (SafetensorError, ValueError, OverflowError) as error:
        raise RunError(f"{place}: damaged ({error}). Train the run again.") from error
    for name, array in tensors.items():
        _check_finite(place, name, array, "Train the run again.")
    return [
        {name: tensors[f"member{number}/{name}"] for name in member} for number, member in enumerate(expected)
    ]


def read_header(path: Path) -> dict[str, Any]:
    """Dtype, shape and place of every tensor, as the file states them; the tensors are not read.

    Args:
        path: A safetensors file.

    Returns:
        What stands there of each tensor, by its name.

    Raises:
        RunError: It is no such file, or cut short.
    """
    with explained(path), path.open("rb") as file:
        head = file.read(8)
        size = min(int.from_bytes(head, "little"), _MOST_HEADER_BYTES + 1)
        return _header(head + file.read(size), str(path))


def _header(data: bytes, place: str) -> dict[str, Any]:
    """The same from the beginning of the file."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(len(data) - 8, _MOST_HEADER_BYTES):
        raise RunError(f"{place}: not a safetensors file, or cut short. Train the run again.")
    try:
        header = strict_json(data[8 : 8 + size], _MOST_HEADER_BYTES, _MOST_VALUES, _MOST_TENSORS)
    except ValueError as error:
        raise RunError(f"{place}: damaged header: {error}. Train the run again.") from None
    if not isinstance(header, dict):
        raise RunError(f"{place}: damaged header. Train the run again.")
    header.pop("__metadata__", None)
    return header


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
