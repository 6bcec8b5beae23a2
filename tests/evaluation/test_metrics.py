import numpy as np
import pytest

from forecaster.data.differences import seasonal_scale
from forecaster.distributions import Binned, Clipped, Normal, Pointed, PointMass, Quantiles
from forecaster.evaluation.metrics import ScoringContext, score
from forecaster.evaluation.value_errors import (
    absolute_error,
    bin_errors,
    covered,
    negative_log_likelihood,
    quantile_error,
    scaled_error,
    squared_error,
    symmetric_error,
)


def everything(y: np.ndarray) -> np.ndarray:
    return np.ones(y.shape, dtype=bool)


def test_errors_of_each_value_by_hand():
    y, forecast = np.array([[10.0, 0.0]]), np.array([[8.0, 0.0]])
    assert absolute_error(y, forecast).tolist() == [[2.0, 0.0]]
    assert squared_error(y, forecast).tolist() == [[4.0, 0.0]]
    assert symmetric_error(y, forecast) == pytest.approx(np.array([[4 / 18, 0.0]]))
    assert quantile_error(y, forecast, 0.9) == pytest.approx(np.array([[1.8, 0.0]]))
    assert quantile_error(forecast, y, 0.9) == pytest.approx(np.array([[0.2, 0.0]]))
    assert scaled_error(y, forecast, np.array([4.0])).tolist() == [[0.5, 0.0]]
    assert np.isnan(scaled_error(y, forecast, np.array([0.0]))).all()
    assert covered(np.array([1.0, 2.0, np.nan]), np.zeros(3), np.ones(3)).tolist()[:2] == [1.0, 0.0]


def test_scale_is_the_mean_seasonal_difference_of_each_series():
    # Series 0: 1 4 2 8, series 1: 5 5 5, series 2: one row, series 3: nothing observed between.
    y = np.array([1.0, 4, 2, 8, 5, 5, 5, 9, 1, np.nan, 3])
    begins, ends = np.array([0, 4, 7, 8]), np.array([4, 7, 8, 11])
    found = seasonal_scale(y, begins, ends)
    assert found[0] == pytest.approx((3 + 2 + 6) / 3)
    assert np.isnan(found[1:]).all()
    seasonal = seasonal_scale(y, begins, ends, 2)
    assert seasonal[0] == pytest.approx((1 + 4) / 2)
    assert seasonal[3] == pytest.approx(2.0)
    assert np.isnan(seasonal_scale(np.array([1.0]), np.array([0]), np.array([1]), 7)).all()


def test_scale_reads_training_rows_only():
    y = np.array([1.0, 2.0, 3.0, 100.0, 7.0, 9.0])
    before = seasonal_scale(y, np.array([0, 4]), np.array([3, 6]))
    y[3] = -1e6
    assert seasonal_scale(y, np.array([0, 4]), np.array([3, 6])).tolist() == before.tolist() == [1.0, 2.0]


def test_scores_of_points_by_hand():
    y = np.array([[1.0, 4.0], [3.0, np.nan]])
    mask = np.array([[True, True], [True, True]])
    scores = score(
        PointMass(np.array([[2.0, 2.0], [3.0, 0.0]])), y, mask, ScoringContext(np.array([2.0, np.nan]))
    )
    assert scores.n_values == 3
    assert scores.overall["mae"] == pytest.approx(1.0)
    assert scores.overall["crps"] == pytest.approx(1.0)
    assert scores.overall["rmse"] == pytest.approx(np.sqrt(5 / 3))
    assert scores.overall["mase"] == pytest.approx(0.75)
    assert scores.overall["smape"] == pytest.approx((2 / 3 + 4 / 6 + 0) / 3)
    assert scores.overall["coverage_80"] == pytest.approx(1 / 3)
    assert scores.overall["width_95"] == 0.0
    assert scores.by_step["mae"].tolist() == [0.5, 2.0]
    assert scores.by_step["rmse"].tolist() == pytest.approx([np.sqrt(0.5), 2.0])


