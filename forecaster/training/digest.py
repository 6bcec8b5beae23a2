"""panel_digest: a fingerprint of the rows that a training is of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from forecaster.data.panel import Panel
from forecaster.data.parted import PartedData

# Fields that say where rows came from and who holds the others, not what they are.
SPOKEN = {"source", "why", "repairs", "warnings", "peers"}


def panel_digest(panel: Panel | PartedData) -> str:
    """SHA-256 of all that a training takes from its rows.

    Args:
        panel: As it was read, or parts that are still to be read, which know when they have changed.

    Returns:
        64 hexadecimal digits: the same for the same rows, read in the same way, whatever their file is
        called.
    """
    if isinstance(panel, PartedData):
        return panel.digest
    digest = hashlib.sha256()
    found = {one.name: getattr(panel, one.name) for one in fields(Panel) if one.name not in SPOKEN}
    if panel.goal is None:  # fingerprints of panels of which there were no others stay
        del found["goal"]
    _add(digest, found)
    return digest.hexdigest()


def arrays_digest(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of arrays by name.

    Args:
        arrays: Any.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    _add(digest, arrays)
    return digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    """Take a value in, with its type and size, so that no two values look the same end to end."""
    if isinstance(value, np.ndarray):
        if value.dtype == object:  # ids: text, each ended by what no text holds
            text = "".join(f"{one}\0" for one in value.ravel())
            data = np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)
        else:
            data = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        digest.update(f"{value.dtype.str} {value.shape} ".encode())
        digest.update(data)
    elif is_dataclass(value):
        _add(digest, {one.name: getattr(value, one.name) for one in fields(value)})
    elif isinstance(value, Mapping):
        digest.update(f"{len(value)} of ".encode())
        for name in sorted(value):
            digest.update(f"{name!r}: ".encode())
            _add(digest, value[name])
    elif isinstance(value, tuple | list):
        digest.update(f"{len(value)} of ".encode())
        for part in value:
            _add(digest, part)
    else:
        plain = value.item() if isinstance(value, np.generic) else value
        digest.update(f"{type(plain).__name__} {plain!r}, ".encode())
