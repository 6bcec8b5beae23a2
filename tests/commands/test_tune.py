from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli
from forecaster.commands._progress import trial_text
from forecaster.forecaster import Forecaster
from forecaster.tuning.study import Told
from tests.tuning.test_tune import waves

SMALL = ["--epochs", 1, "--ensemble", 1, "--threads", 1, "--season", 1, "--baselines", "fast"]


def call(*options: object) -> Result:
    return CliRunner().invoke(cli, ["tune", *map(str, (*options, *SMALL))])


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two noisy waves in the current folder."""
    monkeypatch.chdir(tmp_path)
    waves().to_csv("waves.csv", index=False)
    return "waves.csv"


def test_the_best_settings_are_trained_saved_and_scored(data: str) -> None:
    result = call(data, "--trials", 3, "--folds", 1, "--save-config", "best.toml")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "3 trials, 3 of them on all folds, best first"
    assert lines[1].split()[:3] == ["trial", "scaled_crps", "look_back"]
    assert any(line.startswith("0 (defaults)") for line in lines[2:5])
    assert "Scores on the test part" in result.stdout and "model (quantile)" in result.stdout
    notes = result.stderr.splitlines()
    assert any(
        line.startswith("Searching look_back ")
        and line.endswith("Trials are ranked by scaled_crps from 1 past moment.")
        for line in notes
    )
    assert sum(" of 3 trials: trial " in line for line in notes) == 3
    assert "Settings saved to best.toml." in notes
    assert notes[-1] == "Saved to runs/waves. Go on with: forecast predict --run runs/waves"
    saved = tomllib.loads(Path("best.toml").read_text())
    run = Forecaster.load("runs/waves").settings
    assert saved["window"]["look_back"] == run.window.look_back
    assert tuple(saved["network"]["units"]) == run.network.units


def test_without_training_nothing_is_saved(data: str) -> None:
    result = call(data, "--trials", 2, "--folds", 1, "--no-train", "--json")
    assert result.exit_code == 0, result.stderr
    tree = json.loads(result.stdout)
    assert set(tree) == {
        "metric", "n_folds", "settings", "best", "score", "trials", "space", "importances", "reason",
    }  # fmt: skip
    assert [one["number"] for one in tree["trials"]] == [0, 1]
    assert (
        tree["settings"]["epochs"] == 1
        and tree["settings"]["units"] == tree["trials"][tree["best"]]["values"]["units"]
    )
    assert not Path("runs").exists()


def test_json_has_the_report_of_the_run(data: str) -> None:
    result = call(data, "--trials", 1, "--folds", 1, "--json", "--out", "best")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["report"]["scores"]["test"]["model"]["mae"] > 0
    assert Forecaster.load("best").report["state"] == "finished"


def test_failed_trials_are_counted(data: str) -> None:
    Path("space.toml").write_text("segment = [1, 100]\nlook_back = [4]\n")
    result = call(data, "--trials", 6, "--folds", 1, "--no-train", "--space", "space.toml")
    assert result.exit_code == 0, result.stderr
    assert "1 trial failed, the first with: --segment 100: longer than --look-back 4." in result.stderr
    assert " failed, best " in result.stderr


def test_what_is_wrong_is_said_before_any_trial(data: str) -> None:
    Path("space.toml").write_text("unts = [1]\n")
    result = call(data, "--space", "space.toml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("Error: space.toml, line 1, unts: no such setting.")


def test_a_search_that_goes_on_trains_no_trial_again(data: str) -> None:
    options = (data, "--folds", 1, "--study", "waves.study", "--no-train", "--json")
    first, second = call(*options, "--trials", 2), call(*options, "--trials", 3)
    trials = [json.loads(result.stdout)["trials"] for result in (first, second)]
    assert trials[1][:2] == trials[0] and len(trials[1]) == 3
    assert "trials: trial 1" not in second.stderr and "3 of 3 trials: trial 2" in second.stderr


def test_a_trial_that_has_ended_in_a_few_words() -> None:
    one = Told(3, {}, "done", 0.81234, 1.0, None)
    assert trial_text(one, one) == "trial 3 0.8123, best 0.8123 (trial 3)"
    assert trial_text(Told(4, {}, "failed", None, 1.0, "what"), None) == "trial 4 failed"
    assert trial_text(Told(5, {}, "pruned", 2.0, 1.0, None), one).startswith("trial 5 2 pruned, best")


@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_a_signal_ends_the_search_with_what_was_found(
    json_option: list[str], data: str, tmp_path: Path
) -> None:
    code = "from forecaster.commands import cli; cli()"
    options = [data, "--trials", "500", "--folds", "1", "--study", "s", "--save-config", "best.toml"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "tune", *options, *json_option, *map(str, SMALL)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None and process.stdout is not None
    for line in process.stderr:
        if line.startswith("2 of 500 trials"):
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    if json_option:
        found = json.loads(out)
        assert len(found["trials"]) >= 2 and found["reason"] == "SIGINT" and "report" not in found
    else:
        assert "of them on all folds, best first" in out and "Scores on the test part" not in out
    assert "these are the best so far." in err and (tmp_path / "best.toml").exists()
    assert not (tmp_path / "runs").exists()


def test_without_the_extra_the_message_names_it(data: str) -> None:
    code = "import sys; sys.modules['optuna'] = None; from forecaster.commands import cli; cli()"
    done = subprocess.run(
        [sys.executable, "-c", code, "tune", data],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        'Error: forecast tune: optuna is not installed. Install it with: pip install "forecaster[tune]".'
    )