def test_masked_targets_do_not_count():
    y = np.array([[1.0, 1e9]])
    scores = score(PointMass(np.zeros((1, 2))), y, np.array([[True, False]]), ScoringContext())
    assert scores.overall["mae"] == 1.0
    assert "mase" not in scores.overall
    assert np.isnan(scores.by_step["mae"][1])


def test_scores_of_nothing_are_nan():
    scores = score(PointMass(np.zeros((0, 2))), np.zeros((0, 2)), np.zeros((0, 2), bool), ScoringContext())
    assert np.isnan(scores.overall["mae"])
    assert scores.by_step["crps"].shape == (2,)
    assert scores.n_values == 0


def test_normal_forecasts_of_normal_values_are_calibrated(monkeypatch):
    y = np.random.default_rng(0).normal(size=(4000, 2))
    context = ScoringContext(levels=(50, 80))
    scores = score(Normal(np.zeros(y.shape), 1.0), y, everything(y), context)
    assert scores.overall["coverage_80"] == pytest.approx(0.8, abs=0.02)
    assert scores.overall["coverage_50"] == pytest.approx(0.5, abs=0.02)
    assert scores.overall["width_80"] == pytest.approx(2.5631031)
    assert scores.overall["crps"] == pytest.approx(1 / np.sqrt(np.pi), rel=0.03)
    assert scores.overall["nll"] == pytest.approx(1.4189, abs=0.03)
    monkeypatch.setattr("forecaster.evaluation.metrics.CHUNK", 100)
    again = score(Normal(np.zeros(y.shape), 1.0), y, everything(y), context)
    assert again.overall == pytest.approx(scores.overall)


def test_median_counts_for_mae_and_mean_for_rmse():
    skewed = Quantiles(np.array([0.25, 0.5, 0.75]), np.array([[[0.0, 1.0, 11.0]]]))
    y = np.array([[1.0]])
    scores = score(skewed, y, everything(y), ScoringContext())
    assert scores.overall["mae"] == 0.0
    assert scores.overall["rmse"] == pytest.approx(skewed.mean().item() - 1.0)
    given = score(Pointed(skewed, np.array([[4.0]])), y, everything(y), ScoringContext())
    assert (given.overall["mae"], given.overall["rmse"]) == (3.0, 3.0)
    assert given.overall["crps"] == scores.overall["crps"]


def test_quantiles_are_weighed_by_the_size_of_what_came():
    # The point 2 is every quantile. Of y = 1 and 5 the pinball losses at 0.1 are 0.9 * 1 and 0.1 * 3, at 0.5
    # 0.5 and 1.5: twice 1.2 and twice 2.0, over 1 + 5.
    y = np.array([[1.0], [5.0], [np.nan]])
    context = ScoringContext(quantile_levels=(0.1, 0.5))
    scores = score(PointMass(np.full((3, 1), 2.0)), y, everything(y), context)
    assert scores.overall["weighted_quantile_loss"] == pytest.approx((2.4 / 6 + 4.0 / 6) / 2)
    assert "weighted_quantile_loss" not in score(
        PointMass(y), y, everything(y), ScoringContext()
    ).overall  # fmt: skip


def test_quantiles_of_zeros_have_no_size_to_be_weighed_by():
    y = np.zeros((2, 1))
    context = ScoringContext(quantile_levels=(0.5,))
    assert np.isnan(score(PointMass(y), y, everything(y), context).overall["weighted_quantile_loss"])


def test_levels_of_intervals_and_quantiles_may_be_the_same():
    y = np.array([[0.0, 3.0]])
    both = ScoringContext(levels=(80,), quantile_levels=(0.1, 0.9))
    scores = score(Normal(np.zeros((1, 2)), 1.0), y, everything(y), both)
    assert scores.overall["coverage_80"] == 0.5
    assert scores.overall["width_80"] == pytest.approx(2 * 1.2815515655)
    # at both levels 0.1 * 1.28155 where y = 0; where y = 3, 0.1 * 4.28155 and 0.9 * 1.71845
    losses = (0.1 * 1.2815515655 + 0.1 * 4.2815515655, 0.1 * 1.2815515655 + 0.9 * 1.7184484345)
    assert scores.overall["weighted_quantile_loss"] == pytest.approx(2 * sum(losses) / 2 / 3)


