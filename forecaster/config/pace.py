"""Rules of training that all kinds of data share: batch, rate, epochs, threads, and what follows the fit."""

from __future__ import annotations

import math

from forecaster.config.facts import SMALL_STEP, Rules

# Windows a step at least and at most; of a network so small that a step costs much the same for more, by its
# units times the steps of its recurrent layer.
LEAST_BATCH, MOST_BATCH, TINY_BATCH = 16, 256, 1024
TINY_STEP = 128


def choose_batch(rules: Rules, n_windows: int) -> None:
    """Windows a step: about 30 steps in all of them.

    Args:
        rules: Settings so far.
        n_windows: Training windows.
    """
    values = rules.values
    work = max(values["units"]) * math.ceil(values["look_back"] / values["segment"])
    most = MOST_BATCH if work > TINY_STEP else TINY_BATCH
    why = f"about 30 steps an epoch, {LEAST_BATCH} to {most:,}"
    rules.choose("batch_size", usual_batch(n_windows, most), f"{n_windows:,} windows: {why}")


def usual_batch(n_windows: int, most: int = MOST_BATCH) -> int:
    """A power of two of which all windows are about 30.

    Args:
        n_windows: Training windows.
        most: Largest batch.

    Returns:
        16 to ``most``.

    Example:
        >>> usual_batch(100), usual_batch(3_000), usual_batch(10**6)
        (16, 128, 256)
    """
    return min(max(1 << round(math.log2(n_windows / 30 + 1)), LEAST_BATCH), most)


def choose_rate(rules: Rules, peak: float, why: str) -> None:
    """The one-cycle and its peak, or the usual rate of another schedule.

    Args:
        rules: Settings so far.
        peak: Highest rate of a one-cycle.
        why: What it goes by.
    """
    rules.choose("schedule", "one-cycle", "fast and without tuning")
    if rules.values["schedule"] == "one-cycle":
        rules.choose("learning_rate", peak, f"the peak of a one-cycle{why}")
    rules.choose("learning_rate", 1e-3, "usual for recurrent networks")


def choose_epochs(rules: Rules, n_windows: int, steps: int, most: int = 100, why: str = "") -> None:
    """Epochs that come to some steps; one that the user counts is all windows once.

    Args:
        rules: Settings so far, the batch size among them.
        n_windows: Training windows.
        steps: Of the whole training.
        most: Steps between two validations at most.
        why: What the steps go by.
    """
    if rules.values["epochs"] is not None:
        return
    whole = math.ceil(n_windows / rules.values["batch_size"])
    rules.choose("steps_per_epoch", min(whole, most), f"all windows, or {most} steps between two validations")
    epochs = math.ceil(steps / rules.values["steps_per_epoch"])
    rules.choose("epochs", epochs, f"about {steps:,} steps{why}")


def choose_rest(rules: Rules) -> None:
    """Patience, threads, and that nothing is fitted again or corrected.

    Args:
        rules: Settings so far, units and batch size among them.
    """
    if rules.values["schedule"] != "one-cycle":
        rules.choose("patience", 10, "epochs without gain")
    if max(rules.values["units"]) * rules.values["batch_size"] <= SMALL_STEP:
        rules.choose("threads", 1, "a step this small loses more by waiting for threads than it gains")
    rules.choose("conformal", False, "quantiles as they were learnt")
    rules.choose("refit", False, "scored as the validation part chose it")
