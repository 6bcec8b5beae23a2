import numpy as np
import pytest

from forecaster.distributions import Binned, Quantiles, tail_scales

LEVELS = np.arange(1, 200) / 200


def exponential() -> Quantiles:
    return Quantiles(LEVELS, -np.log1p(-LEVELS)[None])


def numeric_crps(distribution, y: float) -> float:
    below, above = np.linspace(y - 300, y, 600_001), np.linspace(y, y + 300, 600_001)
    lower = np.trapezoid(distribution.cdf(below[:, None])[:, 0] ** 2, below)
    upper = np.trapezoid(distribution.survival(above[:, None])[:, 0] ** 2, above)
    return float(lower + upper)


def test_quantiles_return_the_values_that_they_were_given():
    quantiles = Quantiles(np.array([0.1, 0.5, 0.9]), np.array([[[1.0, 2.0, 5.0]]]))
    assert quantiles.shape == (1, 1)
    assert quantiles.quantile(np.array([0.1, 0.5, 0.9])).tolist() == [[[1.0, 2.0, 5.0]]]
    assert quantiles.cdf(3.5).item() == pytest.approx(0.7)
    assert np.exp(quantiles.log_density(3.0)).item() == pytest.approx(0.4 / 3)


def test_tails_of_quantiles_are_exponentials_through_the_outermost_two():
    quantiles = Quantiles(np.array([0.1, 0.5, 0.9]), np.array([[1.0, 2.0, 5.0]]))
    scale, lower_scale = 3 / np.log(5), 1 / np.log(5)  # from 0.5 to 0.1 over 3, over 1
    assert quantiles.survival(5 + scale).item() == pytest.approx(0.1 * np.exp(-1))
    assert quantiles.cdf(1 - lower_scale).item() == pytest.approx(0.1 * np.exp(-1))
    assert quantiles.inverse_survival(1e-30).item() == pytest.approx(5 + scale * np.log(1e29))
    inside, lower, upper = 0.4 * 1.5 + 0.4 * 3.5, 0.1 * (1 - lower_scale), 0.1 * (5 + scale)
    assert quantiles.mean().item() == pytest.approx(inside + lower + upper)


def test_crossed_quantiles_are_sorted():
    quantiles = Quantiles(np.array([0.1, 0.5, 0.9]), np.array([[5.0, 1.0, 2.0]]))
    assert quantiles.quantile(np.array([0.1, 0.5, 0.9])).tolist() == [[1.0, 2.0, 5.0]]


def test_equal_quantiles_are_an_atom():
    quantiles = Quantiles(np.array([0.1, 0.4, 0.6, 0.9]), np.array([[0.0, 2.0, 2.0, 4.0]]))
    assert quantiles.cdf(2.0).item() == pytest.approx(0.6)
    assert quantiles.cdf(2.0 - 1e-9).item() == pytest.approx(0.4)
    assert quantiles.quantile(np.array([0.45, 0.5, 0.55])).tolist() == [[2.0, 2.0, 2.0]]
    assert quantiles.crps(3.0).item() == pytest.approx(numeric_crps(quantiles, 3.0), rel=1e-3)


def test_constant_quantiles_are_a_point():
    quantiles = Quantiles(np.array([0.1, 0.5, 0.9]), np.full((2, 3), 7.0))
    assert quantiles.mean() == pytest.approx([7.0, 7.0])
    assert quantiles.quantile(np.array([0.001, 0.999])).tolist() == [[7.0, 7.0]] * 2
    assert quantiles.crps(9.0) == pytest.approx([2.0, 2.0])
    assert quantiles.cdf(6.999).tolist() == [0.0, 0.0]
    assert quantiles.cdf(7.0).tolist() == [1.0, 1.0]
    assert np.isfinite(quantiles.log_density(7.0)).all()


