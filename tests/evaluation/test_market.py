from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from forecaster.evaluation.market import Calls, MarketScores, Sessions, market_scores
from forecaster.evaluation.market_words import market_conclusion, market_notes
from forecaster.evaluation.skill import direction_hits

UP, DOWN = np.log(1.1), np.log(0.8)


def sessions(y: list[float], close: list[float] | None = None, ids: str = "") -> Sessions:
    """Sessions on the days after 30 December 2023; a letter of ``ids`` each, all of one ticker without."""
    n = len(y)
    days = np.datetime64("2023-12-31", "ns") + np.arange(n) * np.timedelta64(1, "D")
    return Sessions(
        unique_id=np.array(list(ids or "a" * n), dtype=object),
        ds=days,
        close=np.array(close or [100.0] * n),
        y=np.array(y),
        scale=np.full(n, 5.0),
    )


def calls(of: Sessions, point: list[float], crps: list[float] | None = None) -> Calls:
    """Forecasts whose log score is 1 throughout."""
    n = len(point)
    own = np.array(point)
    return Calls(own, np.array(crps or [0.01] * n), np.ones(n), direction_hits(own, of.y))


def scored(of: Sessions, **points: list[float]) -> MarketScores:
    """Scores of the model and of others that say nothing unless given."""
    still = {"random_walk": [0.0] * len(of.y), "majority": [0.01] * len(of.y)}
    return market_scores(of, {name: calls(of, point) for name, point in (still | points).items()})


def test_errors_of_the_close_are_in_its_currency() -> None:
    of = sessions([UP, DOWN], close=[100.0, 50.0])
    scores = scored(of, model=[UP, np.log(0.9)])
    # 110 and 40 came; the random walk says 100 and 50, the model 110 and 45
    assert scores.rows["random_walk"].mae_close == pytest.approx(10.0)
    row = scores.rows["model"]
    assert row.mae_close == pytest.approx(2.5)
    assert row.mae_ratio == pytest.approx(0.25)
    assert row.mase == pytest.approx(2.5 / 5)
    assert row.mae_return == pytest.approx(np.log(0.9 / 0.8) / 2)
    assert (row.crps, row.crps_ratio, row.log_score) == pytest.approx((0.01, 1.0, 1.0))
    assert (scores.n, scores.n_sessions, scores.n_series) == (2, 2, 1)


def test_mase_leaves_out_sessions_without_a_scale() -> None:
    of = replace(sessions([UP, UP, UP]), scale=np.array([5.0, 0.0, np.nan]))
    assert scored(of, model=[0.0] * 3).rows["model"].mase == pytest.approx(10.0 / 5)


def test_random_walk_has_no_direction_and_no_test_against_itself() -> None:
    scores = scored(sessions([UP, DOWN, 0.0]), model=[0.1, 0.1, 0.1])
    walk, model = scores.rows["random_walk"], scores.rows["model"]
    assert walk.n_direction == 0
    assert all(math.isnan(one) for one in (walk.accuracy, walk.low, walk.high, walk.dm_mae, walk.dm_crps_p))
    assert (model.n_direction, model.accuracy) == (2, 0.5)


def test_tests_against_the_random_walk_are_of_returns_and_of_crps() -> None:
    of = sessions([0.1, 0.2, 0.3])
    own = calls(of, [0.1, 0.2, 0.3], crps=[0.04, 0.06, 0.08])
    walk = calls(of, [0.0, 0.0, 0.0], crps=[0.03, 0.04, 0.05])
    row = market_scores(of, {"model": own, "random_walk": walk, "majority": own}).rows["model"]
    # differences -0.1, -0.2, -0.3 and 0.01, 0.02, 0.03: mean over s / sqrt(3) is 2 * sqrt(3)
    assert row.dm_mae == pytest.approx(-math.sqrt(12))
    assert row.dm_crps == pytest.approx(math.sqrt(12))
    assert row.dm_mae_p == row.dm_crps_p == pytest.approx(1 - math.sqrt(12 / 14))


def test_losses_of_one_session_are_averaged_over_tickers_before_the_test() -> None:
    twice = sessions([0.1, 0.2, 0.3, 0.1, 0.2, 0.3], ids="aaabbb")
    twice = replace(twice, ds=np.tile(twice.ds[:3], 2))
    both = scored(twice, model=[0.1, 0.2, 0.3] * 2)
    alone = scored(sessions([0.1, 0.2, 0.3]), model=[0.1, 0.2, 0.3])
    # a second ticker that does the same is no second observation
    assert both.rows["model"].dm_mae_p == pytest.approx(alone.rows["model"].dm_mae_p)
    assert (both.n, both.n_sessions, both.n_series) == (6, 3, 2)
    assert market_notes(alone) == ()
    assert "The 2 tickers move together" in market_notes(both)[0]


