import numpy as np
import pytest
from scipy import stats

from forecaster.distributions import (
    AffineStep,
    Clipped,
    Conditioned,
    Defective,
    Distribution,
    LogStep,
    Mixture,
    Normal,
    NormalMixture,
    Parametric,
    PiecewiseHazard,
    PiecewiseLinear,
    PointMass,
    Transformed,
    mixture_of,
)

LEVELS = np.array([0.001, 0.1, 0.5, 0.9, 0.999])


def some_mixture(n=200, never=0.0, k=3):
    rng = np.random.default_rng(0)
    return NormalMixture(
        2 * rng.normal(size=(n, 1, k)), np.exp(rng.normal(size=(n, 1, k))), rng.random((n, 1, k)), never
    )


def test_one_component_is_a_normal_distribution():
    one, normal = NormalMixture(np.array([[2.0]]), np.array([[3.0]]), np.ones((1, 1))), Normal([2.0], [3.0])
    assert one.shape == (1,)
    assert one.quantile(LEVELS) == pytest.approx(normal.quantile(LEVELS))
    for x in (-4.0, 2.5, 100.0):
        for name in ("cdf", "survival", "log_density", "crps"):
            assert getattr(one, name)(x) == pytest.approx(getattr(normal, name)(x)), name
    assert one.mean().tolist() == [2.0]
    assert one.inverse_survival(1e-100) == pytest.approx(2 + 3 * 21.27345350)
    assert one.mass(122.0, 125.0) == pytest.approx(stats.norm.sf(40) - stats.norm.sf(41), rel=1e-9)


def test_quantiles_of_a_normal_mixture_are_those_of_its_cdf():
    mixture = some_mixture()
    found = mixture.quantile(LEVELS)
    for k, level in enumerate(LEVELS):
        assert mixture.cdf(found[..., k]) == pytest.approx(level, rel=1e-9)
    far = mixture.inverse_survival(1e-60)
    assert mixture.survival(far) == pytest.approx(1e-60, rel=1e-8)
    assert mixture.take(np.array([3, 5])).median() == pytest.approx(mixture.median()[[3, 5]], abs=1e-8)
    assert mixture.ravel().median() == pytest.approx(mixture.median().ravel(), abs=1e-8)


def test_normal_mixture_agrees_with_the_generic_one():
    mixture = some_mixture()
    generic = Mixture([part for _, part in mixture.split()], mixture.weights)
    for x in (-3.0, 0.5, 9.0):
        for name in ("cdf", "survival", "log_density"):
            assert getattr(mixture, name)(x) == pytest.approx(getattr(generic, name)(x)), name
    assert mixture.crps(0.7) == pytest.approx(Distribution.crps(mixture, 0.7), rel=3e-3)
    assert mixture.mean() == pytest.approx(generic.mean())
    assert np.isnan(mixture.crps(np.nan)).all()


def test_never_is_a_share_at_infinity():
    mixture = NormalMixture(np.zeros((2, 1)), np.ones((2, 1)), np.full((2, 1), 0.6), np.array([0.4, 0.0]))
    assert mixture.never.tolist() == [0.4, 0.0]
    assert mixture.quantile_at(0.5) == pytest.approx([0.967421566, 0.0], abs=1e-8)  # 0.5 / 0.6 = 0.8333
    assert mixture.quantile_at(np.array([0.6, 0.7])) == pytest.approx([np.inf, 0.524400513])
    assert mixture.inverse_survival(np.array([0.4, 0.4])) == pytest.approx([np.inf, 0.253347103])
    assert mixture.cdf(np.inf).tolist() == [0.6, 1.0]
    assert mixture.survival(50.0).tolist() == pytest.approx([0.4, 0.0])
    assert mixture.log_density(0.0)[0] == pytest.approx(np.log(0.6) - 0.9189385332)
    assert mixture.mean().tolist() == [np.inf, 0.0]
    assert mixture.crps(1.0)[0] == np.inf
    drawn = mixture.sample(np.random.default_rng(0), 4000)
    assert np.isinf(drawn).mean(axis=0) == pytest.approx([0.4, 0.0], abs=0.03)
    assert drawn[np.isfinite(drawn)].mean() == pytest.approx(0.0, abs=0.05)
    nothing = NormalMixture(np.zeros((1, 2)), np.ones((1, 2)), np.zeros((1, 2)), 1.0)
    assert nothing.quantile(LEVELS).tolist() == [[np.inf] * 5]


