"""train: a whole training job, of what comes next or of what sequences are."""

from __future__ import annotations

from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.evaluation.job import train_run
from forecaster.evaluation.sequence_job import train_sequences
from forecaster.evaluation.trained_run import AnyRun
from forecaster.training.fit import Hooks


def train(panel: Panel, settings: Settings, hooks: Hooks, read_seconds: float = 0.0) -> AnyRun:
    """Split, fit, score, fit again on all rows.

    Args:
        panel: All rows; its goal says what is learnt.
        settings: As the user gave them.
        hooks: Progress and schedule.
        read_seconds: Time that reading took, for the report.

    Returns:
        The trained run; stopped early, the best weights so far.

    Raises:
        ConfigError: A setting does not fit the data.
        RunError: Training was ended before its first step, or its checkpoint is damaged.
    """
    job = train_run if panel.goal is None else train_sequences
    return job(panel, settings, hooks, read_seconds)
