from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.data.panel import Clock, Panel
from forecaster.distributions import Binned, Normal, Pointed, PointMass
from forecaster.errors import ConfigError
from forecaster.evaluation.tables import (
    Columns,
    backtest_table,
    close_columns,
    next_times,
    number_columns,
    origin_columns,
    probability_columns,
    value_table,
)


def steps_of(n_windows: int, horizon: int) -> PointMass:
    """100, 101, ... for the first window, 200, 201, ... for the second."""
    return PointMass(100.0 * (1 + np.arange(n_windows))[:, None] + np.arange(horizon))


def test_rows_follow_windows_then_steps(tiny_panel: Panel) -> None:
    table = value_table(tiny_panel, np.array([2, 4]), steps_of(2, 2), Columns((80,), (0.5,)))
    assert list(table.columns) == [
        "unique_id", "ds", "forecast", "forecast-lo-80", "forecast-hi-80", "q-0.50",
    ]  # fmt: skip
    assert table["unique_id"].tolist() == ["a", "a", "b", "b"]
    assert table["forecast"].tolist() == [100, 101, 200, 201]
    # a ends at 02:00, b at 01:00; the rows are an hour apart
    assert table["ds"].dt.hour.tolist() == [3, 4, 2, 3]


def test_intervals_are_central(tiny_panel: Panel) -> None:
    forecast = Normal(np.zeros((1, 1)), np.ones((1, 1)))
    table = value_table(tiny_panel, np.array([4]), forecast, Columns((80, 95), (0.1, 0.025)))
    assert table["forecast"][0] == pytest.approx(0.0, abs=1e-12)
    assert table["forecast-lo-80"][0] == pytest.approx(-1.2815515655)
    assert table["forecast-hi-95"][0] == pytest.approx(1.9599639845)
    assert table["q-0.10"][0] == pytest.approx(-1.2815515655)
    assert table["q-0.025"][0] == pytest.approx(-1.9599639845)


def test_forecast_is_the_mean_under_squared_error(tiny_panel: Panel) -> None:
    forecast = Binned(np.array([0.0, 1, 2, 12, 13]), np.array([[[0.0, 0.6, 0.4, 0.0]]]))
    median = value_table(tiny_panel, np.array([4]), forecast, Columns())
    mean = value_table(tiny_panel, np.array([4]), forecast, Columns(point="mean"))
    assert median["forecast"][0] == pytest.approx(1 + 0.5 / 0.6)
    assert mean["forecast"][0] == pytest.approx(0.6 * 1.5 + 0.4 * 7.0)


def test_prices_follow_from_returns(tiny_panel: Panel) -> None:
    panel = replace(tiny_panel, kind="ohlc", closes=np.array([1.0, 2, 50, 10, 200]))
    returns = PointMass(np.log([[1.1, 0.5], [2.0, 2.0]]))
    table = value_table(panel, np.array([2, 4]), returns, Columns())
    assert table["close"].tolist() == pytest.approx([55, 27.5, 400, 800])


def test_bins_have_a_probability_each() -> None:
    forecast = Binned(np.array([0.0, 1, 2, 3]), np.array([[[0.2, 0.3, 0.5]]]))
    columns = probability_columns(forecast)
    assert {name: column.tolist() for name, column in columns.items()} == {
        "p-1": [pytest.approx(0.2)], "p-2": [pytest.approx(0.3)], "p-3": [pytest.approx(0.5)],
    }  # fmt: skip
    assert probability_columns(PointMass(np.zeros((1, 1)))) == {}


def test_bins_of_a_direction_are_down_flat_and_up() -> None:
    probs = np.array([[[0.5, 0.3, 0.2]], [[0.2, 0.5, 0.3]], [[0.2, 0.3, 0.5]]])
    columns = probability_columns(Binned(np.array([-1.0, -0.1, 0.1, 1.0]), probs), "direction")
    assert list(columns) == ["direction", "p-down", "p-flat", "p-up"]
    assert columns["direction"].tolist() == ["down", "flat", "up"]
    assert columns["p-flat"].tolist() == pytest.approx([0.3, 0.5, 0.3])


def test_bins_of_returns_are_numbered() -> None:
    forecast = Binned(np.array([-1.0, 0.0, 1.0]), np.array([[[0.2, 0.8]]]))
    assert list(probability_columns(forecast, "return")) == ["p-1", "p-2"]


@pytest.mark.parametrize("predict", ["return", "direction"])
def test_medians_of_returns_add_up_to_a_close(tiny_panel: Panel, predict: str) -> None:
    panel = replace(tiny_panel, kind="ohlc", closes=np.array([1.0, 2, 50, 10, 200]), predict=predict)
    columns = close_columns(panel, np.array([2, 4]), PointMass(np.log([[1.1, 1.1], [0.5, 3.0]])))
    assert {name: column.tolist() for name, column in columns.items()} == {
        "close": pytest.approx([55, 60.5, 100, 300])
    }


@pytest.mark.parametrize("predict", ["range", "close"])
def test_ranges_and_closes_lead_to_no_other_close(tiny_panel: Panel, predict: str) -> None:
    panel = replace(tiny_panel, kind="ohlc", closes=np.array([1.0, 2, 50, 10, 200]), predict=predict)
    assert close_columns(panel, np.array([2]), PointMass(np.ones((1, 1)))) == {}
    assert list(value_table(panel, np.array([2]), PointMass(np.ones((1, 1))), Columns(())).columns) == [
        "unique_id", "ds", "forecast",
    ]  # fmt: skip


