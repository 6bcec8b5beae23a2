"""Backtests on Ray give the tables of local ones."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from forecaster.commands import cli
from forecaster.errors import ConfigError
from forecaster.forecaster import Forecaster
from tests.conftest import TINY
from tests.test_prices import simulated_prices
from tests.tuning.test_tune import waves

pytestmark = pytest.mark.usefixtures("ray_here")

ON_RAY = {"engine": "ray", "workers": 2}


def test_refits_on_ray_forecast_what_local_ones_do() -> None:
    settings = {**TINY, "look_back": 4, "horizon": 2, "season": 1}
    asked = {"n_windows": 4, "step_size": 2, "refit": 1, "quantile": (0.1,)}
    here = Forecaster(**settings).cross_validation(waves(), **asked)
    there = Forecaster(**settings, **ON_RAY).cross_validation(waves(), **asked)
    pd.testing.assert_frame_equal(there, here, check_exact=True)
    assert there["cutoff"].nunique() == 4


def test_the_command_prints_the_same_scores(tmp_path: Path) -> None:
    data = tmp_path / "prices.csv"
    simulated_prices(70).drop(columns="ticker").to_csv(data, index=False)
    small = [f"--{name.replace('_', '-')}={value}" for name, value in {**TINY, "baselines": "fast"}.items()]
    command = ["backtest", str(data), "--windows", "6", "--refit-every", "3", "--look-back", "5", *small]
    here, there = (
        CliRunner().invoke(cli, [*command, *more]) for more in ([], ["--engine", "ray", "--workers", "2"])
    )
    assert there.exit_code == 0, there.stderr
    assert there.stdout == here.stdout
    assert "6 sessions of 1 ticker" in there.stdout


def test_errors_are_those_of_a_local_backtest() -> None:
    with pytest.raises(ConfigError, match="--segment 9: longer than --look-back 4"):
        Forecaster(**TINY, **ON_RAY, look_back=4, segment=9, season=1).cross_validation(waves(), n_windows=2)
