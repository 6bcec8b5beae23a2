from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.config.build import make_settings
from forecaster.config.settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.evaluation.backtest import Backtest, Origins, run_backtest
from forecaster.evaluation.backtest_scores import score_backtest, series_scores
from forecaster.evaluation.tables import Columns
from forecaster.training.fit import Hooks
from tests.conftest import TINY


def backtest_lines(refit: int = 0) -> Backtest:
    """Two series that rise by 1 and by 10 a row, two steps ahead from three cutoffs."""
    table = pd.concat(
        pd.DataFrame({"id": name, "step": np.arange(40), "y": slope * np.arange(40.0)})
        for name, slope in (("a", 1), ("b", 10))
    )
    settings = make_settings({**TINY, "look_back": 4, "horizon": 2, "season": 1, "baselines": "fast"})
    return run_backtest(read_panel(table), settings, Origins(3, 2, refit), Columns((80,)), Hooks())


@pytest.fixture(scope="module")
def lines() -> Backtest:
    return backtest_lines()


def test_baselines_forecast_from_the_same_cutoffs(lines: Backtest) -> None:
    scores = score_backtest(lines)
    # the last value is wrong by one slope, then by two; a straight line is not wrong at all
    assert scores.baselines["last"]["mae"] == pytest.approx((1 + 2 + 10 + 20) / 4)
    assert scores.baselines["last"]["rmse"] == pytest.approx(np.sqrt((1 + 4 + 100 + 400) / 4))
    assert scores.baselines["last"]["mase"] == pytest.approx(1.5)
    assert scores.baselines["drift"]["mae"] == pytest.approx(0.0, abs=1e-9)
    assert {"mean", "median", "moving_average", "autoregression"} < set(scores.baselines)
    assert (scores.season_length, scores.decider, scores.notes) == (1, "mase", ())


def test_model_is_scored_over_all_rows_and_by_series(lines: Backtest) -> None:
    overall, each = score_backtest(lines).model, series_scores(lines)
    error = (lines.frame["y"] - lines.frame["forecast"]).abs()
    assert overall["mae"] == pytest.approx(error.mean())
    assert each["unique_id"].tolist() == ["a", "b"]
    assert each["mae"].mean() == pytest.approx(error.mean())
    assert each["mase"].tolist() == pytest.approx([each["mae"][0], each["mae"][1] / 10])
    assert set(overall) == set(each.columns) - {"unique_id"}


def test_baselines_learn_nothing_after_the_first_cutoff_of_their_training(lines: Backtest) -> None:
    twice = backtest_lines(refit=1)
    assert [block.ends.tolist() for block in twice.blocks] == [[34, 74], [36, 76], [38, 78]]
    # the mean of rows 0 .. 33 is 16.5, and one more with every two rows; y are the two rows after
    mean = (17.5 + 18.5) / 2
    assert score_backtest(twice).baselines["mean"]["mae"] == pytest.approx((mean + 1) * 5.5)
    assert score_backtest(lines).baselines["mean"]["mae"] == pytest.approx((mean + 2) * 5.5)
    panel = lines.panel
    later = panel.values.copy()
    later[34:40] += 1e6
    changed = replace(lines, panel=replace(panel, values=later))
    before = score_backtest(lines).baselines["mean"]
    assert score_backtest(changed).baselines["mean"]["mae"] == before["mae"]


def test_scores_of_gaps_are_those_of_the_model() -> None:
    panel = read_panel(pd.DataFrame({"gap": np.tile([1.0, 2, 4], 8)}), DataSettings(kind="intervals"))
    tested = run_backtest(panel, make_settings({**TINY, "look_back": 2}), Origins(3), Columns((80,)), Hooks())
    scores = score_backtest(tested)
    assert scores.baselines == {}
    assert "mase" not in scores.model and scores.decider == "mae"
    assert set(scores.model) > {"mae", "rmse", "coverage_80", "weighted_quantile_loss"}
    assert len(series_scores(tested)) == 1
