"""SharedStepper: a step that several processes take together, each with its part of the batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import torch
from torch.nn.parallel import DistributedDataParallel

from forecaster.data.peers import Peers
from forecaster.network.forward import Forward
from forecaster.network.output import Output
from forecaster.training.feed import Fed
from forecaster.training.plan import TrainingPlan
from forecaster.training.torch_stepper import TorchStepper


class SharedStepper(TorchStepper):
    """``TorchStepper`` with the gradient of the whole batch, by DistributedDataParallel.

    The loss is the mean over the known targets of all parts: each part's loss is weighted by its share of
    them, and gradients are added up. Weights and the optimiser's state are then the same in all processes.
    What dropout draws depends on seed, step and process alone, so that a state holds all that is needed to
    go on.
    """

    def __init__(self, model: keras.Model, head: Output, plan: TrainingPlan, peers: Peers) -> None:
        """Args: see ``make_stepper``; ``torch.distributed`` must be set up."""
        super().__init__(model, head, plan)
        self.peers, self.seed = peers, plan.seed
        network = _Network(model, self.forward)
        self.training_forward = DistributedDataParallel(network)

    def step(self, batch: Fed, rate: float) -> tuple[torch.Tensor, int]:
        """See ``Stepper.step``."""
        n_known = self.peers.meet(batch.n_known)
        seeds = np.random.SeedSequence([self.seed, self.optimizer.n_steps, self.peers.rank])
        torch.manual_seed(int(seeds.generate_state(1)[0]))
        self.gradient.zero_()
        own = self.training_loss(batch)
        n_all = n_known()
        part = own * (batch.n_known / max(n_all, 1))
        (part * self.peers.n).backward()  # type: ignore[no-untyped-call]  # their mean is the sum of parts
        self.update(rate)
        return part.detach(), n_all


class _Network(torch.nn.Module):
    """A Keras model, which is a torch module, called the lean way."""

    def __init__(self, model: keras.Model, forward: Forward) -> None:
        """Args: the model, and what it computes."""
        super().__init__()
        self.model = model
        self.lean = forward

    def forward(self, inputs: Mapping[str, Any], training: bool) -> Any:
        """Outputs of the network."""
        return self.lean(inputs, training)