def test_every_calendar_year_is_scored_by_itself() -> None:
    of = sessions([UP, UP, DOWN])
    assert of.ds.astype("datetime64[Y]").astype(str).tolist() == ["2023", "2024", "2024"]
    parts = {
        "model": calls(of, [0.0, UP, UP], crps=[0.04, 0.01, 0.02]),
        "random_walk": calls(of, [0.0, 0.0, 0.0], crps=[0.02, 0.02, 0.04]),
        "majority": calls(of, [0.01, 0.01, 0.01]),
    }
    first, second = market_scores(of, parts).by_year
    assert (first.year, first.n, first.mae_ratio, first.majority) == (2023, 1, 1.0, 1.0)
    assert math.isnan(first.accuracy)
    assert first.crps_ratio == pytest.approx(2.0)
    # errors of 0 and 30 against 10 and 20
    assert (second.year, second.n, second.accuracy, second.majority) == (2024, 2, 0.5, 0.5)
    assert second.mae_ratio == pytest.approx(1.0)
    assert (second.crps, second.crps_walk, second.crps_ratio) == pytest.approx((0.015, 0.03, 0.5))


def test_a_price_that_never_moves_has_no_ratio() -> None:
    scores = scored(sessions([0.0, 0.0]), model=[0.0, 0.0])
    assert math.isnan(scores.rows["model"].mae_ratio)
    assert "no better than saying that tomorrow's close is today's" in market_conclusion(scores)[1]


def test_conclusion_names_the_best_and_says_what_is_not_shown() -> None:
    of = sessions([0.1, -0.1, 0.1, -0.1])
    parts = {
        "model": calls(of, [0.01, 0.01, 0.01, 0.01], crps=[0.02, 0.02, 0.02, 0.02]),
        "random_walk": calls(of, [0.0, 0.0, 0.0, 0.0], crps=[0.05, 0.03, 0.03, 0.05]),
        "majority": calls(of, [0.01, 0.01, 0.01, 0.01], crps=[0.01, 0.01, 0.01, 0.01]),
    }
    scores = market_scores(of, parts)
    assert scores.ranked == ["majority", "model", "random_walk"]
    best, price, spread, direction = market_conclusion(scores)
    assert best == "Best CRPS: majority (0.01), ahead of the model (0.02)."
    # errors 0.09 and 0.11 by turns are those of the random walk on average
    assert price.startswith("Price: no better than saying that tomorrow's close is today's; ")
    assert price.endswith("(Diebold-Mariano p = 1).")
    # differences -0.03, -0.01, -0.01, -0.03: -0.02 / (0.011547 / 2) = -3.464 = -sqrt(12); p = 0.0405
    assert spread == (
        "Distribution: better than that of the random walk; its CRPS is 0.5 times as large (Diebold-Mariano "
        "p = 0.041)."
    )
    assert direction.endswith("no skill shown.")


def test_conclusion_says_when_the_price_is_forecast_better_or_worse() -> None:
    of = sessions([0.1, -0.1, 0.12, -0.12, 0.1])
    better = market_conclusion(scored(of, model=[0.05, -0.05, 0.05, -0.05, 0.06]))[1]
    worse = market_conclusion(scored(of, model=[-0.05, 0.05, -0.05, 0.05, -0.06]))[1]
    assert better.startswith("Price: better than saying that tomorrow's close is today's; its mean")
    assert worse.startswith("Price: worse than saying that tomorrow's close is today's; its mean")


def test_a_better_return_with_a_worse_close_is_no_better_price() -> None:
    scores = scored(sessions([0.1, 0.2, 0.3]), model=[0.1, 0.2, 0.3])
    row = replace(scores.rows["model"], dm_mae=-3.0, dm_mae_p=0.01, mae_ratio=1.2)
    mixed = replace(scores, rows={**scores.rows, "model": row})
    assert market_conclusion(mixed)[1].startswith("Price: no better than")


def test_best_model_is_named_with_the_next() -> None:
    of = sessions([0.1, -0.1])
    scores = scored(of, model=[0.0, 0.0])
    row = replace(scores.rows["model"], crps=0.005)
    ahead = replace(scores, rows={**scores.rows, "model": row})
    assert market_conclusion(ahead)[0] == "Best CRPS: the model (0.005), then random_walk (0.01)."
    without = replace(scores, rows={**scores.rows, "model": replace(row, crps=math.nan)})
    assert without.ranked[-1] == "model"


def test_scores_as_plain_values() -> None:
    tree = scored(sessions([UP, DOWN]), model=[0.01, 0.01]).to_json()
    assert set(tree) == {
        "n", "n_sessions", "n_series", "rows", "direction", "by_year", "conclusion", "notes",
    }  # fmt: skip
    assert tree["rows"]["model"]["accuracy"] == 0.5
    assert [one["year"] for one in tree["by_year"]] == [2023, 2024]
    assert len(tree["conclusion"]) == 4


def test_forecasters_that_all_is_measured_by_must_be_there() -> None:
    of = sessions([UP])
    with pytest.raises(ValueError, match="no calls of majority, random_walk"):
        market_scores(of, {"model": calls(of, [0.0])})
