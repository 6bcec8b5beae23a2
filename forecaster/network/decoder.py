"""Decoders: from the state of the recurrent layers to the head's numbers for every output step.

The direct one puts out all steps at once. The parallel one repeats the state once for every segment of the
horizon, each with a learned vector of its position, and takes one gated step from each, side by side.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.network.architecture import Architecture
from forecaster.network.dropout import LeanDropout
from forecaster.network.recurrent import PACKAGE

# Variance of the output layer's weights relative to Glorot's: the first forecast is near the naive one.
OUTPUT_VARIANCE = 0.01

# Spread of what stands for a position or a series: small beside a state of order 1.
VECTOR_SPREAD = 0.1

# Share of training windows whose series is taken for unknown, so that unknown ones have a vector too.
HIDDEN_SHARE = 0.1


def decode(state: Any, series: Any | None, future: Any | None, architecture: Architecture) -> Any:
    """The output of a network.

    Args:
        state: (batch, width) of the recurrent and dense layers.
        series: (batch, series_units) vector of each window's series; None without.
        future: (batch, horizon, n_future) what is known of the steps to come; None without.
        architecture: Sizes.

    Returns:
        (batch, horizon, n_outputs).
    """
    if architecture.decoder == "parallel":
        given = {"series": series, "future": future}
        names = tuple(name for name, part in given.items() if part is not None)
        inputs = [state, *(given[name] for name in names)] if names else state
        layer = ParallelStep(architecture.horizon, architecture.out_segment, names, name="decoder")
        return _steps_of(layer(inputs), architecture)
    if future is not None:
        future = keras.layers.Flatten(name="future_flat")(future)
    parts = [part for part in (state, series, future) if part is not None]
    whole = parts[0] if len(parts) == 1 else keras.layers.Concatenate(name="known")(parts)
    size = architecture.horizon * architecture.n_outputs
    flat = keras.layers.Dense(size, kernel_initializer=small(), name="output")(whole)
    return keras.layers.Reshape((architecture.horizon, architecture.n_outputs), name="steps")(flat)


def each_step(states: Any, architecture: Architecture) -> Any:
    """The output of a network from the state at each of its steps.

    Args:
        states: (batch, look_back, width) of the recurrent and dense layers.
        architecture: Sizes.

    Returns:
        (batch, look_back, n_outputs).
    """
    return keras.layers.Dense(architecture.n_outputs, kernel_initializer=small(), name="output")(states)


def small() -> keras.initializers.Initializer:
    """Output weights that leave the first forecast near the naive one."""
    return keras.initializers.VarianceScaling(OUTPUT_VARIANCE, "fan_avg", "uniform")


def _steps_of(states: Any, architecture: Architecture) -> Any:
    """(batch, horizon, n_outputs) from one state for each output segment."""
    if architecture.dropout:
        states = LeanDropout(architecture.dropout, name="decoder_dropout")(states)
    size = architecture.out_segment * architecture.n_outputs
    segments = keras.layers.Dense(size, kernel_initializer=small(), name="output")(states)
    n_steps = states.shape[1] * architecture.out_segment
    steps = keras.layers.Reshape((n_steps, architecture.n_outputs), name="steps")(segments)
    cut = n_steps - architecture.horizon  # a horizon that is no multiple of the segment
    return keras.layers.Cropping1D((0, cut), name="horizon")(steps) if cut else steps


@keras.saving.register_keras_serializable(package=PACKAGE)
class ParallelStep(keras.layers.Layer):
    """One step of a gated recurrent unit from the same state for every segment of the horizon at once.

    What drives the step is a learned vector of the segment's position, the vector of the series, and what is
    known of the segment's steps.

    Source:
        The parallel multi-step decoding of Lin et al., "SegRNN", arXiv:2308.11200, 2023.
    """

    def __init__(self, horizon: int, segment: int, names: tuple[str, ...] = (), **settings: Any) -> None:
        """Args: output steps, those of a segment, which of series and future come after the state."""
        super().__init__(**settings)
        self.horizon, self.segment, self.names = horizon, segment, tuple(names)

    @property
    def n_segments(self) -> int:
        """Segments of the horizon, the last one perhaps only in part."""
        return -(-self.horizon // self.segment)

    def build(self, input_shape: Any) -> None:
        """Weights for the state, the positions, and what else is given."""
        first, *others = input_shape if self.names else [input_shape]
        width = first[-1]
        uniform = keras.initializers.GlorotUniform
        self.recurrent_kernel = self.add_weight(
            (width, 3 * width), initializer=keras.initializers.Orthogonal(), name="recurrent_kernel"
        )
        self.bias = self.add_weight((2, 3 * width), initializer="zeros", name="bias")
        vectors = keras.initializers.RandomNormal(stddev=VECTOR_SPREAD)
        self.positions = self.add_weight((self.n_segments, 3 * width), initializer=vectors, name="positions")
        self.kernels = []
        for name, shape in zip(self.names, others, strict=True):
            size = shape[-1] * (self.segment if name == "future" else 1)
            kernel = self.add_weight((size, 3 * width), initializer=uniform(), name=f"{name}_kernel")
            self.kernels.append(kernel)

    def call(self, inputs: Any) -> Any:
        """(batch, width), or a list of it and what else is known, to (batch, n_segments, width)."""
        state, *others = inputs if self.names else [inputs]
        driven = ops.expand_dims(self.positions + self.bias[0], 0)  # (1, n_segments, 3 * width)
        for name, given, kernel in zip(self.names, others, self.kernels, strict=True):
            if name == "series":
                driven = driven + ops.expand_dims(ops.matmul(given, kernel), 1)
            else:
                driven = driven + ops.matmul(self._segments(given), kernel)
        kept = ops.expand_dims(ops.matmul(state, self.recurrent_kernel) + self.bias[1], 1)
        update_in, reset_in, new_in = ops.split(driven, 3, axis=2)
        update, reset, new = ops.split(kept, 3, axis=2)
        update = ops.sigmoid(update_in + update)
        new = ops.tanh(new_in + ops.sigmoid(reset_in + reset) * new)
        return update * ops.expand_dims(state, 1) + (1.0 - update) * new

    def _segments(self, future: Any) -> Any:
        """(batch, horizon, n_future) to (batch, n_segments, segment * n_future), zeros beyond the end."""
        missing = self.n_segments * self.segment - self.horizon
        if missing:
            future = ops.pad(future, ((0, 0), (0, missing), (0, 0)))
        return ops.reshape(future, (-1, self.n_segments, self.segment * future.shape[2]))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Shape of ``call``'s result, from the shapes of the inputs."""
        first = input_shape[0] if self.names else input_shape
        return first[0], self.n_segments, first[-1]

    def get_config(self) -> dict[str, Any]:
        """Settings, so that Keras can copy the layer."""
        own = {"horizon": self.horizon, "segment": self.segment, "names": self.names}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package=PACKAGE)
