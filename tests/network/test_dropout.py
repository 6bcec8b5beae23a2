from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

from forecaster.network.dropout import LeanDropout
from forecaster.network.placement import seeded

ONES = np.ones((64, 100, 32), dtype=np.float32)


def dropped(rate: float, inputs: np.ndarray | torch.Tensor = ONES, seed: int = 0) -> torch.Tensor:
    with seeded(seed):
        return LeanDropout(rate)(torch.as_tensor(inputs), training=True)


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.5, 0.9])
def test_as_many_numbers_are_dropped_as_asked_and_the_mean_stays(rate: float) -> None:
    found = dropped(rate)
    n_kept = int((found > 0).sum())
    deviation = np.sqrt(ONES.size * rate * (1 - rate))
    assert abs(n_kept - ONES.size * (1 - rate)) < 4 * deviation
    assert torch.unique(found).tolist() == pytest.approx([0.0, 1 / (1 - rate)], rel=1e-3)


def test_numbers_are_dropped_independently_of_their_neighbours() -> None:
    kept = (dropped(0.3) > 0).double().ravel()
    for lag in (1, 2, 3, 4, 8, 32):  # in one word, and in the next ones
        together = float((kept[lag:] * kept[:-lag]).mean())
        assert together == pytest.approx(0.49, abs=0.004)


def test_masks_are_those_of_the_seed_and_differ_from_call_to_call() -> None:
    assert torch.equal(dropped(0.2), dropped(0.2))
    assert not torch.equal(dropped(0.2), dropped(0.2, seed=1))
    with seeded(0):
        layer = LeanDropout(0.2)
        first, second = (layer(torch.as_tensor(ONES), training=True) for _ in range(2))
    assert not torch.equal(first, second)


def test_gradients_pass_where_numbers_were_kept() -> None:
    x = torch.ones(5, 7, requires_grad=True)  # 35 numbers: the last word is not used up
    found = dropped(0.4, x)
    found.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, found.detach())


def test_precision_stays_that_of_the_inputs() -> None:
    inputs = torch.ones(4, 4, dtype=torch.bfloat16)
    assert LeanDropout(0.2).call(inputs, training=True).dtype == torch.bfloat16


def test_nothing_is_dropped_in_a_forecast_or_without_a_rate() -> None:
    assert torch.equal(LeanDropout(0.5)(torch.as_tensor(ONES), training=False), torch.as_tensor(ONES))
    assert torch.equal(dropped(0.0), torch.as_tensor(ONES))


def test_the_layer_is_saved_like_any_of_keras() -> None:
    layer = LeanDropout(0.25, name="kept")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(again, LeanDropout) and (again.rate, again.name) == (0.25, "kept")
