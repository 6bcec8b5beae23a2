from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.config.build import flatten, make_settings
from forecaster.data.panel import Clock, Panel
from forecaster.errors import ConfigError
from forecaster.training.prepare import prepare
from tests.windows.test_windows import panel_of


def wave(n: int) -> list[float]:
    return [*np.sin(np.arange(n) * 2 * np.pi / 12)]


def codes(panel: Panel, **given: object) -> list[str]:
    return [note.code for note in prepare(panel, make_settings(given)).warnings]


def test_nothing_is_open_after_it_and_every_choice_is_listed() -> None:
    prepared = prepare(panel_of(wave(200)), make_settings({"look_back": 24}))
    settings = flatten(prepared.settings)
    listed = {one.name: one.value for one in prepared.defaults}
    assert listed["season"] == 12 and prepared.panel.season_length == 12
    assert "look_back" not in listed
    assert all(settings[name] == value for name, value in listed.items() if name != "season")
    assert prepared.split.train_ends.tolist() == [160]
    assert prepared.parts.test.n_windows == 20 and prepared.warnings == ()


def test_a_season_that_is_given_is_not_looked_for() -> None:
    prepared = prepare(panel_of(wave(200)), make_settings({"season": 1}))
    assert prepared.panel.season_length == 1
    assert "season" not in [one.name for one in prepared.defaults]


@pytest.mark.parametrize(("n", "expected"), [(4, ["no_test_part"]), (5, ["no_valid_part"]), (200, [])])
def test_few_rows_are_said(n: int, expected: list[str]) -> None:
    assert codes(panel_of(wave(n)), look_back=3, season=1) == expected


def test_random_split_is_called_leaky() -> None:
    assert codes(panel_of(wave(100)), look_back=3, split="random") == ["leaky_split"]


def test_single_series_trains_on_full_windows_only() -> None:
    prepared = prepare(panel_of(wave(60)), make_settings({"look_back": 8, "season": 1}))
    assert prepared.settings.window.min_history == 8
    assert prepared.parts.train.starts.min() == 0


def test_series_with_ids_train_on_short_histories_too() -> None:
    prepared = prepare(panel_of(wave(60), wave(3)), make_settings({"look_back": 8, "season": 1}))
    assert prepared.settings.window.min_history == 1
    assert prepared.parts.train.starts.min() == -7
    # of the three rows the last is held out: the target is the second, seven steps are padding
    assert prepared.parts.train.origins[prepared.parts.train.origins >= 60].tolist() == [60]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"residual": "season", "look_back": 6, "season": 12, "transforms": "level"}, "--residual season: "),
        ({"segment": 9, "look_back": 3}, "--segment 9: longer than --look-back 3. Lower it."),
        ({"stateful": True}, "--stateful: a forecast begins anew in every window"),
        ({"units": "8,8", "layers": 3}, "--units 8,8: 2 numbers for --layers 3."),
        ({"look_back": 3, "test_size": 500}, "data: --test-size 500 does not leave"),
        ({"look_back": 3, "test_size": "soon"}, "--test-size"),
    ],
)
def test_settings_that_do_not_fit_the_data_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        prepare(panel_of(wave(100)), make_settings(given))
    assert str(caught.value).startswith(message)


def test_panel_handed_over_is_not_changed() -> None:
    panel = panel_of(wave(100))
    before = replace(panel, values=panel.values.copy())
    prepare(panel, make_settings({}))
    assert panel.season_length == 1
    np.testing.assert_array_equal(panel.values, before.values)


def test_defaults_do_not_look_at_the_test_part() -> None:
    panel = panel_of([*np.arange(1.0, 81), *np.arange(-20.0, 0)])
    settings = prepare(replace(panel, clock=Clock("integer", 1)), make_settings({"season": 1})).settings
    assert settings.transform.transforms == ("level", "log")  # training rows are all positive
