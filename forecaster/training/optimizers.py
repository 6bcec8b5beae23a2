"""Optimisers by Keras's formulas, over all weights as one flat tensor: a handful of operations a step.

torch's own differ: its RMSprop decays by 0.99 against Keras's 0.9 and adds epsilon outside the root.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch

EPSILON = 1e-7


class FlatOptimizer(ABC):
    """Changes a flat tensor of weights in place."""

    def __init__(self, weights: torch.Tensor, momentum: float = 0.0) -> None:
        """Args: the flat ``weights``, and a ``momentum`` for those that take one."""
        self.weights = weights
        self.momentum = momentum
        self.n_steps = 0
        self.state: dict[str, torch.Tensor] = {}

    def step(self, gradient: torch.Tensor, rate: float) -> None:
        """One update.

        Args:
            gradient: (n_weights,) like the weights.
            rate: Learning rate of this step.
        """
        self.n_steps += 1
        self.update(gradient, rate)

    def kept(self, name: str, first: float = 0.0) -> torch.Tensor:
        """A tensor like the weights that is kept from step to step.

        Args:
            name: Of the tensor.
            first: What it is filled with at the first step.
        """
        if name not in self.state:
            self.state[name] = torch.full_like(self.weights, first)
        return self.state[name]

    def numbers(self) -> dict[str, float]:
        """All but the tensors in ``state`` that the next step depends on."""
        return {"n_steps": self.n_steps}

    def resume(self, numbers: Mapping[str, float]) -> None:
        """Go on from the numbers of a training that was ended; its tensors are put back through ``kept``.

        Args:
            numbers: From ``numbers``.

        Raises:
            ValueError: They are of another optimiser.
        """
        if numbers.keys() != self.numbers().keys():
            raise ValueError(f"the numbers {', '.join(sorted(numbers))} are of another optimiser")
        self.n_steps = int(numbers["n_steps"])

    @abstractmethod
    def update(self, gradient: torch.Tensor, rate: float) -> None:
        """The formula; ``n_steps`` is 1 at the first.

        Args:
            gradient: (n_weights,) like the weights.
            rate: Learning rate of this step.
        """


class RMSprop(FlatOptimizer):
    """Root mean square propagation, rho 0.9."""

    def update(self, gradient: torch.Tensor, rate: float) -> None:
        """See ``FlatOptimizer.update``."""
        square = self.kept("square").mul_(0.9).addcmul_(gradient, gradient, value=0.1)
        root = square.add(EPSILON).sqrt_()
        if self.momentum:
            moved = self.kept("moved").mul_(self.momentum).addcdiv_(gradient, root, value=rate)
            self.weights.sub_(moved)
        else:
            self.weights.addcdiv_(gradient, root, value=-rate)


class Adam(FlatOptimizer):
    """Adam, betas 0.9 and 0.999."""

    decay = 0.0

    def update(self, gradient: torch.Tensor, rate: float) -> None:
        """See ``FlatOptimizer.update``."""
        if self.decay:
            self.weights.mul_(1 - self.decay * rate)
        mean = self.kept("mean").lerp_(gradient, 0.1)
        square = self.kept("square").mul_(0.999).addcmul_(gradient, gradient, value=0.001)
        scale = (1 - 0.999**self.n_steps) ** 0.5 / (1 - 0.9**self.n_steps)
        self.weights.addcdiv_(mean, square.sqrt().add_(EPSILON), value=-rate * scale)


class AdamW(Adam):
    """Adam with decoupled weight decay 0.004."""

    decay = 0.004


class Nadam(FlatOptimizer):
    """Adam with Nesterov momentum and Keras's momentum schedule."""

    product = 1.0

    def numbers(self) -> dict[str, float]:
        """See ``FlatOptimizer.numbers``."""
        return {"n_steps": self.n_steps, "product": self.product}

    def resume(self, numbers: Mapping[str, float]) -> None:
        """See ``FlatOptimizer.resume``.

        Raises:
            ValueError: As there.
        """
        super().resume(numbers)
        self.product = numbers["product"]

    def update(self, gradient: torch.Tensor, rate: float) -> None:
        """See ``FlatOptimizer.update``."""
        now = 0.9 * (1 - 0.5 * 0.96**self.n_steps)
        later = 0.9 * (1 - 0.5 * 0.96 ** (self.n_steps + 1))
        self.product *= now
        mean = self.kept("mean").lerp_(gradient, 0.1)
        square = self.kept("square").mul_(0.999).addcmul_(gradient, gradient, value=0.001)
        ahead = mean * (later / (1 - self.product * later))
        ahead.add_(gradient, alpha=(1 - now) / (1 - self.product))
        root = (square / (1 - 0.999**self.n_steps)).sqrt_().add_(EPSILON)
        self.weights.addcdiv_(ahead, root, value=-rate)


class SGD(FlatOptimizer):
    """Plain gradient descent, with momentum when asked for."""

    def update(self, gradient: torch.Tensor, rate: float) -> None:
        """See ``FlatOptimizer.update``."""
        if self.momentum:
            moved = self.kept("moved").mul_(self.momentum).add_(gradient, alpha=-rate)
            self.weights.add_(moved)
        else:
            self.weights.add_(gradient, alpha=-rate)


class Adagrad(FlatOptimizer):
    """Adagrad, accumulators from 0.1."""

    def update(self, gradient: torch.Tensor, rate: float) -> None:
        """See ``FlatOptimizer.update``."""
        square = self.kept("square", 0.1).addcmul_(gradient, gradient)
        self.weights.addcdiv_(gradient, square.add(EPSILON).sqrt_(), value=-rate)


FLAT_OPTIMIZERS: dict[str, type[FlatOptimizer]] = {
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": Nadam,
    "sgd": SGD,
    "adagrad": Adagrad,
}
