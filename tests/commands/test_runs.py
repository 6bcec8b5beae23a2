from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli
from forecaster.commands._runs import duration, skill
from tests.conftest import SavedRun


def call(*arguments: Any) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


def test_list_has_skill_and_age(values_run: SavedRun) -> None:
    (row,) = json.loads(call("runs", values_run.folder.parent, "--json").stdout)
    assert row["skill"] == pytest.approx(1 - row["model"] / row["baseline"])
    assert row["age_seconds"] >= 0 and row["created"].endswith("+00:00") and row["state"] == "finished"
    shown = call("runs", values_run.folder.parent)
    assert shown.stdout.splitlines()[0].split()[-2:] == ["skill", "age"]


def test_two_runs_are_compared_side_by_side(values_run: SavedRun, events_run: SavedRun) -> None:
    result = call("runs", values_run.folder, events_run.folder)
    assert result.exit_code == 0, result.output
    assert "Settings that differ" in result.stdout and "look_back" in result.stdout
    assert "which is better cannot be told" in result.stderr
    tree = json.loads(call("runs", values_run.folder, events_run.folder, "--json").stdout)
    assert tree["settings"]["look_back"] == [6, 3] and tree["comparable"] is False
    assert [row["kind"] for row in tree["runs"]] == ["values", "events"]


def test_a_run_and_its_copy_differ_in_nothing(values_run: SavedRun, tmp_path: Path) -> None:
    shutil.copytree(values_run.folder, tmp_path / "copy")
    result = call("runs", values_run.folder, tmp_path / "copy")
    assert result.exit_code == 0 and "No settings differ." in result.stdout
    assert "cannot be told" not in result.stderr
    tree = json.loads(call("runs", values_run.folder, tmp_path / "copy", "--json").stdout)
    assert tree["comparable"] is True and tree["settings"] == {}
    assert all(one == two for one, two in tree["scores"].values())


def test_three_names_are_refused() -> None:
    result = call("runs", "a", "b", "c")
    assert result.exit_code == 1
    assert "runs: 3 names; name one folder, or two runs to compare." in result.stderr


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (0, "0 s"), (60, "1 min"), (3_599, "59 min"), (90_000, "1 d")]
)
def test_ages_are_in_their_largest_unit(seconds: int | None, text: str) -> None:
    assert duration(seconds) == text


def test_skill_is_what_the_model_takes_from_the_error_of_the_baseline() -> None:
    assert skill(3.0, 4.0) == 0.25 and skill(5.0, 4.0) == -0.25
    assert skill(None, 4.0) is None and skill(1.0, 0.0) is None
    # of an accuracy the error is what it lacks of 1
    assert skill(0.75, 0.5, falls_short=True) == 0.5 and skill(0.5, 0.75, falls_short=True) == -1
    assert skill(0.5, 1.0, falls_short=True) is None
