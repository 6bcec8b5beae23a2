from __future__ import annotations

import math

import numpy as np
import pytest
from waiting_scores import quantile_scores, self_correcting_nll, week_scores


def test_quantiles_that_hit_cost_nothing() -> None:
    assert quantile_scores(np.array([3.0]), np.full((1, 99), 3.0)) == {"crps": 0.0, "mae": 0.0}


def test_crps_is_twice_the_mean_pinball_loss() -> None:
    # y lies 2 above quantiles of 1: pinball 2 * level, mean level 0.5; 2 below those of 5: 2 * (1 - level)
    scores = quantile_scores(np.array([3.0, 3.0]), np.repeat([[1.0], [5.0]], 99, axis=1))
    assert scores == pytest.approx({"crps": 2.0, "mae": 2.0})


def test_quantiles_that_cross_are_refused() -> None:
    falling = np.linspace(1, 0, 99)[None]
    with pytest.raises(ValueError, match="cross"):
        quantile_scores(np.array([1.0]), falling)
    with pytest.raises(ValueError, match="finite"):
        quantile_scores(np.array([1.0]), np.full((1, 99), np.inf))


def test_scores_over_weeks_by_hand() -> None:
    # one customer back in week 3, the other not at all; half of both expected at once
    within = np.full((2, 39), 0.5)
    scores = week_scores(within, np.array([2.5, np.inf]))
    # week 3 lies in the bin from 2 to 4 without any mass (1e-9), none at all in the last one of 0.5
    assert scores["log_score"] == pytest.approx((-math.log(1e-9) - math.log(0.5)) / 2)
    assert scores["crps"] == pytest.approx(39 * 0.25)
    assert scores["brier"] == pytest.approx(0.25)
    assert (scores["expected"], scores["observed"]) == (1.0, 1.0)


def test_a_whole_week_is_in_the_bin_that_it_ends() -> None:
    within = np.repeat(np.where(np.arange(1, 40) >= 2, 1.0, 0.0)[None], 2, axis=0)  # all mass in week 2
    scores = week_scores(within, np.array([2.0, 39.0]))
    assert scores["log_score"] == pytest.approx(-math.log(1e-9) / 2)
    # the second came 37 weeks after it was certain to
    assert scores["crps"] == pytest.approx(37 / 2)
    assert scores["brier"] == 0.0


def test_a_falling_row_is_refused() -> None:
    with pytest.raises(ValueError, match="distribution function"):
        week_scores(np.linspace(1, 0, 39)[None], np.array([1.0]))


def test_likelihood_of_the_self_correcting_process_by_hand() -> None:
    # after the event at 1 the intensity is exp(t - 1): over the gap to 2 it sums to e - 1, and ends at e
    assert self_correcting_nll(np.array([1.0, 2.0])) == pytest.approx(math.e - 1 - 1)
