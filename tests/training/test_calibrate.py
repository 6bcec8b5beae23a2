from __future__ import annotations

import numpy as np
import pytest

from forecaster.network.heads import MixtureHead
from forecaster.training.calibrate import widen

HEAD = MixtureHead(np.array([1.0]), np.array([0.0]), np.array([1.0]))


def cells(values: np.ndarray) -> np.ndarray:
    return np.stack([values - 5e-4, values + 5e-4, np.full(len(values), -np.inf)], axis=1)[:, None]


def outputs(n: int) -> list[np.ndarray]:
    return [np.zeros((n, 1, HEAD.n_outputs), dtype=np.float32)]


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.6])
def test_many_windows_decide_the_width(factor: float) -> None:
    values = factor * np.random.default_rng(0).normal(size=4000)
    assert widen(HEAD, outputs(4000), cells(values)).widening == pytest.approx(factor, rel=0.04)


def test_few_windows_move_it_little() -> None:
    values = np.array([-2.0, 2.0])
    # alone they are likeliest at 2; log s about 0 with sd 0.25 makes it 8 / s^2 - 2 = 16 log s, at 1.23
    assert widen(HEAD, outputs(2), cells(values)).widening == pytest.approx(1.23, abs=0.06)


def test_open_windows_and_what_had_been_waited_count() -> None:
    rng = np.random.default_rng(1)
    values, waited = 1.5 * rng.normal(size=20_000), rng.normal(size=20_000)
    limit = waited + rng.exponential(1.0, 20_000)
    kept = values > waited
    is_open = values > limit
    low = np.where(is_open, limit, values - 5e-4)
    cell = np.stack([low, np.where(is_open, np.inf, values + 5e-4), waited], axis=1)[kept][:, None]
    assert widen(HEAD, outputs(len(cell)), cell).widening == pytest.approx(1.5, rel=0.06)


def test_nothing_known_changes_nothing() -> None:
    assert widen(HEAD, outputs(3), np.full((3, 1, 3), np.nan)) is HEAD


def test_the_loss_does_not_see_the_width_and_the_file_does() -> None:
    wide = widen(HEAD, outputs(500), cells(np.random.default_rng(2).normal(scale=2, size=500)))
    assert wide.widening > 1.5
    assert MixtureHead.from_json(wide.to_json()).widening == wide.widening
    made = wide.distribution(np.zeros((1, 1, HEAD.n_outputs)))
    assert float(made.quantile(0.8413447)[0, 0]) == pytest.approx(wide.widening, rel=1e-4)
