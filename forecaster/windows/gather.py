"""WindowSource: gathers windows of a panel into batches when they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from forecaster.data.panel import Panel
from forecaster.data.peers import Peers
from forecaster.distributions.steps import Step
from forecaster.windows.batch import Batch, Gathered, join_batches
from forecaster.windows.cells import normalised_cells
from forecaster.windows.features import history_features, n_static
from forecaster.windows.future import Calendar, future_width, gather_known
from forecaster.windows.marks import gather_marks, gather_next_marks
from forecaster.windows.outcomes import gather_outcomes
from forecaster.windows.rows import gather_past, gather_targets
from forecaster.windows.scales import SPREAD_FLOOR
from forecaster.windows.transforms import Normaliser
from forecaster.windows.windows import Windows, thin

# Numbers gathered at once: enough to hide NumPy's overhead, little enough to stay in the cache.
BLOCK_NUMBERS = 1 << 19


@dataclass(frozen=True)
class WindowSource:
    """Windows of a panel with the transforms that they go through.

    Attributes:
        panel: The rows.
        windows: Where the windows are.
        normaliser: Transforms, fitted on training rows.
        known: (n_series,) int64 index of every series among those trained on, -1 for others.
        cell: Resolution of waiting times, 0 for real numbers: batches then say between which limits each
            target lies, of those too that are still open. None: batches hold the targets alone.
        tells_series: Whether batches say which series a window is of.
    """

    panel: Panel
    windows: Windows
    normaliser: Normaliser
    known: np.ndarray
    cell: float | None = None
    tells_series: bool = False

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return self.windows.n_windows

    def gather(self, positions: np.ndarray) -> tuple[Batch, list[Step]]:
        """The windows at ``positions``, normalised, and the steps their targets went through.

        Args:
            positions: (batch,) int64 in 0 .. n_windows - 1.

        Returns:
            The batch, and steps whose inverse takes a forecast back to the unit of the data.
        """
        windows, panel = self.windows.select(positions), self.panel
        series = panel.series_of(windows.origins)
        past = gather_past(panel, windows.starts, series, windows.look_back)
        observed = ~np.isnan(past)
        normal, steps = self.normaliser.normalise(past, self.known[series], windows.horizon)
        y = gather_targets(panel, windows.starts, series, windows)
        for step in steps:
            y = step.forward(y)
        mask = ~np.isnan(y)
        inputs = np.where(observed, normal, 0.0).astype(np.float32), observed.astype(np.float32)
        if self.normaliser.calendar:
            inputs = self._with_calendar(inputs, windows, series)
        batch = Batch(
            past=inputs[0],
            observed=inputs[1],
            target=np.where(mask, y, 0.0),
            mask=mask,
            series=self.known[series],
            cell=None if self.cell is None else self._cells(windows, steps),
            static=self._static(windows.origins, series),
            marks=gather_marks(panel, windows),
            next_mark=gather_next_marks(panel, windows),
            series_number=(self.known[series] + 1).astype(np.int32) if self.tells_series else None,
            future=self._future(windows, series),
        )
        return batch, steps

    def _cells(self, windows: Windows, steps: list[Step]) -> np.ndarray:
        """Limits of the targets, normalised; see ``Batch``."""
        return normalised_cells(gather_outcomes(self.panel, windows), steps, self.cell or 0.0)

    def _static(self, origins: np.ndarray, series: np.ndarray) -> np.ndarray | None:
        """(batch, n_static) history features and static numbers, normalised, 0 for a missing one."""
        normaliser, static = self.normaliser, self.panel.static
        parts = [history_features(self.panel, origins, normaliser.features)] if normaliser.features else []
        parts += [] if static is None else [static[series]]
        if not parts:
            return None
        normal = (np.concatenate(parts, axis=1) - normaliser.static_shift) / normaliser.static_scale
        return np.asarray(np.where(np.isnan(normal), 0.0, normal), dtype=np.float32)

    @cached_property
    def _calendar(self) -> Calendar:
        """The calendar of the panel's rows."""
        windows = self.windows
        n_asked = windows.n_windows * (windows.look_back + windows.horizon)
        return Calendar(self.panel, self.normaliser.calendar, n_asked)

    def _with_calendar(
        self, inputs: tuple[np.ndarray, np.ndarray], windows: Windows, series: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and observed flags with the calendar behind the channels."""
        numbers, is_real = self._calendar.past(windows, series)
        flags = np.broadcast_to(is_real, numbers.shape)
        return np.concatenate([inputs[0], numbers], axis=2), np.concatenate([inputs[1], flags], axis=2)

    def _future(self, windows: Windows, series: np.ndarray) -> np.ndarray | None:
        """(batch, horizon, n_future) what is known of the steps to come; None where nothing is."""
        known = gather_known(self.panel, windows, series, self.normaliser)
        if not self.normaliser.calendar:
            return known
        calendar = self._calendar.future(windows, series)
        return calendar if known is None else np.concatenate([known, calendar], axis=2)

    def gather_all(self) -> tuple[Batch, list[Step]]:
        """All windows at once, of all holders of the panel's parts; for sets that were thinned.

        Returns:
            The batch, and steps as ``gather`` gives them, of several holders those of this one's windows.
        """
        batch, steps = self.gather(np.arange(self.n_windows))
        return join_batches(self.peers.gathered(batch)), steps

    def thinned(self, most: int) -> WindowSource:
        """The same with ``most`` of all holders' windows, evenly spaced; see ``thin``."""
        return replace(self, windows=thin(self.windows, most, self.peers))

    @property
    def peers(self) -> Peers:
        """Who holds the windows before and after these."""
        return self.panel.peers

    def batches(self, batch_size: int, order: np.ndarray | None = None) -> Iterator[Batch]:
        """The windows in ``order`` (as they are when None), ``batch_size`` at a time.

        Args:
            batch_size: Windows of every batch but the last.
            order: (n,) int64 positions in 0 .. n_windows - 1.

        Yields:
            Batches; several are gathered at once and cut apart without a copy.
        """
        if order is None:
            order = np.arange(self.n_windows)
        width = 1 + future_width(self.panel, self.normaliser.calendar)
        numbers = self.windows.look_back * self.panel.values.shape[1] + self.windows.horizon * width
        block = max(BLOCK_NUMBERS // numbers // batch_size, 1) * batch_size
        for begin in range(0, len(order), block):
            gathered, _ = self.gather(order[begin : begin + block])
            yield from Gathered(gathered).batches(batch_size)


# Windows that the scales of inputs and targets are taken from, evenly spaced.
MOST_SCALED = 4096


def with_scales(source: WindowSource) -> WindowSource:
    """The source with inputs, targets and history features brought to mean 0, spread 1 over its windows.

    Args:
        source: Training windows, their transforms fitted.

    Returns:
        The same windows, with ``input_scale``, ``target_scale`` and those of the features fitted.
    """
    batch, _ = source.thinned(MOST_SCALED).gather_all()
    target = source.normaliser.target
    seen = batch.past[:, :, target][batch.observed[:, :, target] > 0]
    shift, scale = source.normaliser.static_shift, source.normaliser.static_scale
    if batch.static is not None and source.normaliser.features:
        history = batch.static[:, : n_static(source.normaliser.features)]
        mean, spread = history.mean(axis=0, dtype=np.float64), history.std(axis=0, dtype=np.float64)
        n_own = history.shape[1]
        shift = np.append(mean, shift[n_own:])
        scale = np.append(np.where(spread > 1e-6, spread, 1.0), scale[n_own:])
    normaliser = replace(
        source.normaliser,
        static_shift=shift,
        static_scale=scale,
        input_scale=_mean_and_spread(seen, 1.0),
        target_scale=_mean_and_spread(batch.target[batch.mask], SPREAD_FLOOR if source.cell is None else 1.0),
    )
    return replace(source, normaliser=normaliser)


def _mean_and_spread(values: np.ndarray, still: float) -> tuple[float, float]:
    """Mean, and the standard deviation of a normal variable with the same mean absolute deviation.

    Rounding leaves a little of what does not move; it is no spread, and ``still`` stands in for it: small for
    targets, so that what has never moved is forecast not to.
    """
    if len(values) == 0:
        return 0.0, 1.0
    mean = float(values.mean(dtype=np.float64))
    spread = float(np.abs(values - mean).mean(dtype=np.float64)) * np.sqrt(np.pi / 2)
    return mean, float(spread) if spread > 1e-6 * max(abs(mean), 1e-6) else still
