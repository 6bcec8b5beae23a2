from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import binom

from forecaster.config.facts import QUANTILE_LEVELS
from forecaster.distributions import Normal, Quantiles
from forecaster.errors import ConfigError
from forecaster.training.conformal import Conformal, check_conformal, few_targets, targets_needed

LEVELS = np.array([0.1, 0.3, 0.5, 0.8, 0.9])
NORMAL = np.array(QUANTILE_LEVELS)


def zeros(n: int, horizon: int = 1) -> Quantiles:
    return Quantiles(LEVELS, np.zeros((n, horizon, 5)))


def targets(*rows: list[float]) -> tuple[np.ndarray, np.ndarray]:
    target = np.array(rows).T
    return np.nan_to_num(target), ~np.isnan(target)


def test_shifts_are_errors_of_the_ranks_of_their_levels() -> None:
    target, mask = targets([7, 3, 9, 1, 5, 2, 8, 6, 4])
    # of n = 9: ranks 10 * 0.1, 0.3, 0.8, 0.9; the median stays
    assert Conformal.fit(zeros(9), LEVELS, target, mask).shift.tolist() == [[1, 3, 0, 8, 9]]
    target, mask = targets([7, 3, 9, 1, 5, 2, 8, 6, 4, 10, 11])
    # of n = 11: 1.2 and 3.6 downwards, 9.6 and 10.8 upwards
    assert Conformal.fit(zeros(11), LEVELS, target, mask).shift.tolist() == [[1, 3, 0, 10, 11]]


def test_masked_targets_are_not_counted() -> None:
    target, mask = targets([7, 3, 9, 1, np.nan, 5, 2, 8, 6, 4, np.nan])
    assert Conformal.fit(zeros(11), LEVELS, target, mask).shift.tolist() == [[1, 3, 0, 8, 9]]


def test_steps_with_few_targets_share_those_of_all() -> None:
    first, second = [*range(1, 60)], [*range(-59, 0)]
    shift = Conformal.fit(zeros(59, 2), LEVELS, *targets(first, second)).shift
    assert shift.tolist() == [[6, 18, 0, 48, 54], [-54, -42, 0, -12, -6]]  # ranks of n + 1 = 60
    second = [*range(-40, 0), *[np.nan] * 19]
    shift = Conformal.fit(zeros(59, 2), LEVELS, *targets(first, second)).shift
    # of all 99, -40 .. -1 and 1 .. 59: ranks 10, 30, 80, 90
    assert shift.tolist() == [[6, 18, 0, 48, 54], [-31, -11, 0, 40, 50]]
    assert Conformal.fit(zeros(40, 2), LEVELS, *targets(second[:40], second[:40])).shift.shape == (1, 5)


def test_levels_stop_at_the_median_which_stays() -> None:
    forecast = Quantiles(LEVELS, np.array([[[-3.0, -1, 0, 2, 4]]]))
    moved = Conformal(LEVELS, np.array([[1.0, 2, 0, -1.5, -1]])).apply(forecast)
    assert moved.values.tolist() == [[[-2, 0, 0, 0.5, 3]]]
    moved = Conformal(LEVELS, np.array([[0.0, -3, 0, 5, 1]])).apply(forecast)
    assert moved.values.tolist() == [[[-4, -4, 0, 7, 7]]]


@pytest.mark.parametrize(
    ("levels", "values", "expected"),
    [
        ([0.1, 0.9], [-1.0, 1.0], [-2.0, 4.0]),
        ([0.6, 0.9], [2.0, 1.0], [0.0, 5.0]),
        ([0.1, 0.4], [-1.0, 1.0], [-2.0, 4.0]),
    ],
)
def test_levels_without_a_median_are_all_shifted(levels, values, expected) -> None:
    forecast = Quantiles(np.array(levels), np.array([[values]]))
    moved = Conformal(np.array(levels), np.array([[-1.0, 3.0]])).apply(forecast)
    assert moved.values.tolist() == [[expected]]


