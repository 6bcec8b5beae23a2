"""build_model: an architecture as a Keras functional model."""

from __future__ import annotations

from typing import Any

import keras

from forecaster.network.architecture import Architecture
from forecaster.network.carried import Carried
from forecaster.network.decoder import decode, each_step, series_vectors
from forecaster.network.dropout import LeanDropout
from forecaster.network.placement import device_scope, seeded
from forecaster.network.recurrent import LAYERS, PACKAGE

# Name of the layer of the linear forecast.
LINEAR = "linear"

# Spread of the numbers that stand for a mark: as large as normalised values. Of more marks than so many most
# are seen seldom and hardly move: they begin small, so that chance does not speak for them.
EMBEDDING_SPREAD, FEW_MARKS, MANY_SPREAD = 1.0, 1000, 0.1


@keras.saving.register_keras_serializable(package=PACKAGE)
class Segments(keras.layers.Layer):
    """Values and observed flags of some channels, and what else each step has, cut into segments.

    The look-back is padded on the left with unobserved zeros to a multiple of the segment.
    """

    def __init__(self, segment: int, channels: tuple[int, ...] | None = None, **settings: Any) -> None:
        """Args: ``segment`` steps at once, ``channels`` to take (all when None), Keras's own settings."""
        super().__init__(**settings)
        self.segment = segment
        self.channels = None if channels is None else tuple(channels)

    def call(self, inputs: list[Any]) -> Any:
        """(batch, look_back, n_channels) twice, and more of any width, to (batch, n_segments, all of it)."""
        if self.channels is not None:
            taken = [keras.ops.take(part, list(self.channels), axis=2) for part in inputs[:2]]
            inputs = [*taken, *inputs[2:]]
        joined = keras.ops.concatenate(inputs, axis=2)
        if self.segment == 1:
            return joined
        _, look_back, width = joined.shape
        missing = -look_back % self.segment
        if missing:
            joined = keras.ops.pad(joined, ((0, 0), (missing, 0), (0, 0)))
        n_segments = (look_back + missing) // self.segment
        return keras.ops.reshape(joined, (-1, n_segments, self.segment * width))

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[Any, ...]:
        """Shape of ``call``'s result, from the shapes of the inputs."""
        batch, look_back, n_channels = input_shape[0]
        width = 2 * (n_channels if self.channels is None else len(self.channels))  # type: ignore[operator]
        width += sum(shape[2] for shape in input_shape[2:])  # type: ignore[misc]
        return batch, -(-look_back // self.segment), self.segment * width  # type: ignore[operator]

    def get_config(self) -> dict[str, Any]:
        """Settings, so that Keras can copy the layer."""
        return {**super().get_config(), "segment": self.segment, "channels": self.channels}


def build_model(
    architecture: Architecture, seed: int = 0, device: str | None = None, n_streams: int | None = None
) -> keras.Model:
    """The network with fresh weights.

    Args:
        architecture: What to build.
        seed: Where its random weights start from; the same seed gives the same weights.
        device: ``cpu``, ``cuda`` or ``mps``; Keras's own choice when None.
        n_streams: Windows of every batch, whose states go on in the next one where the input ``carries``
            (n_streams,) is 1; None for windows that stand alone.

    Returns:
        A functional model of inputs ``past`` and ``observed``, both (batch, look_back, n_channels), where
        there are categories ``marks`` (batch, look_back), 0 for an unknown one, static numbers ``static``
        (batch, n_static), vectors of series ``series`` (batch,), 0 for an unknown one, and numbers known of
        the steps to come ``future`` (batch, horizon, n_future), to (batch, horizon, n_outputs). Without
        channels there are marks alone. Its weights' names are the same in every process.
    """
    with seeded(seed), device_scope(device):
        inputs, steps = _inputs(architecture, n_streams)
        states = [
            _branch((steps, inputs.get("carries")), architecture, channels, prefix)
            for channels, prefix in _branches(architecture)
        ]
        if architecture.n_static:
            inputs["static"] = keras.Input((architecture.n_static,), name="static")
            states.append(inputs["static"])
        state = states[0] if len(states) == 1 else keras.layers.Concatenate(name="join")(states)
        for number, units in enumerate(architecture.dense_units, start=1):
            state = keras.layers.Dense(units, activation="relu", name=f"dense_{number}")(state)
            if architecture.n_static and architecture.dropout:
                state = LeanDropout(architecture.dropout, name=f"dense_dropout_{number}")(state)
        if architecture.decoder == "steps":
            outputs = each_step(state, architecture)
            if architecture.linear:
                outputs = keras.layers.Add(name="sum")([outputs, _linear_of_step(steps, architecture)])
            return keras.Model(inputs, outputs, name="forecaster")
        if architecture.n_series:
            inputs["series"] = keras.Input((), name="series", dtype="int32")
        if architecture.n_future:
            inputs["future"] = keras.Input((architecture.horizon, architecture.n_future), name="future")
        series = series_vectors(inputs["series"], architecture) if architecture.n_series else None
        outputs = decode(state, series, inputs.get("future"), architecture)
        if architecture.linear:
            window = [inputs["past"], inputs["observed"]]
            outputs = keras.layers.Add(name="sum")([outputs, _linear(window, architecture)])
        return keras.Model(inputs, outputs, name="forecaster")


def with_weights_of(model: keras.Model, trained: keras.Model) -> keras.Model:
    """A network with the weights of another of the same layers, whatever batches or steps either takes.

    Args:
        model: That is changed.
        trained: Whose weights are taken; states of streams, which are not trained, are not.

    Returns:
        ``model``.
    """
    pairs = zip(model.trainable_variables, trained.trainable_variables, strict=True)
    for variable, one in pairs:
        variable.assign(one.value)
    return model


def _inputs(architecture: Architecture, n_streams: int | None) -> tuple[dict[str, Any], list[Any]]:
    """Inputs of the recurrent layers by name, and what they are fed of them."""
    inputs: dict[str, Any] = {}

    def add(name: str, shape: tuple[int, ...], dtype: str | None = None) -> Any:
        """An input, of a batch as large as there are streams."""
        whole = {"shape": shape} if n_streams is None else {"batch_shape": (n_streams, *shape)}
        inputs[name] = keras.Input(name=name, dtype=dtype, **whole)
        return inputs[name]

    steps = []
    if architecture.n_channels:
        shape = (architecture.look_back, architecture.n_channels)
        steps += [add(name, shape) for name in ("past", "observed")]
    if architecture.n_marks:
        steps.append(_embedding(architecture)(add("marks", (architecture.look_back,), "int32")))
    if n_streams is not None:
        add("carries", ())
    return inputs, steps


def _embedding(architecture: Architecture) -> keras.layers.Layer:
    """Numbers for each mark, and for the unknown one."""
    spread = EMBEDDING_SPREAD if architecture.n_marks <= FEW_MARKS else MANY_SPREAD
    return keras.layers.Embedding(
        architecture.n_marks + 1,
        architecture.mark_units,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=spread),
        name="marks_embedded",
    )


