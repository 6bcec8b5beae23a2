"""What `forecast runs` reads of a run, and where two differ."""

from __future__ import annotations

import datetime
import math
from pathlib import Path
from typing import Any

from forecaster.commands._scores import MORE_IS_BETTER

Row = dict[str, Any]


def read_row(run: Path) -> tuple[Row, dict[str, Any]]:
    """One line on a run, and its report.

    Args:
        run: Its folder.

    Returns:
        Plain values by the keys of docs/report.md, and report.json.

    Raises:
        RunError: The run is damaged.
    """
    from forecaster.run.report_file import read_report
    from forecaster.run.store import open_version

    version = open_version(run, ("report.json", "spec.json"))
    report = read_report(version / "report.json")
    part = _held_out(report)
    best = report["best_baseline"]
    metric = part["deciding"] if part else None
    model = part["model"][metric] if part else None
    beside = part["baselines"].get(best) if part else None
    baseline = beside[metric] if beside else None
    created = _created(version / "spec.json")
    now = datetime.datetime.now(datetime.UTC)
    return {
        "run": run.name,
        "version": version.name,
        "data": report["data"]["source"],
        "kind": report["data"]["kind"],
        "score": metric,
        "model": model,
        "best_baseline": best,
        "baseline": baseline,
        "skill": skill(model, baseline, metric in MORE_IS_BETTER) if metric != "log_score" else None,
        "created": None if created is None else created.isoformat(),
        "age_seconds": None if created is None else max(round((now - created).total_seconds()), 0),
        "state": report.get("state"),
    }, report


def skill(model: float | None, baseline: float | None, falls_short: bool = False) -> float | None:
    """Share of the baseline's error that the model takes away.

    Args:
        model: Score.
        baseline: Of the best baseline.
        falls_short: Whether the error is what the score lacks of 1, as of an accuracy; else it is the score.

    Returns:
        At most 1; below 0 where the baseline is ahead; None where it cannot be told.

    Example:
        >>> skill(3.0, 4.0), skill(0.75, 0.5, falls_short=True)
        (0.25, 0.5)
    """
    if model is None or baseline is None or not math.isfinite(model) or not math.isfinite(baseline):
        return None
    if falls_short:
        model, baseline = 1 - model, 1 - baseline
    return 1 - model / baseline if baseline > 0 else None


def compared(found: list[tuple[Row, dict[str, Any]]]) -> dict[str, Any]:
    """Two runs side by side.

    Args:
        found: Line and report of each.

    Returns:
        ``runs``, ``scores`` (metric to both values), ``settings`` (those that differ, as both were run) and
        ``comparable``: whether both were scored on the same rows by the same score.
    """
    (first, one), (second, two) = found
    parts = [_held_out(report) or {"model": {}, "n_windows": 0} for report in (one, two)]
    metrics = [name for name in parts[0]["model"] if name in parts[1]["model"]]
    return {
        "runs": [first, second],
        "scores": {name: [part["model"][name] for part in parts] for name in metrics},
        "settings": {
            name: [_setting(report, name) for report in (one, two)]
            for name in {**one.get("settings", {}), **two.get("settings", {})}
            if _setting(one, name) != _setting(two, name)
        },
        "comparable": first["score"] is not None
        and first["score"] == second["score"]
        and parts[0]["n_windows"] == parts[1]["n_windows"]
        and all(
            one["data"].get(name) == two["data"].get(name) for name in ("source", "n_rows", "last", "unit")
        ),
    }


def duration(seconds: int | None) -> str:
    """A time that has passed, in its largest unit.

    Args:
        seconds: Rounded; None where it is not known.

    Returns:
        A number and ``s``, ``min``, ``h`` or ``d``.

    Example:
        >>> duration(59), duration(7200), duration(200_000)
        ('59 s', '2 h', '2 d')
    """
    if seconds is None:
        return "-"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:,} {unit}"
    return f"{seconds} s"


def _held_out(report: dict[str, Any]) -> dict[str, Any] | None:
    """The scores of the test part, else those of the validation part."""
    found: dict[str, Any] | None = report["scores"].get("test") or report["scores"].get("valid")
    return found


def _setting(report: dict[str, Any], name: str) -> Any:
    """A setting as the run had it."""
    return report.get("settings", {}).get(name)


def _created(place: Path) -> datetime.datetime | None:
    """When the version was made, as its spec.json says; None where that is no time in UTC."""
    from forecaster.files import explained
    from forecaster.run.report_file import MOST_BYTES, MOST_VALUES
    from forecaster.run.strict_json import strict_json

    with explained(place):
        content = place.read_bytes()
    try:
        found = datetime.datetime.fromisoformat(strict_json(content, MOST_BYTES, MOST_VALUES)["created"])
    except (ValueError, KeyError, TypeError):
        return None  # an old or hand-made run: shown without an age
    return found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)