def test_parameters_of_a_normal_mixture_are_checked():
    with pytest.raises(ValueError, match="scale 0 must be above 0"):
        NormalMixture(np.zeros((1, 1)), np.zeros((1, 1)), np.ones((1, 1)))
    with pytest.raises(ValueError, match="weights"):
        NormalMixture(np.zeros((1, 1)), np.ones((1, 1)), -np.ones((1, 1)))


def test_ensemble_of_normal_mixtures_is_one():
    first, second = some_mixture(never=0.2), some_mixture(never=0.0, k=2)
    pooled = mixture_of([first, second])
    assert isinstance(pooled, NormalMixture)
    assert pooled.n_components == 5
    generic = Mixture([first, second])
    assert pooled.cdf(1.0) == pytest.approx(generic.cdf(1.0))
    assert pooled.never == pytest.approx((first.never + second.never) / 2)
    tilted = NormalMixture.pooled([first, second], np.array([3.0, 1.0]))
    assert tilted.cdf(1.0) == pytest.approx(0.75 * first.cdf(1.0) + 0.25 * second.cdf(1.0))


def test_waiting_times_in_log_scale_are_conditioned_with_never():
    base = some_mixture(n=500, never=0.3)
    in_days = Clipped(Transformed(base, [LogStep(0.01), AffineStep(0.3, 1.2)]), 0.0)
    elapsed = np.exp(3 * np.random.default_rng(1).normal(size=(500, 1)))
    left = Conditioned(in_days, elapsed)
    median = left.median()
    never = base.never / in_days.survival(elapsed)
    assert np.isinf(median)[never > 0.5].all()
    assert np.isfinite(median)[never < 0.5].all()
    finite = np.isfinite(median)
    assert (median >= elapsed).all()
    assert left.cdf(median)[finite] == pytest.approx(0.5, abs=1e-8)
    assert left.survival(elapsed + 5) == pytest.approx(1 - left.cdf(elapsed + 5))
    assert np.isinf(in_days.mean()).all()
    assert np.isinf(left.crps(3.0)).all()
    assert np.isfinite(left.censored_crps(elapsed + 3, elapsed, elapsed + 50)).all()


def test_constant_hazard_is_exponential():
    hazard = PiecewiseHazard(np.array([0.0, 1.0, 5.0]), np.full((2, 1, 3), 0.5))
    exponential = stats.expon(scale=2)
    assert hazard.shape == (2, 1)
    for x in (0.0, 0.3, 4.0, 60.0):
        assert hazard.cdf(x)[0, 0] == pytest.approx(exponential.cdf(x))
        assert hazard.survival(x)[0, 0] == pytest.approx(exponential.sf(x))
        assert hazard.log_density(x)[0, 0] == pytest.approx(exponential.logpdf(x))
    assert hazard.quantile(LEVELS)[1, 0] == pytest.approx(exponential.ppf(LEVELS))
    assert hazard.inverse_survival(1e-200)[0, 0] == pytest.approx(400 * np.log(10))
    assert hazard.mass(100.0, 100.1)[0, 0] == pytest.approx(np.exp(-50) * -np.expm1(-0.05), rel=1e-9)
    assert hazard.mean() == pytest.approx(np.full((2, 1), 2.0))


