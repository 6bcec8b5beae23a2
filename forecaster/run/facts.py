"""What is the same for every row of a run's panel, as it stands in spec.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.data.panel import KINDS, Clock, Panel
from forecaster.errors import RunError, listing

DTYPES = {"date": "datetime64[ns]", "integer": "int64", "float": "float64"}

# Fields of a panel that are kept in tables, those that are the report's, and those that runs of earlier
# versions lack.
ARRAYS = {"values", "offsets", "times", "ids", "as_of", "began", "n_earlier", "marks", "closes"}
ARRAYS |= {"static", "ahead"}
REPORTED = {"repairs", "warnings"}
ADDED: dict[str, Any] = {"future_known": (), "static_names": (), "levels": {}}
ADDED |= {"predict": "", "returns": (), "volatility": None}


def panel_facts(panel: Panel) -> dict[str, Any]:
    """What is the same for every row of a panel, as plain JSON values.

    Args:
        panel: Any panel.

    Returns:
        Kind, channels, clock, unit, columns and the like; repairs and warnings are the report's.
    """
    names = {field.name for field in fields(Panel)} - ARRAYS - REPORTED
    facts = {name: getattr(panel, name) for name in sorted(names)}
    facts["clock"] = {name: _plain(value) for name, value in asdict(panel.clock).items()}
    facts["channels"] = [str(name) for name in panel.channels]
    facts["mark_names"] = [str(name) for name in panel.mark_names]
    facts["future_known"] = list(panel.future_known)
    facts["returns"] = list(panel.returns)
    facts["static_names"] = list(panel.static_names)
    facts["levels"] = {name: list(levels) for name, levels in panel.levels.items()}
    facts["columns"] = {str(role): str(name) for role, name in panel.columns.items()}
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: Any) -> Any:
    """A NumPy number as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def read_facts(place: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts with the types that a Panel has.

    Args:
        place: The file that they stand in.
        facts: What ``panel_facts`` gave, perhaps of an earlier version.

    Returns:
        Fields of a Panel by name.

    Raises:
        RunError: One is missing, unknown or wrong.
    """
    facts = {**ADDED, **facts}
    names = {field.name for field in fields(Panel)} - ARRAYS - REPORTED
    if wrong := names.symmetric_difference(facts):
        raise RunError(f"{place}: panel: missing or unknown: {listing(wrong)}. Train the run again.")
    known = dict(facts)
    try:
        known["clock"] = Clock(**{**facts["clock"], "slots": tuple(facts["clock"].get("slots", ()))})
        known["channels"] = tuple(facts["channels"])
        known["mark_names"] = tuple(facts["mark_names"])
        known["future_known"] = tuple(facts["future_known"])
        known["returns"] = tuple(facts["returns"])
        known["static_names"] = tuple(facts["static_names"])
        known["levels"] = {column: tuple(levels) for column, levels in facts["levels"].items()}
        known["columns"] = dict(facts["columns"])
        fits = (
            known["kind"] in KINDS
            and known["clock"].kind in DTYPES
            and all(isinstance(name, str) for name in (*known["mark_names"], *_names_of(known)))
            and all(_is_channel(one, known["channels"]) for one in _channels_of(known))
        )
    except (TypeError, ValueError, AttributeError):
        fits = False
    if not fits:
        raise RunError(f"{place}: panel: kind, channels, target or clock is wrong. Train it again.")
    return known


def _names_of(known: Mapping[str, Any]) -> Iterator[object]:
    """Names of channels, static numbers and categories."""
    yield from (*known["channels"], *known["static_names"])
    for column, levels in known["levels"].items():
        yield from (column, *levels)


def _channels_of(known: Mapping[str, Any]) -> Iterator[object]:
    """Places of channels."""
    yield from (known["target"], *known["future_known"], *known["returns"])
    if known["volatility"] is not None:
        yield known["volatility"]


def _is_channel(place: object, channels: tuple[str, ...]) -> bool:
    """Whether a number is the place of a channel."""
    return isinstance(place, int) and 0 <= place < len(channels)
