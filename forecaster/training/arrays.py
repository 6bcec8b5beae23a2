"""Networks over plain arrays of windows, as the scikit-learn estimators have them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import keras
import numpy as np

from forecaster.config.build import change
from forecaster.config.facts import SMALL_STEP
from forecaster.config.pace import usual_batch
from forecaster.config.settings import Settings
from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.head import Head
from forecaster.network.predict import predict_outputs
from forecaster.training.device import set_threads
from forecaster.training.members import member_plans, train_members
from forecaster.training.setup import make_plan
from forecaster.training.sizes import layer_sizes
from forecaster.windows.batch import Batch, Gathered

# Steps and epochs that a training that is not told how long has at least, and its rate, the peak of a
# one-cycle. On 200 rows of a noisy linear target R2 was 0.81 with 200 steps at 0.01, 0.79 with 400 at 0.003.
STEPS, EPOCHS, RATE = 200, 5, 1e-2

# Spread, as a share of the mean, up to which a column does not move.
ROUNDING = 1e-12

# Windows that a network is given at once: always as many, so that a forecast does not depend on the others.
AT_ONCE = 256


def array_batch(x: np.ndarray, y: np.ndarray | None, horizon: int) -> Batch:
    """Windows and targets as a network takes them.

    Args:
        x: (n, look_back, n_channels) normalised, NaN where not observed.
        y: (n, horizon) normalised targets; None where they are not known.
        horizon: Output steps.

    Returns:
        A batch.
    """
    observed = ~np.isnan(x)
    n = len(x)
    return Batch(
        past=np.where(observed, x, 0.0).astype(np.float32),
        observed=observed.astype(np.float32),
        target=np.zeros((n, horizon)) if y is None else y,
        mask=np.full((n, horizon), y is not None),
        series=np.zeros(n, dtype=np.int64),
    )


def array_scales(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every column.

    Args:
        rows: (n, n_columns) float64, NaN where not observed.

    Returns:
        Both (n_columns,); the deviation is 1 where nothing moves but by rounding, the mean 0 where nothing is
        observed.
    """
    known = ~np.isnan(rows)
    n = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, rows, 0.0).sum(axis=0) / n
    spread = np.sqrt((np.where(known, rows - mean, 0.0) ** 2).sum(axis=0) / n)
    return mean, np.where(spread > ROUNDING * np.abs(mean), spread, 1.0)


def array_architecture(
    settings: Settings, shape: tuple[int, int], horizon: int, n_outputs: int
) -> Architecture:
    """Sizes of a network over arrays.

    Args:
        settings: ``cell``, ``units``, ``layers``, ``dense_layers``, ``dropout`` and ``segment`` are set.
        shape: Look-back and channels.
        horizon: Output steps.
        n_outputs: Numbers a step that the head takes.

    Returns:
        An architecture.

    Raises:
        ValueError: There are other numbers of units than of layers, or a segment exceeds the look-back.
    """
    network = settings.network
    units, n_layers = network.units or (32,), network.layers or 1
    if len(units) not in (1, n_layers):
        raise ValueError(
            f"units={units}: {len(units)} numbers for layers={n_layers}. Give one, or one for each."
        )
    if (network.segment or 1) > shape[0]:
        raise ValueError(f"segment={network.segment}: longer than the {shape[0]} steps of X. Lower it.")
    return Architecture(
        look_back=shape[0],
        horizon=horizon,
        n_channels=shape[1],
        n_outputs=n_outputs,
        **layer_sizes(network),
    )


def train_on_arrays(
    architecture: Architecture, head: Head, settings: Settings, train: Batch, valid: Batch | None
) -> list[keras.Model]:
    """An ensemble trained on some windows.

    Args:
        architecture: Of every member.
        head: Its loss.
        settings: Epochs, batch size and learning rate may be open.
        train: Windows to learn from.
        valid: Windows that choose the weights to keep; None keeps the last.

    Returns:
        The networks; seeds are those of ``settings``, so that the same data give the same weights.
    """
    settings = _completed(settings, len(train.past))
    plan = make_plan(settings, len(train.past))
    if valid is None:  # no epoch is better than another: the last weights are kept
        plan = replace(plan, patience=None)
    plans = member_plans(plan, settings.training.ensemble or 1)
    with few_threads(architecture, plan.batch_size):
        members = train_members(
            lambda one: build_model(architecture, one.seed, one.device),
            head,
            Gathered(train),
            None if valid is None else Gathered(valid),
            plans,
        )
    return [member.model for member in members]


def outputs_on_arrays(
    architecture: Architecture, models: Sequence[keras.Model], batch: Batch
) -> list[np.ndarray]:
    """What each network puts out.

    Args:
        architecture: Of the networks.
        models: The networks.
        batch: Windows.

    Returns:
        One (n, horizon, n_outputs) float32 a network; the same for a window whichever others are asked for.
    """
    n = len(batch.past)
    rows = np.minimum(np.arange(-(-n // AT_ONCE) * AT_ONCE), n - 1)
    padded = Gathered(batch.take(rows))
    with few_threads(architecture, AT_ONCE):
        return [predict_outputs(model, padded, AT_ONCE)[:n] for model in models]


@contextmanager
def few_threads(architecture: Architecture, batch_size: int) -> Iterator[None]:
    """One thread for steps so small that several would only wait for each other; as it was afterwards."""
    before = set_threads(None)
    if max(architecture.units) * batch_size <= SMALL_STEP:
        set_threads(1)
    try:
        yield
    finally:
        set_threads(before or None)


def _completed(settings: Settings, n_windows: int) -> Settings:
    """Batch size, epochs and rate where they are open, the batch by the rule of all kinds of data."""
    training = settings.training
    batch = training.batch_size or usual_batch(n_windows)
    whole = math.ceil(n_windows / min(batch, n_windows))
    epochs = training.epochs or max(math.ceil(STEPS / whole), EPOCHS)
    rate = training.learning_rate or RATE
    return change(settings, {"batch_size": batch, "epochs": epochs, "learning_rate": rate})