def test_hazard_changes_at_the_edges():
    hazard = PiecewiseHazard(np.array([1.0, 2.0]), np.array([[1.0, 3.0]]))
    assert hazard.cdf(np.array([0.0, 1.0, 1.5, 2.0, 3.0])) == pytest.approx(
        [0.0, 0.0, 1 - np.exp(-0.5), 1 - np.exp(-1), 1 - np.exp(-4)]
    )
    assert hazard.log_density(np.array([0.5, 1.5, 2.0])) == pytest.approx([-np.inf, -0.5, np.log(3) - 1])
    # 1 + (1 - e^-1) + e^-1 / 3
    assert hazard.mean() == pytest.approx([1.7547470392])
    assert hazard.cdf(np.array([-np.inf, np.inf])).tolist() == [0.0, 1.0]
    assert hazard.quantile_at(np.array([1 - np.exp(-0.5), 1 - np.exp(-4)])) == pytest.approx([1.5, 3.0])
    two = PiecewiseHazard(np.array([1.0, 2.0]), np.array([[1.0, 3.0], [2.0, 2.0]]), np.array([1, 0, 0]))
    assert two.take(np.array([0, 2])).mean() == pytest.approx([1.5, 1.7547470392])
    assert two.ravel().rates[0].tolist() == [2.0, 2.0]
    for edges, rates, what in (
        ([1.0, 1.0], [[1.0, 1.0]], "rise"),
        ([1.0, 2.0], [[1.0, 0.0]], "rate 0"),
        ([1.0, 2.0], [[1.0]], "one for each edge"),
    ):
        with pytest.raises(ValueError, match=what):
            PiecewiseHazard(np.array(edges), np.array(rates))


def test_hazard_in_log_scale_has_a_pareto_tail():
    hazard = PiecewiseHazard(np.array([0.0, 1.0]), np.full((1, 2), 2.0))
    pareto = Conditioned(Clipped(Transformed(hazard, [LogStep(0.01)]), 0.0), np.array([10.0]))
    assert pareto.survival(20.0) == pytest.approx([0.25])  # (20 / 10)^-2
    assert pareto.median() == pytest.approx([10 * np.sqrt(2)])


def test_defective_distribution_is_never_reached_by_a_share():
    part = Defective(Parametric("expon", np.full((2, 1), 2.0)), np.array([[0.5], [0.0]]))
    assert part.cdf(2.0)[:, 0] == pytest.approx([0.5 * (1 - np.exp(-1)), 1 - np.exp(-1)])
    assert part.survival(np.inf)[:, 0].tolist() == [0.5, 0.0]
    assert part.quantile_at(0.25)[0, 0] == pytest.approx(2 * np.log(2))
    assert part.quantile_at(0.75)[:, 0] == pytest.approx([np.inf, 4 * np.log(2)])
    assert part.inverse_survival(0.75)[0, 0] == pytest.approx(2 * np.log(2))
    assert part.inverse_survival(0.3)[:, 0] == pytest.approx([np.inf, -2 * np.log(0.3)])
    assert part.mean()[:, 0].tolist() == [np.inf, 2.0]
    assert part.crps(1.0)[0, 0] == np.inf
    assert np.isfinite(part.crps(1.0)[1, 0])
    assert part.mass(0.0, 2.0)[0, 0] == pytest.approx(part.cdf(2.0)[0, 0])
    assert part.log_density(2.0)[0, 0] == pytest.approx(np.log(0.5) + np.log(0.5) - 1)
    assert Distribution.mean(part)[:, 0] == pytest.approx([np.inf, 2.0], rel=1e-2)
    assert part.take(np.array([1])).ravel().mean().tolist() == [2.0]
    everything = Defective(Parametric("expon", np.ones(1)), 1.0)
    assert everything.quantile(LEVELS).tolist() == [[np.inf] * 5]
    with pytest.raises(ValueError, match="never"):
        Defective(Parametric("expon", np.ones(1)), 1.5)


@pytest.mark.parametrize(
    ("family", "form", "frozen"),
    [
        ("expon", None, stats.expon(scale=3)),
        ("weibull_min", 0.7, stats.weibull_min(0.7, scale=3)),
        ("gamma", 2.5, stats.gamma(2.5, scale=3)),
        ("lognorm", 1.2, stats.lognorm(1.2, scale=3)),
        ("lomax", 2.5, stats.lomax(2.5, scale=3)),
    ],
)
def test_families_are_those_of_scipy(family, form, frozen):
    part = Parametric(family, np.full((2, 1), 3.0), None if form is None else np.full((1, 1), form))
    assert part.shape == (2, 1)
    for x in (0.5, 4.0, 200.0):
        assert part.cdf(x)[0, 0] == pytest.approx(frozen.cdf(x))
        assert part.survival(x)[1, 0] == pytest.approx(frozen.sf(x))
        assert part.log_density(x)[0, 0] == pytest.approx(frozen.logpdf(x))
    assert part.quantile(LEVELS)[0, 0] == pytest.approx(frozen.ppf(LEVELS))
    assert part.inverse_survival(1e-30)[0, 0] == pytest.approx(frozen.isf(1e-30))
    assert part.mean() == pytest.approx(np.full((2, 1), frozen.mean()))
    assert part.take(slice(0, 1)).ravel().shape == (1,)
    assert part.cdf(-1.0)[0, 0] == 0.0


