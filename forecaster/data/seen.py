"""What kinds of bytes a text holds, found in one look at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.data.parts import in_parts

_QUOTE, _NEWLINE, _LAST_ASCII = ord('"'), ord("\n"), 127


@dataclass(frozen=True)
class Seen:
    """What bytes there are in a text.

    Attributes:
        is_ascii: Whether none is above 127.
        has_nul: Whether one is 0.
        n_quotes: How many are ``"``.
        n_newlines: How many are line feeds.
    """

    is_ascii: bool
    has_nul: bool
    n_quotes: int
    n_newlines: int

    def without(self, data: bytes) -> Seen:
        """The same of a text that lacks ``data``, which it began with."""
        return Seen(
            self.is_ascii, self.has_nul, self.n_quotes - data.count(b'"'), self.n_newlines - data.count(b"\n")
        )


def look_over(data: bytes) -> Seen:
    """What bytes there are in a text.

    Args:
        data: Any number of them.

    Returns:
        Flags and counts.

    Example:
        >>> look_over(b'a,"b"')
        Seen(is_ascii=True, has_nul=False, n_quotes=2, n_newlines=0)
    """
    codes = np.frombuffer(data, dtype=np.uint8)

    def see(part: slice) -> tuple[bool, bool, int, int]:
        """What is seen in a part."""
        piece = codes[part]
        return (
            bool(piece.max() <= _LAST_ASCII),
            bool(piece.min() == 0),
            int(np.count_nonzero(piece == _QUOTE)),
            int(np.count_nonzero(piece == _NEWLINE)),
        )

    seen = in_parts(see, len(codes))
    return Seen(
        all(part[0] for part in seen),
        any(part[1] for part in seen),
        sum(part[2] for part in seen),
        sum(part[3] for part in seen),
    )
