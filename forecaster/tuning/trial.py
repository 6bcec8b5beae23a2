"""A trial: settings trained and scored on every fold."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecaster.config.build import change
from forecaster.config.settings import Settings
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, RunError
from forecaster.evaluation.baseline_scores import deciding
from forecaster.evaluation.context import find_resolution, scoring_context
from forecaster.evaluation.job import fits_to_score
from forecaster.evaluation.metrics import ScoringContext, score
from forecaster.evaluation.score import MOST_SCORED, bin_edges
from forecaster.training.device import set_threads
from forecaster.training.fit import Hooks
from forecaster.training.interrupts import StopFlag
from forecaster.training.prepare import Prepared, prepare
from forecaster.tuning.folds import Folds
from forecaster.windows.outcomes import Outcomes, gather_outcomes
from forecaster.windows.windows import Span, Windows, thin


@dataclass(frozen=True)
class Outcome:
    """What became of a trial.

    Attributes:
        scores: Of each fold that was scored, the latest first.
        is_pruned: Whether it was ended before the last fold: it was behind half of the others.
        is_stopped: Whether it was ended from outside; nothing is known of it then.
        error: Why it failed; None where it did not.
        seconds: How long it took.
    """

    scores: tuple[float, ...] = ()
    is_pruned: bool = False
    is_stopped: bool = False
    error: str | None = None
    seconds: float = 0.0

    @property
    def score(self) -> float:
        """Mean over the folds that were scored."""
        return float(np.mean(self.scores))


@dataclass(frozen=True)
class Work:
    """What a trial needs beside its own settings.

    Attributes:
        panels: Of the folds.
        settings: Those that all trials share.
        metric: One of ``METRICS`` of facts.py.
    """

    panels: tuple[Panel, ...]
    settings: Settings
    metric: str

    @classmethod
    def of(cls, folds: Folds, metric: str) -> Work:
        """The work of a study."""
        return cls(folds.panels, folds.settings, metric)


def run_trial(
    work: Work, values: Mapping[str, Any], limits: Sequence[float], stop: StopFlag | None = None
) -> Outcome:
    """Train and score on one fold after the other.

    Args:
        work: Folds and settings.
        values: Settings of this trial, by name.
        limits: Mean scores up to each fold that a trial must not be above to go on; empty for none.
        stop: Set from outside to end early.

    Returns:
        What became of it. Whatever goes wrong in it is in ``error``.
    """
    began, hooks = time.perf_counter(), Hooks(stop=stop or StopFlag())
    scores: list[float] = []
    try:
        settings = change(work.settings, values)
        for place, panel in enumerate(work.panels):
            scores.append(fold_score(panel, settings, work.metric, hooks))
            if hooks.stop.is_set:
                return Outcome(is_stopped=True)
            is_last = place + 1 == len(work.panels)
            if not is_last and place < len(limits) and np.mean(scores) > limits[place]:
                return Outcome(tuple(scores), is_pruned=True, seconds=time.perf_counter() - began)
    except Exception as error:  # whatever a setting breaks, the study goes on without it
        if hooks.stop.is_set and isinstance(error, RunError):  # before its first step
            return Outcome(is_stopped=True)
        text = str(error) if isinstance(error, ConfigError) else f"{type(error).__name__}: {error}"
        return Outcome(error=text, seconds=time.perf_counter() - began)
    return Outcome(tuple(scores), seconds=time.perf_counter() - began)


def fold_score(panel: Panel, settings: Settings, metric: str, hooks: Hooks) -> float:
    """How well the part that a fold holds out is forecast.

    Args:
        panel: Rows of the fold.
        settings: All of them.
        metric: One of ``METRICS`` of facts.py.
        hooks: Says when to stop.

    Returns:
        The score; less is better.

    Raises:
        ConfigError: A setting does not fit the data, or there is no such score.
        RunError: Training was ended before its first step.
    """
    prepared = prepare(panel, settings)
    if prepared.parts.test.n_windows == 0:
        raise ConfigError(f"{panel.source}: too few rows to hold any out. Lower --look-back.")
    set_threads(prepared.settings.training.threads)
    outcomes, refitted = fits_to_score(prepared, hooks)
    panel, train = prepared.panel, prepared.split.before_test if refitted else prepared.parts.fit
    scored, known, context = _held_out(prepared, train)
    forecast = (refitted or outcomes)[0].fitted.predict(panel, scored)
    if panel.predict == "direction":  # scored by its three classes
        context = replace(context, bin_edges=bin_edges(forecast))
    name = deciding(panel, context) if metric == "auto" else metric
    found = score(forecast, known.y, np.isfinite(known.y), context).overall.get(name, np.nan)
    if not np.isfinite(found):
        raise ConfigError(
            f"--metric {metric}: the held-out rows of {panel.source} have none. Take another one."
        )
    return float(found)


def metric_name(prepared: Prepared, metric: str) -> str:
    """What a metric is called in a report.

    Args:
        prepared: Of a fold.
        metric: One of ``METRICS`` of facts.py.

    Returns:
        Of ``auto`` what it stands for here.
    """
    if metric != "auto":
        return metric
    return deciding(prepared.panel, _held_out(prepared, prepared.parts.fit)[2])


def _held_out(prepared: Prepared, train: Span) -> tuple[Windows, Outcomes, ScoringContext]:
    """The windows that are scored, what came of them, and what their scores need."""
    windows = prepared.parts.test
    scored = thin(windows, max(MOST_SCORED // windows.horizon, 100))
    known = gather_outcomes(prepared.panel, scored)
    context = scoring_context(prepared.panel, scored, train, known, ())
    resolution = find_resolution(prepared.panel, prepared.parts.fit)
    return scored, known, replace(context, resolution=resolution)
