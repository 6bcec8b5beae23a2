import numpy as np
import pytest
from scipy import stats

from forecaster.distributions import Empirical, Normal, Pointed, PointMass, median_of
from forecaster.distributions.base import Distribution


def test_normal_has_its_known_numbers():
    normal = Normal(np.zeros((2, 3)), 1.0)
    assert normal.shape == (2, 3)
    assert normal.crps(0.0)[0, 0] == pytest.approx(0.2336949772)
    assert normal.interval(95)[1][0, 0] == pytest.approx(1.959963985)
    assert normal.log_density(0.0)[1, 2] == pytest.approx(-0.9189385332)
    assert normal.survival(30.0)[0, 0] == pytest.approx(stats.norm.sf(30.0))
    assert normal.inverse_survival(1e-100)[0, 0] == pytest.approx(21.27345350)


def test_generic_methods_agree_with_closed_forms():
    normal = Normal(np.array([0.0, 3.0]), np.array([1.0, 2.0]))
    y = np.array([0.4, 9.0])
    assert Distribution.crps(normal, y) == pytest.approx(normal.crps(y), rel=1e-3)
    assert Distribution.mean(normal) == pytest.approx([0.0, 3.0], abs=1e-9)
    assert Distribution.mode(normal) == pytest.approx([0.0, 3.0], abs=0.05)
    assert Distribution.log_density(normal, y) == pytest.approx(normal.log_density(y), abs=1e-4)
    assert normal.mass(-1.0, 1.0)[0] == pytest.approx(0.6826894921)
    assert normal.mass(30.0, 31.0)[0] == pytest.approx(stats.norm.sf(30.0), rel=1e-6)


def test_scale_and_level_are_checked():
    with pytest.raises(ValueError, match="scale 0 must be above 0"):
        Normal(0.0, 0.0)
    with pytest.raises(ValueError, match="level 100"):
        Normal(0.0, 1.0).interval(100)


def test_point_mass_scores_the_absolute_error():
    point = PointMass(np.array([[2.0, np.inf]]))
    assert point.crps(5.0).tolist() == [[3.0, np.inf]]
    assert point.cdf(2.0).tolist() == [[1.0, 0.0]]
    assert point.quantile(np.array([0.1, 0.9])).tolist() == [[[2.0, 2.0], [np.inf, np.inf]]]
    assert median_of([np.array([1.0]), np.array([2.0]), np.array([9.0])]).tolist() == [2.0]


def test_empirical_distribution_by_hand():
    empirical = Empirical(np.array([[10.0, 1.0, 3.0, 2.0]]))
    assert empirical.cdf(2.0).tolist() == [0.5]
    assert empirical.quantile(np.array([0.25, 0.5, 0.51, 0.99])).tolist() == [[1.0, 2.0, 3.0, 10.0]]
    assert empirical.mean().tolist() == [4.0]
    # (1/4)^2 over [1, 2], (1/2)^2 over [2, 3], (1/4)^2 over [3, 10].
    assert empirical.crps(2.0).item() == pytest.approx(0.0625 + 0.25 + 0.4375)
    assert empirical.crps(12.0).item() == pytest.approx(0.0625 + 0.25 + 7 * 0.5625 + 2.0)
    assert np.isfinite(empirical.log_density(np.array([2.0]))).all()


def test_weighted_samples_count_by_weight():
    weighted = Empirical(np.array([[1.0, 2.0, 5.0]]), np.array([1.0, 2.0, 1.0]))
    doubled = Empirical(np.array([[1.0, 2.0, 2.0, 5.0]]))
    for x in (0.0, 1.0, 2.0, 3.0, 6.0):
        assert weighted.cdf(x) == pytest.approx(doubled.cdf(x))
        assert weighted.crps(x) == pytest.approx(doubled.crps(x))
    assert weighted.mean() == pytest.approx(doubled.mean())


def test_samples_are_shared_by_rows():
    samples = Empirical(np.array([[0.0, 1.0], [5.0, 7.0]]), rows=np.array([[1, 0], [1, 1]]))
    assert samples.mean().tolist() == [[6.0, 0.5], [6.0, 6.0]]
    assert samples.take(np.array([False, True])).crps(6.0).tolist() == [[0.5, 0.5]]
    with pytest.raises(ValueError, match="empty"):
        Empirical(np.zeros((3, 0)))


def test_density_of_samples_is_near_the_true_one():
    empirical = Empirical(np.random.default_rng(0).normal(size=(1, 4000)))
    assert np.exp(empirical.log_density(0.0)).item() == pytest.approx(0.3989, rel=0.2)


def test_given_point_stands_for_the_forecast():
    pointed = Pointed(Normal(np.zeros((2, 1)), 1.0), np.array([[1.0], [2.0]]))
    assert pointed.point().tolist() == [[1.0], [2.0]]
    assert pointed.point(squared=True).tolist() == [[1.0], [2.0]]
    assert pointed.median().tolist() == [[0.0], [0.0]]
    assert pointed.take(np.array([1])).point().tolist() == [[2.0]]
    assert pointed.crps(0.0)[0, 0] == pytest.approx(0.2336949772)
    with pytest.raises(ValueError, match="shape"):
        Pointed(Normal(np.zeros((2, 1)), 1.0), np.zeros(2))
