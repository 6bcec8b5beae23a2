"""What spec.json of an earlier format becomes, one format at a time.

A migration is a pure function of a tree to the tree of the next format; it is kept for ever, as are the
runs of tests/files/golden, one for each format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

FORMAT_VERSION = 1

Tree = dict[str, Any]
Migrations = Mapping[int, Callable[[Tree], Tree]]

# By the format that a migration takes; what it returns is of the next one. Format 1 is the first.
MIGRATIONS: Migrations = {}


def migrate(tree: Any, migrations: Migrations = MIGRATIONS, newest: int = FORMAT_VERSION) -> Tree:
    """A tree of any format so far as one of the newest.

    Args:
        tree: Of spec.json.
        migrations: By the format that each takes.
        newest: The format to reach.

    Returns:
        A tree whose ``format_version`` is ``newest``; the one given is left as it is.

    Raises:
        ValueError: The tree is no object, names no format, or a newer one; the text says what to do.
    """
    if not isinstance(tree, dict):
        raise ValueError("no object of names and values. Restore the file, or train again.")
    found = tree.get("format_version")
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        shown = repr(found)[:40]
        raise ValueError(f"format_version: {shown} is no format. Restore the file, or train again.")
    if found > newest:
        shown = str(found) if found < 10**9 else "of many digits"
        raise ValueError(
            f"written in format {shown}; this version reads up to {newest}. Install a newer forecaster."
        )
    for number in range(found, newest):
        tree = {**migrations[number](tree), "format_version": number + 1}
    return dict(tree)
