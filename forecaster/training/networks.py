"""Networks: what trained networks of any kind have in common."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from forecaster.network.architecture import Architecture
from forecaster.network.output import Output
from forecaster.training.conformal import Conformal
from forecaster.windows.transforms import Normaliser


@dataclass(frozen=True)
class Networks:
    """Trained networks, and the transforms that their windows go through.

    Attributes:
        head: What the networks put out, fitted.
        architecture: The networks' sizes.
        normaliser: Transforms, fitted.
        models: One Keras model a member.
    """

    head: Output
    architecture: Architecture
    normaliser: Normaliser
    models: tuple[keras.Model, ...]

    @property
    def shifts(self) -> Conformal | None:
        """Shifts of quantiles, found on the validation part; None for none."""
        return None

    def tensors(self) -> dict[str, np.ndarray]:
        """Every array that is no setting, by name, for the run folder.

        Returns:
            ``network0/000`` ... for the weights of each member, ``scale0/shift`` and ``scale0/scale``
            for each transform, ``covariate/shift`` and ``covariate/scale``, ``static/shift`` and
            ``static/scale``; where quantiles are shifted ``conformal/levels`` and ``conformal/shift``.
        """
        found: dict[str, np.ndarray] = {}
        for number, network in enumerate(self.models):
            for position, weight in enumerate(network.weights):
                found[f"network{number}/{position:03d}"] = keras.ops.convert_to_numpy(weight)
        for number, step in enumerate(self.normaliser.steps):
            found[f"scale{number}/shift"] = step.shift
            found[f"scale{number}/scale"] = step.scale
        found["covariate/shift"] = self.normaliser.covariate_shift
        found["covariate/scale"] = self.normaliser.covariate_scale
        found["static/shift"] = self.normaliser.static_shift
        found["static/scale"] = self.normaliser.static_scale
        if self.shifts is not None:
            found["conformal/levels"], found["conformal/shift"] = self.shifts.levels, self.shifts.shift
        return found
