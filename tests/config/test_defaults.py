from __future__ import annotations

from dataclasses import replace

import pytest

from forecaster.config.build import flatten, make_settings
from forecaster.config.defaults import complete, unused_preset
from forecaster.config.facts import DataFacts

VALUES = DataFacts("values", False, 1, 1000, 1000, 12, 5.0, 3.0)
EVENTS = DataFacts("events", True, 500, 3000, 4, 1, 0.0, 100.0)


def chosen(facts: DataFacts, **given: object) -> dict[str, object]:
    return flatten(complete(make_settings(given), facts)[0])


@pytest.mark.parametrize("kind", ["values", "events", "intervals", "ohlc"])
@pytest.mark.parametrize("task", ["regress", "classify", "both"])
def test_nothing_that_a_fit_needs_is_left_open(kind: str, task: str) -> None:
    settings = chosen(replace(VALUES, kind=kind), task=task)
    needed = {
        "look_back", "min_history", "transforms", "scope", "residual", "n_bins", "layers", "units", "dropout",
        "segment", "dense_layers", "learning_rate", "schedule", "epochs", "batch_size", "ensemble",
    }  # fmt: skip
    assert not {name for name in needed if settings[name] is None}


def test_every_default_has_a_reason_and_what_is_given_stays() -> None:
    settings, defaults = complete(make_settings({"look_back": 3, "units": 8, "epochs": 2}), VALUES)
    names = [one.name for one in defaults]
    assert len(names) == len(set(names))
    assert not {"look_back", "units", "epochs"} & set(names)
    assert all(one.reason for one in defaults)
    assert (settings.window.look_back, settings.network.units, settings.training.epochs) == (3, (8,), 2)


def test_window_holds_whole_seasons() -> None:
    assert chosen(VALUES)["look_back"] % 12 == 0
    assert chosen(VALUES)["segment"] == 12
    assert chosen(VALUES, horizon=100)["look_back"] >= 100
    assert chosen(VALUES, look_back=13)["segment"] == 1


def test_customers_with_one_event_are_forecast_too() -> None:
    assert chosen(EVENTS)["min_history"] == 0
    assert chosen(replace(EVENTS, has_ids=False), look_back=7)["min_history"] == 7


def test_gaps_of_many_orders_are_learnt_as_logarithms() -> None:
    assert chosen(EVENTS, head="quantile")["transforms"] == ("log", "standard")
    near = replace(EVENTS, spread_ratio=3.0)
    assert chosen(near, head="quantile")["transforms"] == ("standard",)
    assert chosen(near, task="classify")["transforms"] == ("standard",)


@pytest.mark.parametrize("kind", ["events", "intervals"])
def test_waiting_times_are_mixtures_of_logarithms(kind: str) -> None:
    facts = replace(EVENTS, kind=kind, spread_ratio=3.0)
    assert (chosen(facts)["head"], chosen(facts)["transforms"]) == ("mixture", ("log", "standard"))
    assert chosen(facts, head="hazard")["transforms"] == ("log", "standard")
    assert chosen(facts, task="classify")["head"] == "bins"
    assert chosen(replace(VALUES))["head"] == chosen(replace(VALUES, kind="ohlc"))["head"] == "quantile"


@pytest.mark.parametrize("kind", ["events", "intervals"])
def test_a_mixture_beside_a_classifier_has_the_defaults_of_one_alone(kind: str) -> None:
    facts = replace(EVENTS, kind=kind, spread_ratio=3.0)
    alone, both = chosen(facts), chosen(facts, task="both")
    assert both["transforms"] == alone["transforms"] == ("log", "standard")
    assert both["linear"] is alone["linear"] is True
    assert chosen(replace(VALUES), task="both")["linear"] is False


def test_history_features_are_those_of_events_with_ids_and_the_calendar_that_the_data_shows() -> None:
    history = ("count", "age", "mean_gap", "single")
    assert chosen(EVENTS)["features"] == history
    dated = replace(EVENTS, calendar=("hour", "weekday"), n_train=10_000)
    assert chosen(dated)["features"] == (*history, "hour", "weekday")
    assert chosen(replace(dated, n_train=9_999))["features"] == history  # few are learnt by heart
    assert chosen(replace(dated, has_ids=False))["features"] == ("hour", "weekday")
    assert chosen(replace(EVENTS, has_ids=False))["features"] == ("none",)
    assert chosen(replace(EVENTS, kind="intervals"))["features"] == ("none",)
    assert chosen(EVENTS, features="count,age")["features"] == ("count", "age")


