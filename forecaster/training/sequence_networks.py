"""SequenceNetworks: trained networks with all that turns sequences into classes or numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import keras
import numpy as np

from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.network.build import build_model
from forecaster.network.class_output import ClassOutput
from forecaster.network.number_output import NumberOutput
from forecaster.network.predict import predict_outputs
from forecaster.training.networks import Networks
from forecaster.windows.sequences import (
    SequenceSource,
    SequenceWindows,
    piece_windows,
    stream_windows,
    whole_windows,
)
from forecaster.windows.windows import Span

# Streams that run side by side where states go on.
MOST_STREAMS = 256


@dataclass(frozen=True)
class SequenceNetworks(Networks):
    """Trained networks with all that turns sequences into classes or numbers.

    Attributes:
        goal: What was learnt, without its values.
        is_stateful: Whether the state is carried over from window to window.
    """

    goal: Goal
    is_stateful: bool = False

    def predict(self, panel: Panel, span: Span) -> tuple[np.ndarray, np.ndarray]:
        """What is learnt, of series or of rows.

        Args:
            panel: Sequences with the channels and marks trained on.
            span: Rows that are looked at; of steps, whose targets are wanted. Inputs may lie before.

        Returns:
            (n,) int64 series, or for steps flat rows, in rising order; and the mean of the members',
            (n, n_classes) probabilities or (n, n_outputs) numbers in the unit of the data, float64.
        """
        windows = self.windows(panel, span)
        source = SequenceSource(panel, windows, self.normaliser, self.goal)
        outputs = [self._read(self._outputs(model, source)) for model in self.models]
        mean = np.mean(outputs, axis=0)  # (n_windows, horizon, n_outputs)
        if self.goal.kind == "label":
            return windows.series, mean[:, 0]
        rows = windows.starts[:, None] + np.arange(windows.look_back) + self.goal.ahead
        counts = (rows >= windows.begins[:, None]) & (rows < windows.ends[:, None])
        counts &= (windows.series >= 0)[:, None]
        counts &= rows - self.goal.ahead >= panel.offsets[np.maximum(windows.series, 0)][:, None]
        order = np.argsort(rows[counts], kind="stable")
        return rows[counts][order], mean[counts][order]

    def windows(self, panel: Panel, span: Span) -> SequenceWindows:
        """Windows by which each target of a span is looked at once.

        Args:
            panel: The rows.
            span: Rows that are wanted.

        Returns:
            Streams from the beginning of each series where the state is carried; else whole sequences, or
            pieces of longer ones, each with half a window of rows before where there are so many.
        """
        look_back, ahead = self.architecture.look_back, self.goal.ahead
        if self.goal.kind == "label":
            return whole_windows(span, look_back)
        if self.is_stateful:
            used = span.ends > span.begins
            whole = Span(np.where(used, panel.offsets[:-1], span.begins), span.ends)
            n_streams = min(max(int(used.sum()), 1), MOST_STREAMS)
            found = stream_windows(whole, look_back, n_streams, ahead, cuts_series=False)
            wanted = np.maximum(found.begins, span.begins[np.maximum(found.series, 0)])
            return replace(found, begins=wanted)
        return piece_windows(panel, span, look_back, max(look_back // 2, 1), ahead)

    def _outputs(self, model: keras.Model, source: SequenceSource) -> np.ndarray:
        """What one network puts out for every window, the state carried on in streams."""
        n_streams = source.windows.n_streams
        if not n_streams:
            return predict_outputs(model, source)
        streams = build_model(self.architecture, n_streams=n_streams)
        for variable, one in zip(streams.trainable_variables, model.trainable_variables, strict=True):
            variable.assign(one.value)
        return predict_outputs(streams, source, n_streams)

    def _read(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities or numbers."""
        if isinstance(self.head, ClassOutput):
            return self.head.probs(outputs)
        if isinstance(self.head, NumberOutput):
            return self.head.numbers(outputs)
        raise TypeError(f"{type(self.head).__name__} is no output of sequences")
