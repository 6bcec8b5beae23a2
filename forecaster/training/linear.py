"""The linear forecast of a window: where the linear path of a network starts."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from forecaster.network.build import LINEAR
from forecaster.windows.batch import Batch
from forecaster.windows.gather import WindowSource

# Windows that it is fitted on at most, and targets below which nothing is fitted.
MOST_WINDOWS, LEAST_TARGETS = 20_000, 10
# Penalties that are tried, in windows.
PENALTIES = np.logspace(-2, 4, 13)


@dataclass(frozen=True)
class LinearForecast:
    """Weights of values and observed flags of a look-back.

    Attributes:
        weights: (look_back * 2 n_channels,) in the order in which the network flattens them.
        constant: Added to it.
    """

    weights: np.ndarray
    constant: float

    def of(self, batch: Batch) -> np.ndarray:
        """(batch,) forecast of each window, normalised."""
        return np.asarray(_flat(batch) @ self.weights + self.constant)

    def put(self, model: keras.Model, output: int | None) -> None:
        """Let the linear path of a fresh network of one step forecast this.

        Args:
            model: With such a path, which is 0 so far.
            output: Which of its outputs is the linear forecast; None for none.
        """
        if output is None:
            return
        layer = model.get_layer(LINEAR)
        kernel, bias = (np.array(keras.ops.convert_to_numpy(weight)) for weight in layer.weights)
        kernel[:, output], bias[output] = self.weights, self.constant
        layer.set_weights([kernel, bias])


def fit_linear(source: WindowSource) -> LinearForecast:
    """The ridge regression of closed targets on their windows.

    Args:
        source: Training windows of one step, scaled.

    Returns:
        The forecast; its penalty is the one with the lowest error on windows left out.
    """
    batch, _ = source.thinned(MOST_WINDOWS).gather_all()
    known = batch.mask[:, 0]
    inputs = _flat(batch)
    if known.sum() < LEAST_TARGETS:
        return LinearForecast(np.zeros(inputs.shape[1]), 0.0)
    from sklearn.linear_model import RidgeCV

    ridge = RidgeCV(alphas=PENALTIES).fit(inputs[known], batch.target[known, 0])
    return LinearForecast(np.asarray(ridge.coef_), float(ridge.intercept_))


def _flat(batch: Batch) -> np.ndarray:
    """(batch, look_back * 2 n_channels) values and observed flags, step by step."""
    joined = np.concatenate([batch.past, batch.observed], axis=2).astype(np.float64)
    return joined.reshape(len(joined), -1)  # (batch, look_back * 2 n_channels)
