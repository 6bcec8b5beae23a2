"""TorchStepper: a step on torch with all weights and all gradients in one flat tensor each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import torch

from forecaster.network.forward import lean_forward
from forecaster.network.output import Output
from forecaster.network.placement import device_of
from forecaster.training.feed import Fed
from forecaster.training.optimizers import FLAT_OPTIMIZERS
from forecaster.training.plan import TrainingPlan
from forecaster.training.random_state import random_arrays, restore_random
from forecaster.training.stepper import BEST, FIXED, OPTIMIZER, WEIGHTS, fitting

# Weights begin at multiples of 16 numbers (64 bytes), as freshly allocated tensors do.
ALIGNMENT = 16


class TorchStepper:
    """The Keras model's own weights, moved into one flat tensor for as long as training lasts.

    Clipping and the optimiser then take a handful of operations whatever the number of layers, and a copy
    of the weights takes one.
    """

    def __init__(self, model: keras.Model, head: Output, plan: TrainingPlan) -> None:
        """Move the weights; see ``make_stepper`` for the arguments."""
        self.head = head
        self.fixed = list(model.non_trainable_variables)
        self.clip = plan.clip
        self.is_mixed = plan.precision == "bfloat16"
        self.forward = self.training_forward = lean_forward(model)
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

    def step(self, batch: Fed, rate: float) -> tuple[torch.Tensor, int]:
        """See ``Stepper.step``."""
        self.gradient.zero_()
        loss = self.training_loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        self.update(rate)
        return loss.detach(), batch.n_known

    def training_loss(self, batch: Fed) -> torch.Tensor:
        """The loss with dropout, ready for its gradients.

        Args:
            batch: What to learn from.
        """
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.is_mixed):
            outputs = self.training_forward(batch.inputs, True)
        loss: torch.Tensor = self.head.loss(batch.y, batch.mask, outputs.float())
        return loss

    def update(self, rate: float) -> None:
        """Move the weights along the gradient, clipped.

        Args:
            rate: Learning rate.
        """
        with torch.no_grad():
            if self.clip:
                norm = torch.linalg.vector_norm(self.gradient)
                self.gradient.mul_(self.clip / norm.clamp_(min=self.clip))
            self.optimizer.step(self.gradient, rate)

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

    def state(self, best: torch.Tensor | None) -> tuple[dict[str, np.ndarray], dict[str, float]]:
        """See ``Stepper.state``."""
        tensors = {WEIGHTS: self.flat} | ({} if best is None else {BEST: best})
        tensors |= {f"{OPTIMIZER}/{name}": tensor for name, tensor in self.optimizer.state.items()}
        tensors |= {f"{FIXED}/{number:03d}": variable.value for number, variable in enumerate(self.fixed)}
        arrays = {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}
        return arrays | random_arrays(str(self.device)), self.optimizer.numbers()

    def resume(self, tensors: Mapping[str, np.ndarray], numbers: Mapping[str, float]) -> torch.Tensor | None:
        """See ``Stepper.resume``.

        Raises:
            ValueError: As there.
        """
        size = self.flat.shape
        self.optimizer.resume(numbers)
        with torch.no_grad():
            self.flat.copy_(torch.from_numpy(fitting(tensors, WEIGHTS, size)))
            for name in tensors:
                if name.startswith(f"{OPTIMIZER}/"):
                    # into memory of torch's own, aligned as that of a training that never stopped
                    kept = self.optimizer.kept(name.removeprefix(f"{OPTIMIZER}/"))
                    kept.copy_(torch.from_numpy(fitting(tensors, name, size)))
            for number, variable in enumerate(self.fixed):
                variable.assign(fitting(tensors, f"{FIXED}/{number:03d}", variable.shape))
            best = None
            if BEST in tensors:
                best = torch.empty_like(self.flat)
                best.copy_(torch.from_numpy(fitting(tensors, BEST, size)))
        restore_random(tensors, str(self.device))
        return best

    def close(self) -> None:
        """Give every weight memory of its own again."""
        for parameter in self.parameters:
            parameter.data = parameter.data.clone()
            parameter.grad = None
