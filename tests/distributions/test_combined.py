import numpy as np
import pytest
from scipy import stats

from forecaster.distributions import (
    AffineStep,
    Binned,
    Clipped,
    Conditioned,
    Empirical,
    LogStep,
    Mixture,
    Normal,
    Pointed,
    PointMass,
    Quantiles,
    Stacked,
    Transformed,
    concatenate,
    mixture_of,
)

LEVELS = np.array([0.001, 0.1, 0.5, 0.9, 0.999])
EDGES = np.array([0.0, 1, 2, 3])


def test_affine_steps_scale_and_shift_exactly():
    base = Normal(np.zeros((3, 2)), 1.0)
    shift = np.array([[1.0], [2.0], [3.0]])
    moved = Transformed(base, [AffineStep(shift, 2.0), AffineStep(0.0, np.array([[1.0, 5.0]]))])
    expected = Normal(np.broadcast_to(shift, (3, 2)), np.array([[2.0, 10.0]]))
    assert moved.quantile(LEVELS) == pytest.approx(expected.quantile(LEVELS))
    assert moved.crps(4.0) == pytest.approx(expected.crps(4.0))
    assert moved.log_density(4.0) == pytest.approx(expected.log_density(4.0))
    assert moved.mean() == pytest.approx(expected.mean())
    assert moved.take(np.array([2, 0])).mean()[:, 0].tolist() == [3.0, 1.0]
    assert moved.ravel().mean().tolist() == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]


def test_logarithm_makes_a_log_normal():
    log_normal = Transformed(Normal(np.zeros((2, 1)), 1.0), [LogStep(0.01)])
    assert log_normal.mean() == pytest.approx(np.full((2, 1), np.exp(0.5)), rel=1e-3)
    assert log_normal.cdf(2.0)[0, 0] == pytest.approx(stats.lognorm.cdf(2.0, 1.0))
    assert log_normal.log_density(2.0)[0, 0] == pytest.approx(stats.lognorm.logpdf(2.0, 1.0))
    # Baran and Lerch 2015: the closed form of the log-normal.
    y, z = 1.5, np.log(1.5)
    by_hand = y * (2 * stats.norm.cdf(z) - 1)
    by_hand -= 2 * np.exp(0.5) * (stats.norm.cdf(z - 1) + stats.norm.cdf(1 / np.sqrt(2)) - 1)
    assert log_normal.crps(y)[0, 0] == pytest.approx(by_hand, rel=1e-3)
    assert log_normal.cdf(0.0)[0, 0] == 0.0
    assert np.isfinite(log_normal.log_density(0.0)).all()


def test_level_then_log_is_undone_in_reverse():
    forecast = Transformed(
        PointMass(np.array([[0.0]])), [AffineStep(np.zeros((1, 1)), np.array([[50.0]])), LogStep(0.02)]
    )
    assert forecast.median().item() == pytest.approx(50.0)


def test_bins_stay_reachable_in_the_unit_of_the_data():
    binned = Binned(EDGES, np.array([[[0.2, 0.5, 0.3]], [[0.1, 0.1, 0.8]]]))
    moved = Transformed(binned, [AffineStep(np.array([[10.0], [20.0]]), 2.0)])
    view = moved.binned_view()
    assert view is not None
    assert view[0][:, 0].tolist() == [[10, 12, 14, 16], [20, 22, 24, 26]]
    assert view[1][1, 0] == pytest.approx([0.1, 0.1, 0.8])
    assert Transformed(Normal(0.0, 1.0), [AffineStep(0.0)]).binned_view() is None


def test_steps_refuse_what_cannot_be_undone():
    with pytest.raises(ValueError, match="scale -1"):
        AffineStep(0.0, -1.0)
    with pytest.raises(ValueError, match="floor 0"):
        LogStep(0.0)


def test_clipped_values_lie_on_the_limit():
    clipped = Clipped(Normal(np.zeros(2), 1.0))
    assert clipped.cdf(np.array([-0.1, 0.0])).tolist() == [0.0, 0.5]
    assert clipped.quantile(np.array([0.2, 0.5])).tolist() == [[0.0, 0.0]] * 2
    assert clipped.mean() == pytest.approx([1 / np.sqrt(2 * np.pi)] * 2, rel=1e-3)
    assert clipped.mode().tolist() == [0.0, 0.0]
    assert clipped.log_density(-1.0).tolist() == [-np.inf, -np.inf]
    assert (clipped.sample(np.random.default_rng(0), 100) >= 0).all()


def test_exponential_forgets_the_time_that_has_passed():
    levels = np.arange(1, 1000) / 1000
    exponential = Quantiles(levels, np.tile(-np.log1p(-levels), (3, 1)))
    left = Conditioned(exponential, np.array([0.0, 2.0, 400.0]))
    assert left.median() - left.elapsed == pytest.approx([np.log(2)] * 3, rel=0.01)
    assert left.survival(left.elapsed).tolist() == [1.0, 1.0, 1.0]
    assert (left.cdf(left.elapsed - 1e-6) == 0.0).all()
    assert left.take(np.array([1])).median() > 2.0


