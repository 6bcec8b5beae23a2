from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecaster.config.build import make_settings
from forecaster.config.data_settings import DataSettings
from forecaster.data.load import read_panel
from forecaster.evaluation.backtest import Backtest, run_backtest
from forecaster.evaluation.backtest_scores import score_backtest, series_scores
from forecaster.evaluation.origins import Origins
from forecaster.evaluation.tables import Columns
from forecaster.training.fit import Hooks
from tests.conftest import TINY
from tests.test_prices import simulated_prices


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
    assert (scores.market, scores.sessions, scores.calls) == (None, None, {})


# Prices: one session ahead, beside the random walk.


def backtest_prices(predict: Any = "return", n_tickers: int = 2, **given: Any) -> Backtest:
    """Tickers of 90 sessions, two steps ahead from six cutoffs, trained twice."""
    table = pd.concat(simulated_prices(90, seed=k, ticker="ABC"[k]) for k in range(n_tickers))
    panel = read_panel(table, DataSettings(predict=predict))
    settings = make_settings({**TINY, "look_back": 4, "horizon": 2, "final_fit": False, **given})
    return run_backtest(panel, settings, Origins(6, 1, 3), Columns((80,)), Hooks())


RIVALS = {"random_walk", "drift", "majority", "ewma"}


@pytest.mark.parametrize(
    ("predict", "rivals"),
    [
        ("return", {*RIVALS, "autoregression"}),
        ("direction", {*RIVALS, "autoregression"}),
        ("close", RIVALS),
    ],
)
def test_prices_are_scored_one_session_ahead(predict: str, rivals: set[str]) -> None:
    tested = backtest_prices(predict, baselines="fast")
    scores = score_backtest(tested)
    assert scores.market is not None and scores.sessions is not None
    assert next(iter(scores.calls)) == "model" and set(scores.calls) == {"model", *rivals}
    assert set(scores.market.rows) == set(scores.calls)
    assert (scores.market.n, scores.market.n_sessions, scores.market.n_series) == (12, 6, 2)
    # of two steps the first: the session after each cutoff
    frame = tested.frame
    first = frame[frame.groupby(["unique_id", "cutoff"]).cumcount() == 0]
    assert scores.sessions.ds.tolist() == first["ds"].to_numpy().tolist()
    assert scores.sessions.unique_id.tolist() == first["unique_id"].tolist()
    y = first["y"].to_numpy()
    came = np.log(y / scores.sessions.close) if predict == "close" else y
    np.testing.assert_allclose(scores.sessions.y, came, atol=1e-12)
    point = np.exp(scores.calls["model"].point) * scores.sessions.close
    said = first["forecast" if predict == "close" else "close"]
    np.testing.assert_allclose(point, said, rtol=1e-6)
    walk = scores.market.rows["random_walk"]
    change = scores.sessions.close * np.abs(np.expm1(came))
    assert (walk.mae_close, walk.mae_ratio) == (pytest.approx(change.mean()), 1)


def test_directions_are_three_classes() -> None:
    scores = score_backtest(backtest_prices("direction", baselines="fast", dead_band=0.5))
    assert scores.market is not None
    assert scores.market.direction.n_classes == 3
    # a session without a change counts as well, and the random walk says flat
    assert scores.market.direction.n == scores.market.rows["random_walk"].n_direction == 12


def test_garch_is_scored_where_it_is_installed() -> None:
    pytest.importorskip("arch")
    scores = score_backtest(backtest_prices("return", 1))
    assert "garch" in scores.calls and np.isfinite(scores.calls["garch"].crps).all()


def test_the_scale_is_that_of_the_rows_of_each_training() -> None:
    tested = backtest_prices(n_tickers=1, baselines="fast", embargo=5)
    closes = tested.panel.closes
    assert closes is not None
    # cutoffs 82 to 87, trained on rows up to 77 and up to 80
    assert [block.ends[0] for block in tested.blocks] == [78, 81]
    expected = [np.abs(np.diff(closes[:end])).mean() for end in (78, 81)]
    sessions = score_backtest(tested).sessions
    assert sessions is not None
    assert sessions.scale == pytest.approx([expected[0]] * 3 + [expected[1]] * 3)


def test_ranges_are_scored_like_values() -> None:
    tested = backtest_prices("range", baselines="fast")
    scores = score_backtest(tested)
    assert (scores.market, scores.sessions, tested.markets) == (None, None, ())
    assert set(scores.baselines) == {"last", "mean", "median", "moving_average", "autoregression"}
    assert (tested.frame["forecast-lo-80"] >= 0).all()


def test_scoring_twice_gives_the_same() -> None:
    tested = backtest_prices(n_tickers=1, baselines="fast")
    first, second = score_backtest(tested), score_backtest(tested)
    assert list(tested.markets[0].calls) == ["model"]
    assert first.calls["ewma"].crps.tolist() == second.calls["ewma"].crps.tolist()
