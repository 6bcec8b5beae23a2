from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.build import make_settings
from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.data.panel import Panel
from forecaster.errors import ConfigError
from forecaster.evaluation.backtest import (
    Backtest,
    at_most,
    backtest,
    rows_before,
    run_backtest,
)
from forecaster.evaluation.origins import Origins, cutoff_rows
from forecaster.evaluation.tables import Columns
from forecaster.forecaster import Forecaster
from forecaster.training.fit import Hooks
from tests.conftest import TINY
from tests.test_prices import simulated_prices
from tests.windows.test_windows import panel_of


def test_cutoffs_end_a_horizon_before_the_last_row() -> None:
    panel = panel_of(list(np.arange(10.0)), list(np.arange(6.0)))
    # rows 0 .. 9 and 10 .. 15: the last cutoff lies two rows before the end of each, those before every three
    rows = cutoff_rows(panel, Origins(n_windows=3, step_size=3), horizon=2)
    assert rows.tolist() == [[1, 7], [4, 10], [7, 13]]


def test_one_cutoff() -> None:
    assert cutoff_rows(panel_of([1.0, 2, 3, 4]), Origins(1), horizon=1).tolist() == [[2]]


def count_fits(n_windows: int, refit: int, final_fit: bool = False) -> tuple[pd.DataFrame, int]:
    """A backtest of 40 rows, and how often it trained."""
    y = 5 + np.sin(np.arange(40.0))
    panel = read_panel(pd.DataFrame({"step": np.arange(40), "y": y}))
    settings = make_settings({**TINY, "look_back": 4, "horizon": 2, "season": 1, "final_fit": final_fit})
    begun = []
    hooks = Hooks(progress=lambda _stage, _member, result: begun.append(result.epoch == 1))
    table = backtest(panel, settings, Origins(n_windows, 3, refit), Columns((80,)), hooks)
    return table, sum(begun)


@pytest.mark.parametrize(("refit", "n_fits"), [(0, 1), (1, 4), (2, 2), (3, 2), (9, 1)])
def test_training_is_repeated_as_asked(refit: int, n_fits: int) -> None:
    table, found = count_fits(4, refit)
    assert found == n_fits
    assert table["cutoff"].tolist() == [28, 28, 31, 31, 34, 34, 37, 37]
    assert table["ds"].tolist() == [29, 30, 32, 33, 35, 36, 38, 39]
    assert table["y"].tolist() == pytest.approx((5 + np.sin(table["ds"])).tolist())
    assert list(table.columns) == [
        "unique_id", "ds", "cutoff", "y", "forecast", "forecast-lo-80", "forecast-hi-80",
    ]  # fmt: skip


def test_what_is_tested_is_fitted_on_all_rows_before_the_cutoff() -> None:
    first, once = count_fits(1, 0)
    final, twice = count_fits(1, 0, final_fit=True)
    assert (once, twice) == (1, 2)
    assert (first["forecast"] != final["forecast"]).all()


def test_short_series_take_part_from_the_cutoff_that_they_reach() -> None:
    long = pd.DataFrame({"id": "long", "step": np.arange(40), "y": np.arange(40.0)})
    short = pd.DataFrame({"id": "short", "step": np.arange(4), "y": np.arange(4.0)})
    panel = read_panel(pd.concat([long, short]))
    settings = make_settings({**TINY, "look_back": 4, "season": 1})
    tested = run_backtest(panel, settings, Origins(3, 2), Columns(), Hooks())
    found = {name: group["cutoff"].tolist() for name, group in tested.frame.groupby("unique_id")}
    assert found == {"long": [34, 36, 38], "short": [0, 2]}
    assert tested.frame["unique_id"].tolist() == ["long", "long", "short", "long", "short"]
    assert tested.notes == (
        "1 of 2 series too short for the first of 3 cutoffs: left out of those before their first row, 1 of "
        "6 forecasts.",
    )


