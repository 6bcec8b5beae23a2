"""WindowRegressor: numbers that follow windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from forecaster.config.settings import Settings
from forecaster.distributions import AffineStep, Distribution, Quantiles, Transformed, median_of
from forecaster.network.heads import Head, PointHead, QuantileHead
from forecaster.sklearn.base import WindowNetworks, windows_of
from forecaster.training.arrays import array_scales
from forecaster.windows.transforms import last_observed


class WindowRegressor(RegressorMixin, WindowNetworks):
    """Numbers that follow windows, by the networks of ``forecast train``.

    Args:
        head: ``point`` for one number a step, ``quantile`` for several by pinball loss.
        loss: Of the point head: ``mse``, ``mae`` or ``huber``.
        cell: ``lstm``, ``gru`` or ``rnn``.
        units: Width of every recurrent layer, or of each.
        layers: Recurrent layers.
        dense_layers: Units of dense layers after them.
        dropout: Share of units dropped between layers in training.
        segment: Steps fed to the recurrent layers at once.
        bidirectional: Whether windows are read in both directions.
        linear: Whether a linear function of the window is added.
        residual: ``last`` takes windows and targets relative to the window's last value of the first
            channel; ``none`` does not.
        optimizer: As ``forecast train --optimizer``.
        learning_rate: Peak of a one-cycle; 0.01 when None.
        schedule: How the rate goes.
        epochs: All rows once; 200 steps and five epochs at least when None.
        batch_size: Rows of a step; by their number when None.
        ensemble: Networks from different seeds.
        validation_fraction: Last rows, held out: they choose the weights, and of the point head the width of
            ``predict_quantiles``; with 0 that comes from the training rows and is too narrow.
        random_state: Seed; the same one gives the same bits.

    Attributes:
        architecture_: Sizes of the networks.
        head_: What they put out, fitted.
        weights_: Arrays of each network.
        n_features_in_: Steps of a window.
    """

    def __init__(  # noqa: PLR0913 - scikit-learn reads the parameters off this signature
        self,
        *,
        head: str = "point",
        loss: str = "mse",
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
        validation_fraction: float = 0.1,
        random_state: Any = 0,
    ) -> None:
        super().__init__(
            cell=cell,
            units=units,
            layers=layers,
            dense_layers=dense_layers,
            dropout=dropout,
            segment=segment,
            bidirectional=bidirectional,
            linear=linear,
            residual=residual,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            epochs=epochs,
            batch_size=batch_size,
            ensemble=ensemble,
            validation_fraction=validation_fraction,
            random_state=random_state,
        )
        self.head = head
        self.loss = loss

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train on windows and what followed them.

        Args:
            X: (n, look_back) or (n, look_back, n_channels).
            y: (n,), or (n, horizon) for several steps.

        Returns:
            This estimator.

        Raises:
            ValueError: A parameter is not possible, or X and y do not fit.
        """
        settings = self._settings()
        x, y = validate_data(
            self,
            X,
            y,
            dtype=np.float64,
            allow_nd=True,
            ensure_all_finite="allow-nan",
            multi_output=True,
            y_numeric=True,
        )
        x = windows_of(x)
        self.n_dims_ = y.ndim
        target = np.asarray(y, dtype=np.float64).reshape(len(x), -1) - self._base(x)
        self._learn_scales(x)
        shift, scale = array_scales(target.reshape(-1, 1))
        self.target_shift_, self.target_scale_ = float(shift[0]), float(scale[0])
        target = (target - self.target_shift_) / self.target_scale_
        head = _regression_head(settings)
        errors = self._fit_networks(self._normalised(x), target, head, settings)
        if isinstance(head, PointHead):
            self.head_ = head.with_residuals(errors, np.ones(errors.shape, dtype=bool))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """What follows windows: the mean under ``loss="mse"``, the median otherwise.

        Args:
            X: Windows of the shape of those of ``fit``.

        Returns:
            (n,) or (n, horizon), as y was.
        """
        x = self._checked(X)
        if isinstance(self.head_, PointHead):
            point = median_of(self._outputs(self._normalised(x)))[:, :, 0].astype(np.float64)
            values = point * self.target_scale_ + self.target_shift_ + self._base(x)
        else:
            values = self._distribution(x).quantile(0.5)
        return np.asarray(values[:, 0] if self.n_dims_ == 1 else values)

    def predict_quantiles(self, X: Any, levels: Sequence[float]) -> np.ndarray:
        """Quantiles of what follows windows.

        Args:
            X: Windows of the shape of those of ``fit``.
            levels: In (0, 1).

        Returns:
            (n, n_levels), or (n, horizon, n_levels) where y had several steps.

        Raises:
            ValueError: A level is not in (0, 1).
        """
        x = self._checked(X)
        asked = np.atleast_1d(np.asarray(levels, dtype=np.float64))
        if not ((asked > 0) & (asked < 1)).all():
            raise ValueError(f"levels {asked.tolist()}: quantile levels lie between 0 and 1.")
        values = self._distribution(x).quantile(asked)
        return values[:, 0] if self.n_dims_ == 1 else values

    def _distribution(self, x: np.ndarray) -> Distribution:
        """Of shape (n, horizon), in the unit of y."""
        outputs = self._outputs(self._normalised(x))
        if isinstance(self.head_, QuantileHead):
            levels = np.asarray(self.head_.levels)
            members = [self.head_.distribution(one).quantile(levels) for one in outputs]
            normal: Distribution = Quantiles(levels, median_of(members))
        else:
            normal = self.head_.distribution(median_of(outputs))
        steps = [AffineStep(self._base(x), 1.0), AffineStep(self.target_shift_, self.target_scale_)]
        return Transformed(normal, steps)

    def _base(self, x: np.ndarray) -> np.ndarray:
        """(n, 1) what targets are relative to."""
        return last_observed(x[:, :, 0])[:, None] if self.residual == "last" else np.zeros((len(x), 1))


def _regression_head(settings: Settings) -> Head:
    """The head of a regressor.

    Raises:
        ValueError: It is one of classes or waiting times.
    """
    name = settings.network.head
    if name == "point":
        return PointHead(settings.network.loss or "mse")
    if name == "quantile":
        return QuantileHead(settings.network.quantile_levels or QuantileHead.levels)
    raise ValueError(f"head={name}: a regressor has the heads point and quantile.")
