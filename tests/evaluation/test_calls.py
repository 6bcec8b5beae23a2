from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.baselines.returns import to_target
from forecaster.data.panel import Clock, Panel
from forecaster.distributions import Binned, Normal, Pointed, PointMass, Quantiles
from forecaster.distributions.base import Distribution
from forecaster.evaluation.calls import (
    Market,
    has_calls,
    join,
    next_calls,
    sessions_after,
)

CLOSES = np.array([100.0, 110, 99, 99, 120, 50, 40, 44])


def panel_of(predict: str = "return") -> Panel:
    """Five sessions of a and three of b: log returns, and where closes are forecast the closes."""
    before = np.array([np.nan, 100, 110, 99, 99, np.nan, 50, 40])
    values = np.log(CLOSES / before)[:, None]
    days = np.datetime64("2024-01-01", "ns") + np.array([0, 1, 2, 3, 4, 0, 1, 2]) * np.timedelta64(1, "D")
    return Panel(
        kind="ohlc",
        values=np.column_stack([values, CLOSES]) if predict == "close" else values,
        offsets=np.array([0, 5, 8]),
        times=days,
        ids=np.array(["a", "b"], dtype=object),
        channels=("close", "price") if predict == "close" else ("close",),
        target=1 if predict == "close" else 0,
        clock=Clock("date", step="B", weekmask="1111100"),
        closes=CLOSES,
        predict=predict,
    )


def test_sessions_are_those_after_the_cutoffs() -> None:
    found = sessions_after(panel_of(), np.array([1, 3, 6]), np.array([0, 5]), np.array([3, 7]))
    assert found.unique_id.tolist() == ["a", "a", "b"]
    assert np.datetime_as_string(found.ds, "D").tolist() == ["2024-01-03", "2024-01-05", "2024-01-03"]
    assert found.close.tolist() == [110, 99, 40]
    assert np.exp(found.y) == pytest.approx([0.9, 120 / 99, 1.1])
    # a trains on 100, 110, 99: it changes by 10 and 11; b on 50, 40
    assert found.scale.tolist() == [10.5, 10.5, 10]


def test_the_scale_is_that_of_the_rows_trained_on() -> None:
    origins = np.array([3, 6])
    rolled = sessions_after(panel_of(), origins, np.array([1, 5]), np.array([4, 6]))
    # 110, 99, 99 change by 11 and 0; a single row says nothing
    assert rolled.scale[0] == 5.5 and np.isnan(rolled.scale[1])
    none = sessions_after(panel_of(), origins, np.array([2, 8]), np.array([2, 8]))
    assert np.isnan(none.scale).all()


def test_the_scale_of_a_ticker_is_exact_beside_one_of_very_large_prices() -> None:
    closes = CLOSES.copy()
    closes[:5] *= 1e15
    origins, begins, ends = np.array([6]), np.array([0, 5]), np.array([3, 7])
    found = sessions_after(replace(panel_of(), closes=closes), origins, begins, ends)
    assert found.scale.tolist() == [10]


def test_a_return_is_called_by_its_median() -> None:
    origins = np.array([0, 1, 2])
    forecast = Normal(np.array([[0.01], [0.02], [0.03]]), 0.05)
    calls = next_calls(panel_of(), origins, forecast)
    assert calls.point == pytest.approx([0.01, 0.02, 0.03])
    # up, down and no change came
    assert calls.hit[:2].tolist() == [1, 0] and np.isnan(calls.hit[2])
    # the third return, 0, lies 0.6 deviations below the mean, where the density is 0.3332246 / 0.05
    assert calls.log_score[2] == pytest.approx(-np.log(0.3332246 / 0.05), abs=1e-6)
    # CRPS of a normal: deviation (z (2 cdf(z) - 1) + 2 density(z) - 1 / root of pi), z = -0.6
    expected = 0.05 * (-0.6 * (2 * 0.2742531 - 1) + 2 * 0.3332246 - 0.5641896)
    assert calls.crps[2] == pytest.approx(expected, abs=1e-7)


def test_only_the_first_step_counts() -> None:
    forecast = Normal(np.array([[0.01, 9.0, -9.0]]), 0.05)
    alone = Normal(np.array([[0.01]]), 0.05)
    calls, expected = (next_calls(panel_of(), np.array([0]), one) for one in (forecast, alone))
    for name in ("point", "crps", "log_score", "hit"):
        assert getattr(calls, name).tolist() == getattr(expected, name).tolist()


def closes_of(returns: Distribution, origins: np.ndarray) -> Distribution:
    """Closes that log returns lead to."""
    return to_target(returns, panel_of("close"), origins)


def test_a_forecast_of_the_close_scores_as_that_of_the_return() -> None:
    origins = np.array([0, 1, 3, 6])
    returns = Normal(np.array([[0.01], [-0.02], [0.03], [0.0]]), 0.05)
    by_return = next_calls(panel_of(), origins, returns)
    by_close = next_calls(panel_of("close"), origins, closes_of(returns, origins))
    np.testing.assert_allclose(by_close.point, by_return.point, atol=1e-12)
    np.testing.assert_allclose(by_close.log_score, by_return.log_score, rtol=1e-9)
    assert by_close.hit[:3].tolist() == by_return.hit[:3].tolist() == [1, 1, 1]


