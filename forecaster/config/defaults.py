"""Defaults chosen from the data: the way through the rules, and those of waiting times."""

from __future__ import annotations

import math
from typing import Any

from forecaster.config.build import change
from forecaster.config.facts import (
    QUANTILE_LEVELS,
    WAITING,
    DataFacts,
    Default,
    Rules,
)
from forecaster.config.pace import choose_batch, choose_epochs, choose_rate, choose_rest
from forecaster.config.price_rules import choose_for_prices
from forecaster.config.settings import Settings
from forecaster.config.value_rules import choose_for_values

# The textbook network: `--preset classic`.
CLASSIC: dict[str, Any] = {
    "look_back": 3,
    "segment": 1,
    "transforms": ("standard",),
    "scope": "panel",
    "residual": "none",
    "cell": "lstm",
    "decoder": "direct",
    "branch": ("none",),
    "layers": 2,
    "units": (8, 8),
    "dense_layers": (8, 8),
    "dropout": 0.2,
    "optimizer": "rmsprop",
    "learning_rate": 1e-3,
    "schedule": "constant",
    "epochs": 10,
    "batch_size": 100,
    "ensemble": 1,
}

# Heads for waiting times that are learnt by their logarithm.
LOGARITHMIC = ("hazard", "mixture")

# Training rows below which networks are smallest.
FEW_ROWS = 500
# Training gaps from which on a network learns the calendar of events; fewer are learnt by heart.
MANY_GAPS = 10_000

# What is known of one of many series beyond its look-back.
HISTORY = ("count", "age", "mean_gap", "single")


def default_head(kind: str) -> str:
    """The head of ``--task regress``.

    Args:
        kind: Of the panel.

    Returns:
        ``mixture`` for waiting times, ``quantile`` for the others.
    """
    return "mixture" if kind in WAITING else "quantile"


def unused_preset(settings: Settings, kind: str) -> str:
    """What is to be said of a preset that changes nothing.

    Args:
        settings: As the user gave them.
        kind: Of the panel.

    Returns:
        A sentence; empty where the preset has an effect, or none was given.
    """
    preset = settings.training.preset
    if kind not in WAITING or preset not in ("fast", "accurate"):
        return ""
    return (
        f"--preset {preset} has no effect on {kind}: it is for values and prices. More is done with "
        "--epochs, --units and --ensemble."
    )


def complete(settings: Settings, facts: DataFacts) -> tuple[Settings, list[Default]]:
    """Every setting that was left open, filled by rule.

    Args:
        settings: As the user gave them.
        facts: What the training rows are like.

    Returns:
        Settings without open ones (but for those where None means none), and what was chosen.
    """
    rules = Rules(settings)
    if settings.training.preset == "classic":
        for name, value in CLASSIC.items():
            rules.choose(name, value, "preset classic, the textbook network")
    _head(rules, facts)
    if facts.kind == "values":
        choose_for_values(rules, facts)
    elif facts.kind == "ohlc":
        choose_for_prices(rules, facts)
    else:
        for rule in (_windows, _transforms, _network, _training):
            rule(rules, facts)
    embargo, why = (rules.values["horizon"], "the horizon") if facts.kind == "ohlc" else (0, "none")
    rules.choose("embargo", embargo, why)
    rules.choose("branch", ("none",), "one network for all channels")
    rules.choose("bidirectional", False, "windows are read in the order of time")
    return change(settings, rules.values), rules.chosen


def _head(rules: Rules, facts: DataFacts) -> None:
    """What the network puts out, which other rules go by."""
    if facts.predict == "direction":
        rules.values["task"] = None
        rules.choose("task", "classify", "down, flat and up are classes")
    task = rules.values["task"]
    if task != "both":
        head = "bins" if task == "classify" else default_head(facts.kind)
        rules.choose("head", head, f"the head of --task {task} for {facts.kind}")


def _head_in_use(rules: Rules, facts: DataFacts) -> str:
    """The head that other rules go by: with ``--task both`` the one of regression."""
    return str(rules.values["head"] or default_head(facts.kind))


def _windows(rules: Rules, facts: DataFacts) -> None:
    """look_back, min_history and segment."""
    season = facts.season_length
    rules.choose("look_back", 10, "the last ten gaps say nearly all that gaps can say")
    _shorten(rules, facts)
    if not facts.has_ids:
        history, why = rules.values["look_back"], "a single series: full windows only"
    elif facts.kind == "events":
        history, why = 0, "series with one event are trained on and forecast"
    else:
        history, why = 1, "short series are padded on the left"
    rules.choose("min_history", history, why)
    whole = season > 1 and rules.values["look_back"] >= 2 * season
    reason = "a step of one season each" if whole else "the window holds less than two seasons"
    rules.choose("segment", season if whole else 1, reason)
    _features(rules, facts)


