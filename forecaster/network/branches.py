"""Branches: which channels have a recurrent network of their own."""

from __future__ import annotations

from collections.abc import Sequence

from forecaster.errors import ConfigError, listing


def parse_branches(specs: Sequence[str], channels: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Channel numbers of every branch.

    Args:
        specs: ``NAME=channel,channel`` each, as ``--branch`` gives them; ``none`` alone for no branch.
        channels: Names of the channels of the panel; ``weekday`` stands for all of ``weekday-mon`` and so on.

    Returns:
        One tuple a branch; empty when there are no specs. Channels that no branch names are left out.

    Raises:
        ConfigError: A spec is no NAME=channels, or names a channel that is not there.

    Example:
        >>> parse_branches(["price=open,close", "volume=volume"], ["close", "open", "volume"])
        ((1, 0), (2,))
    """
    branches = []
    if list(specs) == ["none"]:
        return ()
    for spec in specs:
        name, equals, listed = spec.partition("=")
        names = [part.strip() for part in listed.split(",") if part.strip()]
        if not equals or not name.strip() or not names:
            raise ConfigError(
                f"--branch {spec}: not NAME=channel,channel. The channels are {listing(channels)}."
            )
        found = [[place for place, name in enumerate(channels) if _is_part(name, part)] for part in names]
        unknown = [part for part, places in zip(names, found, strict=True) if not places]
        if unknown:
            raise ConfigError(
                f"--branch {spec}: no channel {listing(unknown)}. The channels are {listing(channels)}."
            )
        branches.append(tuple(place for places in found for place in places))
    return tuple(branches)


def _is_part(channel: str, name: str) -> bool:
    """Whether a channel has this name, or is one of several numbers of it."""
    return channel == name or channel.startswith(f"{name}-")