def test_crps_of_a_close_is_a_share_of_the_last_one() -> None:
    # 121 is said after 110, and 99 comes: wrong by 22 of 110
    calls = next_calls(panel_of("close"), np.array([1]), PointMass(np.array([[121.0]])))
    assert calls.crps == pytest.approx([0.2])
    assert calls.point == pytest.approx([np.log(1.1)])


def still(n: int) -> Distribution:
    """No change in the middle; up with probability 0.3, down with 0.2."""
    values = np.tile([-0.1, 0.0, 0.0, 0.0, 0.1], (n, 1))
    levels = np.array([0.1, 0.2, 0.5, 0.7, 0.9])
    return Pointed(Quantiles(levels, values[:, None]), np.zeros((n, 1)))


@pytest.mark.parametrize("predict", ["return", "direction", "close"])
def test_the_majority_of_a_median_of_no_change_is_the_more_frequent_direction(predict: str) -> None:
    origins = np.array([0, 1, 2])  # up, down and no change come
    forecast = still(3) if predict != "close" else closes_of(still(3), origins)
    said = next_calls(panel_of(predict), origins, forecast, is_majority=True)
    assert said.hit[:2].tolist() == [1, 0] and np.isnan(said.hit[2])
    assert said.point == pytest.approx([0, 0, 0])
    assert np.isnan(next_calls(panel_of(predict), origins, forecast).hit).all()


def test_of_three_classes_the_most_probable_is_said() -> None:
    origins = np.array([0, 1, 2, 3])  # returns of 0.095, -0.105, 0 and 0.192 come
    edges = np.array([-1.0, -0.01, 0.01, 1.0])
    probs = np.array([[0.3, 0.2, 0.5], [0.3, 0.2, 0.5], [0.3, 0.4, 0.3], [0.3, 0.4, 0.3]])[:, None]
    classes = np.tile(edges, (4, 1))
    calls = next_calls(panel_of("direction"), origins, Binned(edges, probs), classes)
    assert calls.hit.tolist() == [1, 0, 1, 0]  # no change is right where flat was said


def test_classes_may_differ_between_tickers() -> None:
    origins = np.array([0, 6])  # 10 % up both
    forecast = Normal(np.full((2, 1), 0.1), 0.01)
    classes = np.array([[-1, -0.01, 0.01, 1], [-1, -0.2, 0.2, 1.0]])
    assert next_calls(panel_of("direction"), origins, forecast, classes).hit.tolist() == [1, 1]
    wrong = Normal(np.full((2, 1), 0.3), 0.01)
    assert next_calls(panel_of("direction"), origins, wrong, classes).hit.tolist() == [1, 0]


def test_an_edge_belongs_to_the_class_above_it() -> None:
    change = np.log(CLOSES[1] / CLOSES[0])
    classes = np.array([[-1.0, -change, change, 1.0]])
    up = Normal(np.array([[0.5]]), 0.01)
    assert next_calls(panel_of("direction"), np.array([0]), up, classes).hit.tolist() == [1]


@pytest.mark.parametrize(
    ("predict", "expected"), [("return", True), ("direction", True), ("close", True), ("range", False)]
)
def test_all_but_ranges_say_where_a_price_goes(predict: str, expected: bool) -> None:
    assert has_calls(panel_of(predict)) is expected


def test_values_have_no_calls(tiny_panel: Panel) -> None:
    assert not has_calls(tiny_panel)
    with pytest.raises(ValueError, match="has no closes"):
        next_calls(tiny_panel, np.array([0]), PointMass(np.zeros((1, 1))))


def test_parts_are_joined_in_their_order() -> None:
    panel, begins, ends = panel_of(), np.array([0, 5]), np.array([3, 7])
    origins = np.array([0, 1, 6])
    forecast = Normal(np.array([[0.01], [0.02], [0.03]]), 0.05)
    whole = next_calls(panel, origins, forecast)
    halves = [next_calls(panel, origins[some], forecast.take(some)) for some in (slice(0, 2), slice(2, 3))]
    assert join(halves).crps.tolist() == whole.crps.tolist()
    came = [sessions_after(panel, origins[some], begins, ends) for some in (slice(0, 2), slice(2, 3))]
    assert join(came).scale.tolist() == [10.5, 10.5, 10]


def test_a_market_holds_every_forecaster_beside_the_model() -> None:
    panel, origins = panel_of(), np.array([0, 1, 3])
    market = Market(panel, origins, None)
    market.add("model", Normal(np.full((3, 1), 0.01), 0.05))
    market.add("random_walk", Normal(np.zeros((3, 1)), 0.05))
    market.add("majority", still(3))
    scores = market.scores(np.array([0, 5]), np.array([3, 7]))
    assert list(scores.rows) == ["model", "random_walk", "majority"]
    # the random walk misses 10 up, 11 down and 21 up
    assert scores.rows["random_walk"].mae_close == pytest.approx(14)
    assert scores.direction.accuracy == pytest.approx(2 / 3) == scores.direction.majority
    assert market.n_classes == 2
    assert replace(market, classes=np.zeros((3, 4))).n_classes == 3