def test_conditioning_is_exact_far_into_the_tail():
    left = Conditioned(Normal(np.zeros(3), 1.0), np.array([10.0, 30.0, 60.0]))
    median = left.median()
    assert median[0] == pytest.approx(stats.norm.isf(stats.norm.sf(10.0) / 2))
    assert 30.0 < median[1] < 30.1
    assert median[2] == 60.0  # nothing is left of the survival: due now
    assert np.isfinite(left.quantile(LEVELS)).all()
    assert (left.quantile(LEVELS) >= left.elapsed[:, None]).all()


def test_waiting_beyond_every_sample_is_due_now():
    left = Conditioned(Empirical(np.array([[1.0, 2.0, 3.0]])), 5.0)
    assert left.quantile(np.array([0.1, 0.9])).tolist() == [[5.0, 5.0]]
    assert left.cdf(5.0).tolist() == [1.0]
    assert left.survival(5.0).tolist() == [0.0]


def test_mixture_quantiles_invert_its_cdf():
    mixture = Mixture(
        [Normal(np.zeros((4, 2)), 1.0), Normal(np.full((4, 2), 10.0), 2.0)], np.array([0.3, 0.7])
    )
    back = mixture.cdf(np.moveaxis(mixture.quantile(LEVELS), -1, 0))
    assert back[:, 2, 1] == pytest.approx(LEVELS, abs=1e-8)
    assert mixture.mean() == pytest.approx(np.full((4, 2), 7.0))
    assert mixture.log_density(0.0)[0, 0] == pytest.approx(
        np.log(0.3 * stats.norm.pdf(0) + 0.7 * stats.norm.pdf(0, 10, 2))
    )
    draws = mixture.sample(np.random.default_rng(0), 4000)
    assert draws.mean() == pytest.approx(7.0, abs=0.1)


def test_crps_of_a_mixture_is_the_integral():
    mixture = Mixture([Normal(np.zeros(1), 1.0), Normal(np.full(1, 1.5), 2.0)])
    x = np.linspace(-30, 30, 60_001)
    square = (mixture.cdf(x[:, None])[:, 0] - (x >= 0.7)) ** 2
    assert mixture.crps(0.7).item() == pytest.approx(np.trapezoid(square, x), rel=2e-3)


def test_mixture_of_a_distribution_with_itself_changes_nothing():
    one = Quantiles(LEVELS, np.array([[0.0, 1.0, 2.0, 4.0, 9.0]]))
    twice = Mixture([one, one])
    assert twice.crps(3.0) == pytest.approx(one.crps(3.0), rel=1e-3)
    assert twice.mean() == pytest.approx(one.mean())
    assert twice.quantile(LEVELS) == pytest.approx(one.quantile(LEVELS))


def test_jumps_of_a_mixture_are_found():
    mixture = Mixture([PointMass(np.array([1.0])), PointMass(np.array([5.0]))])
    assert mixture.quantile(np.array([0.2, 0.5, 0.8]))[0] == pytest.approx([1.0, 1.0, 5.0])


def test_never_is_never_reached():
    never = Mixture([Normal(np.zeros((4, 2)), 1.0), PointMass(np.full((4, 2), np.inf))], np.array([0.6, 0.4]))
    found = never.quantile(np.array([0.3, 0.59, 0.61]))[0, 0]
    assert found[0] == pytest.approx(0.0, abs=1e-8)
    assert np.isfinite(found[1])
    assert found[2] == np.inf
    left = Conditioned(never, 1.0).quantile(np.array([0.1, 0.9]))[0, 0]
    assert 1.0 < left[0] < np.inf
    assert left[1] == np.inf
    dates = Transformed(never, [AffineStep(100.0, 2.0)])
    assert dates.quantile(np.array([0.3, 0.9]))[0, 0] == pytest.approx([100.0, np.inf])
    assert (never.mean() == np.inf).all()
    assert (never.crps(0.0) == np.inf).all()


def test_weights_may_differ_by_distribution():
    weights = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    mixture = Mixture([PointMass(np.zeros(3)), PointMass(np.full(3, 4.0))], weights)
    assert mixture.mean().tolist() == [0.0, 4.0, 2.0]
    assert mixture.quantile_at(0.5)[:2] == pytest.approx([0.0, 4.0])
    assert mixture.take(np.array([1, 2])).mean().tolist() == [4.0, 2.0]


def test_ensemble_of_the_same_bins_stays_binned():
    members = [Binned(EDGES, np.array([[0.2, 0.5, 0.3]])), Binned(EDGES, np.array([[0.4, 0.1, 0.5]]))]
    mean = mixture_of(members)
    assert isinstance(mean, Binned)
    assert mean.probs[0] == pytest.approx([0.3, 0.3, 0.4])
    assert mixture_of(members[:1]) is members[0]
    other = Binned(EDGES + 1, np.array([[0.4, 0.1, 0.5]]))
    assert isinstance(mixture_of([members[0], other]), Mixture)
    assert Mixture(members).binned_view()[1][0] == pytest.approx([0.3, 0.3, 0.4])
    assert Mixture([members[0], other]).binned_view() is None