def _branches(architecture: Architecture) -> list[tuple[tuple[int, ...] | None, str]]:
    """Channels (None for all) and name prefix of every branch."""
    if not architecture.branches:
        return [(None, "")]
    return [(channels, f"branch_{number}_") for number, channels in enumerate(architecture.branches, start=1)]


def _branch(
    given: tuple[list[Any], Any], architecture: Architecture, channels: tuple[int, ...] | None, prefix: str
) -> Any:
    """(batch, width) last state of the recurrent layers over some channels, or that of every step."""
    inputs, carries = given
    x = inputs[0]
    if architecture.n_channels or architecture.segment > 1:
        x = Segments(architecture.segment, channels, name=f"{prefix}segments")(inputs)
    n_layers = len(architecture.units)
    for number, units in enumerate(architecture.units, start=1):
        has_steps = number < n_layers or architecture.decoder == "steps"
        layer = _recurrent(architecture, units, has_steps, f"{prefix}recurrent_{number}")
        if carries is None:
            x = layer(x)
        else:
            x = Carried(layer, carries.shape[0], name=f"{prefix}carried_{number}")([x, carries])
        if architecture.dropout:
            x = LeanDropout(architecture.dropout, name=f"{prefix}dropout_{number}")(x)
    return x


def _recurrent(
    architecture: Architecture, units: int, return_sequences: bool, name: str
) -> keras.layers.Layer:
    """One recurrent layer, in both directions when the architecture says so."""
    gates = {"recurrent_activation": architecture.recurrent_activation}
    layer = LAYERS[architecture.cell](
        units,
        activation=architecture.activation,
        recurrent_dropout=architecture.recurrent_dropout,
        return_sequences=return_sequences,
        name=name,
        **({} if architecture.cell == "rnn" else gates),
    )
    if architecture.bidirectional:
        return keras.layers.Bidirectional(layer, name=f"{name}_both")
    return layer


def _linear_of_step(steps: list[Any], architecture: Architecture) -> Any:
    """A linear function of each step's own inputs, 0 before training: (batch, look_back, n_outputs)."""
    whole = steps[0] if len(steps) == 1 else keras.layers.Concatenate(name="step")(steps)
    size = architecture.n_outputs
    return keras.layers.Dense(size, use_bias=False, kernel_initializer="zeros", name=LINEAR)(whole)


def _linear(window: list[Any], architecture: Architecture) -> Any:
    """A linear function of values and observed flags, 0 before training: (batch, horizon, n_outputs)."""
    flat = keras.layers.Flatten(name="window")(keras.layers.Concatenate(axis=2, name="look_back")(window))
    size = architecture.horizon * architecture.n_outputs
    weighed = keras.layers.Dense(size, kernel_initializer="zeros", name=LINEAR)(flat)
    return keras.layers.Reshape((architecture.horizon, architecture.n_outputs), name="linear_steps")(weighed)
