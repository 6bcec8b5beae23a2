"""Scores of a table of forecasts beside what came, as backtests give it: from its columns alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecaster.errors import listing
from forecaster.evaluation.value_errors import (
    absolute_error,
    covered,
    quantile_error,
    scaled_error,
    squared_error,
    symmetric_error,
)


@dataclass(frozen=True)
class Truth:
    """What came, and in which group each row counts.

    Attributes:
        y: (n_rows,) observed values, none of them missing.
        group: (n_rows,) int64 row of ``keys``.
        keys: A row a group; without columns where all rows are one group.
        scale: (n_rows,) what MASE divides by, NaN where it leaves a row out; None for no MASE.
    """

    y: np.ndarray
    group: np.ndarray
    keys: pd.DataFrame
    scale: np.ndarray | None = None

    def total(self, error: np.ndarray) -> np.ndarray:
        """(n_groups,) sum of the errors of each group."""
        return np.bincount(self.group, weights=error, minlength=len(self.keys))

    def mean(self, error: np.ndarray) -> np.ndarray:
        """(n_groups,) mean of the errors of each group; NaN where one is NaN or there is none."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.total(error) / np.bincount(self.group, minlength=len(self.keys)))


def frame_scores(
    frame: pd.DataFrame,
    *,
    by: Sequence[str] = ("unique_id",),
    train: pd.DataFrame | None = None,
    season_length: int = 1,
    model: str = "forecast",
) -> pd.DataFrame:
    """Scores of a table of forecasts, by series, by series and cutoff, or over all.

    Args:
        frame: ``unique_id, ds, y``, with ``cutoff`` where there are several, and the forecasts; rows
            without a ``y`` do not count.
        by: Columns whose values make the groups; none for one group of all rows.
        train: ``unique_id, ds, y`` of the rows that forecasts were made from, for ``mase``; those after
            a cutoff are not read for it, so that it may be the whole data.
        season_length: Steps in one season, for ``mase``.
        model: Name of the forecast's column.

    Returns:
        The columns ``by``, then ``mae``, ``rmse``, ``smape`` (a fraction in [0, 2]), ``mase`` with
        ``train``, ``quantile_loss_0.1`` of each quantile (pinball, no factor of 2),
        ``weighted_quantile_loss`` (twice the sum of these over the sum of ``|y|``, the mean over the
        quantiles; NaN where all ``y`` are 0), ``coverage_80`` and ``width_80`` of each level; groups in
        rising order. A forecast that is missing makes NaN.

    Raises:
        ValueError: A column is missing, or a series is not in ``train``.

    Source:
        Weighted quantile loss: Rangapuram and others, "End-to-End Learning of Coherent Probabilistic
        Forecasts", ICML 2021, where it stands for a scaled CRPS; MASE: Hyndman and Koehler, "Another look
        at measures of forecast accuracy", IJF 22(4), 2006.

    Example:
        >>> table = pd.DataFrame({"unique_id": "a", "y": [1.0, 5.0], "forecast": [2.0, 2.0]})
        >>> frame_scores(table)[["unique_id", "mae"]].to_numpy().tolist()
        [['a', 2.0]]
    """
    missing = [name for name in ("unique_id", "y", model, *by) if name not in frame.columns]
    if missing:
        raise ValueError(f"the table lacks {listing(missing)}; it has {listing(list(frame.columns))}")
    frame = frame[frame["y"].notna()]
    truth = find_truth(frame, by=by, train=train, season_length=season_length)
    return column_scores(truth, {str(name): frame[name].to_numpy() for name in frame.columns}, model)