def test_components_must_fit():
    with pytest.raises(ValueError, match="shapes"):
        Mixture([Normal(np.zeros(2), 1.0), Normal(np.zeros(3), 1.0)])
    with pytest.raises(ValueError, match="3 weights for 1"):
        Mixture([Normal(np.zeros(2), 1.0)], np.ones(3))


def test_batches_are_stacked_in_order():
    first, second = Normal(np.zeros((2, 2)), 1.0), PointMass(np.full((1, 2), 7.0))
    stacked = concatenate([first, second])
    assert isinstance(stacked, Stacked)
    assert stacked.shape == (3, 2)
    assert stacked.median().tolist() == [[0.0, 0.0], [0.0, 0.0], [7.0, 7.0]]
    assert stacked.take(np.array([2, 0])).mean()[:, 0].tolist() == [7.0, 0.0]
    assert stacked.quantile(LEVELS).shape == (3, 2, 5)
    assert stacked.crps(np.full((3, 2), 7.0))[2].tolist() == [0.0, 0.0]
    assert stacked.ravel().median().tolist() == [0.0, 0.0, 0.0, 0.0, 7.0, 7.0]
    assert concatenate([first]) is first
    points = concatenate([Pointed(first, np.ones((2, 2))), second])
    assert points.point()[:, 0].tolist() == [1.0, 1.0, 7.0]
    with pytest.raises(ValueError, match="cannot stack"):
        concatenate([first, PointMass(np.zeros((1, 3)))])


def test_bins_of_batches_are_stacked():
    parts = [Binned(EDGES, np.array([[0.2, 0.5, 0.3]])), Binned(EDGES, np.array([[0.4, 0.1, 0.5]]))]
    view = concatenate(parts).binned_view()
    assert view is not None
    assert view[1][1] == pytest.approx([0.4, 0.1, 0.5])
    assert concatenate([parts[0], Normal(np.zeros(1), 1.0)]).binned_view() is None


@pytest.mark.parametrize(
    "distribution",
    [
        Normal(np.zeros((5, 2)), 1.0),
        Quantiles(LEVELS, np.tile(np.arange(5.0), (5, 2, 1))),
        Binned(EDGES, np.full((5, 2, 3), 1 / 3)),
        Empirical(np.tile(np.arange(4.0), (5, 2, 1))),
        Transformed(Normal(np.zeros((5, 2)), 1.0), [LogStep(0.1), AffineStep(np.zeros((5, 1)))]),
        Clipped(Normal(np.zeros((5, 2)), 1.0)),
        Conditioned(Normal(np.zeros((5, 2)), 1.0), 0.5),
        Mixture([Normal(np.zeros((5, 2)), 1.0), Normal(np.ones((5, 2)), 2.0)]),
        concatenate([Normal(np.zeros((3, 2)), 1.0), PointMass(np.zeros((2, 2)))]),
    ],
    ids=lambda d: type(d).__name__,
)
def test_shapes_of_every_method(distribution):
    shape = (5, 2)
    assert distribution.shape == shape
    for made in (distribution.mean(), distribution.median(), distribution.mode(), distribution.crps(1.0)):
        assert made.shape == shape
        assert made.dtype == np.float64
    assert distribution.quantile(LEVELS).shape == (5, 2, 5)
    assert (np.diff(distribution.quantile(LEVELS), axis=-1) >= 0).all()
    assert distribution.cdf(np.zeros((7, 5, 2))).shape == (7, 5, 2)
    assert distribution.survival(0.3).shape == shape
    assert distribution.log_density(0.3).shape == shape
    assert distribution.sample(np.random.default_rng(0), 3).shape == (3, 5, 2)
    low, high = distribution.interval(80)
    assert (low <= high).all()
    assert distribution.cdf(0.3) + distribution.survival(0.3) == pytest.approx(np.ones(shape))
    taken = distribution.take(slice(1, 3))
    assert taken.shape == (2, 2)
    assert taken.quantile(LEVELS) == pytest.approx(distribution.quantile(LEVELS)[1:3])
    assert distribution.take(np.array([], dtype=np.int64)).quantile(LEVELS).shape == (0, 2, 5)
    flat = distribution.ravel()
    assert flat.shape == (10,)
    assert flat.crps(1.0) == pytest.approx(distribution.crps(1.0).ravel())


def test_mixtures_are_averaged_through_their_transforms():
    rng = np.random.default_rng(0)
    members = [Normal(rng.normal(size=(3, 2)), 0.5) for _ in range(3)]
    whole = Clipped(Transformed(Mixture(members), [LogStep(0.01), AffineStep(0.0, 1.0)]), 1.0)
    draws = whole.sample(rng, 40_000)
    assert whole.mean() == pytest.approx(draws.mean(axis=0), rel=0.03)
    spread = np.abs(draws - draws[::-1]).mean(axis=0) / 2
    assert whole.crps(2.0) == pytest.approx(np.abs(draws - 2.0).mean(axis=0) - spread, rel=0.05)
