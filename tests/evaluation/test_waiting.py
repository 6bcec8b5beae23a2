from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.distributions import Binned, Empirical, Normal, Pointed
from forecaster.evaluation.metrics import ScoringContext, score
from forecaster.evaluation.waiting import Waiting, open_error, pit_counts, restricted_mean

# One window whose gap of 4 was seen within 8 units; one open after 5, of which 2 had been waited before.
Y = np.array([[4.0], [5.0]])
WAITING = Waiting(
    censored=np.array([[False], [True]]),
    elapsed=np.array([[-np.inf], [2.0]]),
    until=np.array([[8.0], [5.0]]),
    begin=np.array([[0.0], [2.0]]),
    limit=20.0,
    reach=20.0,
    within=(("3", 3.0), ("6", 6.0)),
)
EVERY = np.ones(Y.shape, dtype=bool)


def uniform(n: int = 2) -> Binned:
    """Gaps between 0 and 10, all alike."""
    return Binned(np.array([-10.0, 0, 10, 20]), np.broadcast_to([0.0, 1.0, 0.0], (n, 1, 3)).copy())


def found(waiting: Waiting = WAITING, y: np.ndarray = Y) -> dict[str, float]:
    """Scores of the uniform forecast, in two bins."""
    edges = np.array([0.0, 5.0, 10.0])
    context = ScoringContext(bin_edges=edges, waiting=waiting, is_classified=False)
    return score(uniform(len(y)), y, np.isfinite(y), context).overall


def test_open_intervals_are_scored_by_survival_given_what_was_waited() -> None:
    # the density of the closed one is 0.1; of the open one 3 of the 8 units left have passed
    assert found()["nll"] == pytest.approx(np.log(10))
    assert found()["nll_open"] == pytest.approx(-np.log(5 / 8))
    assert found()["nll_all"] == pytest.approx((np.log(10) - np.log(5 / 8)) / 2)
    assert found()["log_score"] == pytest.approx((np.log(2) - np.log(5 / 8)) / 2)
    assert "accuracy" not in found()


def test_closed_interval_that_had_begun_before_is_conditioned_too() -> None:
    waited = replace(WAITING, elapsed=np.array([[2.0], [2.0]]))
    assert found(waited)["nll"] == pytest.approx(-np.log(1 / 8))


def test_score_over_the_time_observed_is_the_integral_up_to_its_end() -> None:
    # (t / 10)^2 from 0 to 4 and (1 - t / 10)^2 from 4 to 8; ((t - 2) / 8)^2 from 2 to 5
    closed, still = (64 + 216 - 8) / 300, 27 / 192
    assert found()["censored_crps"] == pytest.approx((closed + still) / 2, rel=1e-6)
    unlimited = replace(WAITING, until=np.full((2, 1), np.inf), censored=np.zeros((2, 1), dtype=bool))
    assert "censored_crps" not in found(unlimited)


def test_brier_score_takes_windows_that_were_observed_long_enough() -> None:
    # within 3: 0.3 of the first, which did not come; 3 / 8 of the second, observed just until then
    assert found()["brier_within_3"] == pytest.approx((0.09 + (3 / 8) ** 2) / 2)
    # within 6 of when it was asked: the second was observed for 3 units only
    assert found()["brier_within_6"] == pytest.approx(0.16)


def test_points_and_widths_end_at_the_longest_time_seen() -> None:
    short = found(replace(WAITING, limit=4.5))
    assert short["mae"] == pytest.approx(0.5)
    assert short["rmse"] == pytest.approx(4 - (4.5 - 4.5**2 / 20), abs=1e-3)
    assert short["width_80"] == pytest.approx(3.5)
    assert short["coverage_80"] == 1.0


def test_part_without_a_closed_interval_has_scores_of_open_ones() -> None:
    both = replace(WAITING, censored=np.ones((2, 1), dtype=bool), elapsed=np.full((2, 1), -np.inf))
    scores = found(both)
    assert np.isnan(scores["mae"]) and np.isnan(scores["crps"])
    assert scores["nll_open"] == scores["nll_all"] == pytest.approx((-np.log(0.6) - np.log(0.5)) / 2)
    unknown = found(both, np.array([[np.nan], [5.0]]))
    assert unknown["nll_open"] == pytest.approx(-np.log(0.5))
    assert unknown["brier_within_3"] == pytest.approx(0.25)


