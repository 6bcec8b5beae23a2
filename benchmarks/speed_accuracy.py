"""Row of time to a given accuracy: M4 Hourly up to an OWA of 0.73, against neuralforecast's LSTM.

Trainings of growing length, each from fresh weights on all rows, until one forecasts well enough: its seconds
count, from the table in memory to the trained network. The product is as it comes but for the number of
steps and networks; nothing is held out, as neuralforecast holds nothing out. neuralforecast's LSTM has its
defaults, the number of steps apart, of which its default is the most.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from accuracy_scores import matched, owa, point_scores, read_published
from speed_rivals import quiet, trainer_settings
from speed_rounds import Asked, Bar, Case, Found
from value_data import Problem, load

OWA = 0.73
LEVEL = 80
# Steps of the trainings, up to neuralforecast's default.
OUR_STEPS, THEIR_STEPS = (25, 50, 100, 200, 400, 800), (125, 250, 500, 1000)
FAST_STEPS = (2,)
FAST_SERIES = 4
# Steps between two looks at the clock: an epoch of the product.
EPOCH_STEPS = 25
RIVAL = "neuralforecast"
FILES = ("m4/Hourly-train.csv.gz", "m4/Hourly-test.csv.gz", "m4/published.csv")
BARS = {"time_to_accuracy": (Bar(f"seconds of {RIVAL} / ours", least=5.0),)}

# Forecasts after so many steps, and seconds of the training.
Trained = Callable[[Problem, int, Asked], tuple[pd.DataFrame, float]]


def run(name: str, asked: Asked) -> Found:
    """Run the row.

    Args:
        name: ``time_to_accuracy``.
        asked: How.

    Returns:
        Seconds and OWA of every training; where neuralforecast does not get there its longest counts.
    """
    found = Found()
    missing = [file for file in FILES if not (asked.data / file).is_file()]
    if missing:
        found.skipped[name] = f"{missing[0]} is missing in {asked.data}"
        return found
    problem = load(asked.data, ["m4_hourly"])["m4_hourly"]
    if asked.is_fast:
        problem = problem.first(FAST_SERIES)
    seconds = {"ours": _until(problem, asked, ours, OUR_STEPS, found)}
    if importlib.util.find_spec(RIVAL) is None:
        found.skipped[RIVAL] = f"{RIVAL} is not installed"
    else:
        seconds[RIVAL] = _until(problem, asked, theirs, THEIR_STEPS, found)
        found.measures[f"seconds of {RIVAL} / ours"] = seconds[RIVAL] / seconds["ours"]
    found.cases.append(Case(f"{name} {OWA}", "s", {who: [value] for who, value in seconds.items()}))
    return found


def _until(problem: Problem, asked: Asked, train: Trained, steps: tuple[int, ...], found: Found) -> float:
    """Seconds of the shortest training that is good enough, of the longest where none is."""
    published = read_published(asked.data, "m4")
    seconds = np.inf
    for n_steps in FAST_STEPS if asked.is_fast else steps:
        forecasts, seconds = train(problem, n_steps, asked)
        reached = owa(point_scores(problem, matched(problem, forecasts)), published)
        found.measures[f"OWA of {train.__name__}, {n_steps} steps"] = reached
        found.measures[f"seconds of {train.__name__}, {n_steps} steps"] = seconds
        if reached <= OWA:
            return seconds
    found.skipped[f"OWA {OWA}, {train.__name__}"] = (
        "not reached; the seconds are those of its longest training"
    )
    return seconds


def ours(problem: Problem, n_steps: int, _: Asked) -> tuple[pd.DataFrame, float]:
    """The product with its defaults, one network for so many steps."""
    from forecaster import Forecaster

    epoch = min(n_steps, EPOCH_STEPS)
    began = time.perf_counter()
    model = Forecaster(
        horizon=problem.horizon,
        season=problem.season,
        ensemble=1,
        epochs=n_steps // epoch,
        steps_per_epoch=epoch,
        test_size=0,
        valid_size=0,
    ).fit(problem.train)
    seconds = time.perf_counter() - began
    return model.predict(level=(LEVEL,)), seconds


def theirs(problem: Problem, n_steps: int, asked: Asked) -> tuple[pd.DataFrame, float]:
    """Neuralforecast's LSTM with its defaults, for so many steps."""
    with quiet():
        from neuralforecast import NeuralForecast
        from neuralforecast.models import LSTM

        began = time.perf_counter()
        model = LSTM(h=problem.horizon, max_steps=n_steps, **trainer_settings(asked.device))
        fitted = NeuralForecast(models=[model], freq=1)
        fitted.fit(problem.train)
        seconds = time.perf_counter() - began
        table = fitted.predict().rename(columns={"LSTM": "forecast"})
    return table.assign(**{f"forecast-{end}-{LEVEL}": table["forecast"] for end in ("lo", "hi")}), seconds
