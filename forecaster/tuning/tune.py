"""tune: the settings that forecast best from past moments inside the training part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecaster.config.build import flatten, make_settings, section_of
from forecaster.config.engine import uses_ray
from forecaster.config.facts import METRICS
from forecaster.config.settings import Settings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError, RunError
from forecaster.training.digest import panel_digest
from forecaster.training.interrupts import StopFlag
from forecaster.tuning.folds import Folds, make_folds
from forecaster.tuning.search import Progress, Search, run_asked, run_here
from forecaster.tuning.space import Space, read_space, space_text, start_values, without_given
from forecaster.tuning.study import Study, Told, best_of, open_study
from forecaster.tuning.trial import Work, metric_name
from forecaster.tuning.usual_space import usual_space

if TYPE_CHECKING:
    from forecaster.data.load import Source


@dataclass(frozen=True)
class Plan:
    """How to search.

    Attributes:
        trials: How many the study is to have, those of earlier searches in its file among them.
        timeout: Seconds after which the search ends; None for no limit.
        metric: One of ``METRICS``.
        folds: Past moments that each trial is scored from.
        batch: Trials that are chosen at once, before the scores of any of them are known: as many can run
            side by side. The same batch finds the same settings, however many workers there are.
        space: File with the space; None for the usual one.
        study: File in which the study is kept; None for memory.
    """

    trials: int = 50
    timeout: float | None = None
    metric: str = "auto"
    folds: int = 3
    batch: int = 4
    space: str | Path | None = None
    study: str | Path | None = None

    def check(self) -> None:
        """Refuse numbers that are none.

        Raises:
            ConfigError: A number is too low, or the metric is unknown.
        """
        for option, value in (("--trials", self.trials), ("--folds", self.folds), ("--batch", self.batch)):
            if value < 1:
                raise ConfigError(f"{option} {value}: below 1. Raise it.")
        if self.timeout is not None and self.timeout <= 0:
            raise ConfigError(f"--timeout {self.timeout:g}: not above 0. Raise it, or leave it out.")
        if self.metric not in METRICS:
            raise ConfigError(f"--metric {self.metric}: unknown. There are {', '.join(METRICS)}.")


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes:
        settings: The best settings by name, those that were given among them but for the engine's, for
            ``Forecaster``.
        best: The best trial.
        trials: All that have ended, in order; the first has the defaults by rule.
        metric: What they are ranked by; less is better.
        n_folds: Past moments that each was scored from.
        space: What was searched.
        importances: Share of the differences between scores that each setting explains; empty where there
            are too few trials to tell.
        reason: Why the search ended before all trials; None where it did not.
    """

    settings: dict[str, Any]
    best: Told
    trials: tuple[Told, ...]
    metric: str
    n_folds: int
    space: Space
    importances: dict[str, float]
    reason: str | None = None

    @property
    def table(self) -> pd.DataFrame:
        """``number, state, score, seconds``, a column a setting, ``error``: a row a trial, the best first."""
        rank = {"done": 0, "pruned": 1, "failed": 2}
        ordered = sorted(self.trials, key=lambda one: (rank[one.state], one.score or 0.0, one.number))
        rows = [
            {"number": one.number, "state": one.state, "score": one.score, "seconds": one.seconds}
            | {name: one.values.get(name) for name in self.space}
            | {"error": one.error}
            for one in ordered
        ]
        return pd.DataFrame(rows)


def tune(  # noqa: PLR0913 - each is an option of `forecast tune`
    data: Source | Panel,
    *,
    trials: int = 50,
    timeout: float | None = None,
    metric: str = "auto",
    folds: int = 3,
    batch: int = 4,
    space: str | Path | None = None,
    study: str | Path | None = None,
    progress: Progress | None = None,
    stop: StopFlag | None = None,
    **settings: Any,
) -> Tuned:
    """Search for the settings that forecast best; no row of the test part is read.

    Args:
        data: As ``Forecaster.fit`` takes it.
        trials: How many the study is to have.
        timeout: Seconds after which the search ends.
        metric: ``auto`` (the score by which ``train`` says who is ahead), ``crps``, ``mase``, ``mae``,
            ``rmse``, ``nll`` or ``log_score``.
        folds: Past moments inside the training part that each trial is trained before and scored after.
        batch: Trials that are chosen at once.
        space: TOML file with what is searched; around the defaults by rule when None.
        study: File in which the study is kept, to go on with it.
        progress: Called after every trial.
        stop: Set from outside to end early.
        settings: Settings by name, as ``Forecaster`` takes them: they are fixed.

    Returns:
        The best settings and all trials: ``Forecaster(**tuned.settings).fit(data)`` trains with them.

    Raises:
        DataError: The data cannot be read.
        ConfigError: A setting does not fit, Optuna is not installed, or all trials failed.
        RunError: The study's file cannot be written, or the search was ended before a trial was finished.
    """
    made = make_settings(settings, style="keyword")
    panel = data if isinstance(data, Panel) else read_panel(data, made.data)
    plan = Plan(trials, timeout, metric, folds, batch, space, study)
    return Tuning(panel, settings, plan).run(progress, stop)


