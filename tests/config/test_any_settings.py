"""Settings of any kind end in settings or in a ConfigError, and a file of them says the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecaster.config.build import flatten, make_settings
from forecaster.config.toml_file import read_settings_file, settings_toml
from forecaster.errors import ConfigError

NAMES = sorted(flatten(make_settings({})))
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.one_of(st.integers(-5, 5), st.floats(0, 1), st.text(max_size=3)), max_size=3),
)


@settings(max_examples=300)
@given(asked=st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=6)), ANYTHING, max_size=4))
def test_any_keywords_make_settings_or_a_config_error(asked: dict[str, Any]) -> None:
    try:
        made = make_settings(asked, style="keyword")
    except ConfigError as error:
        assert str(error)
        return
    again = make_settings({name: one for name, one in flatten(made).items() if one is not None})
    assert again == made


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=3))
def test_settings_that_are_written_to_a_file_come_back(asked: dict[str, Any], tmp_path: Path) -> None:
    try:
        made = make_settings(asked, style="keyword")
    except ConfigError:
        return
    given_ = {name: one for name, one in flatten(made).items() if asked.get(name) is not None}
    place = tmp_path / "forecast.toml"
    place.write_text(settings_toml(given_), encoding="utf-8")
    assert make_settings(read_settings_file(place)) == made


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_bytes_of_a_settings_file_are_read_or_refused(content: bytes, tmp_path: Path) -> None:
    place = tmp_path / "some.toml"
    place.write_bytes(content)
    try:
        assert set(read_settings_file(place)) <= set(NAMES)
    except ConfigError as error:
        assert str(place) in str(error)