def test_bins_are_scored_by_hand():
    below = np.array([[0.2, 0.7]])  # probs 0.2, 0.5, 0.3
    errors = bin_errors(below, np.array([1]))
    assert errors["accuracy"].tolist() == [1.0]
    assert errors["log_score"] == pytest.approx([np.log(2)])
    assert errors["ranked_probability_score"] == pytest.approx([(0.2**2 + 0.3**2) / 2])
    wrong = bin_errors(np.array([[0.0, 1.0]]), np.array([2]))
    assert wrong["accuracy"].tolist() == [0.0]
    assert wrong["log_score"] == pytest.approx([12 * np.log(10)])
    assert wrong["ranked_probability_score"] == pytest.approx([0.5])


def test_score_of_bins_comes_from_the_distribution():
    edges = np.array([0.0, 1, 2, 3])
    binned = Binned(edges, np.array([[[0.2, 0.5, 0.3]]]))
    y = np.array([[9.0]])
    scores = score(binned, y, everything(y), ScoringContext(bin_edges=edges))
    assert scores.overall["log_score"] == pytest.approx(-np.log(0.3))
    assert scores.overall["accuracy"] == 0.0
    # Any distribution has probabilities of bins: a normal about 1.5 holds 0.3829 in the middle one.
    normal = score(
        Normal(np.array([[1.5]]), 1.0), np.array([[1.2]]), everything(y), ScoringContext(bin_edges=edges)
    )
    assert normal.overall["log_score"] == pytest.approx(-np.log(0.3829249))
    assert normal.overall["accuracy"] == 1.0


def test_value_on_an_edge_is_in_the_bin_above():
    edges = np.array([0.0, 1, 2, 3])
    y = np.array([[1.0]])
    scores = score(
        Binned(edges, np.array([[[0.1, 0.8, 0.1]]])), y, everything(y), ScoringContext(bin_edges=edges)
    )
    assert scores.overall["log_score"] == pytest.approx(-np.log(0.8))


def test_likelihood_of_a_cell_counts_its_width():
    uniform = Binned(np.array([0.0, 10, 20]), np.array([[[0.5, 0.5]]]), tails=None)
    # Density 0.0475 throughout [0, 10): a cell of width 2 about 5 holds 0.095.
    assert negative_log_likelihood(uniform, np.array([[5.0]]), 2.0).item() == pytest.approx(-np.log(0.0475))
    assert negative_log_likelihood(uniform, np.array([[5.0]]), None).item() == pytest.approx(-np.log(0.0475))


def test_zero_gaps_take_all_that_lies_below():
    clipped = Clipped(Normal(np.array([[0.0]]), 1.0))
    found = negative_log_likelihood(clipped, np.array([[0.0]]), 1.0, 0.0)
    assert found.item() == pytest.approx(-np.log(0.6914625 / 0.5))
    other = negative_log_likelihood(clipped, np.array([[2.0]]), 1.0, 0.0)
    assert other.item() == pytest.approx(-np.log(0.0668072 - 0.0062097), rel=1e-5)


def test_impossible_values_cost_a_finite_amount():
    point = PointMass(np.array([[1.0]]))
    assert negative_log_likelihood(point, np.array([[5.0]]), 1.0).item() == pytest.approx(12 * np.log(10))
    assert negative_log_likelihood(point, np.array([[5.0]]), None).item() == pytest.approx(12 * np.log(10))
    assert negative_log_likelihood(point, np.array([[1.0]]), None).item() == pytest.approx(-12 * np.log(10))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="differ"):
        score(PointMass(np.zeros((1, 2))), np.zeros((1, 3)), np.ones((1, 3), bool), ScoringContext())
