"""Trained runs, as they are saved and loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.errors import RunError
from forecaster.training.fitted import Fitted
from forecaster.training.networks import Networks


@dataclass(frozen=True)
class AnyRun:
    """A trained run of any kind, as it is saved and loaded.

    Attributes:
        models: Its networks.
        settings: None open; ``data`` reads another file as the training file was read.
        panel: The last rows and the facts of every series.
        last_times: (n_series,) like ``panel.times``: time of each series' last training row.
        report: Content of report.json.
        state: ``finished`` or ``interrupted``.
        name: The run in messages.
    """

    models: tuple[Networks, ...]
    settings: Settings
    panel: Panel
    last_times: np.ndarray
    report: dict[str, Any]
    state: str = "finished"
    name: str = "this run"


@dataclass(frozen=True)
class TrainedRun(AnyRun):
    """A trained run that forecasts what comes next.

    Attributes:
        models: One, or with ``--task both`` two; the first gives the forecasts.
    """

    models: tuple[Fitted, ...]

    @property
    def point(self) -> str:
        """What ``forecast`` is: the mean under squared error, the median otherwise."""
        return self.models[0].head.point_is


def forecasts(run: AnyRun, what: str) -> TrainedRun:
    """A run that forecasts what comes next.

    Args:
        run: Any.
        what: What is to be done with it, for the message: ``plot``.

    Returns:
        The run.

    Raises:
        RunError: It is of sequences.
    """
    if not isinstance(run, TrainedRun):
        raise RunError(
            f"{run.name}: was trained on sequences, of which there is nothing to {what}. Use predict, "
            "evaluate or report."
        )
    return run
