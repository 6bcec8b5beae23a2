from __future__ import annotations

from dataclasses import replace

import pytest

from forecaster.config.build import flatten, make_settings
from forecaster.config.defaults import complete
from forecaster.config.facts import DataFacts

CHANNELS = ("close", "open", "high", "low", "range", "ma_5", "ma_10", "volatility")
DAILY = DataFacts(
    "ohlc", False, 1, 3000, 3000, 1, -0.1, 100.0, predict="return", channels=CHANNELS, calendar=("weekday",)
)
TRADED = replace(DAILY, channels=(*CHANNELS, "volume"))


def chosen(facts: DataFacts, **given: object) -> dict[str, object]:
    return flatten(complete(make_settings(given), facts)[0])


def test_a_month_of_sessions_is_seen() -> None:
    assert chosen(DAILY)["look_back"] == chosen(DAILY)["min_history"] == 20
    assert chosen(DAILY, look_back=7)["min_history"] == 7


def test_few_sessions_leave_half_of_them_for_targets() -> None:
    few = replace(DAILY, n_train=30, usual_length=30)
    assert chosen(few, horizon=2)["look_back"] == 14
    # of several tickers the shorter ones are padded
    several = replace(few, has_ids=True, n_series=5)
    assert (chosen(several)["look_back"], chosen(several)["min_history"]) == (20, 1)


def test_volume_has_a_network_of_its_own() -> None:
    assert chosen(TRADED)["branch"] == (f"price={','.join(CHANNELS)},weekday", "volume=volume")
    without = chosen(TRADED, features="none")
    assert without["branch"] == (f"price={','.join(CHANNELS)}", "volume=volume")
    assert chosen(TRADED, branch=("all=close,volume",))["branch"] == ("all=close,volume",)


def test_prices_without_a_volume_have_one_network() -> None:
    assert chosen(DAILY)["branch"] == ("none",)


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        (("weekday",), ("weekday",)),
        (("weekday", "month"), ("weekday",)),
        (("hour", "weekday"), ("hour", "weekday")),
        ((), ("none",)),
    ],
)
def test_the_week_is_seen_and_of_bars_within_a_day_the_hour(
    calendar: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert chosen(replace(DAILY, calendar=calendar))["features"] == expected


@pytest.mark.parametrize("predict", ["return", "direction", "range", "close"])
def test_parts_lie_a_horizon_apart(predict: str) -> None:
    facts = replace(DAILY, predict=predict)
    assert chosen(facts, horizon=5)["embargo"] == 5
    assert chosen(facts, horizon=5, embargo=9)["embargo"] == 9


@pytest.mark.parametrize(
    ("predict", "transforms"),
    [
        ("return", ("volatility",)),
        ("direction", ("standard",)),
        ("range", ("volatility", "log")),
        ("close", ("log", "last", "volatility")),
        ("", ("volatility",)),
    ],
)
def test_what_is_forecast_decides_on_its_transforms(predict: str, transforms: tuple[str, ...]) -> None:
    settings = chosen(replace(DAILY, predict=predict))
    assert (settings["transforms"], settings["scope"], settings["residual"]) == (transforms, "series", "none")
    assert chosen(replace(DAILY, predict=predict), transforms="standard")["transforms"] == ("standard",)


def test_edges_given_are_in_the_unit_of_the_returns() -> None:
    assert chosen(DAILY, task="classify", bins="-0.01,0,0.01")["transforms"] == ("standard",)


@pytest.mark.parametrize("task", ["regress", "classify", "both"])
def test_a_direction_is_a_class_whatever_the_task(task: str) -> None:
    settings, defaults = complete(make_settings({"task": task}), replace(DAILY, predict="direction"))
    assert (settings.network.task, settings.network.head) == ("classify", "bins")
    (reason,) = [one.reason for one in defaults if one.name == "task"]
    assert reason == "down, flat and up are classes"


def test_returns_are_quantiles_unless_they_are_classified() -> None:
    assert (chosen(DAILY)["task"], chosen(DAILY)["head"]) == ("regress", "quantile")
    assert chosen(DAILY, task="classify")["head"] == "bins"


@pytest.mark.parametrize(("n_train", "units", "members"), [(3_000, 32, 3), (10_000, 32, 1), (50_000, 64, 1)])
def test_more_rows_make_larger_networks_and_fewer_members(n_train: int, units: int, members: int) -> None:
    settings = chosen(replace(DAILY, n_train=n_train))
    assert (settings["units"], settings["ensemble"]) == ((units,), members)
