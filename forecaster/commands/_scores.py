"""Scores as people read them: model beside baselines, and what it comes to."""

from __future__ import annotations

import math
from typing import Any

import click

from forecaster.commands._show import table
from forecaster.data.units import in_words

# Metrics in the table of train and evaluate, in this order; the report has them all.
COLUMNS = ("mae", "rmse", "mase", "crps", "scaled_crps", "coverage_80", "nll")
BIN_COLUMNS = ("accuracy", "log_score", "ranked_probability_score")


def score_table(part: dict[str, Any], head: str, unit: str, title: str) -> None:
    """Model and baselines by CRPS, best first.

    Args:
        part: Scores as in report.json.
        head: Name of the model's head.
        unit: Of the errors; empty when not known.
        title: Heading.
    """
    models = part.get("models", {head: part["model"]})
    rows = [(f"model ({name})", scores) for name, scores in models.items()]
    rows += list(part["baselines"].items())
    hidden = {"crps", "scaled_crps"} - {part["deciding"]}
    shown = [
        name
        for name in COLUMNS + BIN_COLUMNS
        if name not in hidden and any(name in scores for _, scores in rows)
    ]
    rows.sort(key=lambda row: _decider(row[1], part["deciding"]))
    header = ["", *(name.replace("ranked_probability_score", "rps") for name in shown)]
    n_windows = part["n_windows"]
    title += f", {n_windows:,} window{'s' * (n_windows != 1)}" + (
        f", errors in {in_words(unit)}" if unit else ""
    )
    table(title, header, [[name, *(scores.get(key) for key in shown)] for name, scores in rows])


def _decider(scores: dict[str, Any], name: str) -> float:
    """The deciding score of a row, inf where there is none."""
    value = scores.get(name)
    return value if value is not None and math.isfinite(value) else math.inf


def conclude(part: dict[str, Any], unit: str) -> None:
    """Say plainly whether a baseline is ahead.

    Args:
        part: Scores as in report.json.
        unit: Of the errors; empty when not known.
    """
    best, name = part["best_baseline"], part["deciding"]
    if best is None:
        return
    unit = f" {in_words(unit)}" if unit and name == "crps" else ""
    ours, theirs = part["model"][name], part["baselines"][best][name]
    called = "CRPS" if name == "crps" else "scaled CRPS"
    if part["beaten_by"]:
        click.echo(
            f"A baseline beats the model: {best} has a {called} of {theirs:.4g}{unit}, the model "
            f"{ours:.4g}{unit}. Use the baseline, or bring more data."
        )
    else:
        click.echo(
            f"The model beats every baseline: its {called} is {ours:.4g}{unit}, "
            f"that of the best baseline ({best}) {theirs:.4g}{unit}."
        )
