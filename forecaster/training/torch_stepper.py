"""TorchStepper: a step on torch with all weights and all gradients in one flat tensor each."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import torch

from forecaster.network.forward import lean_forward
from forecaster.network.head import Head
from forecaster.network.placement import device_of
from forecaster.training.feed import Fed
from forecaster.training.optimizers import FLAT_OPTIMIZERS
from forecaster.training.plan import TrainingPlan

# Weights begin at multiples of 16 numbers (64 bytes), as freshly allocated tensors do.
ALIGNMENT = 16


class TorchStepper:
    """The Keras model's own weights, moved into one flat tensor for as long as training lasts.

    Clipping and the optimiser then take a handful of operations whatever the number of layers, and a copy
    of the weights takes one.
    """

    def __init__(self, model: keras.Model, head: Head, plan: TrainingPlan) -> None:
        """Move the weights; see ``make_stepper`` for the arguments."""
        self.head = head
        self.clip = plan.clip
        self.is_mixed = plan.precision == "bfloat16"
        self.forward = lean_forward(model)
        self.device = torch.device(device_of(model))
        self.parameters = [variable.value for variable in model.trainable_variables]
        sizes = [-(-p.numel() // ALIGNMENT) * ALIGNMENT for p in self.parameters]
        self.flat = torch.zeros(sum(sizes), device=self.device)
        self.gradient = torch.zeros_like(self.flat)
        for parameter, begin in zip(self.parameters, np.cumsum([0, *sizes]), strict=False):
            part = slice(int(begin), int(begin) + parameter.numel())
            self.flat[part] = parameter.detach().reshape(-1)
            parameter.data = self.flat[part].view(parameter.shape)
            parameter.grad = self.gradient[part].view(parameter.shape)
        self.optimizer = FLAT_OPTIMIZERS[plan.optimizer](self.flat, plan.momentum)

    def put(self, array: np.ndarray) -> torch.Tensor:
        """The array as a tensor on the device; shared where it is there already."""
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def take(self, stored: torch.Tensor, index: np.ndarray) -> torch.Tensor:
        """Rows of a tensor."""
        return stored.index_select(0, torch.from_numpy(index).to(self.device))

    def step(self, batch: Fed, rate: float) -> torch.Tensor:
        """See ``Stepper.step``."""
        self.gradient.zero_()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.is_mixed):
            outputs = self.forward(batch.inputs, True)
        loss: torch.Tensor = self.head.loss(batch.y, batch.mask, outputs.float())
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            if self.clip:
                norm = torch.linalg.vector_norm(self.gradient)
                self.gradient.mul_(self.clip / norm.clamp_(min=self.clip))
            self.optimizer.step(self.gradient, rate)
        return loss.detach()

    def loss(self, batch: Fed) -> torch.Tensor:
        """See ``Stepper.loss``."""
        with torch.inference_mode():
            outputs = self.forward(batch.inputs, False)
            loss: torch.Tensor = self.head.loss(batch.y, batch.mask, outputs)
        return loss

    def read(self, losses: Sequence[torch.Tensor]) -> list[float]:
        """See ``Stepper.read``."""
        return torch.stack(list(losses)).tolist() if losses else []

    def snapshot(self) -> torch.Tensor:
        """See ``Stepper.snapshot``."""
        return self.flat.clone()

    def restore(self, weights: torch.Tensor) -> None:
        """See ``Stepper.restore``."""
        self.flat.copy_(weights)

    def close(self) -> None:
        """Give every weight memory of its own again."""
        for parameter in self.parameters:
            parameter.data = parameter.data.clone()
            parameter.grad = None
