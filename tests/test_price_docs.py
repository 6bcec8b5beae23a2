"""docs/prices.md says what the rules do: their settings and numbers."""

from __future__ import annotations

import re

import pytest

from forecaster.config.build import make_settings
from forecaster.config.defaults import complete
from forecaster.config.facts import LITTLE_DATA, QUANTILE_LEVELS, DataFacts
from forecaster.config.price_rules import MEMBERS, TRANSFORMS
from forecaster.config.settings import Settings
from forecaster.data.price_channels import DECAY
from tests.readme import ROOT

TEXT = (ROOT / "docs" / "prices.md").read_text(encoding="utf-8")
CHANNELS = ("close", "open", "high", "low", "range", "ma_5", "ma_10", "volatility", "volume")
FACTS = DataFacts(
    "ohlc", True, 2, 3_000, 1_500, 1, -0.2, 3.0, predict="return", channels=CHANNELS, calendar=("weekday",)
)


def rows_of(section: str, table: int = 0) -> list[list[str]]:
    """Cells of a table of a section, without its head."""
    text = TEXT.split(f"\n## {section}\n")[1].split("\n## ")[0]
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    rows = [line.strip("|").split(" | ") for line in tables[table].splitlines()]
    return [[cell.strip(" ") for cell in row] for row in rows[2:]]


def test_every_setting_that_is_chosen_has_its_rule_and_nothing_else() -> None:
    chosen: set[str] = set()
    for given in ({}, {"schedule": "constant"}, {"task": "classify"}):
        chosen |= {default.name for default in complete(make_settings(given), FACTS)[1]}
    said = {name for row in rows_of("What is chosen") for name in re.findall(r"`(\w+)`", row[0])}
    assert said == chosen


def test_channels_are_those_of_the_panel() -> None:
    said = {name for row in rows_of("What is forecast", 1) for name in re.findall(r"`(\w+)`", row[0])}
    assert said == {*CHANNELS, "weekday", "hour"}


def test_what_can_be_forecast_is_what_the_setting_takes() -> None:
    said = {re.findall(r"`(\w+)`", row[0])[0] for row in rows_of("What is forecast")}
    assert said == set(TRANSFORMS)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        (r"mean \(decay (0\.\d)\) of the squared true range", DECAY),
        (r"`--dead-band` \((0\.\d+)\)", Settings().transform.dead_band),
        (r"\| (\d) networks, 1 with", MEMBERS["balanced"]),
        (r"`--preset fast`, (\d) with `accurate`", MEMBERS["accurate"]),
        (r"1 from ([\d,]+) training rows on \|\n\| `patience`", 5 * LITTLE_DATA),
        (r"levels` \| ([\d.]+), 0.05", QUANTILE_LEVELS[0]),
    ],
)
def test_numbers_are_those_of_the_rules(said: str, number: float) -> None:
    found = re.search(said, TEXT)
    assert found is not None, said
    assert float(found[1].replace(",", "")) == number


@pytest.mark.parametrize(
    ("n_train", "expected"),
    [
        (3_000, {"units": (32,), "epochs": 17, "steps_per_epoch": 24, "ensemble": 3, "batch_size": 128}),
        (60_000, {"units": (64,), "epochs": 20, "steps_per_epoch": 50, "ensemble": 1, "batch_size": 256}),
    ],
)
def test_rules_choose_what_the_tables_say(n_train: int, expected: dict[str, object]) -> None:
    facts = DataFacts(**{**vars(FACTS), "n_train": n_train})
    chosen = {default.name: default.value for default in complete(make_settings({}), facts)[1]}
    assert {name: chosen[name] for name in expected} == expected
