"""The heads and other outputs there are, and the way from a stored one to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from forecaster.network.bins_head import BinsHead
from forecaster.network.class_output import ClassOutput
from forecaster.network.hazard_head import HazardHead
from forecaster.network.head import Head
from forecaster.network.marked_head import MarkedHead
from forecaster.network.mixture_head import MixtureHead
from forecaster.network.number_output import NumberOutput
from forecaster.network.output import Output
from forecaster.network.point_head import PointHead
from forecaster.network.quantile_head import QuantileHead

HEADS: dict[str, type[Head]] = {
    head.name: head for head in (PointHead, QuantileHead, BinsHead, HazardHead, MixtureHead)
}

# What sequences have in place of a head.
OUTPUTS: dict[str, type[Output]] = {output.name: output for output in (ClassOutput, NumberOutput)}

__all__ = [
    "HEADS",
    "OUTPUTS",
    "BinsHead",
    "ClassOutput",
    "HazardHead",
    "Head",
    "MarkedHead",
    "MixtureHead",
    "NumberOutput",
    "Output",
    "PointHead",
    "QuantileHead",
    "head_from_json",
    "output_from_json",
]


def output_from_json(stored: Mapping[str, Any]) -> Output:
    """The head, or other output, of ``Output.to_json``.

    Args:
        stored: Its dictionary; ``name`` says which it is.

    Returns:
        The output.

    Raises:
        ValueError: The name is unknown, or a field is missing or wrong.
    """
    return _from_json(stored, HEADS | OUTPUTS)


def head_from_json(stored: Mapping[str, Any]) -> Head:
    """The head of ``Head.to_json``.

    Args:
        stored: Its dictionary; ``name`` says which head it is.

    Returns:
        The head.

    Raises:
        ValueError: The name is unknown, or a field is missing or wrong.
    """
    return _from_json(stored, HEADS)


T = TypeVar("T", bound=Output)


def _from_json(stored: Mapping[str, Any], known: Mapping[str, type[T]]) -> T:
    """One of the outputs that are known."""
    name = str(stored.get("name"))
    if name not in known:
        raise ValueError(f"head {name!r} is unknown; known are {', '.join(sorted(known))}")
    if "n_marks" in stored and name in HEADS:
        return cast(T, MarkedHead.from_json(stored))
    try:
        return known[name].from_json(stored)
    except (KeyError, TypeError) as error:
        raise ValueError(f"head {name!r} is stored wrongly: {error}") from error
