"""Damaged copies of the files of a run: bytes, words and whole values changed at random."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

# What parsers have been known to stumble over.
WORDS: tuple[bytes, ...] = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"9" * 400, b"null", b"true", b"{}", b"[]", b'""',
    b"\\u0000", b"\\ud800", b"\xff", b"\x00", b"[" * 500, b'{"a":' * 500, b",", b":", b"../../etc/passwd",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 7, 10**9, 10**30, -(10**9), 0.5, -0.0, 1e-300, 1e300, "", "x", "1",
    "../../etc/passwd", "\x00", "é" * 300, [], [[]], [0] * 50, [None], ["x"], {}, {"a": 1}, {"": {"": []}},
)  # fmt: skip


def mutate_bytes(content: bytes, rng: random.Random) -> bytes:
    """One to four changes of bytes: flipped, cut, doubled, moved, or a word put in.

    Args:
        content: Of a file.
        rng: Random numbers.

    Returns:
        The changed content.
    """
    data = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(data) + 1)
        end = min(len(data), place + rng.choice((1, 2, 8, 64, 1000)))
        action = rng.randrange(6)
        if action == 0 and place < len(data):
            data[place] ^= 1 << rng.randrange(8)
        elif action == 1:
            del data[place:end]
        elif action == 2:
            data[place:place] = data[place:end]
        elif action == 3:
            data[place:place] = rng.choice(WORDS)
        elif action == 4:
            data[place:end] = rng.choice(WORDS)
        else:
            data[place:end] = rng.randbytes(end - place)
    return bytes(data)


def mutate_tree(tree: Any, rng: random.Random) -> Any:
    """One to three changes of values: replaced, removed, doubled, or taken from elsewhere.

    Args:
        tree: Of a JSON file; it is left as it is.
        rng: Random numbers.

    Returns:
        The changed tree.
    """
    new = copy.deepcopy(tree)
    for _ in range(rng.randint(1, 3)):
        places = list(_places(new))
        if not places:
            return new
        holder, key = rng.choice(places)
        action = rng.randrange(6)
        if action == 0:
            del holder[key]
        elif action == 1:
            other, name = rng.choice(places)
            holder[key] = copy.deepcopy(other[name])
        elif action == 2 and isinstance(holder, list):
            holder.extend(copy.deepcopy(holder[:3]))
        elif action == 3 and isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
            holder[key] = rng.choice((-1, 0, 2, 0.5, 1000, 1e12)) * holder[key] + rng.choice((0, 1, -1))
        elif action == 4 and isinstance(holder, dict):
            holder[rng.choice(("colour", "", "name", str(key) + "x"))] = holder[key]
        else:
            holder[key] = copy.deepcopy(rng.choice(VALUES))
    return new


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every value of a tree as what holds it, and where."""
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(min(len(holder), 5))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


def mutate_json(content: bytes, rng: random.Random) -> bytes:
    """A JSON file with changed values, or with changed bytes.

    Args:
        content: Of the file.
        rng: Random numbers.

    Returns:
        The changed content.
    """
    if rng.random() < 0.5:
        return mutate_bytes(content, rng)
    return json.dumps(mutate_tree(json.loads(content), rng)).encode()


def mutate_weights(content: bytes, rng: random.Random) -> bytes:
    """A safetensors file with a changed header, or with changed bytes.

    Args:
        content: Of the file.
        rng: Random numbers.

    Returns:
        The changed content.
    """
    if rng.random() < 0.4:
        return mutate_bytes(content, rng)
    size = int.from_bytes(content[:8], "little")
    header = mutate_json(content[8 : 8 + size], rng)
    stated = len(header) if rng.random() < 0.8 else rng.choice((0, 1, size, 2**40, 2**63))
    return stated.to_bytes(8, "little") + header + content[8 + size :]
