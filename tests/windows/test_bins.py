import numpy as np
import pytest

from forecaster.errors import ConfigError
from forecaster.windows.bins import bin_index, fit_bins, value_resolution

GAPS = np.array([0.0, 44, 18, 0, 54])


def test_five_uniform_bins_put_0_first_and_54_third():
    edges = fit_bins(GAPS, "uniform", 5, limits=(0, 100))
    assert edges.tolist() == [0, 20, 40, 60, 80, 100]
    assert bin_index(np.array([0.0, 54]), edges).tolist() == [0, 2]


def test_bins_are_closed_on_the_left_and_open_outside():
    edges = np.array([0.0, 10, 20, 30])
    assert bin_index(np.array([-5.0, 10, 19.9, 20, 99]), edges).tolist() == [0, 1, 1, 2, 2]


def test_quantile_bins_hold_equal_counts():
    values = np.random.default_rng(0).normal(size=1000)
    counts = np.bincount(bin_index(values, fit_bins(values, "quantile", 10)))
    assert len(counts) == 10 and counts.min() >= 98 and counts.max() <= 102


def test_tied_edges_are_merged():
    values = np.array([0.0] * 90 + list(range(1, 31)))
    edges = fit_bins(values, "quantile", 10)
    assert (np.diff(edges) > 0).all() and len(edges) < 11


def test_edges_lie_between_possible_values():
    values = np.arange(100.0)
    edges = fit_bins(values, "quantile", 4, resolution=1.0)
    assert (np.mod(edges, 1.0) == 0.5).all()
    assert np.bincount(bin_index(values, edges)).tolist() == [25, 25, 25, 25]


def test_constant_has_a_bin_of_its_own():
    edges = fit_bins(np.ones(10), "quantile", 5)
    assert bin_index(np.array([1.0]), edges).tolist() == [1]


def test_log_bins_have_equal_ratios():
    edges = fit_bins(np.array([1.0, 10, 100]), "log", 2)
    assert edges.tolist() == pytest.approx([1.0, 10.0, 100.0])
    with pytest.raises(ConfigError, match="--bins log"):
        fit_bins(GAPS, "log", 3)


def test_edges_that_do_not_rise_are_refused():
    with pytest.raises(ConfigError, match="edges must rise"):
        fit_bins(GAPS, (0.0, 5.0, 5.0))


@pytest.mark.parametrize(
    ("values", "resolution"),
    [([1.0, 2, 4], 1.0), ([0.25, 0.5], 0.05), ([0.1, 0.3], 0.1), ([1.0, np.pi], None), ([2.0, 2], None)],
)
def test_value_resolution(values, resolution):
    assert value_resolution(np.array(values)) == resolution
