from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from forecaster.config.build import make_settings
from forecaster.data.load import read_panel
from forecaster.errors import ConfigError
from forecaster.tuning.folds import make_folds
from forecaster.tuning.space import (
    Choice,
    Range,
    Space,
    one_value,
    read_space,
    space_text,
    start_values,
    without_given,
)
from forecaster.tuning.usual_space import usual_space
from tests.test_prices import simulated_prices
from tests.tuning.test_tune import waves


def written(folder: Path, *lines: str) -> Path:
    path = folder / "space.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def usual(data: object, **given: object) -> tuple[Space, dict[str, object]]:
    """The usual space of some rows, and the defaults by rule in it."""
    settings = make_settings(given)
    folds = make_folds(read_panel(data, settings.data), settings, 2)
    space = usual_space(folds.latest, folds.earliest, settings)
    return space, start_values(space, folds.latest.settings)


def test_choices_and_ranges_of_a_file(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "units = [32, [30, 20]]",
        "transforms = [['log', 'standard'], ['standard']]",
        "look_back = {low = 4, high = 32, log = true}",
        "[network]",
        "dropout = {low = 0.0, high = 0.5, step = 0.1}",
    )
    assert read_space(path) == {
        "units": Choice((32, "30,20")),
        "transforms": Choice(("log,standard", "standard")),
        "look_back": Range(4, 32, log=True),
        "dropout": Range(0.0, 0.5, step=0.1),
    }


def test_choices_are_written_as_options_take_them() -> None:
    assert one_value(["log", "standard"]) == "log,standard"
    assert make_settings({"units": one_value((30, 20))}).network.units == (30, 20)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["", "unit = [1]"], "line 2, unit: trials that differ in it cannot be compared. Leave it out;"),
        (["horizon = [1, 2]"], "line 1, horizon: trials that differ in it cannot be compared."),
        (["workers = [1, 2]"], "line 1, workers: trials that differ in it cannot be compared."),
        (["unts = [1, 2]"], "line 1, unts: no such setting. Did you mean"),
        (["units = 32"], "units: 32 is neither choices nor a range. Write [1, 2] or {low = 1, high = 2}"),
        (["units = []"], "line 1, units: [] is neither choices nor a range."),
        (["units = [32, 0.5]"], "line 1, units: 0.5 should be a valid integer"),
        (["units = [32, 32]"], "line 1, units: a choice stands twice. Remove one of the two."),
        (["look_back = [0, 3]"], "line 1, look_back: 0 should be greater than or equal to 1."),
        (["dropout = {low = 0.1}"], "dropout: high is 'missing', no number. Write {low = 1, high = 2}."),
        (["cell = {low = 'gru', high = 'lstm'}"], "line 1, cell: low is 'gru', no number."),
        (["dropout = {low = 0.0, high = 1.5}"], "line 1, dropout: 1.5 should be less than 1."),
        (["dropout = {low = 0.5, high = 0.2}"], "line 1, dropout: low 0.5 is not below high 0.2. Change one"),
        (["dropout = {low = 0, high = 0.5, log = true}"], "dropout: log = true, but low is 0, not above 0."),
        (["look_back = {low = 2, high = 8, log = true, step = 2}"], "log = true, but step is given too."),
        (["look_back = {low = 2, high = 8, log = 1}"], "look_back: log is 1. Write true or false."),
        (["look_back = {low = 2, high = 8, step = 9}"], "step 9 is not above 0 and up to high - low."),
        (["look_back = {low = 2, high = 8, step = 0.5}"], "step 0.5 between whole numbers. Make it"),
        (["look_back = {low = 2, hihg = 8}"], "hihg is no part of a range. There are low, high, log, step."),
        (["[window]", "units = [1]"], "line 2, window.units: this setting is one of [network]. Move"),
        (["# nothing"], "names no setting to search. Add one: units = [32, 64]."),
        (["units = ["], "not TOML:"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_named_with_its_line(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    path = written(tmp_path, *lines)
    with pytest.raises(ConfigError) as caught:
        read_space(path)
    assert str(caught.value).startswith(f"{path}") and message in str(caught.value)


def test_a_missing_file_is_named_with_its_option(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: No such file or directory\. Name .* with --space\.$"):
        read_space(tmp_path / "none.toml")


def test_a_range_holds_what_lies_on_its_steps() -> None:
    assert Range(24, 96, step=24).holds(48) and not Range(24, 96, step=24).holds(50)
    assert Range(0.0, 0.5, step=0.05).holds(0.3) and not Range(0.0, 0.5).holds(0.6)
    assert not Range(1, 3).holds("2,1") and Choice((1, "2,1")).holds("2,1")


def test_what_is_given_is_not_searched() -> None:
    space = {"units": Choice((8, 16)), "dropout": Range(0.0, 0.5)}
    assert list(without_given(space, {"units": 8, "dropout": None})) == ["dropout"]
    with pytest.raises(ConfigError, match=r"^--dropout, --units: all that would be searched is given\."):
        without_given(space, {"units": 8, "dropout": 0.0})


def test_a_space_in_words() -> None:
    space = {"units": Choice((8, 16)), "learning_rate": Range(1e-4, 1e-2, log=True)}
    assert space_text(space) == "units 8 | 16, learning_rate 0.0001 .. 0.01"


def test_the_usual_space_is_around_the_defaults_and_holds_them() -> None:
    space, start = usual(waves(), horizon=2, season=12)
    # 80 rows in all: 8 of them are tested, 7 and 6 held out in two folds, and as many validate
    assert space["look_back"] == Range(24, 48, step=12)
    assert start["look_back"] % 12 == 0 and start["segment"] == 12
    assert space["layers"] == Range(1, 3) and "head" not in space
    assert all(part.holds(start[name]) for name, part in space.items())


def test_look_backs_reach_no_further_than_the_rows() -> None:
    space, start = usual(waves(n_series=1), horizon=2, season=1)
    # of 80 rows the test part takes 8, the folds 7 and 6, and the earliest validates on 6: 53 to train on
    assert start["look_back"] == 8
    assert space["look_back"] == Range(2, (53 - 2) // 2, log=True)


@pytest.mark.parametrize("kind", ["intervals", "ohlc"])
def test_heads_are_searched_where_they_forecast_the_same(kind: str) -> None:
    if kind == "ohlc":
        space, start = usual(simulated_prices(120).drop(columns="ticker"))
        assert space["head"] == Choice(("quantile", "bins")) and start["head"] == "quantile"
    else:
        space, start = usual(pd.DataFrame({"interval": [3 + row % 4 for row in range(60)]}))
        assert space["head"] == Choice(("mixture", "hazard")) and start["head"] == "mixture"
    assert all(part.holds(start[name]) for name, part in space.items())


def test_a_task_that_is_given_fixes_the_head() -> None:
    space, _ = usual(simulated_prices(120).drop(columns="ticker"), task="classify")
    assert "head" not in space