class Tuning:
    """A search that is ready to run.

    Attributes:
        folds: What trials are trained and scored on.
        space: What is searched.
        start: The defaults by rule of it.
    """

    def __init__(self, panel: Panel, given: Mapping[str, Any], plan: Plan) -> None:
        """Cut the folds and choose the space.

        Raises:
            ConfigError: A setting does not fit the data, or the file of the space is wrong.
        """
        plan.check()
        self._plan = plan
        self._given = {name: value for name, value in given.items() if value is not None}
        self._settings: Settings = make_settings(self._given)
        self.folds: Folds = make_folds(panel, self._settings, plan.folds)
        if plan.space is not None:
            found = read_space(plan.space)
        else:
            found = usual_space(self.folds.latest, self.folds.earliest, self._settings)
        self.space: Space = without_given(found, self._given)
        self.start = start_values(self.space, self.folds.latest.settings)

    @property
    def text(self) -> str:
        """What is searched and how it is scored, in a line."""
        n_folds = len(self.folds.panels)
        moments = f"{n_folds} past moment{'s' * (n_folds > 1)}"
        metric = metric_name(self.folds.latest, self._plan.metric)
        return f"Searching {space_text(self.space)}. Trials are ranked by {metric} from {moments}."

    def run(self, progress: Progress | None = None, stop: StopFlag | None = None) -> Tuned:
        """Run trials until there are enough.

        Args:
            progress: Called after every trial.
            stop: Set from outside to end early.

        Returns:
            What was found.

        Raises:
            ConfigError: The study's file is of something else, or all trials failed.
            RunError: It cannot be written, or the search was ended before a trial was finished.
        """
        plan, stop = self._plan, stop or StopFlag()
        with open_study(plan.study, self._facts()) as kept:
            study = Study(kept, self.space, self.start, self._settings.training.seed, plan.batch)
            search = Search(study, Work.of(self.folds, plan.metric), plan.trials, stop, progress)
            with stop.after(plan.timeout):
                if uses_ray(self._settings.cluster):
                    from forecaster.cluster.tune import tune_on_ray

                    tune_on_ray(search, partial(run_asked, search.work), self._settings.cluster)
                else:
                    run_here(search)
            told = study.told()
            best = best_of(told)
            if best is None:
                raise _nothing(told, stop)
            return Tuned(
                {name: one for name, one in self._given.items() if section_of(name) != "cluster"}
                | best.values,
                best,
                tuple(told),
                metric_name(self.folds.latest, plan.metric),
                len(self.folds.panels),
                self.space,
                study.importances(),
                stop.reason,
            )

    def _facts(self) -> dict[str, Any]:
        """What the study is of: searches of the same go on with each other."""
        flat = flatten(self.folds.settings)
        fixed = {name: value for name, value in flat.items() if section_of(name) != "cluster"}
        facts = {
            "data": panel_digest(self.folds.panels[0]),
            "settings": fixed,
            "space": {name: part.to_json() for name, part in self.space.items()},
            "metric": self._plan.metric,
            "folds": len(self.folds.panels),
            "batch": self._plan.batch,
        }
        plain: dict[str, Any] = json.loads(json.dumps(facts))
        return plain


def _nothing(told: list[Told], stop: StopFlag) -> ConfigError | RunError:
    """Why there is no best trial."""
    if stop.is_set or not told:
        return RunError(
            f"Ended by {stop.reason} before a trial was finished; nothing is known yet. Give it more time."
        )
    return ConfigError(f"All {len(told)} trials failed, the first with: {told[0].error}")
