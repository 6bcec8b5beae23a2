"""Value series with a part to forecast: competitions, the ETT benchmark and six single series.

    problems = load(folder, ["m4_hourly", "taylor"])
    problems["taylor"].train      # unique_id, ds, y: the rows that may be trained on

``folder`` holds ``m4``, ``m3`` and ``values``; the numbers that others published lie beside the data and are
read by ``accuracy_scores``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = ["unique_id", "ds", "y"]
# Rows of a month of the ETT benchmark, which counts 30 days each: trained on 12, validated on 4, tested on 4.
ETT_MONTH = 30 * 24
M3_SEASONS = {"monthly": 12, "quarterly": 4, "yearly": 1, "other": 1}


@dataclass(frozen=True)
class Problem:
    """Series, and the rows that follow them.

    Attributes:
        name: One of ``NAMES``.
        train: ``unique_id, ds, y``, by series, then time: all rows before the test rows.
        test: The same columns: the rows that are scored.
        horizon: Steps to forecast.
        season: Steps in one season; 1 for none.
        n_valid: Last training rows of every series that the benchmark validates on; 0 where it does not say.
        n_cutoffs: Moments of every series that are forecast from, one step apart. With 1 the test rows are
            the ``horizon`` rows after the training rows.
    """

    name: str
    train: pd.DataFrame
    test: pd.DataFrame
    horizon: int
    season: int
    n_valid: int = 0
    n_cutoffs: int = 1

    @property
    def is_single(self) -> bool:
        """Whether there is one series only, in whose file no column names it."""
        return bool(self.train["unique_id"].iloc[0] == self.train["unique_id"].iloc[-1])

    def as_given(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows as the file of a user holds them: a single series has no column of ids.

        Args:
            frame: ``train``, or others of its columns.

        Returns:
            The rows, without ``unique_id`` where there is one series.
        """
        return frame.drop(columns="unique_id") if self.is_single else frame

    def first(self, n_series: int) -> Problem:
        """The problem of its first series.

        Args:
            n_series: How many.

        Returns:
            The smaller problem.
        """
        ids = self.train["unique_id"].unique()[:n_series]
        parts = [part[part["unique_id"].isin(ids)].reset_index(drop=True) for part in (self.train, self.test)]
        return replace(self, train=parts[0], test=parts[1])


@dataclass(frozen=True)
class Source:
    """Where a problem comes from.

    Attributes:
        read: From the folder and the problem's name to the problem.
        files: In the folder.
    """

    read: Callable[[Path, str], Problem]
    files: tuple[str, ...]


def load(folder: Path, names: Iterable[str] | None = None) -> dict[str, Problem]:
    """Problems by name.

    Args:
        folder: Of the data.
        names: Of ``NAMES``; all when None.

    Returns:
        In the order of the names.

    Raises:
        KeyError: There is no such problem.
        FileNotFoundError: A file is missing; ``files_of`` says which are read.
    """
    return {name: SOURCES[name].read(folder, name) for name in (NAMES if names is None else names)}


def files_of(name: str) -> tuple[str, ...]:
    """Files that a problem is read from, relative to the folder.

    Args:
        name: Of ``NAMES``.

    Returns:
        Their paths.
    """
    return SOURCES[name].files


def _m4(folder: Path, name: str) -> Problem:
    """The hourly series of the M4 competition; hours are counted from 1."""
    parts = [pd.read_csv(folder / file) for file in M4_FILES]
    train, test = (_long(part) for part in parts)
    lengths = train.groupby("unique_id", sort=False).size()
    test["ds"] += lengths.reindex(test["unique_id"]).to_numpy()
    return Problem(name, train, test, horizon=48, season=24)


def _long(wide: pd.DataFrame) -> pd.DataFrame:
    """A series a row, padded with NaN on the right, as ``unique_id, ds, y``."""
    values = wide.iloc[:, 1:].to_numpy(dtype=float)
    rows, steps = np.nonzero(~np.isnan(values))
    ids = wide.iloc[:, 0].astype(str).to_numpy()
    return pd.DataFrame({"unique_id": ids[rows], "ds": steps + 1, "y": values[rows, steps]})


