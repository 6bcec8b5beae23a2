"""JSON of a run folder to plain values, with limits on what a hostile file could make of little."""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import partial
from typing import Any

# Deeper and wider than any file that a run has; beyond it a small file could take much memory or time.
MOST_DEPTH = 32
MOST_NAMES = 20_000
# Digits of a whole number: any fits a float.
MOST_DIGITS = 300

_MARKS = (b"[", b"{", b",", b":")


def strict_json(content: bytes, most_bytes: int, most_values: int, most_names: int = MOST_NAMES) -> Any:
    """Plain values of a JSON text that says every name once and every number finitely.

    Args:
        content: The text in UTF-8.
        most_bytes: Size from which on it is not looked at.
        most_values: Numbers, texts and names that it may hold, roughly; told before they are made.
        most_names: Objects there may be, and names that one of them may hold.

    Returns:
        Dictionaries, lists and plain values.

    Raises:
        ValueError: It is no JSON, too large or too deep, names a key twice, or holds NaN, an infinity or a
            half of a character.

    Example:
        >>> strict_json(b'{"a": [1, 0.5]}', 100, 100)
        {'a': [1, 0.5]}
    """
    if len(content) > most_bytes:
        raise ValueError(f"{len(content):,} bytes; at most {most_bytes:,} are read")
    n_values = sum(content.count(mark) for mark in _MARKS)
    if n_values > most_values:
        raise ValueError(f"about {n_values:,} values; at most {most_values:,} are read")
    if (n_objects := content.count(b"{")) > most_names:
        raise ValueError(f"about {n_objects:,} objects; at most {most_names:,} are read")
    try:
        text = content.decode("utf-8")
        tree = json.loads(
            text,
            object_pairs_hook=partial(_unique, most_names),
            parse_constant=_refused,
            parse_float=_float,
            parse_int=_int,
        )
    except RecursionError:
        raise ValueError(f"nested more than {MOST_DEPTH} deep") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"not JSON (byte {error.start} is no UTF-8)") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error})") from None
    _check_depth(tree)
    if "\\u" in text:
        _check_characters(tree)
    return tree


def _unique(most_names: int, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, refused where a name stands twice."""
    if len(pairs) > most_names:
        raise ValueError(f"an object of {len(pairs):,} names; at most {most_names:,} are read")
    tree = dict(pairs)
    if len(tree) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the name {twice[:40]!r} stands twice")
    return tree


def _refused(name: str) -> Any:
    """NaN and infinities are no numbers."""
    raise ValueError(f"{name} is no number of JSON")


def _float(text: str) -> float:
    """A number that a float can hold."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _int(text: str) -> int:
    """A whole number that a float can hold."""
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of {len(text):,} digits; at most {MOST_DIGITS} are read")
    return int(text)


def _check_depth(tree: Any) -> None:
    """Refuse what is nested deeper than any code that walks it should have to go."""
    level = [tree]
    for _ in range(MOST_DEPTH + 1):
        level = (
            [
                part
                for one in level
                for part in (one.values() if isinstance(one, dict) else one)
                if isinstance(part, dict | list)
            ]
            if isinstance(tree, dict | list)
            else []
        )
        if not level:
            return
    raise ValueError(f"nested more than {MOST_DEPTH} deep")


def _check_characters(tree: Any) -> None:
    """Refuse halves of characters, which no file or screen can be given."""
    try:
        json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds half a character") from None
