from __future__ import annotations

from pathlib import Path

import pytest

from forecaster import Forecaster
from forecaster.config.build import flatten, make_settings
from forecaster.config.facts import Default
from forecaster.config.toml_file import read_settings_file, settings_toml
from forecaster.errors import ConfigError


def written(folder: Path, *lines: str) -> Path:
    path = folder / "forecast.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_names_stand_in_sections_or_by_themselves(tmp_path: Path) -> None:
    path = written(tmp_path, "horizon = 12", "[window]", "look_back = 3", "[network]", "units = [30, 20]")
    assert read_settings_file(path) == {"horizon": 12, "look_back": 3, "units": [30, 20]}
    settings = Forecaster.from_config(path).settings
    assert (settings.window.horizon, settings.window.look_back, settings.network.units) == (12, 3, (30, 20))


def test_keywords_go_before_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "look_back = 3", "horizon = 2")
    settings = Forecaster.from_config(path, look_back=9).settings
    assert (settings.window.look_back, settings.window.horizon) == (9, 2)


def test_dates_of_toml_are_those_of_the_command_line(tmp_path: Path) -> None:
    path = written(tmp_path, "test_size = 2024-05-01", "as_of = 2024-06-01T09:30:00", 'valid_size = "10"')
    settings = Forecaster.from_config(path).settings
    assert settings.window.test_size == "2024-05-01"
    assert settings.data.as_of == "2024-06-01T09:30:00"
    assert settings.window.valid_size == 10


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["", "look_bak = 3"], "line 2, look_bak: no such setting. Did you mean look_back?"),
        (["[window]", "units = 3"], "line 2, window.units: this setting is one of [network]. Move it there."),
        (["look_back = 3", "[window]", "look_back = 4"], "line 3, window.look_back: given twice."),
        (["look_back = 0"], "line 1, look_back: 0 should be greater than or equal to 1."),
        (['look_back = "3"'], "line 1, look_back: '3' should be a number. It sets: Steps the network sees."),
        (["look_back = true"], "line 1, look_back: True should be a number."),
        (["censor = 1"], "line 1, censor: 1 should be true or false."),
        (['units = [8, "8"]'], "line 1, units: '8' should be a number."),
        (['[training]', '# seed', 'preset = "quick"'], "line 3, training.preset: 'quick' should be"),
        (["[windows]", "look_back = 3"], "line 1, windows: no such section. There are data, window,"),
        (["look_back = "], "not TOML: Invalid value (at line 1, column 13)"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, lines: list[str], message: str) -> None:
    path = written(tmp_path, *lines)
    with pytest.raises(ConfigError) as caught:
        read_settings_file(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.toml: No such file or directory\. Name a settings file"):
        read_settings_file(tmp_path / "no.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"target = 'caf\xe9'")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_settings_file(latin)
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (1 << 20) + b"##")
    with pytest.raises(ConfigError, match="no settings file"):
        read_settings_file(large)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    given = {
        "target": 'a "quoted"\tname\\, é, 日',
        "look_back": 3,
        "bins": (1.0, 2.5, 1e-7),
        "test_size": 0.25,
        "censor": False,
        "dense_layers": (),
        "branch": ("price=open,close", "volume=volume"),
        "learning_rate": 1e-05,
    }
    settings = make_settings(given)
    values = flatten(settings)
    path = written(tmp_path, settings_toml({name: values[name] for name in given}))
    assert Forecaster.from_config(path).settings == settings


def test_what_was_chosen_is_a_comment_with_its_reason(tmp_path: Path) -> None:
    chosen = [
        Default("units", (32,), "300 training rows"),
        Default("look_back", 10, "given, so not chosen"),
        Default("segment", None, "none"),
    ]
    text = settings_toml({"look_back": 3}, chosen)
    assert text.splitlines() == [
        "[window]",
        "look_back = 3",
        "",
        "[network]",
        "# units = [32]  # 300 training rows",
        '# segment = "none"  # none',
    ]
    assert read_settings_file(written(tmp_path, text)) == {"look_back": 3}