@pytest.mark.parametrize("y", [-1.0, 0.2, 3.0, 8.0])
def test_crps_of_quantiles_is_the_integral(y):
    assert exponential().crps(y).item() == pytest.approx(numeric_crps(exponential(), y), rel=1e-4)


@pytest.mark.parametrize("y", [0.5, 1.0, 3.0])
def test_crps_of_the_exponential_is_its_closed_form(y):
    assert exponential().crps(y).item() == pytest.approx(y + 2 * np.exp(-y) - 1.5, rel=1e-3)


def test_infinite_quantiles_are_never_reached():
    quantiles = Quantiles(np.array([0.25, 0.5, 0.75]), np.array([[1.0, 2.0, np.inf]]))
    assert quantiles.quantile(np.array([0.5, 0.6, 0.9])).tolist() == [[2.0, np.inf, np.inf]]
    assert quantiles.cdf(1e9).item() == pytest.approx(0.5)


def test_quantiles_share_rows():
    values = np.array([[1.0, 2.0], [10.0, 20.0]])
    rows = np.array([[1, 0], [0, 1], [1, 1]])
    shared = Quantiles(np.array([0.25, 0.75]), values, rows)
    whole = Quantiles(np.array([0.25, 0.75]), values[rows])
    assert shared.shape == (3, 2)
    for x in (1.5, 12.0, 0.0, 30.0):
        assert shared.cdf(x) == pytest.approx(whole.cdf(x))
        assert shared.crps(x) == pytest.approx(whole.crps(x))
    assert shared.mean() == pytest.approx(whole.mean())
    assert shared.take(np.array([2])).median().tolist() == [[15.0, 15.0]]
    assert shared.ravel().median().tolist() == [15.0, 1.5, 1.5, 15.0, 15.0, 15.0]


def test_levels_outside_0_and_1_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        Quantiles(np.array([0.0, 0.5]), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="rise"):
        Quantiles(np.array([0.5, 0.5]), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="3 values for 2 levels"):
        Quantiles(np.array([0.1, 0.5]), np.zeros((1, 3)))


def test_mean_of_bins_is_a_sum_over_bins_not_an_average():
    edges = np.array([0.0, 20, 40, 60, 80, 100])
    binned = Binned(edges, np.array([[[0.2, 0.3, 0.1, 0.2, 0.2]]]))
    # Centers 10 .. 90: 2 + 9 + 5 + 14 + 18 = 48; both tails are alike and cancel.
    assert binned.mean().tolist() == [[pytest.approx(48.0)]]
    assert binned.mode().tolist() == [[30.0]]
    assert binned.probs[0, 0].tolist() == pytest.approx([0.2, 0.3, 0.1, 0.2, 0.2])
    assert binned.centers[0, 0].tolist() == [10, 30, 50, 70, 90]


def test_outer_bins_hold_a_twentieth_beyond_their_edges():
    binned = Binned(np.array([0.0, 1, 2, 3]), np.array([0.4, 0.2, 0.4]))
    assert binned.shape == ()
    assert binned.cdf(0.0).item() == pytest.approx(0.05 * 0.4)
    assert binned.survival(3.0).item() == pytest.approx(0.05 * 0.4)
    assert binned.cdf(np.array([1.0, 2.0])) == pytest.approx([0.4, 0.6])
    assert binned.cdf(-1e9).item() == 0.0
    # The density goes on: 0.95 * 0.4 / 1 on both sides of the edge.
    assert np.exp(binned.log_density(2.999)) == pytest.approx(0.38)
    assert np.exp(binned.log_density(3.0)) == pytest.approx(0.38)


def test_tails_of_bins_may_be_given():
    edges, probs = np.array([0.0, 1, 2, 30]), np.array([[0.5, 0.3, 0.2]])
    binned = Binned(edges, probs, tails=np.array([1.0, 4.0]))
    assert binned.survival(6.0).item() == pytest.approx(0.2 * np.exp(-1))
    assert binned.mean().item() == pytest.approx(0.5 * 0.0 + 0.3 * 1.5 + 0.2 * 6.0)
    assert tail_scales(np.array([0.0, 0.5, 3.0, 7.0, np.nan]), edges).tolist() == [0.75, 3.0]
    assert tail_scales(np.array([1.5]), edges).tolist() == [1.0, 28.0]


