from __future__ import annotations

import pytest

from forecaster.errors import ConfigError
from forecaster.network.branches import parse_branches

CHANNELS = ("close", "range", "volume", "weekday-mon", "weekday-tue", "weekdays")


def test_a_branch_takes_the_channels_that_it_names_in_their_order() -> None:
    assert parse_branches(["price=range, close", "traded=volume"], CHANNELS) == ((1, 0), (2,))


def test_no_specs_and_none_are_no_branches() -> None:
    assert parse_branches([], CHANNELS) == parse_branches(["none"], CHANNELS) == ()


def test_a_name_stands_for_all_its_numbers() -> None:
    assert parse_branches(["week=weekday", "price=close"], CHANNELS) == ((3, 4), (0,))
    assert parse_branches(["monday=weekday-mon"], CHANNELS) == ((3,),)


@pytest.mark.parametrize("spec", ["close", "=close", "price=", "price= , ", "none"])
def test_what_is_no_branch_is_refused(spec: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_branches(["price=close", spec], CHANNELS[:2])
    assert str(caught.value) == (f"--branch {spec}: not NAME=channel,channel. The channels are close, range.")


@pytest.mark.parametrize("unknown", ["year", "clo", "week"])
def test_channels_that_are_not_there_are_named(unknown: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_branches([f"price=close,{unknown}"], CHANNELS[:3])
    assert str(caught.value) == (
        f"--branch price=close,{unknown}: no channel {unknown}. The channels are close, range, volume."
    )