def find_truth(
    frame: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    train: pd.DataFrame | None = None,
    season_length: int = 1,
) -> Truth:
    """What the rows of a table are scored against, to score several forecasts of them.

    Args:
        frame: As in ``frame_scores``, each row with a ``y``.
        by: As in ``frame_scores``.
        train: As in ``frame_scores``.
        season_length: As in ``frame_scores``.

    Returns:
        The observed values, groups and scales.

    Raises:
        ValueError: A series is not in ``train``.
    """
    if by:
        group = frame.groupby(list(by), sort=True, observed=True, dropna=False).ngroup().to_numpy()
    else:
        group = np.zeros(len(frame), dtype=np.int64)
    first = np.empty(group.max(initial=-1) + 1, dtype=np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    keys = frame[list(by)].iloc[first].reset_index(drop=True)
    scale = None if train is None else _scales(frame, train, season_length)
    return Truth(frame["y"].to_numpy(dtype=np.float64), group, keys, scale)


def _scales(frame: pd.DataFrame, train: pd.DataFrame, season_length: int) -> np.ndarray:
    """(n_rows,) mean absolute seasonal difference of each row's series up to its cutoff; NaN without any."""
    absent = set(frame["unique_id"].unique()) - set(train["unique_id"].unique())
    if absent:
        raise ValueError(f"no training rows of {listing([str(name) for name in absent])}")
    train = train.sort_values(["unique_id", "ds"], kind="stable", ignore_index=True)
    ids = train["unique_id"]
    distance = (train["y"] - train["y"].groupby(ids, observed=True).shift(season_length)).abs()
    total = distance.fillna(0.0).groupby(ids, observed=True).cumsum()
    count = distance.notna().astype(np.int64).groupby(ids, observed=True).cumsum()
    train = train[["unique_id", "ds"]].assign(scale=(total / count).where(total > 0))
    if "cutoff" not in frame.columns:
        last = train.groupby("unique_id", observed=True)["scale"].last()
        return np.asarray(frame["unique_id"].map(last), dtype=np.float64)
    origin = frame.groupby(["unique_id", "cutoff"], observed=True, sort=False).ngroup().to_numpy()
    is_first = ~pd.Series(origin).duplicated().to_numpy()
    origins = frame.loc[is_first, ["unique_id", "cutoff"]].assign(origin=origin[is_first])
    origins["cutoff"] = origins["cutoff"].astype(train["ds"].dtype)
    found = pd.merge_asof(
        origins.sort_values("cutoff", kind="stable"),
        train.sort_values("ds", kind="stable"),
        left_on="cutoff",
        right_on="ds",
        by="unique_id",
    )
    by_origin = np.empty(len(found))
    by_origin[found["origin"].to_numpy()] = found["scale"].to_numpy()
    return np.asarray(by_origin[origin])


def column_scores(truth: Truth, columns: Mapping[str, np.ndarray], model: str = "forecast") -> pd.DataFrame:
    """Scores of one forecast, given as columns.

    Args:
        truth: What came.
        columns: (n_rows,) arrays by name: the forecast, its intervals and quantiles; others are left alone.
        model: Name of the forecast's column.

    Returns:
        As ``frame_scores``.
    """
    y, forecast = truth.y, columns[model]
    scores: dict[str, np.ndarray] = {
        "mae": truth.mean(absolute_error(y, forecast)),
        "rmse": np.sqrt(truth.mean(squared_error(y, forecast))),
        "smape": truth.mean(symmetric_error(y, forecast)),
    }
    if truth.scale is not None:
        error = scaled_error(y[:, None], forecast[:, None], truth.scale)[:, 0]
        usable = truth.scale > 0
        with np.errstate(invalid="ignore"):
            scores["mase"] = truth.total(np.where(usable, error, 0.0)) / truth.total(usable)
    scores |= _quantile_scores(truth, columns, model)
    for level in interval_levels(columns, model):
        low, high = (columns[f"{model}-{side}-{level}"] for side in ("lo", "hi"))
        scores[f"coverage_{level}"] = truth.mean(covered(y, low, high))
        scores[f"width_{level}"] = truth.mean(high - low)
    return truth.keys.assign(**scores)


def _quantile_scores(truth: Truth, columns: Mapping[str, np.ndarray], model: str) -> dict[str, np.ndarray]:
    """Pinball loss of each quantile, and all of them over the size of what came."""
    scores = {}
    weighted = []
    size = truth.mean(np.abs(truth.y))
    for quantile, name in quantile_columns(columns, model).items():
        loss = truth.mean(quantile_error(truth.y, columns[name], quantile))
        scores[f"quantile_loss_{quantile:g}"] = loss
        weighted.append(2 * loss / np.where(size > 0, size, np.nan))
    if weighted:
        scores["weighted_quantile_loss"] = np.mean(weighted, axis=0)
    return scores


def interval_levels(columns: Iterable[str], model: str = "forecast") -> list[str]:
    """Levels that both ends of an interval are there for, as they are written, rising.

    Args:
        columns: Names of columns.
        model: Name of the forecast's column.

    Returns:
        Such as ``["80", "97.5"]``.
    """
    columns = set(columns)
    pattern = re.compile(rf"{re.escape(model)}-lo-(\d+(?:\.\d+)?)")
    levels = [found[1] for found in map(pattern.fullmatch, columns) if found]
    return sorted((level for level in levels if f"{model}-hi-{level}" in columns), key=float)


def quantile_columns(columns: Iterable[str], model: str = "forecast") -> dict[float, str]:
    """Columns that hold quantiles: ends of intervals, and of ``forecast`` the columns ``q-0.05``.

    Args:
        columns: Names of columns.
        model: Name of the forecast's column.

    Returns:
        Name by quantile level, rising; one where two columns hold the same quantile.

    Example:
        >>> quantile_columns(["forecast-lo-80", "forecast-hi-80", "q-0.10", "q-0.50"])
        {0.1: 'forecast-lo-80', 0.5: 'q-0.50', 0.9: 'forecast-hi-80'}
    """
    columns = list(columns)
    found: dict[float, str] = {}
    for level in interval_levels(columns, model):
        tail = (100 - float(level)) / 200
        found[round(tail, 12)] = f"{model}-lo-{level}"
        found[round(1 - tail, 12)] = f"{model}-hi-{level}"
    for name in columns:
        if model == "forecast" and (match := re.fullmatch(r"q-(\d+(?:\.\d+)?)", name)):
            found.setdefault(float(match[1]), name)
    return dict(sorted(found.items()))
