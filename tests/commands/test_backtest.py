from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from forecaster.commands import cli


def call(*options: object) -> Result:
    small = ["--epochs", 1, "--ensemble", 1, "--units", 8, "--threads", 1, "--baselines", "fast"]
    result = CliRunner().invoke(cli, ["backtest", *map(str, (*options, *small))])
    assert result.exit_code == 0, result.stderr
    return result


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty rows of a line that rises by 2, and three of one that rises by 3."""
    path = tmp_path_factory.mktemp("backtest") / "lines.csv"
    long = pd.DataFrame({"id": "long", "step": np.arange(40), "y": 2.0 * np.arange(40)})
    short = pd.DataFrame({"id": "short", "step": np.arange(3), "y": 3.0 * np.arange(3)})
    pd.concat([long, short]).to_csv(path, index=False)
    return path


def test_baselines_stand_beside_the_model_best_first(lines: Path) -> None:
    result = call(lines, "--windows", 3, "--look-back", 4, "--season", 1, "--level", "80,95")
    title, header, *rows = result.stdout[result.stdout.index("5 forecasts") :].splitlines()
    assert title == "5 forecasts, best MASE first"
    assert header.split() == ["mae", "rmse", "mase", "smape", "wql", "coverage_80", "coverage_95"]
    scores = {row.split()[0]: row.split()[1:] for row in rows}
    assert {"model", "last", "drift", "mean", "median", "moving_average", "autoregression"} == set(scores)
    # three rows of the long line are missed by 2, two of the short one by 3
    assert scores["last"][0] == "2.4"
    mase = [float(numbers[2]) for numbers in scores.values()]
    assert mase == sorted(mase)
    assert "Note: 1 of 2 series too short for the first of 3 cutoffs" in result.stderr


def test_scores_as_json_beside_a_file(lines: Path, tmp_path: Path) -> None:
    out = tmp_path / "back.parquet"
    result = call(lines, "--windows", 2, "--look-back", 4, "--season", 1, "--out", out, "--json")
    scores = json.loads(result.stdout)
    assert set(scores) == {"n_forecasts", "season_length", "model", "baselines", "series"}
    assert scores["n_forecasts"] == len(pd.read_parquet(out)) == 4
    assert scores["baselines"]["last"]["mae"] == pytest.approx(2.5)
    assert [one["unique_id"] for one in scores["series"]] == ["long", "short"]
    assert np.mean([one["mae"] for one in scores["series"]]) == pytest.approx(scores["model"]["mae"])