def test_values_have_no_close(tiny_panel: Panel) -> None:
    assert close_columns(tiny_panel, np.array([2]), PointMass(np.ones((1, 1)))) == {}


def test_directions_of_a_backtest_stand_behind_the_close(tiny_panel: Panel) -> None:
    panel = replace(tiny_panel, kind="ohlc", closes=np.array([1.0, 2, 50, 10, 200]), predict="direction")
    forecast = Binned(np.array([-1.0, -0.1, 0.1, 1.0]), np.array([[[0.1, 0.2, 0.7]]]))
    table = backtest_table(
        panel, np.array([1]), 1, [origin_columns(panel, np.array([1]), forecast, Columns(()))]
    )
    assert list(table.columns)[3:] == [
        "y", "forecast", "close", "y_close", "direction", "p-down", "p-flat", "p-up",
    ]  # fmt: skip
    assert table["direction"].tolist() == ["up"]


def test_backtest_rows_hold_what_came_and_end_with_the_series(tiny_panel: Panel) -> None:
    origins = np.array([0, 1, 3])
    first, rest = (
        origin_columns(tiny_panel, origins[some], steps_of(3, 2).take(some), Columns(()))
        for some in (slice(0, 1), slice(1, 3))
    )
    table = backtest_table(tiny_panel, origins, 2, iter([first, rest]))
    assert list(table.columns) == ["unique_id", "ds", "cutoff", "y", "forecast"]
    assert table["unique_id"].tolist() == ["a", "a", "a", "b"]
    assert table["y"].tolist() == [2, 3, 3, 20]  # nothing of b behind a's last row
    assert table["forecast"].tolist() == [100, 101, 200, 300]
    assert table["cutoff"].dt.hour.tolist() == [0, 0, 1, 0]
    assert table["ds"].dt.hour.tolist() == [1, 2, 2, 1]


def test_missing_values_are_not_compared(tiny_panel: Panel) -> None:
    values = tiny_panel.values.copy()
    values[1, 0] = np.nan
    panel, origins = replace(tiny_panel, values=values), np.array([0])
    piece = origin_columns(panel, origins, steps_of(1, 2), Columns(()))
    table = backtest_table(panel, origins, 2, [piece])
    assert table["y"].tolist() == [3] and table["forecast"].tolist() == [101]


def test_a_column_that_one_training_lacks_is_empty_there(tiny_panel: Panel) -> None:
    pieces = [{"forecast": np.array([5.0])}, {"forecast": np.array([6.0]), "p-1": np.array([1.0])}]
    table = backtest_table(tiny_panel, np.array([0, 3]), 1, pieces)
    assert table["unique_id"].tolist() == ["a", "b"]
    assert table["forecast"].tolist() == [5, 6]
    assert np.isnan(table["p-1"][0]) and table["p-1"][1] == 1


def test_prices_of_a_backtest_stand_beside_those_that_came(tiny_panel: Panel) -> None:
    panel = replace(tiny_panel, kind="ohlc", closes=np.array([1.0, 2, 50, 10, 200]))
    piece = origin_columns(panel, np.array([1]), PointMass(np.log([[1.5]])), Columns(()))
    table = backtest_table(panel, np.array([1]), 1, [piece])
    assert list(table.columns)[3:] == ["y", "forecast", "close", "y_close"]
    assert (table["close"][0], table["y_close"][0]) == (pytest.approx(3.0), 50)


def test_what_a_rule_says_may_differ_from_the_median() -> None:
    forecast = Pointed(Normal(np.zeros((1, 1)), 1.0), np.array([[4.0]]))
    assert number_columns(forecast, Columns((), point="point"))["forecast"].tolist() == [4]
    assert number_columns(forecast, Columns(()))["forecast"] == pytest.approx([0.0], abs=1e-12)


def test_integers_stay_integers(tiny_panel: Panel) -> None:
    panel = replace(tiny_panel, times=np.array([5, 7, 9, 5, 7]), clock=Clock("integer", 2))
    assert value_table(panel, np.array([2, 4]), steps_of(2, 2), Columns())["ds"].tolist() == [11, 13, 9, 11]


@pytest.mark.parametrize("level", [0, 100, -5, 180, float("nan")])
def test_levels_lie_between_0_and_100(level: float) -> None:
    with pytest.raises(ConfigError, match="--level"):
        Columns((level,)).check()


@pytest.mark.parametrize("quantile", [0, 1, 80, float("nan")])
def test_quantiles_lie_between_0_and_1(quantile: float) -> None:
    with pytest.raises(ConfigError, match="--quantile"):
        Columns((), (quantile,)).check()


def test_dates_of_intervals_are_their_ends(tiny_panel: Panel) -> None:
    minute = 6e10
    panel = replace(
        tiny_panel,
        kind="intervals",
        clock=Clock("date", resolution=minute),
        unit="minute",
        unit_length=minute,
    )
    forecast = np.array([[10.2, 20.0], [1.0, 1.6]])
    times = next_times(panel, np.array([2, 4]), forecast)
    assert np.datetime_as_string(times, "m").tolist() == [
        ["2024-01-01T02:10", "2024-01-01T02:30"],
        ["2024-01-01T01:01", "2024-01-01T01:03"],
    ]
    assert np.isnat(next_times(replace(panel, unit_length=None), np.array([2, 4]), forecast)).all()
    assert np.isnan(next_times(replace(panel, clock=Clock("float")), np.array([2, 4]), forecast)).all()
