"""Prices after a cut, in whatever order they come, change nothing before it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.build import make_settings
from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.evaluation.backtest import backtest
from forecaster.evaluation.job import train_run
from forecaster.evaluation.origins import Origins
from forecaster.evaluation.tables import Columns
from forecaster.training.fit import Hooks
from forecaster.training.prepare import prepare
from tests.conftest import TINY
from tests.test_prices import simulated_prices

N_ROWS = 120
PREDICT = pytest.mark.parametrize("predict", ["return", "direction", "close", "range"])


def two_tickers() -> pd.DataFrame:
    """As many sessions of A as of B."""
    return pd.concat([simulated_prices(N_ROWS, seed=number, ticker="AB"[number]) for number in range(2)])


def panel_of(table: pd.DataFrame, predict: Any) -> Panel:
    return read_panel(table, DataSettings(predict=predict))


def shuffled(table: pd.DataFrame, n_kept: int) -> pd.DataFrame:
    """The bars behind the first ``n_kept`` of each ticker in another order, on the same dates."""
    rng = np.random.default_rng(9)
    order = np.arange(len(table))
    for begin in range(0, len(table), N_ROWS):
        order[begin + n_kept : begin + N_ROWS] = rng.permutation(order[begin + n_kept : begin + N_ROWS])
    bars = ["open", "high", "low", "close", "volume"]
    changed = table.copy()
    changed[bars] = table[bars].to_numpy()[order]
    return changed


def settings_of(**more: Any) -> Any:
    return make_settings({**TINY, "look_back": 6, "horizon": 2, "final_fit": False, **more})


def before(panel: Panel, n_kept: int) -> np.ndarray:
    """(n,) rows up to the cut of each series."""
    return np.concatenate([begin + np.arange(n_kept) for begin in panel.offsets[:-1]])


@PREDICT
def test_shuffling_the_future_changes_no_channel_before_the_cut(predict: str) -> None:
    first, second = (panel_of(table, predict) for table in (two_tickers(), shuffled(two_tickers(), 70)))
    rows = before(first, 70)
    assert np.array_equal(first.values[rows], second.values[rows], equal_nan=True)
    assert first.closes is not None and second.closes is not None
    assert np.array_equal(first.closes[rows], second.closes[rows])
    later = np.setdiff1d(np.arange(first.n_rows), rows)
    assert (first.values[later] != second.values[later]).any(axis=0).all()  # every channel moves after it


@PREDICT
def test_shuffling_the_future_changes_no_default_and_no_trained_number_before_the_cut(predict: str) -> None:
    settings = settings_of(test_size=30)
    panels = [panel_of(table, predict) for table in (two_tickers(), shuffled(two_tickers(), 90))]
    prepared = [prepare(panel, settings) for panel in panels]
    assert prepared[0].split.valid_ends.tolist() == [90, 210]
    assert prepared[0].settings == prepared[1].settings
    assert prepared[0].defaults == prepared[1].defaults
    first, second = (train_run(panel, settings, Hooks()) for panel in panels)
    one, other = first.models[0], second.models[0]
    tensors, again = one.tensors(), other.tensors()  # weights and scales
    assert tensors.keys() == again.keys()
    for name, tensor in tensors.items():
        assert tensor.tobytes() == again[name].tobytes(), name
    assert one.normaliser.target_scale == other.normaliser.target_scale
    assert one.normaliser.input_scale == other.normaliser.input_scale
    assert one.head.to_json() == other.head.to_json()  # bin edges, dead band, first quantiles
    valid, test = (
        [json.dumps(run.report["scores"][part]) for run in (first, second)] for part in ("valid", "test")
    )
    assert valid[0] == valid[1] and test[0] != test[1]


@pytest.mark.parametrize("refit", [0, 1])
@PREDICT
def test_shuffling_the_future_changes_no_backtest_forecast_up_to_the_cut(predict: str, refit: int) -> None:
    origins = Origins(n_windows=3, step_size=4, refit=refit)
    # cutoffs lie 2, 6 and 10 rows before the last of 120: what comes after the second is shuffled
    tables = two_tickers(), shuffled(two_tickers(), N_ROWS - 6)
    first, second = (
        backtest(panel_of(table, predict), settings_of(), origins, Columns((80,), (0.3,)), Hooks())
        for table in tables
    )
    early = first["cutoff"] <= first["cutoff"].unique()[1]
    assert early.sum() == 8 and len(first) == 12
    same = [name for name in first.columns if name not in ("y", "y_close")]
    pd.testing.assert_frame_equal(first.loc[early, same], second.loc[early, same], check_exact=True)
    assert (first.loc[~early, "forecast"] != second.loc[~early, "forecast"]).any()


@pytest.mark.parametrize("names", ["standard", "volatility", "minmax"])
def test_rows_after_training_move_no_scale_of_returns(names: str) -> None:
    settings = settings_of(transforms=names, valid_size=0, test_size=30)
    panels = [panel_of(table, "return") for table in (two_tickers(), shuffled(two_tickers(), 90))]
    tensors, again = (train_run(panel, settings, Hooks()).models[0].tensors() for panel in panels)
    for name, tensor in tensors.items():
        assert tensor.tobytes() == again[name].tobytes(), name
