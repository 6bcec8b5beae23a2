"""SequenceNetworks: trained networks with all that turns sequences into classes or numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import keras
import numpy as np

from forecaster.data.goals import Goal
from forecaster.data.panel import Panel
from forecaster.network.build import build_model, with_weights_of
from forecaster.network.class_output import ClassOutput
from forecaster.network.number_output import NumberOutput
from forecaster.network.predict import predict_outputs
from forecaster.training.networks import Networks
from forecaster.windows.sequences import (
    SequenceSource,
    SequenceWindows,
    overlapping_windows,
    stream_windows,
    whole_windows,
)
from forecaster.windows.windows import Span

# Where states go on: streams side by side, steps of all of them in one go, rows of several series.
MOST_STREAMS, STEPS_AT_ONCE, ROWS_AT_ONCE = 256, 1 << 14, 1 << 18

# Windows of a batch that stand alone; numbers put out in one go, and by a batch at most, where there are many
# classes.
USUAL_BATCH, NUMBERS_AT_ONCE, MOST_NUMBERS = 1024, 1 << 21, 1 << 24


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
        found = list(self.parts(panel, span))
        if not found:
            return np.zeros(0, dtype=np.int64), np.zeros((0, self.head.n_outputs))
        index, values = zip(*found, strict=True)
        return np.concatenate(index), np.concatenate(values)

    def parts(self, panel: Panel, span: Span) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The same in parts, so that memory does not grow with the rows.

        Args:
            panel: As for ``predict``.
            span: As for ``predict``.

        Yields:
            Index and values as ``predict`` gives them, each part going on where the one before ended.
        """
        look_back, ahead = self.architecture.look_back, self.goal.ahead
        if self.is_stateful:
            most = min(ROWS_AT_ONCE, MOST_NUMBERS // self.head.n_outputs)
            for group in stream_groups(panel, span, most):
                yield from self._carried(panel, span, group)
        elif self.goal.kind == "label":
            yield from self._run(panel, whole_windows(span, look_back), self.models)
        else:
            looks_back = not self.architecture.bidirectional
            windows = overlapping_windows(panel, span, look_back, ahead, looks_back=looks_back)
            yield from self._run(panel, windows, self.models)

    def _carried(
        self, panel: Panel, span: Span, group: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Parts of some series, each run through from its beginning; one in parts, several in one."""
        begins, ends = panel.offsets[:-1], np.zeros_like(span.ends)
        ends[group] = span.ends[group]
        lengths = ends[group] - begins[group]
        n_streams = min(-(-int(lengths.sum()) // int(lengths.max())), MOST_STREAMS)
        at_once = min(STEPS_AT_ONCE, MOST_NUMBERS // self.head.n_outputs)
        n_steps = int(min(lengths.max(), max(at_once // n_streams, 1)))
        found = stream_windows(Span(begins, ends), n_steps, n_streams, self.goal.ahead, cuts_series=False)
        found = replace(found, begins=np.maximum(found.begins, span.begins[np.maximum(found.series, 0)]))
        sizes = replace(self.architecture, look_back=n_steps, horizon=n_steps)
        models = tuple(with_weights_of(build_model(sizes, n_streams=n_streams), one) for one in self.models)
        parts = self._run(panel, found, models)
        if len(group) == 1:
            yield from parts
            return
        index, values = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(index, kind="stable")
        yield index[order], values[order]

    def _run(
        self, panel: Panel, windows: SequenceWindows, models: tuple[keras.Model, ...]
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Index and values of the counted targets of some windows, some windows at a time."""
        size = windows.look_back * self.head.n_outputs
        batch = windows.n_streams or max(min(USUAL_BATCH, MOST_NUMBERS // size), 1)
        block = max(NUMBERS_AT_ONCE // (size * batch), 1) * batch
        for begin in range(0, windows.n_windows, block):
            some = windows.select(np.arange(begin, min(begin + block, windows.n_windows)))
            source = SequenceSource(panel, some, self.normaliser, self.goal)
            values = self._read(predict_outputs(models[0], source, batch))
            for model in models[1:]:
                values += self._read(predict_outputs(model, source, batch))
            values /= len(models)  # (n_windows, horizon, n_outputs)
            if self.goal.kind == "label":
                yield some.series, values[:, 0]
            else:
                rows, counts = some.targets(panel, self.goal.ahead)
                yield rows[counts], values[counts]

    def _read(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities or numbers."""
        if isinstance(self.head, ClassOutput):
            return self.head.probs(outputs)
        if isinstance(self.head, NumberOutput):
            return self.head.numbers(outputs)
        raise TypeError(f"{type(self.head).__name__} is no output of sequences")


def stream_groups(panel: Panel, span: Span, most: int) -> Iterator[np.ndarray]:
    """Series that are run through side by side, so many rows at a time; a longer one alone.

    Args:
        panel: The rows.
        span: Those that are wanted; each series is run through from its beginning.
        most: Rows of several series.

    Yields:
        Series, rising.
    """
    used = np.flatnonzero(span.ends > span.begins)
    lengths = (span.ends - panel.offsets[:-1])[used].tolist()
    begin = n_rows = 0
    for place, length in enumerate(lengths):
        if n_rows and n_rows + length > most:
            yield used[begin:place]
            begin, n_rows = place, 0
        n_rows += length
    if n_rows:
        yield used[begin:]
