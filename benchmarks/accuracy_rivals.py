"""What statsforecast makes of a single series, as somebody who knows it would call it.

Theta is the dynamic optimised one, which on these series is as good as ``AutoTheta`` or better, in a fraction
of its time. ``AutoETS`` takes no season beyond 24 steps and would forecast a flat line; there it forecasts
what ``MSTL`` leaves when the season is taken out, which is the package's own way. Half-hourly demand also has
a week, which the product is not told of: ``MSTL`` of day and week is shown beside the three, not counted.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from accuracy_scores import naive_errors
from value_data import Problem

# Longest season that the exponential smoothing of statsforecast takes.
LONGEST_SEASON = 24
DAY, WEEK = 48, 336
# Rivals that count; others are information.
COUNTED = ("naive", "auto_ets", "theta")


def rival_scores(problem: Problem) -> dict[str, float]:
    """MASE of every rival.

    Args:
        problem: A single series.

    Returns:
        ``naive`` (of the last season, of the last value where there is none), ``auto_ets``, ``theta``, and of
        half-hourly series ``mstl_week``.
    """
    from statsforecast.models import MSTL, AutoETS, DynamicOptimizedTheta, Naive, SeasonalNaive

    season = problem.season
    models = {
        "naive": SeasonalNaive(season) if season > 1 else Naive(),
        "auto_ets": AutoETS(season_length=season),
        "theta": DynamicOptimizedTheta(season_length=season),
    }
    if season > LONGEST_SEASON:
        models["auto_ets"] = MSTL(season, trend_forecaster=AutoETS(model="ZZN"))
    if season == DAY:
        models["mstl_week"] = MSTL([DAY, WEEK], trend_forecaster=AutoETS(model="ZZN"))
    scale = naive_errors(problem).iloc[0]
    past, future = (part["y"].to_numpy(dtype=float) for part in (problem.train, problem.test))
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model in models.items():
            forecast = model.forecast(y=past, h=problem.horizon)["mean"]
            found[name] = float(np.abs(forecast - future).mean() / scale)
    return found


def standing(mase: float, rivals: dict[str, float]) -> tuple[bool, list[str]]:
    """Whether a model is ahead of all that count, and who is not behind it.

    Args:
        mase: Of the model.
        rivals: MASE by name.

    Returns:
        Ahead of all of ``COUNTED`` or not, and the names, of all, that reach the model, the best first.
    """
    reached_by = pd.Series(rivals).sort_values()
    names = [str(name) for name in reached_by[reached_by <= mase].index]
    return not set(names) & set(COUNTED), names
