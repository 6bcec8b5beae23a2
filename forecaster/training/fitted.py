"""Fitted: trained networks with all that turns a window into a distribution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecaster.data.panel import Panel
from forecaster.distributions import (
    Clipped,
    Distribution,
    Quantiles,
    Step,
    Transformed,
    concatenate,
    median_of,
    mixture_of,
)
from forecaster.network.heads import BinsHead, Head, MarkedHead, PointHead, QuantileHead
from forecaster.network.predict import predict_outputs
from forecaster.training.conformal import Conformal, quantiles_at
from forecaster.training.networks import Networks
from forecaster.windows.batch import Batch, Gathered
from forecaster.windows.gather import WindowSource
from forecaster.windows.windows import Windows

# Windows whose forecasts are made at once.
CHUNK = 8192


@dataclass(frozen=True)
class Fitted(Networks):
    """Trained networks with all that turns a window into a distribution.

    Attributes:
        head: What the networks put out, fitted.
        ids: (n_series,) ids that were trained on, in the order of the per-series numbers.
        lowest: Lowest value that the target can have; None where there is none.
        conformal: Shifts of the quantiles, found on the validation part; None for none.
    """

    head: Head
    ids: np.ndarray
    lowest: float | None
    conformal: Conformal | None = None

    @property
    def shifts(self) -> Conformal | None:
        """Shifts of quantiles, found on the validation part; None for none."""
        return self.conformal

    def predict(self, panel: Panel, windows: Windows) -> Distribution:
        """Distributions of the targets of windows, in the unit of the data.

        Args:
            panel: Rows that the windows lie in; its ids need not be those trained on.
            windows: Of this look-back and horizon.

        Returns:
            Of shape (n_windows, horizon); see ``combine``.
        """
        return concatenate(list(self.predict_chunks(panel, windows)))

    def predict_chunks(self, panel: Panel, windows: Windows) -> Iterator[Distribution]:
        """The same in pieces, for as many windows as there are.

        Args:
            panel: As in ``predict``.
            windows: As in ``predict``.

        Yields:
            Distributions of consecutive windows.
        """
        for forecast, _ in self.predict_with_marks(panel, windows):
            yield forecast

    def predict_with_marks(
        self, panel: Panel, windows: Windows
    ) -> Iterator[tuple[Distribution, np.ndarray | None]]:
        """Distributions and the probability of each mark, in pieces.

        Args:
            panel: As in ``predict``.
            windows: As in ``predict``.

        Yields:
            Of consecutive windows, distributions and (n, horizon, n_marks), the mean of the members'; None
            for networks without marks.
        """
        for batch, steps in self._gathered(panel, windows):
            outputs = [predict_outputs(model, Gathered(batch)) for model in self.models]
            marks = None
            if isinstance(self.head, MarkedHead):
                marks = np.mean([self.head.mark_probs(output) for output in outputs], axis=0)
            yield self._in_unit(self._corrected(outputs), steps), marks

    def predict_marks(self, panel: Panel, windows: Windows) -> np.ndarray | None:
        """Probability of each mark of the targets, given that they come.

        Args:
            panel: As in ``predict``.
            windows: As in ``predict``.

        Returns:
            (n_windows, horizon, n_marks), rows sum to 1; None for networks without marks.
        """
        if not isinstance(self.head, MarkedHead):
            return None
        return np.concatenate([marks for _, marks in self.predict_with_marks(panel, windows)])

    def base_rates(self, panel: Panel, windows: Windows) -> Distribution | None:
        """How often each bin came in training, as the forecast of every window: a classifier's baseline.

        Args:
            panel: As in ``predict``.
            windows: As in ``predict``.

        Returns:
            Of shape (n_windows, horizon); None for a head without bins.
        """
        head = self.head.unmarked
        if not isinstance(head, BinsHead) or head.frequencies is None:
            return None
        chunks = []
        for batch, steps in self._gathered(panel, windows):
            rates = head.base_rates(batch.mask.shape)
            if rates is not None:
                chunks.append(self._in_unit(rates, steps))
        return concatenate(chunks)

    def _gathered(self, panel: Panel, windows: Windows) -> Iterator[tuple[Batch, list[Step]]]:
        """The windows in pieces, with what takes their targets back to the unit of the data."""
        known = known_series(panel.ids, self.ids)
        tells_series = self.architecture.n_series > 0
        source = WindowSource(panel, windows, self.normaliser, known, tells_series=tells_series)
        for begin in range(0, max(windows.n_windows, 1), CHUNK):
            yield source.gather(np.arange(begin, min(begin + CHUNK, windows.n_windows)))

    def _in_unit(self, forecast: Distribution, steps: list[Step]) -> Distribution:
        """A normalised forecast in the unit of the data."""
        transformed = Transformed(forecast, steps)
        return transformed if self.lowest is None else Clipped(transformed, self.lowest)

    def combine(self, outputs: list[np.ndarray]) -> Distribution:
        """One forecast of all members, before any shift of its quantiles.

        Args:
            outputs: One array a member, (n_windows, horizon, n_outputs) of its network.

        Returns:
            Normalised, of shape (n_windows, horizon): quantiles that are the medians of the members'
            quantiles, level by level; the distribution about the median of points; the mixture of all others.

        Source:
            Ratcliff, "Group reaction time distributions and an analysis of distribution statistics",
            Psychological Bulletin 86(3), 1979, for averages of quantiles; Lichtendahl, Grushka-Cockayne and
            Winkler, "Is It Better to Average Probabilities or Quantiles?", Management Science 59(7), 2013: a
            mixture of members that disagree is wider than each of them, and most often too wide.
        """
        head = self.head.unmarked
        if isinstance(head, PointHead):
            return self.head.distribution(median_of(outputs))
        members = [self.head.distribution(output) for output in outputs]
        if isinstance(head, QuantileHead) and len(members) > 1:
            levels = np.asarray(head.levels)
            return Quantiles(levels, median_of([quantiles_at(member, levels) for member in members]))
        return mixture_of(members)

    def _corrected(self, outputs: list[np.ndarray]) -> Distribution:
        """One forecast of all members with its quantiles shifted, normalised."""
        forecast = self.combine(outputs)
        return forecast if self.conformal is None else self.conformal.apply(forecast)


def known_series(ids: np.ndarray, trained: np.ndarray) -> np.ndarray:
    """Position of every id among those trained on, -1 for ids not seen.

    Args:
        ids: (n,) str.
        trained: (n_series,) str, each once.

    Returns:
        (n,) int64.
    """
    if ids is trained or np.array_equal(ids, trained):
        return np.arange(len(ids))
    positions: np.ndarray = pd.Index(trained).get_indexer(pd.Index(ids)).astype(np.int64)
    return positions
