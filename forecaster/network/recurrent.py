"""LSTM, GRU and plain recurrent layers that run as one fused torch call; weights and results are Keras's.

Keras 3.15 runs its layers under torch on the CPU as a Python loop over time. These subclasses call
``torch.lstm``, ``torch.gru`` and ``torch.rnn_tanh`` instead wherever the result is the same, and leave the
rest (other backends, other activations, recurrent dropout, masks, state kept between batches) to Keras.
"""

from __future__ import annotations

from typing import Any

import keras

if keras.backend.backend() == "torch":
    import torch

PACKAGE = "forecaster"


def _is(function: Any, name: str) -> bool:
    """Whether ``function`` is the Keras activation of that name."""
    return function is keras.activations.get(name)


def _fused_step_applies(layer: Any) -> bool:
    """What every kind of layer needs for the fused path, besides its activations."""
    return (
        keras.backend.backend() == "torch"
        and not layer.stateful
        and not layer.unroll
        and not layer.cell.recurrent_dropout
    )


def _prepared(layer: Any, sequences: Any, training: bool | None) -> Any:
    """The input, with Keras's input dropout (one mask for all steps), in the order it is read."""
    if training and layer.cell.dropout:
        mask = layer.cell.get_dropout_mask(sequences[:, 0, :])
        layer.cell.reset_dropout_mask()
        sequences = sequences * mask.unsqueeze(1)
    return torch.flip(sequences, dims=(1,)) if layer.go_backwards else sequences


def _states(layer: Any, sequences: Any, initial_state: Any) -> list[Any]:
    """Initial states, each (1, batch, units); zeros when none is given."""
    n_states = len(layer.state_size)
    if initial_state is None:
        shape = (1, sequences.shape[0], layer.units)
        return [torch.zeros(shape, dtype=sequences.dtype, device=sequences.device)] * n_states
    given = initial_state if isinstance(initial_state, list | tuple) else [initial_state]
    return [keras.ops.convert_to_tensor(state, dtype=layer.compute_dtype).unsqueeze(0) for state in given]


def _finished(layer: Any, outputs: Any, states: list[Any]) -> Any:
    """What the layer returns, from outputs (batch, n_steps, units) and states (1, batch, units)."""
    output = outputs if layer.return_sequences else outputs[:, -1]
    return (output, *(state[0] for state in states)) if layer.return_state else output


@keras.saving.register_keras_serializable(package=PACKAGE)
class FusedLSTM(keras.layers.LSTM):
    """``keras.layers.LSTM`` through ``torch.lstm``."""

    @property
    def uses_fused_path(self) -> bool:
        """Whether calls without a mask take the fused path."""
        fits = _is(self.activation, "tanh") and _is(self.recurrent_activation, "sigmoid")
        return fits and _fused_step_applies(self)

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = False
    ) -> Any:
        """As the Keras layer: (batch, n_steps, n_features) to (batch[, n_steps], units)."""
        if mask is not None or not self.uses_fused_path:
            return super().call(sequences, initial_state, mask, training)
        sequences = _prepared(self, sequences, training)
        states = tuple(_states(self, sequences, initial_state))
        weights = [self.cell.kernel.value.t(), self.cell.recurrent_kernel.value.t()]
        if self.use_bias:  # torch adds two biases, Keras one
            bias = self.cell.bias.value
            weights += [bias, torch.zeros_like(bias)]
        outputs, h, c = torch.lstm(
            sequences, states, weights, self.use_bias, 1, 0.0, torch.is_grad_enabled(), False, True
        )
        return _finished(self, outputs, [h, c])


@keras.saving.register_keras_serializable(package=PACKAGE)
class FusedGRU(keras.layers.GRU):
    """``keras.layers.GRU`` through ``torch.gru``; Keras orders the gates z r h, torch r z h."""

    @property
    def uses_fused_path(self) -> bool:
        """Whether calls without a mask take the fused path."""
        fits = _is(self.activation, "tanh") and _is(self.recurrent_activation, "sigmoid")
        return fits and self.reset_after and _fused_step_applies(self)

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = False
    ) -> Any:
        """As the Keras layer: (batch, n_steps, n_features) to (batch[, n_steps], units)."""
        if mask is not None or not self.uses_fused_path:
            return super().call(sequences, initial_state, mask, training)
        sequences = _prepared(self, sequences, training)
        (state,) = _states(self, sequences, initial_state)
        weights = [self._reordered(self.cell.kernel.value.t())]
        weights.append(self._reordered(self.cell.recurrent_kernel.value.t()))
        if self.use_bias:
            weights += [self._reordered(bias) for bias in self.cell.bias.value.unbind(0)]
        outputs, h = torch.gru(
            sequences, state, weights, self.use_bias, 1, 0.0, torch.is_grad_enabled(), False, True
        )
        return _finished(self, outputs, [h])

    def _reordered(self, weight: Any) -> Any:
        """(3 * units, ...) with the first two gates swapped."""
        z, r, h = weight.split(self.units, dim=0)
        return torch.cat((r, z, h), dim=0)


@keras.saving.register_keras_serializable(package=PACKAGE)
class FusedRNN(keras.layers.SimpleRNN):
    """``keras.layers.SimpleRNN`` through ``torch.rnn_tanh`` or ``torch.rnn_relu``."""

    @property
    def uses_fused_path(self) -> bool:
        """Whether calls without a mask take the fused path."""
        fits = _is(self.activation, "tanh") or _is(self.activation, "relu")
        return fits and _fused_step_applies(self)

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = False
    ) -> Any:
        """As the Keras layer: (batch, n_steps, n_features) to (batch[, n_steps], units)."""
        if mask is not None or not self.uses_fused_path:
            return super().call(sequences, initial_state, mask, training)
        sequences = _prepared(self, sequences, training)
        (state,) = _states(self, sequences, initial_state)
        weights = [self.cell.kernel.value.t(), self.cell.recurrent_kernel.value.t()]
        if self.use_bias:
            bias = self.cell.bias.value
            weights += [bias, torch.zeros_like(bias)]
        run = torch.rnn_tanh if _is(self.activation, "tanh") else torch.rnn_relu
        outputs, h = run(
            sequences, state, weights, self.use_bias, 1, 0.0, torch.is_grad_enabled(), False, True
        )
        return _finished(self, outputs, [h])


LAYERS: dict[str, Any] = {"lstm": FusedLSTM, "gru": FusedGRU, "rnn": FusedRNN}


def slow_path(model: keras.Model) -> str | None:
    """Names the recurrent layers of a model that run step by step, so that the report can say so.

    Args:
        model: Any Keras model.

    Returns:
        For example ``recurrent_1: recurrent dropout``; None when all are fused, or there are none.
    """
    slow = []
    for layer in model.layers:
        inner = getattr(layer, "carried", layer)
        inner = inner.forward_layer if isinstance(inner, keras.layers.Bidirectional) else inner
        if isinstance(inner, keras.layers.RNN) and not getattr(inner, "uses_fused_path", False):
            slow.append(f"{layer.name}: {_reason(inner)}")
    return "; ".join(slow) or None


def _reason(layer: Any) -> str:
    """Why a recurrent layer does not take the fused path."""
    if keras.backend.backend() != "torch":
        return f"{keras.backend.backend()} backend"
    if getattr(layer.cell, "recurrent_dropout", 0):
        return "recurrent dropout"
    names = [
        getattr(function, "__name__", str(function))
        for function in (layer.activation, getattr(layer, "recurrent_activation", None))
        if function is not None
    ]
    return f"activations {', '.join(names)}"