def test_counts_of_closed_and_open_intervals() -> None:
    scores = score(uniform(), Y, EVERY, ScoringContext(waiting=WAITING))
    assert (scores.n_values, scores.n_open) == (1, 1)
    assert scores.by_step["nll_open"].shape == (1,)


def test_given_points_stay_where_nothing_was_waited() -> None:
    pointed = Pointed(uniform(), np.array([[3.0], [3.0]]))
    assert score(pointed, Y, EVERY, ScoringContext(waiting=WAITING)).overall["mae"] == 1.0
    assert restricted_mean(pointed, 2.0).tolist() == [[2.0], [2.0]]


def test_impossible_open_interval_costs_a_finite_amount() -> None:
    assert open_error(uniform(1), np.array([[30.0]])).item() < 12 * np.log(10) + 1e-9
    assert open_error(Empirical(np.array([[[1.0]]])), np.array([[2.0]])).item() == pytest.approx(
        12 * np.log(10)
    )


def test_mean_is_restricted_where_a_share_never_comes() -> None:
    half_never = Empirical(np.array([[[2.0, np.inf]]]))
    assert np.isinf(half_never.mean()).all()
    assert restricted_mean(half_never, 10.0).item() == pytest.approx(6.0, abs=0.1)
    assert restricted_mean(uniform(1), 5.0).item() == pytest.approx(3.75, abs=1e-3)


def test_crps_is_finite_where_a_share_never_comes() -> None:
    forecast = Empirical(np.array([[[2.0, np.inf]], [[2.0, 4.0]]]))
    y = np.array([[2.0], [2.0]])
    closed = replace(WAITING, censored=np.zeros((2, 1), bool), elapsed=np.full((2, 1), -np.inf), reach=10.0)
    # a half from 2 up to 10, squared; the second is the usual score
    scores = score(forecast, y, EVERY, ScoringContext(waiting=closed))
    assert scores.overall["crps"] == pytest.approx((2.0 + 0.5) / 2, rel=0.02)


def test_values_in_the_histogram_of_pit() -> None:
    point = pit_counts(uniform(1), np.array([[4.5]]), None, None)
    assert point.tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    cell = pit_counts(uniform(1), np.array([[4.0]]), None, 2.0)  # between 0.3 and 0.5
    assert cell == pytest.approx([0, 0, 0, 0.5, 0.5, 0, 0, 0, 0, 0])
    still = pit_counts(uniform(1), np.array([[7.5]]), np.array([[True]]), None)  # between 0.75 and 1
    assert still == pytest.approx([0, 0, 0, 0, 0, 0, 0, 0.2, 0.4, 0.4])
    outside = pit_counts(uniform(2), np.array([[-50.0], [50.0]]), None, None)
    assert outside.tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert pit_counts(uniform(1), np.array([[np.nan]]), None, None).sum() == 0


def test_calibrated_forecast_has_a_flat_histogram() -> None:
    rng = np.random.default_rng(0)
    y = np.round(rng.normal(50, 3, size=(8000, 1)))
    forecast = Normal(np.full(y.shape, 50.0), 3.0)
    scores = score(forecast, y, np.ones(y.shape, bool), ScoringContext(resolution=1.0))
    assert scores.pit == pytest.approx(np.full(10, 0.1), abs=0.01)
    is_open = y > 52
    known = np.where(is_open, 52.5, y)
    cut = Waiting(
        is_open, np.full(y.shape, -np.inf), np.full(y.shape, 52.5), np.zeros(y.shape), limit=60.0, reach=60.0
    )
    scores = score(forecast, known, np.ones(y.shape, bool), ScoringContext(resolution=1.0, waiting=cut))
    assert scores.pit == pytest.approx(np.full(10, 0.1), abs=0.01)
