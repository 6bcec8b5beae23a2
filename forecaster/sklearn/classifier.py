"""WindowClassifier: classes of windows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from forecaster.network.heads import BinsHead
from forecaster.sklearn.base import WindowNetworks, windows_of


class WindowClassifier(ClassifierMixin, WindowNetworks):
    """Classes of windows, by the networks of ``forecast train --task classify``.

    Args:
        cell: ``lstm``, ``gru`` or ``rnn``.
        units: Width of every recurrent layer, or of each.
        layers: Recurrent layers.
        dense_layers: Units of dense layers after them.
        dropout: Share of units dropped between layers in training.
        segment: Steps fed to the recurrent layers at once.
        bidirectional: Whether windows are read in both directions.
        linear: Whether a linear function of the window is added.
        residual: ``last`` takes windows relative to their last value of the first channel.
        optimizer: As ``forecast train --optimizer``.
        learning_rate: Peak of a one-cycle; 0.01 when None.
        schedule: How the rate goes.
        epochs: All rows once; 200 steps and five epochs at least when None.
        batch_size: Rows of a step; by their number when None.
        ensemble: Networks from different seeds; their probabilities are averaged.
        validation_fraction: Last rows, held out to choose the weights.
        random_state: Seed; the same one gives the same bits.

    Attributes:
        classes_: Labels, sorted.
        architecture_: Sizes of the networks.
        head_: What they put out.
        weights_: Arrays of each network.
        n_features_in_: Steps of a window.
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on windows and their classes.

        Args:
            X: (n, look_back) or (n, look_back, n_channels).
            y: (n,) labels, two different ones at least.

        Returns:
            This estimator.

        Raises:
            ValueError: A parameter is not possible, or X and y do not fit.
        """
        settings = self._settings()
        x, y = validate_data(self, X, y, dtype=np.float64, allow_nd=True, ensure_all_finite="allow-nan")
        x, y = windows_of(x), column_or_1d(y, warn=True)
        check_classification_targets(y)
        self.classes_, index = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y holds 1 class, {self.classes_[0]!r}; a classifier needs two at least.")
        head = BinsHead(np.arange(len(self.classes_) + 1, dtype=np.float64))
        self._learn_scales(x)
        self._fit_networks(self._normalised(x), index[:, None].astype(np.float64), head, settings)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class.

        Args:
            X: Windows of the shape of those of ``fit``.

        Returns:
            (n, n_classes), in the order of ``classes_``; rows sum to 1.
        """
        logits = np.stack(self._outputs(self._normalised(self._checked(X))))[:, :, 0].astype(np.float64)
        powers = np.exp(logits - logits.max(axis=2, keepdims=True))
        return np.asarray(np.mean(powers / powers.sum(axis=2, keepdims=True), axis=0))

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class.

        Args:
            X: Windows of the shape of those of ``fit``.

        Returns:
            (n,) of ``classes_``.
        """
        probs = self.predict_proba(X)
        return np.asarray(self.classes_[np.argmax(probs, axis=1)])
