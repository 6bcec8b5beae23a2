"""report.json of a run folder: read, and checked for what the commands take from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forecaster.errors import RunError
from forecaster.files import explained
from forecaster.run.facts import first_fault
from forecaster.run.strict_json import strict_json

# A million epochs have 100 MB.
MOST_BYTES = 256 * 1024 * 1024
MOST_VALUES = 30_000_000
MOST_OBJECTS = 2_000_000


class _Open(BaseModel):
    """Some keys of a known type, and any others."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Data(_Open):
    """What is said of the data."""

    source: str
    kind: str
    unit: str | None


class _Part(_Open):
    """Scores of a part that was held out."""

    deciding: str
    model: dict[str, Any]
    baselines: dict[str, dict[str, Any]]


class _Report(_Open):
    """The keys that commands read without looking whether they are there."""

    data: _Data
    scores: dict[str, _Part]
    best_baseline: str | None
    warnings: list[dict[str, Any]] = Field(default=[])


def read_report(place: Path) -> dict[str, Any]:
    """Content of report.json.

    Args:
        place: The file.

    Returns:
        The report, with ``data`` and ``scores`` as docs/report.md has them.

    Raises:
        RunError: It cannot be read, it is no JSON, or lacks one of the keys that commands need.
    """
    with explained(place):
        return parse_report(place.read_bytes(), str(place))


def parse_report(content: bytes, place: str) -> dict[str, Any]:
    """The same from the content of the file.

    Args:
        content: report.json.
        place: The file, for messages.

    Returns:
        The report.

    Raises:
        RunError: It is no JSON, or lacks one of the keys that commands need.
    """
    try:
        report = strict_json(content, MOST_BYTES, MOST_VALUES, MOST_OBJECTS)
    except ValueError as error:
        raise RunError(f"{place}: {error}. Train the run again.") from None
    try:
        checked = _Report.model_validate(report)
    except ValidationError as error:
        raise RunError(f"{place}: {first_fault(error)}. Train the run again.") from None
    for name, part in checked.scores.items():
        best = part.baselines.get(checked.best_baseline or "", {part.deciding: None})
        if part.deciding not in part.model or part.deciding not in best:
            raise RunError(f"{place}: scores.{name} lacks {part.deciding[:40]!r}. Train the run again.")
    return dict(report)
