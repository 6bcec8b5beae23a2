"""docs/values.md says what the rules do: their settings, presets and numbers."""

from __future__ import annotations

import re

import pytest

from forecaster.baselines.effort import MOST_SECONDS
from forecaster.baselines.statistical import LONGEST_ETS_SEASON
from forecaster.config.build import make_settings
from forecaster.config.defaults import complete
from forecaster.config.facts import LITTLE_DATA, QUANTILE_LEVELS, SMALL_STEP, DataFacts
from forecaster.config.value_rules import (
    EFFORTS,
    FEW_HORIZONS,
    LEAST_STEPS,
    MOST_SEASONS,
    MOST_SEGMENTS,
    MOST_STEPS,
)
from forecaster.data.covariates import MOST_LEVELS
from forecaster.data.season import LEAST_CORRELATION, MOST_LAG
from forecaster.network.decoder import HIDDEN_SHARE
from forecaster.network.quantile_head import MEDIAN_SHARE
from forecaster.training.conformal import FEWEST_TARGETS
from forecaster.training.device import LEAST_MIXED, WIDE
from tests.readme import ROOT

TEXT = (ROOT / "docs" / "values.md").read_text(encoding="utf-8")
FACTS = DataFacts("values", True, 3, 3_000, 1_000, 12, 5.0, 3.0)


def rows_of(section: str) -> list[list[str]]:
    """Cells of the table of a section, without its head."""
    lines = TEXT.split(f"\n## {section}\n")[1].split("\n## ")[0].splitlines()
    rows = [line.strip("|").split(" | ") for line in lines if line.startswith("|")]
    return [[cell.strip(" `") for cell in row] for row in rows[2:]]


def test_every_setting_that_is_chosen_has_its_rule_and_nothing_else() -> None:
    chosen = {"season"}  # the only one that is found before the rules
    for given in ({}, {"schedule": "constant"}, {"static": "size"}, {"task": "classify"}):
        chosen |= {default.name for default in complete(make_settings(given), FACTS)[1]}
    assert {row[0] for row in rows_of("What is chosen")} == chosen


def test_presets_are_those_of_the_rules() -> None:
    found = {row[0]: tuple(float(cell) for cell in row[1:]) for row in rows_of("Presets")}
    assert found == {
        name: (one.steps, one.width, float(one.members), one.work) for name, one in EFFORTS.items()
    }


@pytest.mark.parametrize(
    ("said", "number"),
    [
        (r"is (\d\.\d) or more at that lag", LEAST_CORRELATION),
        (r"first peak up to (\d+) steps", MOST_LAG),
        (r"2 to (\d+), a horizon at least", MOST_SEASONS),
        (r"as make (\d+) segments", MOST_SEGMENTS),
        (r"factor; ([\d,]+) steps at least in careful", LEAST_STEPS),
        (r"at least, ([\d,]+) steps at most", MOST_STEPS),
        (r"fewer than ([\d,]+) horizons", FEW_HORIZONS),
        (r"from ([\d,]+) rows on times the preset's width", LITTLE_DATA),
        (r"times batch are ([\d,]+) or less", SMALL_STEP),
        (r"times batch are ([\d,]+) or more", LEAST_MIXED),
        (r"or more, from \d+ units on ([\d,]+)", LEAST_MIXED // 2),
        (r"or more, from (\d+) units on", WIDE),
        (r"learns (\d+) levels", len(QUANTILE_LEVELS)),
        (r"where it has (\d+) values or more", FEWEST_TARGETS),
        (r"up to (\d+) categories", MOST_LEVELS),
        (r"seasons over (\d+) steps", LONGEST_ETS_SEASON),
        (r"estimated at (\d+) seconds", MOST_SECONDS),
    ],
)
def test_numbers_are_those_of_the_program(said: str, number: float) -> None:
    found = re.findall(said, " ".join(TEXT.split()))
    assert {float(one.replace(",", "")) for one in found} == {number}


def test_shares_in_words_are_those_of_the_program() -> None:
    assert (MEDIAN_SHARE, HIDDEN_SHARE) == (0.5, 0.1)
    assert "Half of the loss is that of the median" in TEXT
    assert "One training window in ten" in TEXT
