from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from forecaster.config.build import change, flatten, make_settings, option_name, section_of
from forecaster.config.settings import SECTIONS, Settings
from forecaster.errors import ConfigError


def test_flat_names_find_their_sections() -> None:
    settings = make_settings({"look_back": 3, "units": "30,20", "kind": "events", "seed": 7})
    assert settings.window.look_back == 3
    assert settings.network.units == (30, 20)
    assert settings.data.kind == "events"
    assert settings.training.seed == 7
    assert section_of("look_back") == "window" and section_of("nothing") is None


def test_none_means_not_given() -> None:
    assert make_settings({"look_back": None, "horizon": None}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("test_size", "60", 60),
        ("test_size", "0.2", 0.2),
        ("test_size", "2019-01-01", "2019-01-01"),
        ("units", 8, (8,)),
        ("dense_layers", "0", (0,)),
        ("transforms", "level, log", ("level", "log")),
        ("bins", "0,20,40", (0.0, 20.0, 40.0)),
        ("bins", "uniform", "uniform"),
        ("target", "a,b", ("a", "b")),
        ("epochs", "5", 5),
        ("as_of", pd.Timestamp("2024-06-30"), "2024-06-30 00:00:00"),
        ("as_of", 17, "17"),
        ("start", date(2024, 6, 30), "2024-06-30"),
    ],
)
def test_text_of_a_command_line_becomes_a_value(name: str, text: object, value: object) -> None:
    assert flatten(make_settings({name: text}))[name] == value


@pytest.mark.parametrize(
    ("name", "value", "style", "begin"),
    [
        ("look_back", 0, "option", "--look-back 0: "),
        ("look_back", 0, "keyword", "look_back= 0: "),
        ("dropout", 1.0, "option", "--dropout 1.0: "),
        ("learning_rate", float("nan"), "keyword", "learning_rate= nan: "),
        ("cell", "gpt", "option", "--cell gpt: "),
        ("units", "8,x", "option", "--units "),
        ("level_of_detail", 1, "option", "level_of_detail: no such setting."),
    ],
)
def test_impossible_values_are_refused_with_the_value(
    name: str, value: object, style: str, begin: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        make_settings({name: value}, style=style)
    assert str(caught.value).startswith(begin)
    assert "\n" not in str(caught.value)


def test_unknown_name_proposes_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean look_back"):
        make_settings({"lookback": 3})


def test_change_keeps_the_rest_and_checks() -> None:
    settings = make_settings({"look_back": 3, "units": "30,20"})
    changed = change(settings, {"look_back": 5, "preset": "classic"})
    assert changed.window.look_back == 5 and settings.window.look_back == 3
    assert changed.network.units == (30, 20) and changed.training.preset == "classic"
    with pytest.raises(ConfigError):
        change(settings, {"epochs": -1})


def test_names_are_unique_over_all_sections_and_described() -> None:
    names = [name for section in SECTIONS for name in getattr(Settings(), section).model_dump()]
    assert len(names) == len(set(names)) == len(flatten(Settings()))
    for section in SECTIONS:
        for name, field in type(getattr(Settings(), section)).model_fields.items():
            assert field.description and field.description.endswith("."), name


def test_settings_survive_json() -> None:
    settings = make_settings({"look_back": 3, "bins": "1,2,3", "test_size": "2019-01-01", "branch": ("a=x",)})
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


def test_option_is_the_field_with_dashes() -> None:
    assert option_name("look_back") == "--look-back"
