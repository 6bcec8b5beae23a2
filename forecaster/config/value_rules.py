"""Defaults of value series: every rule, its numbers and its reason.

The numbers were chosen on the last horizons of the training parts of several data sets, with measurements
that ``benchmarks/choose_defaults.py`` repeats and logs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from forecaster.config.facts import LITTLE_DATA, QUANTILE_LEVELS, DataFacts, Rules
from forecaster.config.pace import choose_batch, choose_epochs, choose_rate, choose_rest

# Seasons that a look-back holds at most.
MOST_SEASONS = 28

# Steps of the recurrent layer at most where no season says how long a segment is.
MOST_SEGMENTS = 24

# Steps of a training at least, and at most before the preset's factor.
LEAST_STEPS, MOST_STEPS = 400, 4_000

# A nearest naive forecast that misses by less than this share of what the mean misses by: series so regular
# that much can be learnt of few horizons, from so many rows on.
REGULAR, REGULAR_ROWS = 0.5, 1_000

# Horizons that fit side by side into the training rows: below this, training is short and careful, for the
# windows are many but tell little that is new.
FEW_HORIZONS = 1_000
# From here on less is dropped: there is enough that no two windows share.
MANY_HORIZONS = 4_000


@dataclass(frozen=True)
class Effort:
    """What a preset spends.

    Attributes:
        steps: Factor of the number of steps.
        width: Factor of the units.
        members: Networks of an ensemble at most.
        work: Multiplications in all members' recurrent layers for which it has time, one at least.
    """

    steps: float
    width: float
    members: int
    work: float


EFFORTS = {
    "fast": Effort(0.2, 0.5, 1, 0.0),
    "balanced": Effort(1.0, 1.0, 3, 1.9e12),
    "accurate": Effort(2.0, 2.0, 5, 1.5e13),
}


def choose_for_values(rules: Rules, facts: DataFacts) -> None:
    """Fill in what is open for value series.

    Args:
        rules: Settings, the head among them.
        facts: What the training rows are like.
    """
    effort = EFFORTS.get(rules.values["preset"], EFFORTS["balanced"])
    _windows(rules, facts)
    _transforms(rules, facts)
    _network(rules, facts, effort)
    _training(rules, facts, effort)


def _n_horizons(rules: Rules, facts: DataFacts) -> int:
    """How many horizons fit side by side into the training rows."""
    return int(max(facts.n_train // rules.values["horizon"], 1))


def _care(rules: Rules, facts: DataFacts) -> tuple[bool, str]:
    """Whether training is to be short and careful, and why."""
    if _n_horizons(rules, facts) >= FEW_HORIZONS:
        return False, "many horizons to learn from"
    if _is_regular(facts):
        return False, "few horizons to learn from, but regular ones"
    return True, "few horizons to learn from"


def _is_regular(facts: DataFacts) -> bool:
    """Whether series repeat themselves so well that little dropout and many steps do no harm."""
    return facts.noise < REGULAR and facts.n_train >= REGULAR_ROWS


def _windows(rules: Rules, facts: DataFacts) -> None:
    """look_back, min_history, segment and features."""
    horizon, season, length = rules.values["horizon"], facts.season_length, facts.usual_length
    most = length if facts.has_ids else max((length - horizon) // 2, 1)
    if season > 1:
        known = length / season
        seasons = min(max(math.ceil(max(math.sqrt(known), known / 12)), 2), MOST_SEASONS)
        steps = max(seasons, math.ceil(horizon / season)) * season
        why = f"{steps // season} seasons of {season} steps: the root of how many a series has, or a twelfth"
    else:
        steps = min(max(2 * horizon, 8), max(length // 3, 1))
        why = "twice the horizon, 8 at least, a third of a series at most"
    if steps > most:
        part = "a series' " if facts.has_ids else "half of the "
        steps, why = most, f"{part}{length} training rows" + ("" if facts.has_ids else " less the horizon")
    rules.choose("look_back", steps, why)
    look_back = rules.values["look_back"]
    if facts.has_ids:
        rules.choose("min_history", 1, "short series are padded on the left")
    rules.choose("min_history", look_back, "a single series: full windows only")
    if season > 1 and look_back >= 2 * season:
        rules.choose("segment", season, "a step of one season each")
    segment = math.ceil(look_back / MOST_SEGMENTS)
    rules.choose(
        "segment", segment, f"no season to go by: {math.ceil(look_back / segment)} steps of the network"
    )
    rules.choose("features", ("none",), "the season says what the calendar would")


def _transforms(rules: Rules, facts: DataFacts) -> None:
    """transforms, scope, residual and n_bins."""
    season, look_back = facts.season_length, rules.values["look_back"]
    if rules.values["task"] != "regress" and not isinstance(rules.values["bins"], str):
        rules.choose("transforms", ("standard",), "the edges given are in the unit of the data")
        rules.choose("residual", "none", "the edges given are in the unit of the data")
    if facts.lowest > 0:
        rules.choose("transforms", ("level", "log"), "all values are positive: relative changes")
    if facts.naive == "none":
        rules.choose("transforms", ("standard",), "values of both signs that return to their mean")
    rules.choose(
        "transforms", ("standard", "last"), "values of both signs: whatever the level, changes since the last"
    )
    naive = facts.naive if facts.naive != "season" or look_back >= season > 1 else "last"
    if naive == "last" and "last" in rules.values["transforms"]:
        rules.choose("residual", "none", "changes since the last value are learnt already")
    reasons = {
        "season": "correct the value of one season ago, the nearest naive forecast",
        "last": "correct the last value, the nearest naive forecast",
        "none": "the mean is nearer than the last value and the last season",
    }
    rules.choose("residual", naive, reasons[naive])
    rules.choose("scope", "series", "each series has its own scale")
    n_bins = min(max(round(math.sqrt(facts.n_train)), 5), 20)
    rules.choose("n_bins", n_bins, "the root of the number of training rows, 5 to 20")


def _network(rules: Rules, facts: DataFacts, effort: Effort) -> None:
    """Cell, layers, units, dropout, decoder, vectors of series."""
    rules.choose("cell", "gru", "nearer than an LSTM of the same width after as many steps")
    rules.choose("linear", False, "no mixture to weigh it")
    rules.choose("loss", "mse", "the mean is forecast")
    rules.choose("quantile_levels", QUANTILE_LEVELS, "intervals of 50, 80, 90 and 95 %")
    units = rules.values["units"]
    n_layers = len(units) if units is not None and len(units) > 1 else 1
    rules.choose("layers", n_layers, "one wide layer learns more in the same time than two narrow ones")
    width = 32 if facts.n_train < 1_000 else 64 if facts.n_train < 5_000 else 128
    width = width if facts.n_train < 50_000 else 256
    if facts.n_train >= LITTLE_DATA:
        width = round(width * effort.width)
    rules.choose("units", (width,), f"{facts.n_train:,} training rows")
    n_horizons = _n_horizons(rules, facts)
    less = n_horizons >= MANY_HORIZONS or _is_regular(facts)
    why = "many horizons to learn from, or regular ones" if less else f"{n_horizons:,} horizons to learn from"
    rules.choose("dropout", 0.2 if less else 0.3, why)
    if rules.values["static"]:
        rules.choose("dense_layers", (width,), "the state and the static columns meet in a dense layer")
    rules.choose("dense_layers", (), "the state goes to the decoder directly")
    rules.choose("decoder", "parallel", "segments of the horizon share what they learn")
    long = facts.n_series > 1 and facts.usual_length >= 50 * max(facts.n_series, 1)
    rules.choose(
        "series_units",
        16 if long else 0,
        "few long series: each has its ways" if long else "not few long series",
    )


def _training(rules: Rules, facts: DataFacts, effort: Effort) -> None:
    """Batch, steps, rate, schedule, patience and ensemble."""
    n_windows = max(facts.n_train // rules.values["stride"], 1)
    n_horizons = _n_horizons(rules, facts)
    careful, why = _care(rules, facts)
    choose_batch(rules, n_windows)
    rules.choose("optimizer", "adam", "further than rmsprop in the same number of steps")
    choose_rate(rules, 1e-3 if careful else 3e-3, f"; {why}")
    passes = 3 * math.ceil(n_windows / rules.values["batch_size"])
    steps = min(max(n_horizons // 2, passes), MOST_STEPS)
    steps = max(round(steps * effort.steps), LEAST_STEPS if careful else 2 * LEAST_STEPS)
    why = f": half of the {n_horizons:,} horizons in the rows, three passes at least"
    choose_epochs(rules, n_windows, steps, why=why)
    choose_rest(rules)
    members = int(min(max(effort.work // _work(rules), 1), effort.members))
    rules.choose("ensemble", members, f"seeds that preset {rules.values['preset']} has time for")


def _work(rules: Rules) -> float:
    """Multiplications of one network's recurrent layers over its training, about."""
    values = rules.values
    segments = sum(math.ceil(values[name] / values["segment"]) for name in ("look_back", "horizon"))
    steps = values["epochs"] * (values["steps_per_epoch"] or 100)
    return float(steps * values["batch_size"] * segments * 3 * max(values["units"]) ** 2)