def _m3(folder: Path, name: str) -> Problem:
    """The series of one period of the M3 competition; steps are counted from 0."""
    period = name.removeprefix("m3_")
    meta, values = (pd.read_csv(folder / file) for file in M3_FILES)
    meta = meta[meta["period"] == period]
    values = values[values["series_id"].isin(meta["series_id"])]
    frame = values.rename(columns={"series_id": "unique_id", "t": "ds", "value": "y"})
    frame = frame.sort_values(["unique_id", "ds"])
    is_train = frame["split"] == "train"
    train, test = (frame.loc[chosen, COLUMNS].reset_index(drop=True) for chosen in (is_train, ~is_train))
    return Problem(name, train, test, horizon=int(meta["h"].iloc[0]), season=M3_SEASONS[period])


def _ett(folder: Path, name: str) -> Problem:
    """The seven channels of a transformer, a series each, over the 20 months that the benchmark uses."""
    wide = pd.read_csv(folder / ETT_FILE, parse_dates=["date"]).iloc[: 20 * ETT_MONTH]
    frame = wide.rename(columns={"date": "ds"}).melt("ds", var_name="unique_id", value_name="y")[COLUMNS]
    is_train = frame["ds"] < wide["date"].iloc[16 * ETT_MONTH]
    train, test = (frame[chosen].reset_index(drop=True) for chosen in (is_train, ~is_train))
    n_test, horizon = 4 * ETT_MONTH, 96
    n_cutoffs = n_test - horizon + 1
    return Problem(name, train, test, horizon, season=24, n_valid=4 * ETT_MONTH, n_cutoffs=n_cutoffs)


def _single(
    folder: Path, name: str, *, file: str, value: str, season: int, has_dates: bool = True
) -> Problem:
    """One series and its last season, or its last fifth where it has none."""
    table = pd.read_csv(folder / file)
    times = pd.to_datetime(table["date"]) if has_dates else np.arange(1, len(table) + 1)
    frame = pd.DataFrame({"unique_id": name, "ds": times, "y": table[value].astype(float)})
    horizon = season if season > 1 else round(len(frame) / 5)
    train, test = frame.iloc[:-horizon], frame.iloc[-horizon:].reset_index(drop=True)
    return Problem(name, train, test, horizon, season)


def _single_source(file: str, value: str, season: int, *, has_dates: bool = True) -> Source:
    """Where a single series comes from."""
    read = partial(_single, file=file, value=value, season=season, has_dates=has_dates)
    return Source(read, (file,))


M4_FILES = ("m4/Hourly-train.csv.gz", "m4/Hourly-test.csv.gz")
M3_FILES = ("m3/m3_meta.csv.gz", "m3/m3_values.csv.gz")
ETT_FILE = "values/ett/ETTh1.csv.gz"
# The months of shampoo sales are numbered within their year, which is no date: they are counted from 1.
SOURCES: dict[str, Source] = {
    "m4_hourly": Source(_m4, M4_FILES),
    **{f"m3_{period}": Source(_m3, M3_FILES) for period in M3_SEASONS},
    "etth1": Source(_ett, (ETT_FILE,)),
    "taylor": _single_source("values/taylor_halfhourly.csv.gz", "value", 48),
    "victoria": _single_source("values/elecdemand_victoria_2014.csv.gz", "demand_gw", 48),
    "sunspots": _single_source("values/sunspots_monthly.csv", "value", 1),
    "air_passengers": _single_source("values/air_passengers.csv", "value", 12),
    "min_temp": _single_source("values/melbourne_min_temp_daily.csv.gz", "value", 365),
    "shampoo": _single_source("values/shampoo.csv", "value", 1, has_dates=False),
}
NAMES = tuple(SOURCES)
