from __future__ import annotations

import math

import numpy as np
import pytest

from forecaster.evaluation.skill import (
    DirectionSkill,
    diebold_mariano,
    direction_hits,
    direction_skill,
    wilson_interval,
)


def hits(n_right: int, n: int) -> np.ndarray:
    """The first ``n_right`` of ``n`` sessions right."""
    return (np.arange(n) < n_right).astype(float)


def test_wilson_interval_of_five_in_ten() -> None:
    # centre 0.5, half width 1.96 / (1 + 1.96 ** 2 / 10) * sqrt(0.025 + 1.96 ** 2 / 400) = 0.2634
    assert wilson_interval(5, 10) == pytest.approx((0.23659, 0.76341), abs=1e-5)
    # no hit at all: 1.96 ** 2 / (10 + 1.96 ** 2)
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.27753), abs=1e-5)
    assert all(math.isnan(end) for end in wilson_interval(0, 0))


def test_diebold_mariano_of_three_losses() -> None:
    # differences -1, -2, -3: mean -2, variance 2/3, of the mean 2/9; -2 / sqrt(2/9) * sqrt(2/3) = -sqrt(12);
    # Student's t with 2 degrees of freedom has P(|t| > x) = 1 - x / sqrt(2 + x ** 2)
    statistic, p_value = diebold_mariano(np.array([1.0, 1, 1]), np.array([2.0, 3, 4]))
    assert statistic == pytest.approx(-math.sqrt(12))
    assert p_value == pytest.approx(1 - math.sqrt(12 / 14))
    reverse = diebold_mariano(np.array([2.0, 3, 4]), np.array([1.0, 1, 1]))
    assert reverse == pytest.approx((math.sqrt(12), p_value))


def test_diebold_mariano_two_steps_ahead_counts_the_first_autocovariance() -> None:
    # differences 3, 3, 1, 1: mean 2, rest 1, 1, -1, -1; covariances 1 and (1 - 1 + 1) / 4; variance of the
    # mean (1 + 0.5) / 4 = 0.375; correction (4 + 1 - 4 + 2 / 4) / 4 = 0.375, so the statistic is the mean
    statistic, _ = diebold_mariano(np.array([3.0, 3, 1, 1]), np.zeros(4), horizon=2)
    assert statistic == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("loss", "rival"),
    [
        ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]),
        ([0.1, 0.2, 0.3], [1.1, 1.2, 1.3]),
        ([1.0], [2.0]),
        ([1.0, np.nan, 2.0], [0.0, 0.0, 0.0]),
        ([np.inf, 1.0], [np.inf, 2.0]),
    ],
)
def test_losses_that_differ_by_the_same_throughout_are_not_testable(
    loss: list[float], rival: list[float]
) -> None:
    assert all(math.isnan(one) for one in diebold_mariano(np.array(loss), np.array(rival)))


def test_a_variance_below_zero_is_not_testable() -> None:
    # covariances 1 and -3/4: 1 - 1.5 is no variance
    assert math.isnan(diebold_mariano(np.array([2.0, 0, 2, 0]), np.zeros(4), horizon=2)[0])


def test_no_change_has_no_direction() -> None:
    found = direction_hits(np.array([1.0, -1, 1, -1, 1, 0, np.nan]), np.array([2.0, -2, -2, 2, 0, 2, 2]))
    np.testing.assert_array_equal(found, [1, 1, 0, 0, np.nan, np.nan, np.nan])


def test_skill_needs_to_be_ahead_of_chance_and_of_the_majority_class() -> None:
    skill = direction_skill(hits(60, 100), hits(50, 100))
    # 10 sessions in which only the model is right: 2 / 2 ** 10; the interval is 0.5020 to 0.6906
    assert skill.p_value == pytest.approx(2 / 1024)
    assert (skill.low, skill.high) == pytest.approx((0.50200, 0.69060), abs=1e-5)
    assert skill.is_skilled
    assert skill.statement == (
        "Direction: right in 60.0 % of 100 forecasts (95 % interval 50.2 to 69.1 %); above one half, "
        "ahead of the majority class (50.0 %, p = 0.002): skill beyond chance."
    )


@pytest.mark.parametrize(
    ("ours", "majority", "words"),
    [
        (58, 50, "cannot be told from chance, ahead of the majority class (50.0 %, p = 0.0078)"),
        (55, 53, "cannot be told from chance, nor from the majority class (53.0 %, p = 0.5)"),
        (70, 68, "above one half, cannot be told from the majority class (68.0 %, p = 0.5)"),
        (70, 80, "above one half, behind the majority class (80.0 %, p = 0.002)"),
        (30, 20, "below one half, ahead of the majority class (20.0 %, p = 0.002)"),
        (60, 60, "above one half, cannot be told from the majority class (60.0 %, p = 1)"),
    ],
)
def test_no_skill_is_said_plainly(ours: int, majority: int, words: str) -> None:
    skill = direction_skill(hits(ours, 100), hits(majority, 100))
    assert not skill.is_skilled
    assert skill.statement.endswith(f"; {words}: no skill shown.")


@pytest.mark.parametrize("n_right", range(101))
def test_an_interval_that_holds_one_half_never_is_skill(n_right: int) -> None:
    skill = direction_skill(hits(n_right, 100), np.zeros(100))
    assert not (skill.low <= 0.5 and skill.is_skilled)
    assert skill.is_skilled == (not skill.statement.endswith("no skill shown."))


def test_direction_counts_sessions_of_both_only() -> None:
    ours = np.array([1.0, 1, 0, np.nan, 1])
    majority = np.array([1.0, 0, 1, 1, np.nan])
    skill = direction_skill(ours, majority)
    assert (skill.n, skill.accuracy, skill.majority) == pytest.approx((3, 2 / 3, 2 / 3))
    # one session each in which only one is right
    assert skill.p_value == 1.0


def test_without_a_direction_there_is_no_skill() -> None:
    skill = direction_skill(np.ones(3), np.full(3, np.nan))
    assert skill.n == 0 and not skill.is_skilled
    assert skill.statement.endswith("no skill shown.")
    assert math.isnan(skill.to_json()["accuracy"])


def test_skill_as_plain_values() -> None:
    tree = DirectionSkill(10, 0.5, 0.25, 0.75, 0.5, 1.0).to_json()
    assert tree["n"] == 10 and tree["is_skilled"] is False
    assert tree["statement"].startswith("Direction: right in 50.0 % of 10 forecasts")
