"""Defaults of prices: every rule, its numbers and its reason."""

from __future__ import annotations

import math

from forecaster.config.facts import LITTLE_DATA, QUANTILE_LEVELS, DataFacts, Rules
from forecaster.config.pace import choose_batch, choose_epochs, choose_rate, choose_rest

# Transforms of the target by what is forecast.
TRANSFORMS: dict[str, tuple[tuple[str, ...], str]] = {
    "return": (("volatility",), "in units of the volatility that the last sessions let expect"),
    "direction": (("standard",), "the dead band is in units of the training returns"),
    "range": (("volatility", "log"), "ranges are positive, and in units of the volatility expected"),
    "close": (("log", "last", "volatility"), "the return since the last close, in units of the volatility"),
}

# Networks of an ensemble on little data, by preset.
MEMBERS = {"fast": 1, "balanced": 3, "accurate": 7}

# Channels that have a network of their own beside the one of the prices.
VOLUME = "volume"


def choose_for_prices(rules: Rules, facts: DataFacts) -> None:
    """Fill in what is open for prices.

    Args:
        rules: Settings, the head among them.
        facts: What the training rows are like.
    """
    for rule in (_windows, _transforms, _network, _training):
        rule(rules, facts)


def _windows(rules: Rules, facts: DataFacts) -> None:
    """look_back, min_history, segment, features and embargo."""
    most = max((facts.usual_length - rules.values["horizon"]) // 2, 1)
    if facts.has_ids or most >= 20:
        rules.choose("look_back", 20, "sessions of about a month")
    rules.choose("look_back", most, f"half of {facts.usual_length} training rows less the horizon")
    history, why = rules.values["look_back"], "a single series: full windows only"
    if facts.has_ids:
        history, why = 1, "short series are padded on the left"
    rules.choose("min_history", history, why)
    rules.choose("segment", 1, "a step of the network a session")
    calendar = tuple(name for name in facts.calendar if name in ("hour", "weekday"))
    why = f"the stamps carry {' and '.join(calendar)}" if calendar else "the stamps say nothing of the week"
    rules.choose("features", calendar or ("none",), why)


def _transforms(rules: Rules, facts: DataFacts) -> None:
    """transforms, scope, residual and n_bins."""
    if rules.values["task"] != "regress" and not isinstance(rules.values["bins"], str):
        rules.choose("transforms", ("standard",), "the edges given are in the unit of the data")
    rules.choose("transforms", *TRANSFORMS[facts.predict or "return"])
    rules.choose("scope", "series", "each ticker has its own volatility")
    rules.choose("residual", "none", "nothing to correct")
    n_bins = min(max(round(math.sqrt(facts.n_train)), 5), 20)
    rules.choose("n_bins", n_bins, "the root of the number of training rows, 5 to 20")


def _network(rules: Rules, facts: DataFacts) -> None:
    """Cell, layers, units, dropout, branches."""
    rules.choose("cell", "lstm", "the usual one")
    rules.choose("linear", False, "no mixture to weigh it")
    rules.choose("loss", "mse", "the mean is forecast")
    rules.choose("quantile_levels", QUANTILE_LEVELS, "intervals of 50, 80, 90 and 95 %")
    units = rules.values["units"]
    rules.choose("layers", len(units) if units is not None and len(units) > 1 else 2, "two layers")
    size = 32 if facts.n_train < 50_000 else 64
    rules.choose("units", (size,), f"{facts.n_train:,} training rows of much noise")
    rules.choose("dropout", 0.3, "much noise")
    rules.choose("dense_layers", (), "the state goes to the head directly")
    rules.choose("decoder", "direct", "all steps at once")
    rules.choose("series_units", 0, "series are told apart by their rows")
    if VOLUME in facts.channels and not any("," in name for name in facts.channels):  # which part the names
        calendar = rules.values["features"] if rules.values["features"] != ("none",) else ()
        prices = ",".join([*(name for name in facts.channels if name != VOLUME), *calendar])
        rules.choose("branch", (f"price={prices}", f"volume={VOLUME}"), "a network each, joined")
    rules.choose("branch", ("none",), "no volume that would have a network of its own")


def _training(rules: Rules, facts: DataFacts) -> None:
    """Batch, steps, rate, schedule, patience and ensemble."""
    n_windows = max(facts.n_train // rules.values["stride"], 1)
    choose_batch(rules, n_windows)
    rules.choose("optimizer", "rmsprop", "usual for recurrent networks")
    choose_rate(rules, 3e-3, "; much noise")
    choose_epochs(rules, n_windows, 400 if facts.n_train < 50_000 else 1_000, most=50)
    choose_rest(rules)
    preset = rules.values["preset"]
    members = MEMBERS.get(preset, 1) if facts.n_train < 5 * LITTLE_DATA else 1
    why = f"little data: the seeds of preset {preset}" if members > 1 else "one seed"
    rules.choose("ensemble", members, why)
