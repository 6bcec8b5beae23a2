"""Standing: where the training of one network stands, so that it can be gone on with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from forecaster.training.plan import EpochResult


class Strict(BaseModel):
    """No unknown keys, no NaN, no infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Standing(Strict):
    """Where the training of one network stands, in plain numbers.

    Attributes:
        epoch: Epochs that have ended.
        step: Steps done.
        losses: Losses of the batches done of the epoch at hand; empty between two epochs.
        known: Known targets of each of these batches.
        rate: Learning rate of the last step.
        before: Loss before training, for the warning that nothing has moved.
        best_loss: Lowest validation loss; None before the first.
        best_epoch: Epoch that it was of.
        best_step: Step likewise.
        plateau: Of a plateau schedule; None for those that go by the step alone.
        numbers: Of the optimiser, by name.
        seconds: Spent so far.
        history: Every epoch that has ended.
    """

    epoch: int = Field(ge=0)
    step: int = Field(ge=0)
    losses: tuple[float, ...]
    known: tuple[int, ...]
    rate: float
    before: float
    best_loss: float | None
    best_epoch: int = Field(ge=0)
    best_step: int = Field(ge=0)
    plateau: tuple[float, float | None, int] | None
    numbers: dict[str, float]
    seconds: float = Field(ge=0)
    history: tuple[EpochResult, ...]


@dataclass(frozen=True)
class Kept:
    """A standing with its tensors.

    Attributes:
        standing: The plain numbers.
        tensors: Weights, best weights, the optimiser's state and the state of random numbers, by name.
    """

    standing: Standing
    tensors: dict[str, np.ndarray]
