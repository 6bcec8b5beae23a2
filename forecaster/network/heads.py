"""The heads there are, and the way from a stored head to the head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecaster.network.bins_head import BinsHead
from forecaster.network.hazard_head import HazardHead
from forecaster.network.head import Head
from forecaster.network.marked_head import MarkedHead
from forecaster.network.mixture_head import MixtureHead
from forecaster.network.point_head import PointHead
from forecaster.network.quantile_head import QuantileHead

HEADS: dict[str, type[Head]] = {
    head.name: head for head in (PointHead, QuantileHead, BinsHead, HazardHead, MixtureHead)
}

__all__ = [
    "HEADS",
    "BinsHead",
    "HazardHead",
    "Head",
    "MarkedHead",
    "MixtureHead",
    "PointHead",
    "QuantileHead",
    "head_from_json",
]


def head_from_json(stored: Mapping[str, Any]) -> Head:
    """The head of ``Head.to_json``.

    Args:
        stored: Its dictionary; ``name`` says which head it is.

    Returns:
        The head.

    Raises:
        ValueError: The name is unknown, or a field is missing or wrong.
    """
    name = stored.get("name")
    if name not in HEADS:
        raise ValueError(f"head {name!r} is unknown; known are {', '.join(sorted(HEADS))}")
    if "n_marks" in stored:
        return MarkedHead.from_json(stored)
    try:
        return HEADS[name].from_json(stored)
    except (KeyError, TypeError) as error:
        raise ValueError(f"head {name!r} is stored wrongly: {error}") from error