def test_two_bins_with_tails_have_one_knot():
    binned = Binned(np.array([-1.0, 0.0, 1.0]), np.array([[0.5, 0.5]]), tails=np.array([1.0, 1.0]))
    # The Laplace distribution: at its middle twice the integral of (exp(-x) / 2)^2, which is 1 / 8.
    assert binned.crps(0.0).item() == pytest.approx(0.25)
    assert binned.median().item() == 0.0
    assert binned.mean().item() == 0.0


@pytest.mark.parametrize("y", [-5.0, 10.0, 33.0, 120.0])
def test_crps_of_bins_is_the_integral(y):
    binned = Binned(np.array([0.0, 20, 40, 60, 80, 100]), np.array([[0.2, 0.3, 0.1, 0.2, 0.2]]))
    assert binned.crps(y).item() == pytest.approx(numeric_crps(binned, y), rel=1e-4)


def test_bins_without_probability_break_nothing():
    binned = Binned(np.array([0.0, 1, 2, 3]), np.array([[0.0, 1.0, 0.0]]))
    levels = np.array([0.001, 0.5, 0.999])
    assert binned.quantile(levels)[0] == pytest.approx([1.001, 1.5, 1.999])
    assert binned.crps(1.5).item() == pytest.approx(1 / 12)
    assert binned.mean().item() == pytest.approx(1.5)


def test_edges_may_differ_by_distribution():
    edges = np.array([[0.0, 1, 2], [0.0, 10, 20]])
    binned = Binned(edges, np.array([[0.5, 0.5], [0.5, 0.5]]))
    assert binned.median().tolist() == [1.0, 10.0]
    view = binned.binned_view()
    assert view is not None
    assert view[0].tolist() == edges.tolist()
    assert binned.take(np.array([1])).mode().shape == (1,)


def test_bins_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="3 edges for 3 bins"):
        Binned(np.array([0.0, 1, 2]), np.full((1, 3), 1 / 3))
    with pytest.raises(ValueError, match="edges must rise"):
        Binned(np.array([0.0, 0, 2]), np.full((1, 2), 1 / 2))


def test_cdf_and_quantile_are_inverse_in_leading_axes():
    rng = np.random.default_rng(0)
    quantiles = Quantiles(LEVELS, np.sort(rng.normal(size=(4, 3, len(LEVELS))), axis=-1))
    levels = np.array([1e-6, 0.01, 0.3, 0.5, 0.99, 1 - 1e-6])
    points = quantiles.quantile(levels)
    assert points.shape == (4, 3, 6)
    back = quantiles.cdf(np.moveaxis(points, -1, 0))
    assert back == pytest.approx(np.broadcast_to(levels[:, None, None], (6, 4, 3)), abs=1e-9)


def test_samples_follow_the_distribution():
    draws = exponential().sample(np.random.default_rng(1), 20_000)
    assert draws.shape == (20_000, 1)
    assert draws.mean() == pytest.approx(1.0, abs=0.03)


def test_large_arrays_are_scored_in_chunks(monkeypatch):
    rng = np.random.default_rng(2)
    quantiles = Quantiles(LEVELS, np.sort(rng.normal(size=(40, 2, len(LEVELS))), axis=-1))
    y = rng.normal(size=(40, 2))
    whole = quantiles.crps(y), quantiles.mean(), quantiles.mode()
    monkeypatch.setattr("forecaster.distributions.base.CHUNK", 5000)
    assert quantiles.crps(y) == pytest.approx(whole[0])
    assert quantiles.mean() == pytest.approx(whole[1])
    assert quantiles.mode() == pytest.approx(whole[2])
