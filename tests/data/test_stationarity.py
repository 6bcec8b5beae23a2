from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.data.stationarity import kpss, level_hint, without_season


def test_statistic_is_that_of_the_paper() -> None:
    # mean 2.5, rest -1.5 -0.5 0.5 1.5, partial sums -1.5 -2 -1.5 0: their squares sum to 8.5; floor(4 *
    # 0.04^0.25) = 1 lag: variance 5/4 + 2 * 1/2 * (0.75 - 0.25 + 0.75)/4 = 1.5625; 8.5 / (16 * 1.5625)
    assert kpss(np.array([1.0, 2, 3, 4])) == pytest.approx(0.34)


def test_season_is_taken_away_by_its_places() -> None:
    y = np.array([1.0, 5, 3, 7, 2, 6])
    assert without_season(y, 2) == pytest.approx([-1, -1, 1, 1, 0, 0])
    assert without_season(y, 4) is y


def test_a_walk_moves_and_noise_stays(tiny_panel: Panel) -> None:
    noise = np.random.default_rng(0).normal(size=400)
    panel = replace(
        tiny_panel,
        values=np.concatenate([noise, noise.cumsum()])[:, None],
        offsets=np.array([0, 400, 800]),
        times=np.tile(np.arange(400), 2),
    )
    assert level_hint(panel).startswith("the level moves in 1 of 2 series (median KPSS")
    assert level_hint(tiny_panel) == "not tested: no series has 24 values that differ"
