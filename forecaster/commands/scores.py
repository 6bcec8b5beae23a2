"""Scores as people read them: model beside baselines, and what it comes to."""

from __future__ import annotations

import math
from typing import Any

import click

from forecaster.commands.show import table

# Metrics in the table of train and evaluate, in this order; the report has them all.
COLUMNS = ("mae", "rmse", "mase", "crps", "coverage_80", "nll")
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
    shown = [name for name in COLUMNS + BIN_COLUMNS if any(name in scores for _, scores in rows)]
    rows.sort(key=lambda row: _crps(row[1]))
    header = ["", *(name.replace("ranked_probability_score", "rps") for name in shown)]
    n_windows = part["n_windows"]
    title += f", {n_windows:,} window{'s' * (n_windows != 1)}" + (f", errors in {unit}" if unit else "")
    table(title, header, [[name, *(scores.get(key) for key in shown)] for name, scores in rows])


def _crps(scores: dict[str, Any]) -> float:
    """CRPS of a row, inf where there is none."""
    value = scores.get("crps")
    return value if value is not None and math.isfinite(value) else math.inf


def conclude(part: dict[str, Any], unit: str) -> None:
    """Say plainly whether a baseline is ahead."""
    best = part["best_baseline"]
    if best is None:
        return
    ours, theirs = part["model"]["crps"], part["baselines"][best]["crps"]
    unit = f" {unit}" if unit else ""
    if part["beaten_by"]:
        click.echo(
            f"A baseline beats the model: {best} has CRPS {theirs:.4g}{unit}, the model {ours:.4g}{unit}. "
            f"Use the baseline, or bring more data."
        )
    else:
        click.echo(
            f"The model beats every baseline: CRPS {ours:.4g}{unit}, "
            f"the best baseline ({best}) {theirs:.4g}{unit}."
        )