class SeriesVectors(keras.layers.Embedding):
    """A learned vector for each series, 0 standing for an unknown one.

    In training some windows are taken for those of an unknown series.
    """

    def __init__(self, input_dim: int, output_dim: int, seed: int | None = None, **settings: Any) -> None:
        """Args: number of series and one more, length of a vector, seed of what is hidden."""
        super().__init__(input_dim, output_dim, **settings)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """(batch,) numbers 0 .. n_series to (batch, output_dim)."""
        if training:
            drawn = keras.random.uniform(ops.shape(inputs), seed=self.seed_generator)
            inputs = ops.where(drawn < HIDDEN_SHARE, ops.zeros_like(inputs), inputs)
        return super().call(inputs)

    def get_config(self) -> dict[str, Any]:
        """Settings, so that Keras can copy the layer."""
        return {**super().get_config(), "seed": self.seed}


def series_vectors(number: Any, architecture: Architecture) -> Any:
    """(batch, series_units) vectors of the series of windows.

    Args:
        number: (batch,) int32 number of the series, 0 for an unknown one.
        architecture: Sizes.
    """
    start = keras.initializers.RandomNormal(stddev=VECTOR_SPREAD)
    layer = SeriesVectors(
        architecture.n_series + 1,
        architecture.series_units,
        embeddings_initializer=start,
        name="series_vectors",
    )
    return layer(number)
