"""Defaults chosen from the data: every rule, its numbers and its reason, in one place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from forecaster.config.build import change, flatten
from forecaster.config.settings import Settings

# Levels that the quantile head learns: the usual intervals of 50, 80, 90 and 95 %, and deciles between.
QUANTILE_LEVELS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)

# The textbook network: `--preset classic`.
CLASSIC: dict[str, Any] = {
    "look_back": 3,
    "segment": 1,
    "transforms": ("standard",),
    "scope": "panel",
    "residual": "none",
    "layers": 2,
    "units": (8, 8),
    "dense_layers": (8, 8),
    "dropout": 0.2,
    "learning_rate": 1e-3,
    "schedule": "constant",
    "epochs": 10,
    "batch_size": 100,
    "ensemble": 1,
}

# Kinds whose target is a waiting time.
WAITING = ("events", "intervals")

# Heads for waiting times that are learnt by their logarithm.
LOGARITHMIC = ("hazard", "mixture")

# Training rows below which networks are smallest, and below which several seeds and a refit pay.
FEW_ROWS, LITTLE_DATA = 500, 2_000
# Training gaps from which on a network learns the calendar of events; fewer are learnt by heart.
MANY_GAPS = 10_000

# What is known of one of many series beyond its look-back.
HISTORY = ("count", "age", "mean_gap", "single")

# Units times windows of a step up to which one thread is as fast as several, and far faster when others
# use the processor too.
SMALL_STEP = 64 * 256


@dataclass(frozen=True)
class DataFacts:
    """What the rules look at.

    Attributes:
        kind: ``events``, ``intervals``, ``values`` or ``ohlc``.
        has_ids: Whether the file names its series.
        n_series: Number of series.
        n_train: Training rows over all series.
        median_length: Median number of training rows of a series.
        season_length: Steps in one season, 1 for none.
        lowest: Lowest training value.
        spread_ratio: 95 % quantile of the training values over their 5 % quantile, inf when that is
            not positive.
        n_open: Series whose last interval is open and learnt from.
        within: Durations near the quartiles of the gaps between events.
        calendar: Which of hour, weekday and month the stamps carry and the data has seen often enough.
    """

    kind: str
    has_ids: bool
    n_series: int
    n_train: int
    median_length: int
    season_length: int
    lowest: float
    spread_ratio: float
    n_open: int = 0
    calendar: tuple[str, ...] = ()
    within: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether the target is a waiting time."""
        return self.kind in WAITING


@dataclass(frozen=True)
class Default:
    """A setting that was chosen, and why; ``defaults[]`` of report.json."""

    name: str
    value: Any
    reason: str


def default_head(kind: str) -> str:
    """The head of ``--task regress``.

    Args:
        kind: Of the panel.

    Returns:
        ``mixture`` for waiting times, ``quantile`` for the others.
    """
    return "mixture" if kind in WAITING else "quantile"


def complete(settings: Settings, facts: DataFacts) -> tuple[Settings, list[Default]]:
    """Every setting that was left open, filled by rule.

    Args:
        settings: As the user gave them.
        facts: What the training rows are like.

    Returns:
        Settings without open ones (but for those where None means none), and what was chosen.
    """
    rules = _Rules(settings, facts)
    if settings.training.preset == "classic":
        for name, value in CLASSIC.items():
            rules.choose(name, value, "preset classic, the textbook network")
    for rule in (_head, _windows, _transforms, _network, _training):
        rule(rules, facts)
    return change(settings, rules.values), rules.chosen


class _Rules:
    """Settings by name while the rules run, and what they chose."""

    def __init__(self, settings: Settings, facts: DataFacts) -> None:
        self.values = flatten(settings)
        self.facts = facts
        self.chosen: list[Default] = []

    def choose(self, name: str, value: Any, reason: str) -> None:
        """Set ``name`` unless the user, or an earlier rule, has."""
        if self.values[name] is None:
            self.values[name] = value
            self.chosen.append(Default(name, value, reason))


