"""What is the same for every row of a run's panel, as it stands in spec.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from forecaster.data.goals import Goal
from forecaster.data.panel import Clock, Panel
from forecaster.errors import RunError
from forecaster.run.panel_spec import PanelSpec

DTYPES = {"date": "datetime64[ns]", "integer": "int64", "float": "float64"}

# Fields of a panel that are kept in tables, those that are the report's, and who holds the parts of it.
ARRAYS = {"values", "offsets", "times", "ids", "as_of", "began", "n_earlier", "marks", "closes"}
ARRAYS |= {"static", "ahead"}
REPORTED = {"repairs", "warnings"}
NOT_KEPT = {"peers"}


def panel_facts(panel: Panel) -> dict[str, Any]:
    """What is the same for every row of a panel, as plain JSON values.

    Args:
        panel: Any panel.

    Returns:
        Kind, channels, clock, unit, columns and the like; repairs and warnings are the report's.
    """
    names = {field.name for field in fields(Panel)} - ARRAYS - REPORTED - NOT_KEPT
    facts = {name: getattr(panel, name) for name in sorted(names)}
    facts["clock"] = {name: _plain(value) for name, value in asdict(panel.clock).items()}
    facts["goal"] = None if panel.goal is None else _goal_facts(panel.goal)
    facts["channels"] = [str(name) for name in panel.channels]
    facts["mark_names"] = [str(name) for name in panel.mark_names]
    facts["future_known"] = list(panel.future_known)
    facts["returns"] = list(panel.returns)
    facts["static_names"] = list(panel.static_names)
    facts["levels"] = {name: list(levels) for name, levels in panel.levels.items()}
    facts["columns"] = {str(role): str(name) for role, name in panel.columns.items()}
    return {name: _plain(value) for name, value in facts.items()}


def _goal_facts(goal: Goal) -> dict[str, Any]:
    """What is learnt of sequences, without its values."""
    return {"kind": goal.kind, "names": list(goal.names), "column": goal.column, "usual": list(goal.usual)}


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
    try:
        spec = PanelSpec.model_validate_json(json.dumps(facts))
    except ValidationError as error:
        raise RunError(f"{place}: {first_fault(error, 'panel')}. Train the run again.") from None
    known = {name: getattr(spec, name) for name in PanelSpec.model_fields}
    goal = None if spec.goal is None else Goal(**spec.goal.model_dump())
    return {**known, "clock": Clock(**spec.clock.model_dump()), "goal": goal}


def first_fault(error: ValidationError, inside: str = "") -> str:
    """Where the first wrong value stands, what is wrong with it, and the value.

    Args:
        error: Of pydantic.
        inside: The key that all of it stands in; empty for the whole file.

    Returns:
        For example ``models.0.n_members: Input should be greater than or equal to 1, not 0``.
    """
    first = error.errors(include_url=False, include_context=False)[0]
    path = [inside] * bool(inside) + [str(part)[:40] for part in first["loc"]]
    where = ".".join(path) or "the file"
    given = first["input"]
    is_plain = isinstance(given, str | int | float | bool) or given is None
    shown = f", not {repr(given)[:40]}" if is_plain and first["type"] != "extra_forbidden" else ""
    return f"{where}: {first['msg']}{shown}"