def test_edges_given_are_in_the_unit_of_the_data() -> None:
    settings = chosen(VALUES, task="classify", bins="0,10,20")
    assert (settings["transforms"], settings["residual"]) == (("standard",), "none")


def test_classic_is_the_textbook_network() -> None:
    settings = chosen(VALUES, preset="classic", epochs=3)
    expected = {
        "look_back": 3, "segment": 1, "layers": 2, "units": (8, 8), "dense_layers": (8, 8), "dropout": 0.2,
        "learning_rate": 1e-3, "schedule": "constant", "batch_size": 100, "ensemble": 1, "epochs": 3,
        "optimizer": "rmsprop", "cell": "lstm",
    }  # fmt: skip
    assert {name: settings[name] for name in expected} == expected


def test_the_textbook_network_has_one_branch_for_all_prices() -> None:
    facts = replace(VALUES, kind="ohlc", predict="return", channels=("close", "volume"))
    settings = chosen(facts, preset="classic")
    expected = {
        "look_back": 3, "transforms": ("standard",), "units": (8, 8), "dense_layers": (8, 8),
        "batch_size": 100, "branch": ("none",), "scope": "panel", "head": "quantile", "embargo": 1,
    }  # fmt: skip
    assert {name: settings[name] for name in expected} == expected


def test_only_parts_of_prices_keep_a_distance() -> None:
    assert chosen(VALUES, horizon=3)["embargo"] == chosen(EVENTS)["embargo"] == 0
    assert chosen(replace(VALUES, kind="ohlc"), horizon=3)["embargo"] == 3


@pytest.mark.parametrize(
    ("kind", "preset", "is_unused"),
    [
        ("events", "fast", True),
        ("intervals", "accurate", True),
        ("events", "classic", False),
        ("events", "balanced", False),
        ("values", "fast", False),
        ("ohlc", "accurate", False),
    ],
)
def test_a_preset_that_changes_nothing_is_said(kind: str, preset: str, is_unused: bool) -> None:
    said = unused_preset(make_settings({"preset": preset}), kind)
    assert said.startswith(f"--preset {preset} has no effect on {kind}: ") == is_unused
    assert bool(said) == is_unused
    settings = chosen(replace(EVENTS, kind=kind), preset=preset) | {"preset": "balanced"}
    assert (settings == chosen(replace(EVENTS, kind=kind))) == (is_unused or preset == "balanced")


def test_facts_decide_and_nothing_else() -> None:
    assert complete(make_settings({}), VALUES) == complete(make_settings({}), VALUES)


def test_epochs_that_are_given_are_all_windows_each() -> None:
    facts = DataFacts("values", True, 100, 1_000_000, 10_000, 1, 1.0, 2.0)
    given, _ = complete(make_settings({"epochs": 3}), facts)
    classic, _ = complete(make_settings({"preset": "classic"}), facts)
    chosen, _ = complete(make_settings({}), facts)
    assert given.training.steps_per_epoch is None
    assert classic.training.steps_per_epoch is None and classic.training.epochs == 10
    assert chosen.training.steps_per_epoch == 100 and chosen.training.epochs == 40


def test_look_back_that_is_chosen_leaves_rows_for_targets() -> None:
    facts = DataFacts("values", False, 1, 20, 20, 12, 1.0, 2.0)
    chosen, _ = complete(make_settings({"horizon": 4}), facts)
    given, _ = complete(make_settings({"horizon": 4, "look_back": 24}), facts)
    assert chosen.window.look_back == 8 and chosen.network.segment == 1
    assert given.window.look_back == 24


def test_a_tiny_network_takes_more_windows_a_step() -> None:
    many = replace(VALUES, has_ids=True, n_series=100, n_train=60_000, season_length=1)
    # 60,000 windows would be 2,048 a step; 3 steps of 32 units are 96, of 64 units 192
    assert chosen(many, look_back=3, units=32)["batch_size"] == 1024
    assert chosen(many, look_back=3, units=64)["batch_size"] == 256