def test_series_that_are_shorter_than_the_horizon_are_named_as_left_out() -> None:
    long = pd.DataFrame({"id": "long", "step": np.arange(40), "y": np.arange(40.0)})
    short = pd.DataFrame({"id": "short", "step": np.arange(2), "y": np.arange(2.0)})
    forecaster = Forecaster(**TINY, look_back=4, season=1, horizon=2)
    table = forecaster.cross_validation(pd.concat([long, short]), n_windows=2)
    assert set(table["unique_id"]) == {"long"}
    assert forecaster.notes[0].endswith("2 of 4 forecasts; 1 of them left out of all.")
    forecaster.cross_validation(long, n_windows=2)
    assert forecaster.notes == []


def test_cutoffs_are_forecast_alike_in_one_batch_and_in_many(monkeypatch: pytest.MonkeyPatch) -> None:
    together, _ = count_fits(4, 2)
    monkeypatch.setattr("forecaster.evaluation.backtest.MOST_VALUES", 2)
    pd.testing.assert_frame_equal(count_fits(4, 2)[0], together, rtol=1e-5)


def test_origins_of_events_are_the_events_themselves() -> None:
    days = np.datetime64("2024-01-01") + np.array([0, 2, 5, 9, 14, 20, 27, 35, 44, 54])
    table = pd.DataFrame({"date": days.astype(str)})
    panel = read_panel(table, DataSettings(kind="events", unit="day"))
    found = backtest(panel, make_settings({**TINY, "look_back": 2}), Origins(2), Columns(), Hooks())
    assert found["y"].tolist() == [9, 10]
    assert found["cutoff"].dt.strftime("%m-%d").tolist() == ["02-05", "02-14"]
    assert found["ds"].dt.strftime("%m-%d").tolist() == ["02-14", "02-24"]
    assert (found["forecast"] > 0).all()


def test_several_events_ahead_are_gaps_one_after_the_other() -> None:
    days = np.datetime64("2024-01-01") + np.arange(0, 30, 2)
    panel = read_panel(pd.DataFrame({"date": days.astype(str)}), DataSettings(kind="events", unit="day"))
    settings = make_settings({**TINY, "look_back": 2, "horizon": 3})
    found = backtest(panel, settings, Origins(2), Columns((80,)), Hooks())
    # the last event is 2024-01-29; three events come after the last cutoff
    assert found["cutoff"].dt.strftime("%m-%d").tolist() == ["01-21"] * 3 + ["01-23"] * 3
    assert found["ds"].dt.strftime("%m-%d").tolist() == ["01-23", "01-25", "01-27", "01-25", "01-27", "01-29"]
    assert found["y"].tolist() == [2.0] * 6
    assert (found["forecast-lo-80"] <= found["forecast"]).all()
    assert backtest(panel, settings, Origins(2), Columns((80,)), Hooks()).equals(found)


def test_too_short_for_a_single_cutoff_is_said() -> None:
    panel = panel_of([1.0, 2, 3])
    with pytest.raises(ConfigError, match="the longest series has 3 rows; --windows 5"):
        backtest(panel, make_settings({"look_back": 1}), Origins(5), Columns(), Hooks())


# How far training reaches: the embargo before the first cutoff, and a window of rows that rolls.


def values_of(n_rows: int = 60) -> Panel:
    """A noisy wave."""
    y = 5 + np.sin(np.arange(float(n_rows))) + np.random.default_rng(0).normal(size=n_rows)
    return read_panel(pd.DataFrame({"step": np.arange(n_rows), "y": y}))


def prices_of(n_rows: int = 60) -> Panel:
    return read_panel(simulated_prices(n_rows).drop(columns="ticker"))


def backtest_of(panel: Panel, origins: Origins, **given: Any) -> Backtest:
    """A backtest of three steps ahead by a tiny network that reads four rows."""
    settings = {**TINY, "look_back": 4, "horizon": 3, "season": 1, "final_fit": False, **given}
    return run_backtest(panel, make_settings(settings), origins, Columns(()), Hooks())


