"""One run of the study of the defaults: rows of a training part held out, a fit before them, its scores."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import pandas as pd
from accuracy_rows import FAST, FAST_CUTOFFS, FAST_SERIES
from accuracy_scores import LEVEL, Scores, matched, point_scores, rolling_scores
from choose_variants import DEFAULT, changes
from value_data import ETT_MONTH, Problem

# Hours between two moments that the ETT benchmark's months of validation are forecast from.
ROLLING_STEP = 6
ROLLING = "etth1"
# Rows before the held-out ones that a series needs to take part: a season and two more, four at least.
FEWEST_ROWS = 4


class Run(NamedTuple):
    """One fit and its scores.

    Attributes:
        problem: Of ``value_data.NAMES``.
        variant: Of ``VARIANTS``.
        origin: Horizons between the held-out rows and the end of the training part.
        seed: Of the networks.
    """

    problem: str
    variant: str
    origin: int
    seed: int


def held_out(problem: Problem, origin: int) -> Problem:
    """The problem inside the training part; test rows are never looked at.

    Args:
        problem: As published.
        origin: 0 holds out the last ``horizon`` rows of every training series, 1 those before, and so on. Of
            the ETT benchmark there is 0 alone: the four months of validation.

    Returns:
        A problem with rows of the training part as test rows, of the series that are long enough.
    """
    if problem.name == ROLLING:
        n_cutoffs = (problem.n_valid - problem.horizon) // ROLLING_STEP + 1
        return _rolling(problem, 12 * ETT_MONTH, n_cutoffs)
    ids = problem.train["unique_id"]
    row = problem.train.groupby("unique_id").cumcount()
    cut = ids.map(ids.value_counts()) - problem.horizon * (origin + 1)
    chosen = cut >= max(problem.season + 2, FEWEST_ROWS)
    is_test = chosen & (row >= cut) & (row < cut + problem.horizon)
    train, test = (problem.train[part].reset_index(drop=True) for part in (chosen & (row < cut), is_test))
    return replace(problem, train=train, test=test)


def _rolling(problem: Problem, n_train: int, n_cutoffs: int) -> Problem:
    """Moments a few hours apart, the first after ``n_train`` rows of every series."""
    row = problem.train.groupby("unique_id").cumcount()
    n_test = problem.horizon + (n_cutoffs - 1) * ROLLING_STEP
    is_test = (row >= n_train) & (row < n_train + n_test)
    train, test = (problem.train[part].reset_index(drop=True) for part in (row < n_train, is_test))
    return replace(problem, train=train, test=test, n_cutoffs=n_cutoffs)


def few_rows(problem: Problem) -> Problem:
    """A few series and moments of a problem, to see that everything runs.

    Args:
        problem: Of ``held_out``.

    Returns:
        The smaller problem.
    """
    few = problem.first(FAST_SERIES)
    if few.n_cutoffs == 1:
        return few
    rows = pd.concat([few.train, few.test]).sort_values(["unique_id", "ds"], ignore_index=True)
    n_train = int(few.train["unique_id"].value_counts().iloc[0])
    return _rolling(replace(few, train=rows), n_train, min(few.n_cutoffs, FAST_CUTOFFS))


@dataclass(frozen=True)
class Case:
    """What all variants of a problem have in common, for an origin and a seed.

    Attributes:
        problem: Of ``held_out``.
        given: Settings of ``Forecaster`` in every run.
        default: All settings in force when nothing else is given.
    """

    problem: Problem
    given: dict[str, Any]
    default: dict[str, Any]


def make_case(problem: Problem, run: Run, threads: int, is_fast: bool) -> Case:
    """The held-out rows of a run, and the settings that its variant changes.

    Args:
        problem: As published.
        run: Its origin and seed.
        threads: Of the processor.
        is_fast: Whether only to see that it runs.

    Returns:
        One fit, on all rows before the held-out ones.
    """
    inner = held_out(problem, run.origin)
    inner = few_rows(inner) if is_fast else inner
    given = {
        "kind": "values",
        "horizon": problem.horizon,
        "season": problem.season,
        "seed": run.seed,
        "threads": threads,
        "test_size": 0,
        "valid_size": 0,
        "final_fit": False,
        "baselines": "fast",
    }
    given |= FAST if is_fast else {}
    return Case(inner, given, in_force(inner, given))


def in_force(problem: Problem, given: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a run, those included that are chosen from its training rows.

    Args:
        problem: Of ``held_out``.
        given: Settings of ``Forecaster``.

    Returns:
        By name.
    """
    from forecaster.config.build import flatten, make_settings
    from forecaster.data.load import read_panel
    from forecaster.training.prepare import prepare

    settings = make_settings(given, style="keyword")
    panel = read_panel(problem.as_given(problem.train), settings.data)
    return flatten(prepare(panel, settings).settings)


def run_variant(variant: str, case: Case) -> dict[str, Any] | None:
    """Fit, forecast and score a variant.

    Args:
        variant: Of ``VARIANTS``.
        case: What is forecast.

    Returns:
        ``settings`` in force, of variants only those that are not the default's; ``scores``; ``seconds`` of
        the fit. None where the variant is what the default does, or the problem has no such variant.

    Raises:
        ForecasterError: The settings do not fit the data.
        ValueError: A forecast is missing or not finite.
    """
    changed = changes(variant, case.default)
    if changed is None:
        return None
    asked = case.given | changed
    force = in_force(case.problem, asked)
    forecast = _forecast if case.problem.n_cutoffs == 1 else _forecast_rolling
    scores, seconds = forecast(case.problem, asked)
    is_default = variant == DEFAULT
    shown = {name: value for name, value in force.items() if is_default or value != case.default[name]}
    return {"settings": as_json(shown), "scores": scores, "seconds": round(seconds, 2)}


def _forecast(problem: Problem, asked: Mapping[str, Any]) -> tuple[Scores, float]:
    """Scores of the rows after the training rows."""
    from forecaster import Forecaster

    model = Forecaster(**asked).fit(problem.as_given(problem.train))
    table = matched(problem, model.predict(level=(LEVEL,)))
    return point_scores(problem, table), float(model.report["seconds"]["fit"])


def _forecast_rolling(problem: Problem, asked: Mapping[str, Any]) -> tuple[Scores, float]:
    """Scores of all moments of a model that is trained before the first."""
    from forecaster import Forecaster

    began = time.perf_counter()
    epoch_ends = [began]
    rows = pd.concat([problem.train, problem.test]).sort_values(["unique_id", "ds"], ignore_index=True)
    table = Forecaster(**asked).cross_validation(
        rows,
        n_windows=problem.n_cutoffs,
        step_size=ROLLING_STEP,
        level=(LEVEL,),
        progress=lambda *_: epoch_ends.append(time.perf_counter()),
    )
    return rolling_scores(problem, table), epoch_ends[-1] - began


def as_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they are read back from JSON, to be compared with those.

    Args:
        settings: By name.

    Returns:
        Lists in place of tuples.
    """
    tree: dict[str, Any] = json.loads(json.dumps(settings))
    return tree
