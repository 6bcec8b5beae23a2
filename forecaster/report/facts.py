"""The part of the page on what was read, repaired and chosen, and how the run was made."""

from __future__ import annotations

from typing import Any

from forecaster.data.units import in_words
from forecaster.report.markup import Html, note_lines, section, tag
from forecaster.report.table import Column, pairs, sortable
from forecaster.report.words import moment, number

# How sequences are cut where each belongs to one part as a whole, which has no first and last moment then.
WHOLE_SERIES = ("series", "the file of --test")


def data_section(report: dict[str, Any]) -> Html:
    """What was read, how it was cut, and what was repaired.

    Args:
        report: As report.json.

    Returns:
        The section.
    """
    facts = report["data"]
    covariates = [name for names in facts["covariates"].values() for name in names]
    is_timed, of_sequences = has_times(facts), bool(facts.get("goal"))
    rows: list[tuple[str, object]] = [
        ("File", facts["source"]),
        ("Read as", facts["why"].split(": ", 1)[-1].removeprefix("read as ")),
        ("Rows", facts["n_rows"]),
        ("Series", facts["n_series"]),
        ("From", moment(facts["first"]) if is_timed else None),
        ("To", moment(facts["last"]) if is_timed else None),
        ("Step", facts["step"] if is_timed else None),
        ("Season", f"{facts['season_length']:,} rows" if facts["season_length"] > 1 else None),
        ("Target", facts["columns"].get("target", facts["target"])),
        ("Unit", in_words(facts["unit"]) or None),
        ("Inputs" if of_sequences else "Covariates", ", ".join(covariates) or None),
        ("Missing inputs" if of_sequences else "Rows without a target", facts["n_missing"]),
    ]
    repairs = [_counted(one) for one in report["repairs"]]
    warnings = [_counted(one) for one in report["warnings"]]
    return section(
        "data",
        "The data",
        pairs("What was read", rows),
        _split(report["split"]),
        tag("h3", "What was repaired"),
        note_lines(repairs) if repairs else tag("p", "Nothing had to be repaired."),
        tag("h3", "What should be known"),
        note_lines(warnings) if warnings else tag("p", "Nothing out of the ordinary was found."),
    )


def has_times(facts: dict[str, Any]) -> bool:
    """Whether rows have moments, or places in one series; those of sequences may be counted in each.

    Args:
        facts: ``data`` of report.json.
    """
    return not facts.get("goal") or "time" in facts["columns"]


def _counted(note: dict[str, Any]) -> str:
    """A repair or a warning, with how often."""
    return f"{note['text']} ({note['count']:,})" if "count" in note else str(note["text"])


def _split(split: dict[str, Any]) -> Html:
    """What the model learnt from, was chosen by, and was measured on."""
    said = {"train": "training", "valid": "validation (choosing the weights)", "test": "test (measuring)"}
    columns = [Column("part", is_number=False), Column("rows"), Column("series")]
    cells = [[text, split[name]["n_rows"], split[name]["n_series"]] for name, text in said.items()]
    if split["kind"] not in WHOLE_SERIES:
        columns += [Column("from", is_number=False), Column("to", is_number=False)]
        for name, row in zip(said, cells, strict=True):
            row += [moment(split[name].get("first")), moment(split[name].get("last"))]
    return sortable(f"How the rows were cut: by {split['kind']}", columns, cells)


def settings_section(report: dict[str, Any]) -> Html:
    """Every setting in force, and why.

    Args:
        report: As report.json.

    Returns:
        The section.
    """
    reasons = {one["name"]: one["reason"] for one in report["defaults"]}
    columns = [
        Column("setting", is_number=False),
        Column("value", is_number=False),
        Column("why", is_number=False),
    ]
    chosen: list[list[str]] = []
    plain: list[list[str]] = []
    for name, value in report["settings"].items():
        (chosen if name in reasons else plain).append(
            [name, _value(value), reasons.get(name, "given, or as always")]
        )
    return section(
        "settings",
        "What was chosen, and why",
        sortable("Settings chosen for this data", columns, chosen) if chosen else "",
        tag(
            "details",
            tag("summary", f"The other {len(plain)} settings"),
            sortable("Settings that were given, or are always so", columns, plain),
        ),
    )


def _value(value: object) -> str:
    """A setting as people write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_value(one) for one in value) or "none"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def run_section(report: dict[str, Any], name: str) -> Html:
    """How the run was made.

    Args:
        report: As report.json.
        name: Of the run.

    Returns:
        The section.
    """
    seconds = ", ".join(
        f"{stage.replace('_', ' ')} {number(value, 3)} s" for stage, value in report["seconds"].items()
    )
    rows: list[tuple[str, object]] = [
        ("Run", name),
        ("State", report["state"]),
        ("Weights that forecast", report["shipped"]),
        ("Weights that were measured", f"{report['test_fit']} fit"),
        ("Seed", str(report["seed"])),
        ("Device", f"{report['device']}, {report['threads']} threads"),
        ("Time", seconds),
        ("Versions", ", ".join(f"{key} {value}" for key, value in report["versions"].items())),
    ]
    return section("run", "The run", pairs("How the run was made", rows))
