"""Every exception of the package.

    ForecasterError
    +-- DataError      a file or a frame cannot be read as it stands
    +-- ConfigError    a setting is wrong, or does not fit the data
    |   +-- EmptyError     a moment leaves nothing of the data
    +-- RunError       a run folder is missing, damaged or of another kind

All three mean that the user can fix it; the message has the form *place*: *what is wrong, with the
value received*. *What to do.* A caller's mistake in code stays ``ValueError`` or ``TypeError``.
"""

from __future__ import annotations

from collections.abc import Iterable


class ForecasterError(Exception):
    """Base of the errors that a user can fix; the command line prints them without a traceback."""


class DataError(ForecasterError):
    """The data cannot be read, or not as what it was said to be."""


class ConfigError(ForecasterError):
    """A setting has a value that is not possible, by itself or with this data."""


class EmptyError(ConfigError):
    """A moment lies before all of the data, or of a part of it."""


class RunError(ForecasterError):
    """A run folder is missing, incomplete, damaged or does not fit what is asked of it."""


def listing(names: Iterable[object], most: int = 5) -> str:
    """Names for a message: sorted, joined by commas, ``most`` at the most, then the count.

    Args:
        names: What to list; turned into text.
        most: How many to write out.

    Returns:
        For example ``a, b, c, d, e and 7 more``.

    Example:
        >>> listing(["b", "a", "c"], most=2)
        'a, b and 1 more'
    """
    ordered = sorted(str(name) for name in names)
    if len(ordered) <= most:
        return ", ".join(ordered)
    return f"{', '.join(ordered[:most])} and {len(ordered) - most} more"