def test_families_are_checked():
    for family, scale, form, what in (
        ("normal", 1.0, 1.0, "none of"),
        ("expon", 1.0, 1.0, "no form"),
        ("gamma", 1.0, None, "a form"),
        ("gamma", 0.0, 1.0, "above 0"),
    ):
        with pytest.raises(ValueError, match=what):
            Parametric(family, scale, form)


def uniform_to_four():
    rows = np.zeros(1, dtype=np.int64)
    knots, levels = np.array([[0.0, 4.0]]), np.array([[0.0, 1.0]])
    return PiecewiseLinear((knots, rows), (levels, rows), np.zeros(1), np.zeros((1, 2)))


def test_score_of_a_limited_time_by_hand_for_a_uniform():
    uniform = uniform_to_four()
    # (t / 4)^2 over [0, 1] is 1 / 48, (1 - t / 4)^2 over [1, 2] is 19 / 48.
    assert uniform.censored_crps(1.0, 0.0, 2.0) == pytest.approx([20 / 48])
    assert uniform.censored_crps(9.0, 0.0, 2.0) == pytest.approx([8 / 48])
    assert uniform.censored_crps(0.0, 1.0, 2.0) == pytest.approx([19 / 48])
    assert uniform.censored_crps(1.0, 2.0, 1.0).tolist() == [0.0]
    assert uniform.censored_crps(np.nan, 0.0, 2.0).tolist() == pytest.approx([np.nan], nan_ok=True)


def test_score_of_a_limited_time_by_hand_for_an_exponential():
    exponential = Parametric("expon", np.ones((3, 1)))
    # (1 - e^-t)^2 over [0, 1] is 0.1680912; e^-2t over [1, 2] is 0.0585098.
    assert exponential.censored_crps(1.0, 0.0, 2.0) == pytest.approx(np.full((3, 1), 0.2266010), abs=1e-7)
    # Over all time it is the plain score: 1 - 2 (1 - e^-1) + 1/2.
    assert exponential.censored_crps(1.0, 0.0, 1e4) == pytest.approx(np.full((3, 1), 0.2357589), abs=1e-6)
    until = np.array([[2.0], [np.inf], [0.0]])
    found = exponential.censored_crps(1.0, 0.0, until)[:, 0]
    assert found == pytest.approx([0.2266010, 0.2357589, 0.0], rel=2e-3)
    assert exponential.censored_crps(1.0, 0.0, np.inf) == pytest.approx(exponential.crps(1.0))


def test_score_of_a_limited_time_sees_jumps_and_never():
    point = PointMass(np.array([3.0, np.inf]))
    assert point.censored_crps(5.0, 0.0, 4.0) == pytest.approx([1.0, 0.0])
    assert point.censored_crps(2.0, 0.0, 4.0) == pytest.approx([1.0, 2.0])
    half = Defective(Parametric("expon", np.full(1, 1e-3)), 0.5)  # at once, or never
    assert half.censored_crps(np.array([20.0]), 0.0, 10.0) == pytest.approx([2.5], rel=1e-3)


def test_many_mixtures_are_quick():
    mixture = some_mixture(n=50_000, never=0.2)
    waiting = Conditioned(Clipped(Transformed(mixture, [LogStep(0.01)]), 0.0), np.ones((50_000, 1)))
    assert waiting.quantile_at(0.5).shape == (50_000, 1)
    assert waiting.censored_crps(3.0, 1.0, 9.0).shape == (50_000, 1)
