"""What kinds of bytes a text holds, found in one look at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.data.parts import in_parts

_QUOTE, _NEWLINE, _RETURN, _LAST_ASCII = ord('"'), ord("\n"), ord("\r"), 127


@dataclass(frozen=True)
class Seen:
    """What bytes there are in a text.

    Attributes:
        is_ascii: Whether none is above 127.
        has_nul: Whether one is 0.
        n_quotes: How many are ``"``.
    """

    is_ascii: bool
    has_nul: bool
    n_quotes: int

    def without(self, data: bytes) -> Seen:
        """The same of a text that lacks ``data``, which it began with."""
        return Seen(self.is_ascii, self.has_nul, self.n_quotes - data.count(b'"'))


def look_over(data: bytes | memoryview) -> Seen:
    """What bytes there are in a text.

    Args:
        data: Any number of them.

    Returns:
        Flags and counts.

    Example:
        >>> look_over(b'a,"b"')
        Seen(is_ascii=True, has_nul=False, n_quotes=2)
    """
    codes = np.frombuffer(data, dtype=np.uint8)

    def see(part: slice) -> tuple[bool, bool, int]:
        """What is seen in a part."""
        piece = codes[part]
        return (
            bool(piece.max() <= _LAST_ASCII),
            bool(piece.min() == 0),
            int(np.count_nonzero(piece == _QUOTE)),
        )

    seen = in_parts(see, len(codes))
    return Seen(all(part[0] for part in seen), any(part[1] for part in seen), sum(part[2] for part in seen))


def count_newlines(data: bytes | memoryview) -> int | None:
    r"""How many line feeds there are.

    Args:
        data: Any number of bytes.

    Returns:
        Their number; None where a carriage return is not followed by one, and may be an end of a line too.

    Example:
        >>> count_newlines(b"a\r\nb\n"), count_newlines(b"a\rb\n")
        (2, None)
    """
    codes = np.frombuffer(data, dtype=np.uint8)

    def count(part: slice) -> tuple[int, bool]:
        """Those of a part, and whether a carriage return in it stands alone."""
        is_return = codes[part] == _RETURN
        is_alone = bool(is_return.any()) and not _are_newlines(
            codes, part.start + np.flatnonzero(is_return) + 1
        )
        return int(np.count_nonzero(codes[part] == _NEWLINE)), is_alone

    counts = in_parts(count, len(codes))
    return None if any(is_alone for _, is_alone in counts) else sum(n_newlines for n_newlines, _ in counts)


def _are_newlines(codes: np.ndarray, places: np.ndarray) -> bool:
    """Whether line feeds stand at all of some rising places, the last of which may be the end."""
    return bool(places[-1] < len(codes) and (codes[places] == _NEWLINE).all())


def has_hexadecimal(data: bytes | memoryview) -> bool:
    r"""Whether there is a ``0x`` or ``0X``.

    Args:
        data: Any number of bytes.

    Returns:
        True wherever it stands.

    Example:
        >>> has_hexadecimal(b"a\n0x1F"), has_hexadecimal(b"x0")
        (True, False)
    """
    codes = np.frombuffer(data, dtype=np.uint8)

    def find(part: slice) -> bool:
        """Whether one begins in a part."""
        piece = codes[part.start : part.stop + 1]
        is_mark = (piece[1:] | 0x20) == ord("x")
        return bool(is_mark.any() and (piece[:-1][is_mark] == ord("0")).any())

    return any(in_parts(find, len(codes)))
