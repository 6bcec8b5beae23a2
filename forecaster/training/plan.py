"""TrainingPlan, EpochResult, TrainingResult: what training is asked for and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

from forecaster.data.panel import Note
from forecaster.training.schedules import SchedulePlan


@dataclass(frozen=True)
class TrainingPlan:
    """How a network is trained.

    Attributes:
        optimizer: ``rmsprop``, ``adam``, ``adamw``, ``nadam``, ``sgd`` or ``adagrad``.
        learning_rate: The first one, or the peak of a one-cycle.
        momentum: Of rmsprop and sgd.
        clip: Largest norm of the whole gradient; 0 for no limit.
        schedule: How the rate goes.
        epochs: Most epochs.
        steps_per_epoch: Batches of an epoch; None for as many as hold all windows once.
        n_steps: Exactly so many steps in all, whatever ``epochs`` says; None to train by epochs.
        schedule_steps: Steps that the schedule is laid out for, where training ends before it; None for all.
        batch_size: Windows of a step.
        patience: Epochs without gain on the validation windows before training stops; None for never.
            A one-cycle always runs to its end.
        seed: Of shuffling and dropout; weights come from the seed given to ``build_model``.
        device: ``cpu``, ``cuda`` or ``mps``; None for where the model is.
        in_order: Whether batches come in the order of the windows, as streams do, and not shuffled.
        precision: Of the products of a training step: ``float32``, or ``bfloat16`` with weights, loss and
            optimiser in float32. Forecasts are made in float32 either way.
    """

    optimizer: str = "rmsprop"
    learning_rate: float = 1e-3
    momentum: float = 0.0
    clip: float = 1.0
    schedule: SchedulePlan = field(default_factory=SchedulePlan)
    epochs: int = 20
    steps_per_epoch: int | None = None
    n_steps: int | None = None
    schedule_steps: int | None = None
    batch_size: int = 32
    patience: int | None = None
    seed: int = 0
    device: str | None = None
    precision: str = "float32"
    in_order: bool = False


@dataclass(frozen=True)
class EpochResult:
    """One epoch that has ended.

    Attributes:
        epoch: 1 for the first.
        n_epochs: Most epochs of this training.
        step: Steps done since its beginning.
        train_loss: Mean over the epoch's known targets, with dropout.
        valid_loss: Mean over the validation windows after the epoch; None without any.
        learning_rate: Of the epoch's last step.
        seconds: That the epoch took.
        is_best: Whether its weights are the best so far.
    """

    epoch: int
    n_epochs: int
    step: int
    train_loss: float
    valid_loss: float | None
    learning_rate: float
    seconds: float
    is_best: bool


@dataclass(frozen=True)
class TrainingResult:
    """What training did; the model holds the weights of ``best_step``.

    Attributes:
        history: Every epoch that has ended, the unfinished one of an interrupted training too.
        best_epoch: Epoch whose weights the model holds, 1 for the first; 0 when it holds those it came with.
        best_step: Steps up to the end of that epoch.
        n_steps: Steps done in all.
        steps_per_epoch: Batches of a whole epoch.
        interrupted: Why training ended early (``SIGINT``, ``SIGTERM``), None when it did not.
        seconds: In all.
        slow_path: Recurrent layers that run step by step and why; None when all are fused.
        warnings: What the user should know.
    """

    history: tuple[EpochResult, ...]
    best_epoch: int
    best_step: int
    n_steps: int
    steps_per_epoch: int
    interrupted: str | None
    seconds: float
    slow_path: str | None
    warnings: tuple[Note, ...]
