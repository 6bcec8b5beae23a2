"""Branches: which channels have a recurrent network of their own."""

from __future__ import annotations

from collections.abc import Sequence

from forecaster.errors import ConfigError, listing


def parse_branches(specs: Sequence[str], channels: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Channel numbers of every branch.

    Args:
        specs: ``NAME=channel,channel`` each, as ``--branch`` gives them.
        channels: Names of the channels of the panel.

    Returns:
        One tuple a branch; empty when there are no specs. Channels that no branch names are left out.

    Raises:
        ConfigError: A spec is no NAME=channels, or names a channel that is not there.

    Example:
        >>> parse_branches(["price=open,close", "volume=volume"], ["close", "open", "volume"])
        ((1, 0), (2,))
    """
    branches = []
    for spec in specs:
        name, equals, listed = spec.partition("=")
        names = [part.strip() for part in listed.split(",") if part.strip()]
        if not equals or not name.strip() or not names:
            raise ConfigError(
                f"--branch {spec}: not NAME=channel,channel. The channels are {listing(channels)}."
            )
        unknown = [part for part in names if part not in channels]
        if unknown:
            raise ConfigError(
                f"--branch {spec}: no channel {listing(unknown)}. The channels are {listing(channels)}."
            )
        branches.append(tuple(list(channels).index(part) for part in names))
    return tuple(branches)
