"""Scores as people read them: model beside baselines, and what it comes to."""

from __future__ import annotations

import math
from typing import Any

import click

from forecaster.commands._show import number, table
from forecaster.data.units import in_words

# How the metrics that decide are called in a sentence.
CALLED = {"crps": "CRPS", "scaled_crps": "scaled CRPS", "censored_crps": "CRPS over the time observed"}
CALLED |= {"log_score": "log score", "accuracy": "accuracy", "log_loss": "log loss", "rmse": "RMSE"}
CALLED |= {"r2": "share of the variance explained (R2)"}

# Those that begin with the sound of a vowel.
VOWELS = ("accuracy", "rmse")

# Scores of which more is better.
MORE_IS_BETTER = ("accuracy", "r2")

# What is shown of sequences, by the score that decides.
OF_SEQUENCES = {
    "accuracy": ["accuracy", "macro_f1", "log_loss", "top_5"],
    "log_loss": ["log_loss", "perplexity", "accuracy", "top_5"],
    "rmse": ["rmse", "mae", "largest_error", "r2"],
    "r2": ["r2", "rmse", "mae", "largest_error"],
}


# Pairs of classes that a line holds.
MOST_CONFUSED = 5


def score_table(part: dict[str, Any], head: str, unit: str, title: str) -> None:
    """Model and baselines by the metric that decides, best first.

    Args:
        part: Scores as in report.json.
        head: Name of the model's head.
        unit: Of the errors; empty when not known.
        title: Heading.
    """
    models = part.get("models", {head: part["model"]})
    rows = [(f"model ({name})", scores) for name, scores in models.items()]
    rows += list(part["baselines"].items())
    is_of_sequences = "scored" in part
    shown = OF_SEQUENCES[part["deciding"]] if is_of_sequences else _columns(rows, part["deciding"])
    shown = [name for name in shown if any(name in scores for _, scores in rows)]
    rows.sort(key=lambda row: _decider(row[1], part["deciding"]))
    header = ["", *(name.replace("ranked_probability_score", "rps") for name in shown)]
    n_windows, what = part["n_windows"], part.get("scored", "windows")
    title += f", {n_windows:,} {what if n_windows != 1 else what.removesuffix('s')}" + (
        f", errors in {in_words(unit)}" if unit else ""
    )
    table(title, header, [[name, *(scores.get(key) for key in shown)] for name, scores in rows])
    each = [name.removeprefix("r2_") for name in rows[0][1] if name.startswith("r2_")]
    if each:
        lines = [[name, *(scores[f"r2_{one}"] for one in each)] for name, scores in rows]
        table("R2 of each output", ["", *each], lines)
    if marks := part.get("marks"):
        named = [("model", marks["model"]), *marks["baselines"].items()]
        header = ["", *(name.removeprefix("mark_").replace("_", " ") for name in marks["model"])]
        table("Next mark", header, [[name, *(one.get(key) for key in marks["model"])] for name, one in named])


def show_confused(part: dict[str, Any]) -> None:
    """The classes of sequences or rows that were most often mistaken, in a line; nothing for others.

    Args:
        part: Scores as in report.json.
    """
    from forecaster.report.sequences import most_confused

    if "classes" not in part or part["deciding"] != "accuracy":
        return
    pairs = most_confused(part["classes"], part["confusion"])[:MOST_CONFUSED]
    if pairs:
        told = ", ".join(f"{one} for {other} ({count:,})" for one, other, count in pairs)
        click.echo(f"Most often mistaken: {told}.")


def rolling_table(rows: dict[str, dict[str, float]], title: str, decider: str) -> None:
    """Scores of a backtest: the model beside baselines, best first; a line a metric where there are none.

    Args:
        rows: Metric to value, by name; the first is the model.
        title: Heading.
        decider: Metric that they are ordered by.
    """
    first = next(iter(rows.values()))
    covered = [name for name in first if name.startswith("coverage_")]
    if len(rows) == 1:
        lines: list[list[object]] = [[name.upper(), first[name]] for name in ("mae", "rmse") if name in first]
        lines += [[f"coverage of {name.removeprefix('coverage_')} %", first[name]] for name in covered]
        table(title, ["", "all cutoffs"], lines)
        return
    wanted = ["mae", "rmse", "mase", "smape", "weighted_quantile_loss", *covered]
    shown = [name for name in wanted if any(math.isfinite(_decider(one, name)) for one in rows.values())]
    order = sorted(rows, key=lambda name: _decider(rows[name], decider))
    header = ["", *(name.replace("weighted_quantile_loss", "wql") for name in shown)]
    lines = [[name, *(rows[name].get(metric) for metric in shown)] for name in order]
    table(f"{title}, best {decider.upper()} first", header, lines)


def _columns(rows: list[tuple[str, dict[str, Any]]], deciding: str) -> list[str]:
    """Metrics that the rows have, as many as 80 characters hold; the report has them all."""
    if deciding == "censored_crps":  # errors of the closed ones alone favour whoever forecasts too early
        brier = [name for name in rows[0][1] if name.startswith("brier_within_")]
        wanted = [deciding, "nll_all", "log_score", *brier[:2]]
    elif deciding == "log_score":
        wanted = ["accuracy", "log_score", "ranked_probability_score", "mae", "crps"]
    elif any("accuracy" in scores for _, scores in rows):
        wanted = ["mae", deciding, "coverage_80", "accuracy", "log_score", "ranked_probability_score"]
    elif any("log_score" in scores for _, scores in rows):
        wanted = ["mae", "rmse", deciding, "coverage_80", "nll", "log_score"]
    else:
        wanted = ["mae", "rmse", "mase", deciding, "coverage_80", "nll"]
    return [name for name in wanted if any(math.isfinite(_decider(scores, name)) for _, scores in rows)]


def _decider(scores: dict[str, Any], name: str) -> float:
    """The deciding score of a row, inf where there is none."""
    value = scores.get(name)
    if value is None or not math.isfinite(value):
        return math.inf
    return float(-value if name in MORE_IS_BETTER else value)


def _article(metric: str) -> str:
    """What stands before a metric in a sentence."""
    return "an" if metric in VOWELS else "a"


def conclude(part: dict[str, Any], unit: str) -> None:
    """Say plainly whether a baseline is ahead.

    Args:
        part: Scores as in report.json.
        unit: Of the errors; empty when not known.
    """
    best, name = part["best_baseline"], part["deciding"]
    if best is None:
        return
    unit = f" {in_words(unit)}" if unit and name not in ("scaled_crps", "log_score") else ""
    ours, theirs = (number(scores[name]) for scores in (part["model"], part["baselines"][best]))
    if part["beaten_by"]:
        others = part["beaten_by"][1:]
        click.echo(
            f"A baseline beats the model: {best} has {_article(name)} {CALLED[name]} of {theirs}{unit}, the "
            f"model {ours}{unit}. Use the baseline, or bring more data."
            + (f" Also ahead of the model: {', '.join(others)}." if others else "")
        )
    elif part["model"][name] == part["baselines"][best][name]:
        click.echo(f"No baseline beats the model: {best} has the same {CALLED[name]}, {ours}{unit}.")
    else:
        click.echo(
            f"The model beats every baseline: its {CALLED[name]} is {ours}{unit}, "
            f"that of the best baseline ({best}) {theirs}{unit}."
        )
