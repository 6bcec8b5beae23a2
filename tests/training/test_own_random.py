from __future__ import annotations

import numpy as np
import pytest

from forecaster.training.own_random import OwnRandom

IDS = np.array([f"c{k}" for k in range(40)])


def test_numbers_are_the_same_alone_and_among_others_in_any_order() -> None:
    places = np.arange(40)
    whole = OwnRandom(3, IDS, places)
    order = np.random.default_rng(0).permutation(40)
    shuffled = OwnRandom(3, IDS[order].astype(object), places[order])
    for one, other in ((whole.uniform(9), shuffled.uniform(9)), (whole.normal(9), shuffled.normal(9))):
        assert (one[order] == other).all()
    alone = OwnRandom(3, IDS[7:8], places[7:8])
    assert (alone.normal(9)[0] == whole.normal(9)[7]).all()
    assert (alone.uniform(4)[0] == whole.uniform(9)[7, :4]).all()


def test_seed_id_place_draw_and_table_each_give_other_numbers() -> None:
    one, two = np.array(["a"]), np.array([1])
    found = [
        OwnRandom(0, one).uniform(50),
        OwnRandom(1, one).uniform(50),
        OwnRandom(0, np.array(["b"])).uniform(50),
        OwnRandom(0, one, two).uniform(50),
        OwnRandom(0, one).uniform(50, 1),
        OwnRandom(0, one).uniform(50, 0, 1),
        OwnRandom(2**64, one).uniform(50),
    ]
    assert len(np.unique(np.concatenate(found))) == 350


def test_numbers_do_not_depend_on_those_drawn_before() -> None:
    one = OwnRandom(5, IDS)
    first = one.uniform(3)
    one.normal(7, 2, 1)
    assert (one.uniform(3) == first).all()


def test_numbers_of_different_series_have_nothing_in_common() -> None:
    n = 2000
    for drawn in (OwnRandom(0, IDS).uniform(n), OwnRandom(0, IDS).normal(n)):
        # 780 pairs: the largest of so many correlations of nothing stays below 5 standard errors
        apart = np.corrcoef(drawn)[np.triu_indices(40, 1)]
        assert np.abs(apart).max() < 5 / np.sqrt(n)
        assert apart.std() * np.sqrt(n) == pytest.approx(1.0, abs=0.1)


def test_numbers_are_even_and_normal() -> None:
    n = 40 * 2000
    even, normal = OwnRandom(1, IDS).uniform(2000).ravel(), OwnRandom(1, IDS).normal(2000).ravel()
    assert even.min() >= 0 and even.max() < 1
    # largest distance of the shares below each value, at 4 times the standard error of one share
    assert np.abs(np.sort(even) - np.arange(n) / n).max() < 4 * 0.5 / np.sqrt(n)
    assert [normal.mean(), normal.std()] == pytest.approx([0, 1], abs=4 / np.sqrt(n))


def test_numbers_are_those_of_every_version() -> None:
    assert OwnRandom(0, np.array(["a"]), np.array([2])).uniform(2).tolist() == [
        [0.14909811602298495, 0.701152427345666]
    ]