def _head(rules: _Rules, facts: DataFacts) -> None:
    """What the network puts out, which other rules go by."""
    task = rules.values["task"]
    if task != "both":
        head = "bins" if task == "classify" else default_head(facts.kind)
        rules.choose("head", head, f"the head of --task {task} for {facts.kind}")


def _head_in_use(rules: _Rules, facts: DataFacts) -> str:
    """The head that other rules go by: with ``--task both`` the one of regression."""
    return str(rules.values["head"] or default_head(facts.kind))


def _windows(rules: _Rules, facts: DataFacts) -> None:
    """look_back, min_history and segment."""
    horizon, season = rules.values["horizon"], facts.season_length
    if facts.kind == "values" and season > 1:
        seasons = min(max(facts.median_length // (4 * season), 2), 7)
        steps = max(seasons, math.ceil(horizon / season)) * season
        rules.choose("look_back", steps, f"{steps // season} seasons of {season} steps")
    elif facts.kind == "values":
        steps = min(max(2 * horizon, 8), max(facts.median_length // 3, 1))
        rules.choose("look_back", steps, "twice the horizon, 8 at least, a third of a series at most")
    elif facts.kind == "ohlc":
        rules.choose("look_back", 20, "sessions of about a month")
    else:
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


def _features(rules: _Rules, facts: DataFacts) -> None:
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


def _shorten(rules: _Rules, facts: DataFacts) -> None:
    """A look-back that was chosen leaves a single series half of its rows for targets."""
    most = max((facts.median_length - rules.values["horizon"]) // 2, 1)
    chosen = next((one for one in rules.chosen if one.name == "look_back"), None)
    if chosen is None or facts.has_ids or chosen.value <= most or "preset" in chosen.reason:
        return
    rules.chosen.remove(chosen)
    rules.values["look_back"] = None
    rules.choose("look_back", most, f"half of {facts.median_length} training rows less the horizon")


def _transforms(rules: _Rules, facts: DataFacts) -> None:
    """transforms, scope, residual and n_bins."""
    season, look_back = facts.season_length, rules.values["look_back"]
    explicit_edges = not isinstance(rules.values["bins"], str)
    if rules.values["task"] != "regress" and explicit_edges:
        rules.choose("transforms", ("standard",), "the edges given are in the unit of the data")
        rules.choose("residual", "none", "the edges given are in the unit of the data")
    if facts.kind == "values":
        if facts.lowest > 0:
            rules.choose("transforms", ("level", "log"), "all values are positive: relative changes")
        else:
            rules.choose("transforms", ("standard", "last"), "values of both signs: changes since the last")
        relative = "last" not in rules.values["transforms"]
        if relative and season > 1 and look_back >= season:
            rules.choose("residual", "season", "correct the value of one season ago")
        elif relative:
            rules.choose("residual", "last", "correct the last value")
        rules.choose("residual", "none", "changes since the last value are learnt already")
        rules.choose("scope", "series", "each series has its own scale")
    elif facts.kind == "ohlc":
        rules.choose("transforms", ("standard",), "returns have no trend to take out")
        rules.choose("scope", "series", "each ticker has its own volatility")
    elif facts.lowest >= 0 and (facts.spread_ratio > 20 or _head_in_use(rules, facts) in LOGARITHMIC):
        rules.choose("transforms", ("log", "standard"), "waiting times are learnt by their logarithm")
    else:
        rules.choose("transforms", ("standard",), "gaps are of one order")
    rules.choose("residual", "none", "nothing to correct")
    rules.choose("scope", "panel", "one scale for all series")
    n_bins = min(max(round(math.sqrt(facts.n_train)), 5), 20)
    rules.choose("n_bins", n_bins, "the root of the number of training rows, 5 to 20")


def _network(rules: _Rules, facts: DataFacts) -> None:
    """linear, loss, layers, units, dropout and dense layers."""
    is_mixture = _head_in_use(rules, facts) == "mixture"
    why = "some waiting times follow the last ones, some do not" if is_mixture else "no mixture to weigh it"
    rules.choose("linear", is_mixture, why)
    rules.choose("loss", "mse", "the mean is forecast")
    rules.choose("quantile_levels", QUANTILE_LEVELS, "intervals of 50, 80, 90 and 95 %")
    units = rules.values["units"]
    rules.choose("layers", len(units) if units is not None and len(units) > 1 else 2, "two layers")
    few = MANY_GAPS if facts.waits else FEW_ROWS
    size = 32 if facts.n_train < few else 64 if facts.n_train < 50_000 else 128
    rules.choose("units", (size,), f"{facts.n_train:,} training rows")
    if facts.kind == "values":
        rules.choose("dropout", 0.1, "values repeat themselves more than they are noise")
    if facts.waits and facts.n_train < FEW_ROWS:
        rules.choose("dropout", 0.5, "few gaps are soon learnt by heart")
    rules.choose("dropout", 0.2, "regularisation between layers")
    if rules.values["features"] != ("none",):
        rules.choose("dense_layers", (size,), "the state and the history features meet in a dense layer")
    rules.choose("dense_layers", (), "the state goes to the head directly")
    rules.choose("decoder", "direct", "all steps at once")
    rules.choose("series_units", 0, "series are told apart by their rows")


def _training(rules: _Rules, facts: DataFacts) -> None:
    """Batch, epochs, rate, schedule, patience and ensemble."""
    n_windows = max(facts.n_train // rules.values["stride"] + facts.n_open, 1)
    batch = 2 ** min(max(round(math.log2(n_windows / 30 + 1)), 4), 8)
    rules.choose("batch_size", batch, f"{n_windows:,} windows: about 30 steps an epoch, 16 to 256")
    rules.choose("schedule", "one-cycle", "fast and without tuning")
    least = MANY_GAPS if facts.waits else 1_000
    if rules.values["schedule"] == "one-cycle" and (facts.kind == "values" or facts.n_train >= least):
        rules.choose("learning_rate", 1e-2, "the peak of a one-cycle")
    elif rules.values["schedule"] == "one-cycle":
        rules.choose("learning_rate", 3e-3, "the peak of a one-cycle; few rows and much noise")
    rules.choose("learning_rate", 1e-3, "usual for recurrent networks")
    steps = 800 if facts.n_train < FEW_ROWS else 1_200 if facts.n_train < 50_000 else 2_000
    if facts.waits and facts.n_train < MANY_GAPS:
        steps = 400  # the network starts at the distribution of all gaps, and has less to learn
    if rules.values["epochs"] is None:  # an epoch that the user counts is all windows once
        whole = math.ceil(n_windows / rules.values["batch_size"])
        rules.choose("steps_per_epoch", min(whole, 100), "all windows, or 100 steps between two validations")
        epochs = math.ceil(steps / rules.values["steps_per_epoch"])
        rules.choose("epochs", epochs, f"about {steps:,} steps")
    if rules.values["schedule"] != "one-cycle":
        rules.choose("patience", 10, "epochs without gain")
    work = max(rules.values["units"]) * rules.values["batch_size"]
    if work <= SMALL_STEP:
        rules.choose("threads", 1, "a step this small loses more by waiting for threads than it gains")
    little = facts.n_train < (MANY_GAPS if facts.waits else LITTLE_DATA)
    if facts.waits and little:
        rules.choose("refit", True, "few gaps: the latest ones tell most of the pace")
    rules.choose("refit", False, "scored as the validation part chose it")
    rules.choose("conformal", False, "quantiles as they were learnt")
    members = 3 if little else 1
    rules.choose("ensemble", members, "little data: several seeds" if members > 1 else "enough data")
