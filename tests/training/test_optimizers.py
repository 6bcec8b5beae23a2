from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

from forecaster.training.optimizers import FLAT_OPTIMIZERS
from forecaster.training.plan import TrainingPlan
from forecaster.training.stepper import _keras_optimizer


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("name", sorted(FLAT_OPTIMIZERS))
def test_flat_optimizer_equals_keras(name: str, momentum: float) -> None:
    first = np.linspace(-1, 1, 7, dtype=np.float32)
    variable = keras.Variable(first)
    theirs = _keras_optimizer(TrainingPlan(optimizer=name, momentum=momentum, clip=0))
    theirs.build([variable])
    weights = torch.tensor(first)
    ours = FLAT_OPTIMIZERS[name](weights, momentum)
    random = np.random.default_rng(0)
    for step in range(20):
        gradient = torch.tensor(random.normal(size=7), dtype=torch.float32)
        rate = 0.01 * (step + 1)
        theirs.learning_rate.assign(rate)
        theirs.apply([gradient.clone()], [variable])
        ours.step(gradient, rate)
        assert torch.allclose(weights, variable.value.detach(), rtol=1e-4, atol=1e-5)  # Keras rounds 1 - beta


def test_rmsprop_by_hand() -> None:
    weights = torch.tensor([1.0])
    # square 0.1 * 4, so that the first step is 0.1 * 2 / sqrt(0.4)
    FLAT_OPTIMIZERS["rmsprop"](weights).step(torch.tensor([2.0]), 0.1)
    assert float(weights) == pytest.approx(1 - 0.2 / 0.4**0.5, rel=1e-5)
