"""The rows of the accuracy benchmark: what is trained, what it is scored by, and what is wanted of it.

Every row goes through ``Forecaster`` with default settings: the horizon, the season, the preset and the seed
are given. The ETT benchmark says besides which rows are validated on, and that nothing is fitted after that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from accuracy_rivals import COUNTED, rival_scores
from accuracy_scores import (
    LEVEL,
    Scores,
    matched,
    owa,
    point_scores,
    published_m3,
    published_owa,
    read_published,
    rolling_scores,
)
from bench_rows import BEST
from value_data import NAMES, Problem, files_of, load

Bars = dict[str, tuple[float, float]]
# Numbers of others, by metric and method.
Known = dict[str, Scores]
COVERAGE: Bars = {f"coverage_{LEVEL}": (0.76, 0.84)}
# A run that only shows that everything runs: few series, few steps, few moments.
FAST: dict[str, Any] = {"epochs": 1, "steps_per_epoch": 2, "ensemble": 1, "units": (4,)}
FAST_SERIES, FAST_CUTOFFS = 4, 3
# Published methods that a row names.
N_NAMED = 3
# Errors that the papers of these methods give for ETTh1 and a horizon of 96.
ETT_KNOWN: Known = {
    "mse": {"SegRNN": 0.341, "PatchTST": 0.370, "DLinear": 0.375, "iTransformer": 0.386},
    "mae": {"SegRNN": 0.376, "DLinear": 0.399, "PatchTST": 0.400, "iTransformer": 0.405},
}


@dataclass(frozen=True)
class Asked:
    """How a row is run.

    Attributes:
        preset: Of the product.
        seed: Of the networks.
        is_fast: Whether only to see that it runs.
    """

    preset: str
    seed: int
    is_fast: bool = False

    def settings(self, problem: Problem) -> dict[str, Any]:
        """Settings of ``Forecaster`` for a problem."""
        given = {
            "horizon": problem.horizon,
            "season": problem.season,
            "preset": self.preset,
            "seed": self.seed,
        }
        return given | (FAST if self.is_fast else {})


@dataclass(frozen=True)
class Row:
    """One data set of the benchmark.

    Attributes:
        run: From the problem, how it is asked and the data folder to scores and seconds.
        known: From the problem and the data folder to what others reach.
        bars: From a preset and what others reach to the lowest and highest score wanted, by metric.
        files: In the data folder.
    """

    run: Callable[[Problem, Asked, Path], Scores]
    known: Callable[[Problem, Path], Known]
    bars: Callable[[str, Known], Bars]
    files: tuple[str, ...]


def fit_and_forecast(problem: Problem, asked: Asked) -> tuple[pd.DataFrame, Scores]:
    """Test rows beside their forecasts, after a fit on the training rows.

    Args:
        problem: With one cutoff.
        asked: Preset and seed.

    Returns:
        The table of ``matched``; and ``seconds_train``, of the fit that is scored and the final one,
        ``seconds_predict`` and ``seconds``, those and all between, such as the baselines.

    Raises:
        ValueError: A forecast is missing or not finite.
    """
    from forecaster import Forecaster

    began = time.perf_counter()
    model = Forecaster(**asked.settings(problem)).fit(problem.as_given(problem.train))
    fitted = time.perf_counter()
    forecasts = model.predict(level=(LEVEL,))
    ended = time.perf_counter()
    spent = model.report["seconds"]
    seconds = {
        "seconds_train": spent["fit"] + spent["final_fit"],
        "seconds_predict": ended - fitted,
        "seconds": ended - began,
    }
    return matched(problem, forecasts), seconds


def forecast_rolling(problem: Problem, asked: Asked) -> tuple[pd.DataFrame, Scores]:
    """Forecasts from every cutoff of a model that is trained once, before the first.

    Args:
        problem: With many cutoffs.
        asked: Preset and seed.

    Returns:
        The table of the backtest, and seconds as above; training ends with its last epoch.
    """
    from forecaster import Forecaster

    began = time.perf_counter()
    epoch_ends = [began]
    rows = pd.concat([problem.train, problem.test]).sort_values(["unique_id", "ds"], ignore_index=True)
    model = Forecaster(**asked.settings(problem), valid_size=problem.n_valid, final_fit=False)
    table = model.cross_validation(
        rows,
        n_windows=problem.n_cutoffs,
        step_size=1,
        refit=0,
        level=(LEVEL,),
        progress=lambda *_: epoch_ends.append(time.perf_counter()),
    )
    ended, trained = time.perf_counter(), epoch_ends[-1]
    seconds = {
        "seconds_train": trained - began,
        "seconds_predict": ended - trained,
        "seconds": ended - began,
    }
    return table, seconds


def run_points(problem: Problem, asked: Asked, folder: Path) -> Scores:
    """sMAPE, MASE and coverage; of the M4 competition the OWA too."""
    table, seconds = fit_and_forecast(problem, asked)
    found = point_scores(problem, table)
    if problem.name == "m4_hourly":
        found = {"owa": owa(found, read_published(folder, "m4"))} | found
    return found | seconds


def run_rolling(problem: Problem, asked: Asked, _: Path) -> Scores:
    """Standardised errors and coverage over all cutoffs."""
    table, seconds = forecast_rolling(problem, asked)
    return rolling_scores(problem, table) | seconds


def run_row(name: str, problem: Problem, asked: Asked, folder: Path) -> Scores:
    """Scores and seconds of a row.

    Args:
        name: Of ``ROWS``.
        problem: Of that name.
        asked: Preset and seed.
        folder: Of the data.

    Returns:
        By metric; with ``threads``, those that training used.
    """
    import torch

    # Imported before a clock starts.
    import forecaster.evaluation.backtest
    import forecaster.evaluation.job  # noqa: F401

    # A fit on little data sets one thread and leaves it so; the next row starts as it would alone.
    n_threads = torch.get_num_threads()
    try:
        return ROWS[name].run(problem, asked, folder) | {"threads": torch.get_num_threads()}
    finally:
        torch.set_num_threads(n_threads)


def read_problem(name: str, folder: Path, is_fast: bool) -> Problem:
    """The data of a row, or a little of it."""
    problem = load(folder, [name])[name]
    if not is_fast:
        return problem
    return replace(problem.first(FAST_SERIES), n_cutoffs=min(problem.n_cutoffs, FAST_CUTOFFS))


def _known_m4(_: Problem, folder: Path) -> Known:
    """The best entries of the hourly series, and the seasonal naive one."""
    entries = published_owa(folder)
    return {"owa": first_of(entries) | {"sNaive": entries["sNaive"]}}


def _known_m3(problem: Problem, folder: Path) -> Known:
    """The best methods of a period, and the median of all."""
    known = {}
    for metric in ("MASE", "sMAPE"):
        methods = published_m3(folder, problem.name.removeprefix("m3_"), metric)
        known[metric.lower()] = first_of(methods) | {"median": float(np.median([*methods.values()]))}
    return known


def _known_ett(_: Problem, __: Path) -> Known:
    """Errors from the papers."""
    return ETT_KNOWN


def _known_single(problem: Problem, _: Path) -> Known:
    """MASE of statistical methods, the best first."""
    return {"mase": dict(sorted(rival_scores(problem).items(), key=lambda one: one[1]))}


def first_of(methods: Mapping[str, float]) -> Scores:
    """The first few of some methods."""
    return dict([*methods.items()][:N_NAMED])


def _bars(preset: str, _: Known, *, wanted: Mapping[str, Bars], always: Bars) -> Bars:
    """Bars of a preset, and those of all presets."""
    return wanted.get(preset, {}) | always


def _at_median(_: str, known: Known) -> Bars:
    """As good as the median of the published methods."""
    return {"mase": (BEST, known["mase"]["median"])}


def _ahead(_: str, known: Known) -> Bars:
    """Less than the best of the methods that count."""
    return {"mase": (BEST, float(np.nextafter(min(known["mase"][name] for name in COUNTED), 0.0)))}


def at_most(**highest: float) -> Bars:
    """Bars that only have an upper end."""
    return {metric: (BEST, high) for metric, high in highest.items()}


def _wanted(always: Bars, **by_preset: Bars) -> Callable[[str, Known], Bars]:
    """Bars that do not depend on what others reach."""
    return partial(_bars, wanted=by_preset, always=always)


SINGLES = ("taylor", "victoria", "sunspots", "air_passengers", "min_temp", "shampoo")
# Of the six, where the model has to be ahead of all three.
N_AHEAD = 4
BARS: dict[str, Callable[[str, Known], Bars]] = {
    "m4_hourly": _wanted(COVERAGE, balanced=at_most(owa=0.435), accurate=at_most(owa=0.409)),
    "m3_monthly": _wanted(
        {}, balanced=at_most(mase=0.88, smape=14.1), accurate=at_most(mase=0.855, smape=13.8)
    ),
    "m3_quarterly": _wanted(at_most(mase=1.15, smape=9.2)),
    "m3_yearly": _at_median,
    "m3_other": _at_median,
    "etth1": _wanted(COVERAGE, balanced=at_most(mse=0.362, mae=0.391), accurate=at_most(mse=0.350)),
    **dict.fromkeys(SINGLES, _ahead),
}


def _row(name: str) -> Row:
    """The row of a problem."""
    files = files_of(name)
    if name in SINGLES:
        return Row(run_points, _known_single, BARS[name], files)
    if name == "etth1":
        return Row(run_rolling, _known_ett, BARS[name], files)
    competition = name.split("_")[0]
    known = _known_m4 if competition == "m4" else _known_m3
    return Row(run_points, known, BARS[name], (*files, f"{competition}/published.csv"))


ROWS: dict[str, Row] = {name: _row(name) for name in NAMES}
