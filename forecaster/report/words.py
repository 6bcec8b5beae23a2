"""What a run comes to, in sentences that need no statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from forecaster.data.units import in_words
from forecaster.evaluation.sequence_metrics import MORE_IS_BETTER
from forecaster.report.picture import Path, Wait

# Metrics as people call them, with what is better.
METRICS = {
    "mae": ("mean error", "mean absolute error of the forecast"),
    "rmse": ("RMSE", "root mean squared error"),
    "mase": (
        "MASE",
        "mean error over that of repeating the last (season's) value in training; below 1 is better",
    ),
    "smape": ("sMAPE", "symmetric relative error, 0 to 2"),
    "crps": ("CRPS", "error of the whole forecast distribution, in the unit of the data"),
    "scaled_crps": ("scaled CRPS", "CRPS over each series' own usual change"),
    "censored_crps": ("CRPS, time observed", "CRPS over the time observed, open intervals included"),
    "weighted_quantile_loss": ("WQL", "loss of 13 quantiles over the size of the values"),
    "coverage_80": ("in 80 % interval", "share of values inside the 80 % interval; 0.8 is right"),
    "coverage_95": ("in 95 % interval", "share of values inside the 95 % interval; 0.95 is right"),
    "nll": ("NLL", "minus the log likelihood of what came, in nats"),
    "nll_all": ("NLL, all", "the same over closed and open intervals"),
    "log_score": ("log score", "minus the log of the right bin's probability, in nats"),
    "accuracy": ("accuracy", "share of values whose bin or class was the likeliest"),
    "macro_f1": ("macro F1", "harmonic mean of precision and recall, averaged over the classes"),
    "log_loss": ("log loss", "minus the log of the right class's probability, in nats"),
    "perplexity": ("perplexity", "classes that it hesitates between: the exponential of the log loss"),
    "top_5": ("in top 5", "share whose class was among the likeliest five"),
    "largest_error": ("largest error", "of any value"),
    "r2": ("R2", "share of the variance that is explained"),
    "ranked_probability_score": ("RPS", "error of the bins' probabilities, 0 to 1"),
}
# Metrics without the unit of the data.
UNITLESS = ("mase", "smape", "scaled_crps", "log_score", "nll", "accuracy")
# Windows below which the order of two forecasts says little.
FEW = 20
# Columns of the table of scores, where there are any.
SHOWN = (
    *("mae", "rmse", "mase", "coverage_80", "nll", "nll_all", "log_score", "accuracy"),
    *("macro_f1", "log_loss", "perplexity", "top_5", "largest_error", "r2"),
)
# What a model did with the classes of sequences, by what was learnt.
NAMED = {"label": "named the right class of", "tags": "named the right class of"}
NAMED |= {"marks": "had forecast as the likeliest"}


def number(value: object, digits: int = 4) -> str:
    """A number as people read it; an en dash for none.

    Args:
        value: A number, text or None.
        digits: Significant digits.

    Returns:
        Its text.

    Example:
        >>> number(1234567.0), number(0.012345), number(None)
        ('1,234,567', '0.01235', '–')
    """  # noqa: RUF002
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "\N{EN DASH}"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.{digits}g}"
    return str(value)


def share(value: float | None) -> str:
    """A fraction in percent, to the whole percent, but for the smallest and largest."""
    if value is None or not math.isfinite(value):
        return "\N{EN DASH}"
    if 0 < value < 0.01:
        return "below 1\N{NO-BREAK SPACE}%"
    return "above 99\N{NO-BREAK SPACE}%" if 0.99 < value < 1 else f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


def metric_name(name: str) -> str:
    """A metric as the page calls it."""
    if name.startswith("brier_within_"):
        return f"Brier, within {name.removeprefix('brier_within_')}"
    return METRICS[name][0] if name in METRICS else name


def metric_text(name: str) -> str:
    """What a metric is, in a few words."""
    if name.startswith("brier_within_"):
        return (
            f"mean squared error of the probability of an event within {name.removeprefix('brier_within_')}"
        )
    return METRICS[name][1] if name in METRICS else name


def scored_part(report: dict[str, Any]) -> str | None:
    """Name of the part whose scores count: test, else validation; None without scores."""
    return next((name for name in ("test", "valid") if name in report["scores"]), None)


def verdict(report: dict[str, Any]) -> str:
    """Whether the model is better than simple methods, in a sentence or two.

    Args:
        report: As report.json.

    Returns:
        Sentences.
    """
    name = scored_part(report)
    if name is None:
        return "How good the forecast is could not be measured: there were too few rows to hold any back."
    part = report["scores"][name]
    best, metric = part["best_baseline"], part["deciding"]
    n_windows, unit = part["n_windows"], in_words(report["data"]["unit"])
    unit = f" {unit}" if unit else ""
    mae = part["model"].get("mae")
    tried = f"Tried on {n_windows:,} stretch{'es' * (n_windows != 1)} of the data"
    said = f"{tried} that it had not seen, the model was off by {number(mae)}{unit} on average. "
    if mae is None or metric == "censored_crps":  # errors of the intervals that ended say too little
        said = f"The model was tried on {n_windows:,} stretch{'es' * (n_windows != 1)} that it had not seen. "
    if "scored" in part:
        said = _of_sequences(report, part)
    if best is not None:
        said += _comparison(part, best, metric)
    if n_windows < FEW:
        said += f" So few {part.get('scored', 'stretches')} cannot tell two good forecasts apart."
    if market := part.get("market"):
        said = " ".join([said, *market["conclusion"][1:2]])
    return said


def _of_sequences(report: dict[str, Any], part: dict[str, Any]) -> str:
    """How often the classes of sequences or rows were right, or how far numbers were off."""
    goal, n_scored = report["data"]["goal"]["kind"], part["n_windows"]
    what = part["scored"] if n_scored != 1 else part["scored"].removesuffix("s")
    tried = f"Tried on {n_scored:,} {what} that it had not seen, the model"
    explained = part["model"].get("r2")
    if goal == "outputs" and report["data"]["goal"]["n_names"] > 1 and explained and explained > 0:
        return f"{tried} explained {share(explained)} of the variance of its outputs on average. "
    if goal == "outputs":
        return f"{tried} was off by {number(part['model']['mae'])} on average. "
    return f"{tried} {NAMED[goal]} {share(part['model']['accuracy'])}. "


def _comparison(part: dict[str, Any], best: str, metric: str) -> str:
    """The model beside the best simple method."""
    ours, theirs = part["model"].get(metric), part["baselines"][best].get(metric)
    better = "higher" if metric in MORE_IS_BETTER else "lower"
    pair = f"{metric_name(metric)} {number(ours)} against {number(theirs)}; {better} is better"
    if part["beaten_by"]:
        return f"The simple method '{best}' was better ({pair}): use that method, or bring more data."
    if ours is not None and ours == theirs:
        return f"No simple method was better; '{best}' was as good ({pair})."
    lead = ""
    if better == "lower" and ours is not None and theirs is not None and 0 < ours < theirs:
        lead = f", by {number(100 * (1 - ours / theirs), 2)}\N{NO-BREAK SPACE}%"
    return f"It was better than every simple method, of which '{best}' is the best{lead} ({pair})."


def headline(
    report: dict[str, Any], found: Sequence[Path] | Sequence[Wait], level: float, events: pd.DataFrame | None
) -> str:
    """What is forecast, in one sentence or two; empty where nothing could be.

    Args:
        report: As report.json.
        found: What is drawn.
        level: Of the interval that is named, in percent.
        events: The next event of every series; None for other kinds.

    Returns:
        The sentences.
    """
    if not found:
        return ""
    if events is not None and len(events) > 1:
        return _many_headline(events)
    facts = report["data"]
    first = found[0]
    if isinstance(first, Wait):
        return _wait_headline(first, level)
    whose = f" of {first.unique_id}" if facts["n_series"] > 1 else ""
    n_steps = len(first.forecast)
    unit = f" {in_words(facts['unit'])}" if facts["unit"] and first.label != "close" else ""
    value, when = number(float(first.forecast[0])), moment(first.table["ds"].iloc[0])
    what = "close" if first.label == "close" else "value" if facts["kind"] != "intervals" else "interval"
    text = f"The next {what}{whose} ({when}) is forecast to be {value}{unit}"
    for one, lower, upper in first.bands:
        if one == level:
            text += f", and with a probability of {level:g} % between {number(float(lower[0]))} and "
            text += f"{number(float(upper[0]))}"
    if n_steps > 1:
        text += f"; {number(float(first.forecast[-1]))} is forecast for the last of {n_steps:,} steps"
    others = facts["n_series"] - 1
    return text + (
        f". {others:,} other series {'are' if others > 1 else 'is'} forecast too." if others else "."
    )


def _many_headline(events: pd.DataFrame) -> str:
    """How many of many series have an event soon, and how many are overdue."""
    within = [name for name in events.columns if name.startswith("within_")]
    late = int(((events["overdue"] > 0.5) & (events["never"] <= 0.5)).sum())
    gone = int((events["never"] > 0.5).sum())
    parts = [
        f"about {round(float(events[name].sum())):,} to have an event within {name.removeprefix('within_')}"
        for name in within
    ]
    parts = parts or [f"{int(events['next_event'].notna().sum()):,} to have another event"]
    text = f"Of {len(events):,} series we expect {', '.join(parts)}. "
    text += f"{late:,} {'is' if late == 1 else 'are'} overdue"
    has = "has" if gone == 1 else "have"
    return f"{text}; {gone:,} more {has} more likely ended than not." if gone else f"{text}."


def _wait_headline(first: Wait, level: float) -> str:
    """When the next event comes, in one sentence."""
    row = first.row
    if row["next_event"] != row["next_event"]:
        text = "The next event is more likely never to come than to come"
        return f"{text} (probability that nothing comes again: {share(float(row['never']))})."
    lower, upper = row[f"next_event-lo-{level:g}"], row[f"next_event-hi-{level:g}"]
    is_open = upper != upper
    ends = f"after {moment(lower)}" if is_open else f"between {moment(lower)} and {moment(upper)}"
    return (
        f"The next event is as likely before as after {moment(row['next_event'])}, and with a probability of "
        f"{50 + level / 2 if is_open else level:g} % {ends}."
    )


def moment(value: object) -> str:
    """A time of a table as people read it, to the second; an en dash for none."""
    if value != value or value is None:
        return "\N{EN DASH}"
    if isinstance(value, float | int):
        return f"{value:.15g}"
    return str(value).split("+")[0][:19].removesuffix(" 00:00:00")