def _features(rules: Rules, facts: DataFacts) -> None:
    """History features of events."""
    if facts.kind != "events":
        rules.choose("features", ("none",), "only events have them")
        return
    if facts.within:
        rules.choose("within", facts.within, "near the quartiles of the training gaps")
    names = HISTORY if facts.has_ids else ()
    reasons = ["the history of each series beyond the look-back"] if names else []
    calendar = facts.calendar if facts.n_train >= MANY_GAPS else ()
    if calendar:
        reasons.append(f"the stamps carry {', '.join(calendar)}")
    why = "; ".join(reasons) or "a single series has no other histories to learn from"
    rules.choose("features", (*names, *calendar) or ("none",), why)


def _shorten(rules: Rules, facts: DataFacts) -> None:
    """A look-back that was chosen leaves a single series half of its rows for targets."""
    most = max((facts.usual_length - rules.values["horizon"]) // 2, 1)
    chosen = next((one for one in rules.chosen if one.name == "look_back"), None)
    if chosen is None or facts.has_ids or chosen.value <= most or "preset" in chosen.reason:
        return
    rules.chosen.remove(chosen)
    rules.values["look_back"] = None
    rules.choose("look_back", most, f"half of {facts.usual_length} training rows less the horizon")


def _transforms(rules: Rules, facts: DataFacts) -> None:
    """transforms, scope, residual and n_bins."""
    explicit_edges = not isinstance(rules.values["bins"], str)
    if rules.values["task"] != "regress" and explicit_edges:
        rules.choose("transforms", ("standard",), "the edges given are in the unit of the data")
        rules.choose("residual", "none", "the edges given are in the unit of the data")
    if facts.lowest >= 0 and (facts.spread_ratio > 20 or _head_in_use(rules, facts) in LOGARITHMIC):
        rules.choose("transforms", ("log", "standard"), "waiting times are learnt by their logarithm")
    else:
        rules.choose("transforms", ("standard",), "gaps are of one order")
    rules.choose("residual", "none", "nothing to correct")
    rules.choose("scope", "panel", "one scale for all series")
    n_bins = min(max(round(math.sqrt(facts.n_train)), 5), 20)
    rules.choose("n_bins", n_bins, "the root of the number of training rows, 5 to 20")


def _network(rules: Rules, facts: DataFacts) -> None:
    """linear, loss, layers, units, dropout and dense layers."""
    is_mixture = _head_in_use(rules, facts) == "mixture"
    why = "some waiting times follow the last ones, some do not" if is_mixture else "no mixture to weigh it"
    rules.choose("linear", is_mixture, why)
    rules.choose("loss", "mse", "the mean is forecast")
    rules.choose("quantile_levels", QUANTILE_LEVELS, "intervals of 50, 80, 90 and 95 %")
    units = rules.values["units"]
    rules.choose("layers", len(units) if units is not None and len(units) > 1 else 2, "two layers")
    size = 32 if facts.n_train < MANY_GAPS else 64 if facts.n_train < 50_000 else 128
    rules.choose("units", (size,), f"{facts.n_train:,} training rows")
    if facts.n_train < FEW_ROWS:
        rules.choose("dropout", 0.5, "few gaps are soon learnt by heart")
    rules.choose("dropout", 0.2, "regularisation between layers")
    if rules.values["features"] != ("none",):
        rules.choose("dense_layers", (size,), "the state and the history features meet in a dense layer")
    rules.choose("dense_layers", (), "the state goes to the head directly")
    rules.choose("cell", "lstm", "the usual one")
    rules.choose("decoder", "direct", "all steps at once")
    rules.choose("series_units", 0, "series are told apart by their rows")


def _training(rules: Rules, facts: DataFacts) -> None:
    """Batch, epochs, rate, schedule, patience and ensemble."""
    n_windows = max(facts.n_train // rules.values["stride"] + facts.n_open, 1)
    choose_batch(rules, n_windows)
    rules.choose("optimizer", "rmsprop", "usual for recurrent networks")
    little = facts.n_train < MANY_GAPS
    choose_rate(rules, *((3e-3, "; few rows and much noise") if little else (1e-2, "")))
    steps = 1_200 if facts.n_train < 50_000 else 2_000
    if little:
        steps = 400  # the network starts at the distribution of all gaps, and has less to learn
    choose_epochs(rules, n_windows, steps)
    if little:
        rules.choose("refit", True, "few gaps: the latest ones tell most of the pace")
    choose_rest(rules)
    members = 3 if little else 1
    rules.choose("ensemble", members, "little data: several seeds" if members > 1 else "enough data")
