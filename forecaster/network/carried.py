"""Carried: a recurrent layer whose state goes on from one batch to the next."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.network.recurrent import PACKAGE


@keras.saving.register_keras_serializable(package=PACKAGE)
class Carried(keras.layers.Layer):
    """A recurrent layer that begins where the batch before ended.

    What begins anew is an input, so that series of any length go through the same streams, and nothing has to
    be reset from outside. No gradient flows from one batch to the one before.
    """

    def __init__(self, carried: Any, n_streams: int, **settings: Any) -> None:
        """Args: a recurrent layer in one direction, windows of every batch, Keras's own settings."""
        super().__init__(**settings)
        self.carried, self.n_streams = carried, n_streams
        carried.return_state = True

    def build(self, input_shape: Any) -> None:
        """A state of each stream, 0 at first."""
        if not self.carried.built:
            self.carried.build(input_shape[0])
        sizes = self.carried.state_size
        widths = sizes if isinstance(sizes, list | tuple) else [sizes]
        self.states = [
            self.add_weight(
                (self.n_streams, width), initializer="zeros", trainable=False, name=f"state_{place}"
            )
            for place, width in enumerate(widths)
        ]

    def call(self, inputs: list[Any], training: bool | None = None) -> Any:
        """(n_streams, n_steps, n_features) and (n_streams,) 1 where the state goes on, to the layer's own."""
        sequences, carries = inputs
        keeps = ops.expand_dims(carries, 1)
        before = [ops.cast(state * keeps, sequences.dtype) for state in self.states]
        outputs, *after = self.carried(sequences, initial_state=before, training=training)
        for state, value in zip(self.states, after, strict=True):
            state.assign(ops.stop_gradient(ops.cast(value, state.dtype)))
        return outputs

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Shape of ``call``'s result, from the shapes of the inputs."""
        batch, n_steps, _ = input_shape[0]
        units = self.carried.units
        return (batch, n_steps, units) if self.carried.return_sequences else (batch, units)

    def get_config(self) -> dict[str, Any]:
        """Settings, so that Keras can copy the layer."""
        layer = keras.saving.serialize_keras_object(self.carried)
        return {**super().get_config(), "carried": layer, "n_streams": self.n_streams}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The layer of ``get_config``.

        Args:
            config: What that returned.
        """
        carried = keras.saving.deserialize_keras_object(config.pop("carried"))
        return cls(carried, **config)
