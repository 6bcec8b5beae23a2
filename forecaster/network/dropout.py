"""Dropout that draws sixteen random bits for a number where torch draws sixty-four, on processors.

Torch draws for one number at a time, in one thread whatever the threads are: an eighth of the time of a
training step, and more the more threads there are.
"""

from __future__ import annotations

from typing import Any

import keras

from forecaster.network.recurrent import PACKAGE

if keras.backend.backend() == "torch":
    import torch

# Values of the sixteen bits.
N_VALUES = 1 << 16


@keras.saving.register_keras_serializable(package=PACKAGE)
class LeanDropout(keras.layers.Dropout):
    """``keras.layers.Dropout`` with its rate rounded to a multiple of 1 / 65,536, on torch and a processor.

    What is kept is divided by the share that is kept at the rounded rate, so that the mean stays exact. Masks
    come from torch's own random numbers. Other backends and devices take Keras's layer.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """As the Keras layer: any shape to the same."""
        is_lean = keras.backend.backend() == "torch" and inputs.device.type == "cpu"
        if not (is_lean and training and self.rate > 0):
            return super().call(inputs, training=training)
        n_dropped = round(self.rate * N_VALUES)
        n_words = -(-inputs.numel() // 4)  # four numbers of sixteen bits in a word
        bits = torch.empty(n_words, dtype=torch.int64).random_(-(1 << 63), None).view(torch.int16)
        # whole numbers, 1 for kept: they become real ones several times sooner than truth values do
        kept = bits[: inputs.numel()].view(inputs.shape).ge_(n_dropped - N_VALUES // 2)
        return inputs * kept.to(inputs.dtype).mul_(N_VALUES / (N_VALUES - n_dropped))
