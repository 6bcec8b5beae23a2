"""Scores of value series from the tables that the product gives: short, and apart from the program's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from value_data import ETT_MONTH, Problem

LEVEL = 80
BOUNDS = [f"forecast-lo-{LEVEL}", f"forecast-hi-{LEVEL}"]
Scores = dict[str, float]


def matched(problem: Problem, forecasts: pd.DataFrame) -> pd.DataFrame:
    """The test rows, each beside its forecast.

    Args:
        problem: What was forecast.
        forecasts: ``unique_id, ds, forecast`` and the bounds of the level; of a single series any id.

    Returns:
        ``unique_id, ds, y, forecast, forecast-lo-80, forecast-hi-80``, in the order of the test rows.

    Raises:
        ValueError: A forecast is missing, there is one more, or it is no finite number.
    """
    table = forecasts.astype({"unique_id": str})
    if problem.is_single:
        table["unique_id"] = problem.name
    both = problem.test.merge(table[["unique_id", "ds", "forecast", *BOUNDS]], how="left")
    n_found = int(np.isfinite(both[["forecast", *BOUNDS]].to_numpy(dtype=float)).all(axis=1).sum())
    if not n_found == len(both) == len(problem.test) == len(table):
        raise ValueError(
            f"{problem.name}: {n_found} of {len(problem.test)} test rows have a finite forecast, from "
            f"{len(table)} forecasts. Each test row needs one."
        )
    return both


def point_scores(problem: Problem, table: pd.DataFrame) -> Scores:
    """Means over series of sMAPE and MASE, as the M competitions define them, and coverage of the level.

    Args:
        problem: With one cutoff.
        table: Of ``matched``.

    Returns:
        ``smape`` in percent, 0 .. 200; ``mase``, without series whose training rows equal those a season
        before; ``coverage_80``, the share of test values between the bounds.

    Source:
        Makridakis, Spiliotis and Assimakopoulos, "The M4 Competition: 100,000 time series and 61 forecasting
        methods", International Journal of Forecasting 36(1), 2020.
    """
    y, forecast = table["y"], table["forecast"]
    total = forecast.abs() + y.abs()
    relative = (200 * (forecast - y).abs() / total).where(total > 0, 0.0)
    ids = table["unique_id"]
    error = (forecast - y).abs().groupby(ids).mean()
    scale = naive_errors(problem)
    low, high = BOUNDS
    return {
        "smape": float(relative.groupby(ids).mean().mean()),
        "mase": float((error / scale.where(scale > 0)).mean()),
        f"coverage_{LEVEL}": float(table["y"].between(table[low], table[high]).mean()),
    }


def naive_errors(problem: Problem) -> pd.Series:
    """Mean absolute change over a season in the training rows, by series: the unit of MASE.

    Args:
        problem: Its training rows and season.

    Returns:
        By ``unique_id``.
    """
    changes = problem.train.groupby("unique_id")["y"].diff(problem.season).abs()
    return changes.groupby(problem.train["unique_id"]).mean()


def owa(scores: Scores, published: pd.DataFrame, frequency: str = "Hourly") -> float:
    """Overall weighted average of the M4 competition: sMAPE and MASE over those of Naive2.

    Args:
        scores: With ``smape`` and ``mase``.
        published: The organisers' table: ``method, metric, frequency, value``.
        frequency: Group of the series.

    Returns:
        1 for a forecast as good as Naive2.
    """
    naive = published[(published["method"] == "Naive2") & (published["frequency"] == frequency)]
    value = naive.set_index("metric")["value"]
    return float((scores["smape"] / value["sMAPE"] + scores["mase"] / value["MASE"]) / 2)


def published_owa(folder: Path, frequency: str = "Hourly") -> Scores:
    """OWA of every entry of the M4 competition, the best first.

    Args:
        folder: Of the data.
        frequency: Group of the series.

    Returns:
        By method.
    """
    table = read_published(folder, "m4")
    part = table[(table["frequency"] == frequency) & table["metric"].isin(["sMAPE", "MASE"])]
    wide = part.pivot_table(index="method", columns="metric", values="value", aggfunc="first").dropna()
    found = {
        str(method): owa({"smape": row["sMAPE"], "mase": row["MASE"]}, table, frequency)
        for method, row in wide.iterrows()
    }
    return dict(sorted(found.items(), key=lambda one: one[1]))


def published_m3(folder: Path, period: str, metric: str) -> Scores:
    """A metric of every method of the M3 competition, the best first.

    Args:
        folder: Of the data.
        period: Such as ``monthly``.
        metric: ``MASE`` or ``sMAPE``.

    Returns:
        By method.
    """
    table = read_published(folder, "m3")
    part = table[(table["frequency"] == period) & (table["metric"] == metric)].sort_values("value")
    return dict(zip(part["method"], part["value"].astype(float), strict=True))


def read_published(folder: Path, name: str) -> pd.DataFrame:
    """The published numbers of a competition.

    Args:
        folder: Of the data.
        name: ``m3`` or ``m4``.

    Returns:
        ``method, metric, frequency, value``.
    """
    return pd.read_csv(folder / name / "published.csv")


def rolling_scores(problem: Problem, table: pd.DataFrame) -> Scores:
    """MSE and MAE in units of each channel's training standard deviation, and coverage of the level.

    Args:
        problem: ``etth1``.
        table: ``unique_id, ds, cutoff, forecast`` and the bounds: a forecast of ``horizon`` steps from every
            cutoff.

    Returns:
        ``mse``, ``mae`` and ``coverage_80``, over all forecasts.

    Raises:
        ValueError: Not every cutoff of every channel is there once, or a number is not finite.

    Source:
        Zhou and others, "Informer: beyond efficient transformer for long sequence time-series forecasting",
        AAAI 2021: 12, 4 and 4 months, standardised by the first 12.
    """
    truth = problem.test.pivot(index="ds", columns="unique_id", values="y")
    row = truth.index.get_indexer(pd.Index(table["ds"]))
    column = truth.columns.get_indexer(pd.Index(table["unique_id"].astype(str)))
    forecast, low, high = (table[name].to_numpy(dtype=float) for name in ("forecast", *BOUNDS))
    n_expected = truth.shape[1] * problem.n_cutoffs * problem.horizon
    is_whole = len(table) == n_expected and (row >= 0).all() and (column >= 0).all()
    if not (is_whole and _is_rolling(problem, table) and np.isfinite(forecast + low + high).all()):
        raise ValueError(
            f"{problem.name}: {len(table)} rows are not {n_expected} finite forecasts. Each channel, cutoff "
            f"and step is needed once."
        )
    first_year = problem.train.groupby("unique_id").head(12 * ETT_MONTH)
    spread = first_year.groupby("unique_id")["y"].std(ddof=0)
    y = truth.to_numpy()[row, column]
    error = (forecast - y) / spread[truth.columns].to_numpy()[column]
    return {
        "mse": float(np.square(error).mean()),
        "mae": float(np.abs(error).mean()),
        f"coverage_{LEVEL}": float(((y >= low) & (y <= high)).mean()),
    }


def _is_rolling(problem: Problem, table: pd.DataFrame) -> bool:
    """Whether every row is another step of a cutoff whose whole horizon lies in the test part."""
    hours = (table["ds"].to_numpy() - table["cutoff"].to_numpy()) / np.timedelta64(1, "h")
    latest = problem.test["ds"].max() - pd.Timedelta(hours=problem.horizon)
    in_test = table["cutoff"].between(problem.train["ds"].max(), latest).all()
    in_horizon = ((hours >= 1) & (hours <= problem.horizon)).all()
    return bool(in_test and in_horizon and not table.duplicated(["unique_id", "ds", "cutoff"]).any())
