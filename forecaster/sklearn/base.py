"""WindowNetworks: what the regressor and the classifier have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from forecaster.config.build import make_settings
from forecaster.config.settings import Settings
from forecaster.distributions import median_of
from forecaster.errors import ConfigError
from forecaster.network.architecture import Architecture
from forecaster.network.build import build_model
from forecaster.network.heads import Head
from forecaster.training.arrays import (
    array_architecture,
    array_batch,
    array_scales,
    outputs_on_arrays,
    train_on_arrays,
)
from forecaster.windows.transforms import last_observed


class WindowNetworks(BaseEstimator):
    """What both estimators share; through pickle they go as settings and plain arrays."""

    architecture_: Architecture
    head_: Head
    weights_: list[list[np.ndarray]]

    def __init__(  # noqa: PLR0913 - scikit-learn reads the parameters off this signature
        self,
        *,
        cell: str = "lstm",
        units: int | Sequence[int] = 32,
        layers: int = 1,
        dense_layers: int | Sequence[int] = (),
        dropout: float = 0.0,
        segment: int = 1,
        bidirectional: bool = False,
        linear: bool = True,
        residual: str = "none",
        optimizer: str = "rmsprop",
        learning_rate: float | None = None,
        schedule: str = "one-cycle",
        epochs: int | None = None,
        batch_size: int | None = None,
        ensemble: int = 1,
        validation_fraction: float = 0.0,
        random_state: Any = 0,
    ) -> None:
        self.cell = cell
        self.units = units
        self.layers = layers
        self.dense_layers = dense_layers
        self.dropout = dropout
        self.segment = segment
        self.bidirectional = bidirectional
        self.linear = linear
        self.residual = residual
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.epochs = epochs
        self.batch_size = batch_size
        self.ensemble = ensemble
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_networks", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "weights_" in state:
            self._networks = [build_model(self.architecture_) for _ in self.weights_]
            for network, weights in zip(self._networks, self.weights_, strict=True):
                network.set_weights(weights)

    def _settings(self) -> Settings:
        """The parameters as settings, which are checked.

        Raises:
            ValueError: One is not possible.
        """
        own = {"validation_fraction", "random_state"}
        given = {name: value for name, value in self.get_params(deep=False).items() if name not in own}
        seed = self.random_state
        if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
            seed = check_random_state(seed).randint(2**31 - 1)
        if not 0 <= self.validation_fraction < 1:
            raise ValueError(f"validation_fraction={self.validation_fraction}: must be in [0, 1).")
        if self.residual == "season":
            raise ValueError("residual=season: windows say nothing of seasons. Use last or none.")
        try:
            return make_settings({**given, "seed": int(seed), "precision": "float32"}, style="keyword")
        except ConfigError as error:
            raise ValueError(str(error)) from None

    def _fit_networks(self, x: np.ndarray, y: np.ndarray, head: Head, settings: Settings) -> np.ndarray:
        """Trains on windows (n, look_back, n_channels) and normalised targets (n, horizon).

        Returns:
            (n, horizon) target less output of the rows that were held out, of all where none were.
        """
        n_valid = int(self.validation_fraction * len(x))
        self.architecture_ = array_architecture(settings, x.shape[1:], y.shape[1], head.n_outputs)
        self.head_ = head
        batch = array_batch(x, y, y.shape[1])
        cut = len(x) - n_valid
        held_out = batch.take(slice(cut, None)) if n_valid else None
        self._networks = train_on_arrays(
            self.architecture_, head, settings, batch.take(slice(0, cut)), held_out
        )
        self.weights_ = [network.get_weights() for network in self._networks]
        seen = held_out or batch
        outputs = outputs_on_arrays(self.architecture_, self._networks, seen)
        return np.asarray(seen.target - median_of(outputs)[:, :, 0])

    def _outputs(self, x: np.ndarray) -> list[np.ndarray]:
        """One (n, horizon, n_outputs) a network of normalised windows."""
        batch = array_batch(x, None, self.architecture_.horizon)
        return outputs_on_arrays(self.architecture_, self._networks, batch)

    def _learn_scales(self, x: np.ndarray) -> None:
        """Mean and spread of every channel over the training windows."""
        self.shift_, self.scale_ = array_scales(self._relative(x).reshape(-1, x.shape[2]))

    def _normalised(self, x: np.ndarray) -> np.ndarray:
        """(n, look_back, n_channels) windows as the networks take them."""
        return np.asarray((self._relative(x) - self.shift_) / self.scale_)

    def _relative(self, x: np.ndarray) -> np.ndarray:
        """Windows less their last value, where targets are taken relative to it."""
        if self.residual != "last":
            return x
        x = x.copy()
        x[:, :, 0] -= last_observed(x[:, :, 0])[:, None]
        return x

    def _checked(self, X: Any) -> np.ndarray:
        """Windows to predict, (n, look_back, n_channels).

        Raises:
            ValueError: They are of another shape than those of ``fit``.
        """
        check_is_fitted(self)
        x = validate_data(
            self, X, reset=False, dtype=np.float64, allow_nd=True, ensure_all_finite="allow-nan"
        )
        x = windows_of(x)
        if x.shape[2] != self.architecture_.n_channels:
            raise ValueError(f"X has {x.shape[2]} channels, but fit saw {self.architecture_.n_channels}.")
        return x


def windows_of(x: np.ndarray) -> np.ndarray:
    """(n, look_back, n_channels) windows.

    Raises:
        ValueError: X has another number of dimensions than two or three.
    """
    if x.ndim not in (2, 3):
        raise ValueError(
            f"X has {x.ndim} dimensions; it must be (n, look_back) or (n, look_back, n_channels)."
        )
    return x[:, :, None] if x.ndim == 2 else x
