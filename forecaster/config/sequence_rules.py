"""Defaults of sequences: a class of each, outputs of each row, the next symbol."""

from __future__ import annotations

import math
from dataclasses import dataclass

from forecaster.config.build import change
from forecaster.config.facts import Default, Rules
from forecaster.config.pace import choose_epochs, choose_rate, choose_rest, usual_batch
from forecaster.config.settings import Settings

# Steps of a window at most: of sequences that are seen as a whole, and of pieces of long ones.
MOST_WHOLE, PIECE = 1000, 64

# Steps of the recurrent layers at most where one output belongs to the whole sequence.
MOST_SEGMENTS = 32

# Least steps of training of few sequences, and of labels of symbols: found on GunPoint's training file, by
# cross-validation within it.
FEW_TRAINING_STEPS = 600

# Sequences up to which several seeds pay, and rows below which networks are smaller.
FEW_SEQUENCES, FEW_STEPS = 1000, 20_000

# Windows of a batch of streams.
STREAMS = 16


@dataclass(frozen=True)
class SequenceFacts:
    """What the rules look at.

    Attributes:
        goal: What is learnt: ``label``, ``outputs``, ``tags`` or ``marks``.
        n_series: Training series.
        n_rows: Training rows over all of them.
        longest: Rows of the longest.
        n_channels: Channels of numbers.
        n_marks: Symbols; 0 for none.
        n_classes: Classes; 0 where numbers are learnt.
        has_pieces: Whether series are cut in time, and not held out as a whole.
    """

    goal: str
    n_series: int
    n_rows: int
    longest: int
    n_channels: int
    n_marks: int
    n_classes: int
    has_pieces: bool


def complete_sequences(settings: Settings, facts: SequenceFacts) -> tuple[Settings, list[Default]]:
    """Every setting that was left open, filled by rule.

    Args:
        settings: As the user gave them.
        facts: What the training rows are like.

    Returns:
        Settings without open ones (but for those where None means none), and what was chosen.
    """
    rules = Rules(settings)
    for rule in (_windows, _network, _training):
        rule(rules, facts)
    return change(settings, rules.values), rules.chosen


def _windows(rules: Rules, facts: SequenceFacts) -> None:
    """look_back."""
    longest = max(min(facts.longest, MOST_WHOLE), 1)
    if facts.goal == "label":
        rules.choose("look_back", longest, f"the longest sequence, {MOST_WHOLE} steps at most")
    elif not facts.has_pieces:
        usual = math.ceil(2 * facts.n_rows / max(facts.n_series, 1))
        rules.choose("look_back", min(usual, longest), "twice the usual sequence; longer ones in pieces")
    rules.choose("look_back", max(min(PIECE, facts.longest), 1), "pieces of a long sequence")
    if facts.goal == "label" and not facts.n_marks:
        segment = math.ceil(rules.values["look_back"] / MOST_SEGMENTS)
        rules.choose("segment", segment, f"{MOST_SEGMENTS} steps at most: longer ways are hard to learn")
    rules.choose("segment", 1, "a step is a row")
    rules.choose("min_history", 0, "sequences are padded on the left")
    rules.choose("features", ("none",), "only events have them")
    rules.choose("transforms", ("standard",), "inputs of one order")


def _network(rules: Rules, facts: SequenceFacts) -> None:
    """Layers, units, dropout, and the vectors of marks."""
    units = rules.values["units"]
    rules.choose("layers", len(units) if units is not None and len(units) > 1 else 2, "two layers")
    counted = f"{facts.n_series:,} sequence{'s' * (facts.n_series != 1)}"
    is_small = facts.n_series < FEW_SEQUENCES if facts.goal == "label" else facts.n_rows < FEW_STEPS
    rules.choose("units", (64 if is_small else 128,), f"{counted}, {facts.n_rows:,} rows")
    rules.choose("dropout", 0.2, "regularisation between layers")
    rules.choose("cell", "lstm", "the usual one")
    may = facts.goal in ("label", "tags") and not rules.values["stateful"]
    why = "what comes after a step is known too" if may else "a step sees what came before it alone"
    rules.choose("bidirectional", may, why)
    rules.choose("dense_layers", (), "the state goes to the output directly")
    if facts.n_marks:
        width = min(max(math.ceil(2 * facts.n_marks**0.5), 4), 64)
        rules.choose("mark_units", width, f"{facts.n_marks:,} symbols")
    rules.choose("decoder", "direct", "from the last state, or that of each step")
    is_tag = facts.goal == "tags"
    why = "a row's own inputs say most of its tag" if is_tag else "the recurrent layers alone"
    rules.choose("linear", is_tag, why)
    rules.choose("series_units", 0, "sequences are told apart by their rows")
    rules.choose("branch", ("none",), "one network for all channels")


def _training(rules: Rules, facts: SequenceFacts) -> None:
    """Batch, epochs, rate, schedule and ensemble."""
    whole = facts.goal == "label" or not facts.has_pieces
    n_windows = facts.n_series if whole else math.ceil(facts.n_rows / rules.values["look_back"])
    if rules.values["stateful"]:
        most = max(n_windows // 4, 1)
        rules.choose("batch_size", min(STREAMS, most), "streams side by side, each of several windows")
    rules.choose("batch_size", usual_batch(n_windows), f"{n_windows:,} windows: about 30 steps an epoch")
    rules.choose("optimizer", "rmsprop", "usual for recurrent networks")
    if facts.goal == "tags" and facts.n_marks:
        choose_rate(rules, 1e-2, "; vectors of symbols that are seen seldom must move far")
    choose_rate(rules, 3e-3, "")
    is_few = facts.goal == "label" and facts.n_series < FEW_SEQUENCES
    learns_by_heart = facts.goal == "label" and facts.n_marks > 0  # symbols that are seen once or twice
    least = FEW_TRAINING_STEPS if is_few or learns_by_heart else 1_500
    steps = max(least, (30 if is_few else 12) * math.ceil(n_windows / rules.values["batch_size"]))
    choose_epochs(rules, n_windows, steps, most=1_000_000)
    choose_rest(rules)
    rules.choose("ensemble", 3 if is_few else 1, "few sequences: several seeds" if is_few else "enough data")
