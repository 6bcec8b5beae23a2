"""`forecast inspect`: what a file holds, without training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forecaster.commands._options import given, settings_options
from forecaster.commands._show import as_json, note, table
from forecaster.commands._source import read_source

if TYPE_CHECKING:
    from forecaster.config.settings import Settings
    from forecaster.data.panel import Panel

# Names of a kind that are shown in a line.
MOST_NAMED = 12

# Facts on baselines, which are shown in one line.
BASELINE = ("best_baseline", "baseline_metric", "baseline_scores", "baseline_reason")


@click.command("inspect")
@click.argument("data")
@settings_options("data")
@click.option("--json", "json_output", is_flag=True, help="Print JSON.")
def inspect(data: str, json_output: bool, **options: Any) -> None:
    """Say what a file holds, without training."""
    from forecaster.commands._advice import baseline_facts, suggested_horizon, train_command
    from forecaster.config.build import make_settings
    from forecaster.data.doctor import examine_events
    from forecaster.data.load import read_panel

    known = given(options)
    settings = make_settings(known)
    panel, found = _examined(read_panel(read_source(data), settings.data), settings)
    horizon = suggested_horizon(panel)
    facts = found | baseline_facts(panel, settings, horizon)
    facts["train"] = train_command(data, known, horizon)
    if json_output:
        as_json(facts)
        return
    note(panel.why)
    facts["columns"] = _by_role(facts["columns"])
    rows: list[list[Any]] = [
        [name.replace("_", " "), _shown(value)] for name, value in facts.items() if not _is_apart(name)
    ]
    rows.append(["best baseline", _baseline(facts)])
    if panel.kind == "events":
        rows += examine_events(panel).rows()
    table("", ["", panel.source], rows, text=True)
    for one in (*panel.repairs, *panel.warnings):
        note(f"Note: {one.line}")
    click.echo(f"Try: {facts['train']}")


def _examined(panel: Panel, settings: Settings) -> tuple[Panel, dict[str, Any]]:
    """The panel with its season, and what it holds."""
    from dataclasses import replace

    from forecaster.data.season import find_season
    from forecaster.data.sequence_summary import summarise_sequences
    from forecaster.data.summary import summarise

    if panel.goal is not None:
        return panel, summarise_sequences(panel, panel.goal)
    given_season = settings.data.season
    season, reason = find_season(panel) if given_season is None else (given_season, "given")
    panel = replace(panel, season_length=season)
    return panel, summarise(panel) | {"season_reason": reason}


def _baseline(facts: dict[str, Any]) -> str:
    """The best baseline, and how it was found, in one line."""
    best = facts["best_baseline"]
    return f"{best} ({facts['baseline_reason']})" if best is not None else f"- ({facts['baseline_reason']})"


def _is_apart(name: str) -> bool:
    """Whether a fact is shown in lines of its own."""
    return name in ("repairs", "warnings", "events", "why", "ties", "train", *BASELINE)


def _shown(value: object) -> object:
    """Lists and dictionaries in one line."""
    if isinstance(value, dict):
        shown = {key: _part(part) for key, part in value.items()}
        return ", ".join(f"{key} {part}" for key, part in shown.items() if part != "")
    return _first(value) if isinstance(value, list) else value


def _part(value: object) -> str:
    """Names in a list, shares in percent, others as they are."""
    if isinstance(value, list):
        return _first(value)
    return f"{value:.1%}" if isinstance(value, float) else str(value)


def _first(names: list[Any]) -> str:
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(map(str, names[:MOST_NAMED])) + more


def _by_role(columns: dict[str, str]) -> dict[str, list[str]]:
    """Columns by role, those of several together: past c0, c1 in place of past c0, past2 c1."""
    found: dict[str, list[str]] = {}
    for role, name in columns.items():
        found.setdefault(role.rstrip("0123456789"), []).append(name)
    return found