@pytest.mark.parametrize(
    ("make", "embargo", "ends"),
    [
        (prices_of, None, [48, 52]),  # the cutoffs are rows 50, 52, 54 and 56; three rows lie before row 51
        (prices_of, 7, [44, 48]),
        (values_of, None, [51, 55]),
        (values_of, 7, [44, 48]),
    ],
)
def test_the_last_training_target_lies_an_embargo_before_what_is_tested(
    make: Any, embargo: int | None, ends: list[int]
) -> None:
    tested = backtest_of(make(), Origins(4, step_size=2, refit=2), embargo=embargo)
    assert [block.origins.tolist() for block in tested.blocks] == [[50, 52], [54, 56]]
    assert [block.ends.tolist() for block in tested.blocks] == [[end] for end in ends]
    assert [block.begins.tolist() for block in tested.blocks] == [[0], [0]]


def test_an_embargo_of_prices_below_the_horizon_is_refused() -> None:
    with pytest.raises(ConfigError, match="--embargo 2: below --horizon 3"):
        backtest_of(prices_of(), Origins(2), embargo=2)


def changed_at(panel: Panel, row: int) -> Panel:
    """The panel with other numbers in one row."""
    values = panel.values.copy()
    values[row] += 1.0
    return replace(panel, values=values)


@pytest.mark.parametrize("refit", [0, 2])
@pytest.mark.parametrize("make", [values_of, prices_of])
def test_a_rolling_origin_forgets_the_rows_before_it(make: Any, refit: int) -> None:
    panel, origins = make(), Origins(4, 2, refit, train_size=30)
    tested = backtest_of(panel, origins)
    end = 48 if make is prices_of else 51
    n_blocks = 2 if refit else 1
    assert [block.ends[0] for block in tested.blocks] == [end, end + 4][:n_blocks]
    assert [block.begins[0] for block in tested.blocks] == [end - 30, end - 26][:n_blocks]
    forecast = tested.frame["forecast"].to_numpy()
    earlier = backtest_of(changed_at(panel, end - 31), origins).frame["forecast"].to_numpy()
    assert np.array_equal(earlier, forecast)
    # no forecast reads row 30 itself: what changes are the weights
    assert (backtest_of(changed_at(panel, 30), origins).frame["forecast"].to_numpy() != forecast).any()


@pytest.mark.parametrize("make", [values_of, prices_of])
def test_rows_within_the_embargo_change_no_weight(make: Any) -> None:
    panel, origins = make(), Origins(1)
    forecast = backtest_of(panel, origins, embargo=9, valid_size=0).frame["forecast"].to_numpy()
    # the cutoff is row 56, which is read with the three before it; rows up to 47 are trained on
    for row, same in ((50, True), (48, True), (47, False)):
        found = (
            backtest_of(changed_at(panel, row), origins, embargo=9, valid_size=0).frame["forecast"].to_numpy()
        )
        assert np.array_equal(found, forecast) is same, row


def test_a_training_size_above_what_there_is_takes_all_rows() -> None:
    tested = backtest_of(values_of(), Origins(2, train_size=10_000))
    assert tested.blocks[0].begins.tolist() == [0]


def test_a_training_size_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        Origins(train_size=0).check()
    assert str(caught.value) == "--train-size 0: below 1. Raise it."


def test_rows_before_a_cutoff_may_begin_late() -> None:
    panel = panel_of([1.0, 2, 3, 4], [5.0, 6, 7])
    rows = rows_before(panel, np.array([1, 4]), np.array([3, 6]))
    assert rows.y.tolist() == [2, 3, 5, 6] and rows.offsets.tolist() == [0, 2, 4]
    assert rows.source == "data, the last 2 of --train-size before the cutoff"


def test_cutoffs_are_cut_into_pieces_of_few_values() -> None:
    rows = np.arange(7)
    assert [piece.tolist() for piece in at_most(rows, 1, 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [len(piece) for piece in at_most(rows, 100_000)] == [2, 2, 2, 1]
    assert [len(piece) for piece in at_most(rows, 10**9)] == [1] * 7
