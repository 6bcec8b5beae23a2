"""Streams: a network that is run on step by step, each of its windows with a state of its own."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
from keras import ops

from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.carried import Carried
from forecaster.network.predict import forward_of
from forecaster.windows.batch import Batch


class Streams:
    """A trained network whose states stay from one call to the next."""

    def __init__(
        self, model: keras.Model, architecture: Architecture, n_streams: int, n_steps: int = 1
    ) -> None:
        """Args: a network that stands alone and its sizes, windows and steps of a call."""
        longer = replace(architecture, look_back=n_steps, horizon=n_steps)
        self.model = build_model(longer, n_streams=n_streams)
        for variable, one in zip(self.model.trainable_variables, model.trainable_variables, strict=True):
            variable.assign(one.value)
        self._variables = [
            state for layer in self.model.layers if isinstance(layer, Carried) for state in layer.states
        ]
        self._forward = forward_of(self.model)

    @property
    def states(self) -> list[np.ndarray]:
        """(n_streams, width) of every layer, as they are now."""
        return [np.array(ops.convert_to_numpy(state)) for state in self._variables]

    @states.setter
    def states(self, values: list[np.ndarray]) -> None:
        """Go on from others."""
        for state, value in zip(self._variables, values, strict=True):
            state.assign(value)

    def run(self, batch: Batch, moves: np.ndarray | None = None) -> np.ndarray:
        """What the network puts out, and the states as they are after it.

        Args:
            batch: As many windows as there are streams, of as many steps as a call has.
            moves: (n_streams,) bool, whose states change; all when None.

        Returns:
            (n_streams, n_steps, n_outputs) float32.
        """
        before = None if moves is None or moves.all() else self.states
        outputs = self._forward(batch)
        if before is not None and moves is not None:
            self.states = [
                np.where(moves[:, None], after, old) for after, old in zip(self.states, before, strict=True)
            ]
        return outputs