def test_each_step_has_its_own_shift() -> None:
    shift = np.array([[-1.0, -1, 0, 1, 1], [-2.0, -2, 0, 2, 3]])
    moved = Conformal(LEVELS, shift).apply(zeros(4, 2))
    assert moved.shape == (4, 2)
    assert moved.values[3].tolist() == shift.tolist()


@pytest.mark.parametrize("factor", [0.3, 3.0])
@pytest.mark.parametrize("bias", [0.0, 0.4])
def test_intervals_cover_what_they_promise(factor: float, bias: float) -> None:
    noise = np.random.default_rng(1)
    wrong = Quantiles(NORMAL, np.broadcast_to(bias + factor * ndtri(NORMAL), (8000, 1, 13)))
    seen, to_come = noise.normal(size=(2, 8000, 1))
    right = Conformal.fit(wrong, NORMAL, seen, np.ones((8000, 1), dtype=bool)).apply(wrong)
    assert right.median() == pytest.approx(bias)
    for level in (50, 80, 90, 95):
        low, high = np.moveaxis(right.quantile(np.array([0.5 - level / 200, 0.5 + level / 200])), -1, 0)
        inside = int(((to_come >= low) & (to_come <= high)).sum())
        # the ranks and the values that are counted are drawn: twice the variance of one
        least, most = binom.ppf([1e-6, 1 - 1e-6], 4000, level / 100) * 2
        assert least <= inside, level
        assert inside <= most or (bias > 0 and level == 50), level  # which the median keeps too wide


def test_any_distribution_is_corrected_at_the_levels() -> None:
    forecast = Normal(np.zeros((9, 1)), np.ones((9, 1)))
    levels = np.array([0.1, 0.5, 0.9])
    conformal = Conformal.fit(forecast, levels, np.zeros((9, 1)), np.ones((9, 1), dtype=bool))
    assert conformal.shift == pytest.approx(np.array([[1.2816, 0.0, -1.2816]]), abs=1e-4)
    assert conformal.apply(forecast).values == pytest.approx(np.zeros((9, 1, 3)), abs=1e-12)


def test_few_targets_are_told_of_and_take_the_outermost_error() -> None:
    assert targets_needed(NORMAL) == 39
    assert targets_needed(np.array([0.1, 0.9])) == 9
    (note,) = few_targets(NORMAL, 38)
    assert (note.code, note.count) == ("conformal_few", 38)
    assert "the level 0.025 takes 39 validation targets; of 38" in note.text
    assert few_targets(NORMAL, 39) == []
    target, mask = targets([4.0, 6.0])
    assert Conformal.fit(zeros(2), LEVELS, target, mask).shift.tolist() == [[4, 4, 0, 6, 6]]


@pytest.mark.parametrize(
    ("kind", "head", "n_known", "words"),
    [
        ("events", "mixture", 9, "not for events: open intervals have no error"),
        ("intervals", "quantile", 9, "not for intervals"),
        ("values", "bins", 9, "the probabilities of --head bins"),
        ("ohlc", "point", 9, "--head point has the quantiles of its errors"),
        ("values", "quantile", 0, "0 validation targets to correct quantiles by. Set --valid-size"),
    ],
)
def test_what_cannot_be_corrected_is_refused(kind: str, head: str, n_known: int, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_conformal(kind, head, n_known)
    assert str(caught.value).startswith("--conformal: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("levels", "shift", "words"),
    [
        ([0.5], [[1.0]], "two at least"),
        ([0.5, 0.4], [[1.0, 1.0]], "rise"),
        ([0.0, 0.4], [[1.0, 1.0]], "between 0 and 1"),
        ([0.1, 0.4], [[1.0]], "for 2 levels"),
        ([0.1, 0.4], [1.0, 2.0], "for 2 levels"),
    ],
)
def test_shifts_without_sound_levels_are_refused(levels: list, shift: list, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Conformal(np.array(levels), np.array(shift))
