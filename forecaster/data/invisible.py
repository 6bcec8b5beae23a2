"""Characters that nobody sees and that make a number or a date none."""

from __future__ import annotations

import unicodedata


def find_invisible(field: str) -> str | None:
    r"""The first character of a field that shows nothing and is no plain blank.

    Args:
        field: As it is written in the file.

    Returns:
        Its code point; None when there is none.

    Example:
        >>> find_invisible("3\u00a0"), find_invisible("3 ")
        ('U+00A0', None)
    """
    for letter in field:
        if letter not in " \t" and unicodedata.category(letter) in ("Zs", "Cf", "Cc"):
            return f"U+{ord(letter):04X}"
    return None
