"""Several waiting times ahead: networks forecast one, later ones are drawn path by path."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.data.panel import Panel
from forecaster.distributions import Conditioned, Distribution, Empirical, concatenate
from forecaster.evaluation.score import bin_edges
from forecaster.training.fitted import Fitted
from forecaster.windows.waits import floor_to_unit, gap_cell
from forecaster.windows.windows import last_origins, windows_at

# Paths that are drawn from each origin: an 80 % interval of a normal forecast then moves by 3 % of its
# width from seed to seed.
N_PATHS = 500

# Windows that are forecast at once, and numbers that are kept of them.
MOST_WINDOWS = 200_000
MOST_NUMBERS = 20_000_000

# Tells the random numbers of paths from those of weights and splits.
STREAM = 7


@dataclass(frozen=True)
class _Simulation:
    """The last rows of many series, of which each is gone on with by what was drawn for it.

    Attributes:
        values: (n, look_back, n_channels) rows, the latest last; those before the series began do not count.
        times: (n, look_back) likewise.
        counts: (n,) rows that count.
        n_earlier: (n,) rows of the series before those.
        marks: (n, look_back) likewise, or None.
    """

    values: np.ndarray
    times: np.ndarray
    counts: np.ndarray
    n_earlier: np.ndarray
    marks: np.ndarray | None

    def panel(self, base: Panel, series: np.ndarray) -> Panel:
        """A panel of these rows, a series for each; ``series`` (n,) is where they came from in ``base``."""
        look_back = self.times.shape[1]
        real = np.arange(look_back) >= (look_back - self.counts)[:, None]
        return replace(
            base,
            values=self.values[real],
            times=self.times[real],
            offsets=np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64),
            ids=base.ids[series],
            as_of=None if base.as_of is None else base.as_of[series],
            began=base.first_times[series] if base.kind == "events" else None,
            n_earlier=self.n_earlier if base.kind == "events" else None,
            marks=None if self.marks is None else self.marks[real],
        )

    def after(self, base: Panel, gap: np.ndarray) -> _Simulation:
        """The rows with one more each, ``gap`` (n,) after the last; a gap without end is not observed."""
        n, look_back, n_channels = self.values.shape
        row = np.full((n, 1, n_channels), np.nan)
        row[:, 0, base.target] = np.where(np.isfinite(gap), gap, np.nan)
        later = moments_after(base, self.times[:, -1], gap)[:, None]
        none = np.full((n, 1), -1, dtype=np.int64)  # the mark of what was drawn is not known
        return _Simulation(
            np.concatenate([self.values[:, 1:], row], axis=1),
            np.concatenate([self.times[:, 1:], later], axis=1),
            np.minimum(self.counts + 1, look_back),
            self.n_earlier + (self.counts == look_back),
            None if self.marks is None else np.concatenate([self.marks[:, 1:], none], axis=1),
        )


class _Drawn(Empirical):
    """What was drawn, with the bins of the network that it was drawn from."""

    def __init__(self, samples: np.ndarray, edges: np.ndarray | None) -> None:
        """Take the samples, (n, 1, n_paths), and the edges where all share them, (n_bins + 1,)."""
        super().__init__(samples)
        self._edges = edges if edges is not None and edges.ndim == 1 else None

    def binned_view(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The edges, and the share of the samples in each bin; None without bins."""
        if self._edges is None:
            return None
        below = [np.zeros(self.shape), *(self.cdf(edge) for edge in self._edges[1:-1]), np.ones(self.shape)]
        edges = np.broadcast_to(self._edges, (*self.shape, len(self._edges)))
        return edges, np.diff(np.stack(below, axis=-1), axis=-1)


def at_once(n_steps: int, n_paths: int = N_PATHS) -> int:
    """Origins whose paths are drawn at once, so that memory stays bounded.

    Args:
        n_steps: Steps ahead.
        n_paths: Paths from each origin.

    Returns:
        At least 1.
    """
    return max(min(MOST_WINDOWS, MOST_NUMBERS // n_steps) // n_paths, 1)


def sample_paths(
    model: Fitted,
    panel: Panel,
    origins: np.ndarray,
    known: np.ndarray | None,
    n_steps: int,
    n_paths: int = N_PATHS,
    seed: int = 0,
) -> np.ndarray:
    """Gaps that may come, drawn one after the other: each is forecast from those before it.

    Covariates and marks of events to come are not known, and are fed as not observed.

    Args:
        model: A network of one step, trained on waiting times.
        panel: Events or intervals.
        origins: (n,) int64 flat row number of the last row of each.
        known: (n,) what the first gap is known to exceed; None where nothing has been waited.
        n_steps: Gaps of a path.
        n_paths: Paths from each origin.
        seed: Of the draws; the same one gives the same paths.

    Returns:
        (n_paths, n, n_steps) in the unit of the panel, on the resolution of its stamps; inf from the first
        gap on that never ends.
    """
    rng = np.random.default_rng([seed, STREAM])
    paths = np.empty((n_paths, len(origins), n_steps))
    run = at_once(n_steps, n_paths)
    for first in range(0, len(origins), run):
        part = slice(first, first + run)
        waited = None if known is None else known[part]
        paths[:, part] = _sample(model, panel, (origins[part], waited), (n_paths, n_steps), rng)
    return paths


def _sample(
    model: Fitted,
    panel: Panel,
    start: tuple[np.ndarray, np.ndarray | None],
    size: tuple[int, int],
    rng: np.random.Generator,
) -> np.ndarray:
    """Paths of some origins, for what is known of them; see ``sample_paths``."""
    (origins, known), (n_paths, n_steps) = start, size
    look_back = model.architecture.look_back
    forecast = model.predict(panel, windows_at(panel, origins, look_back, 1))
    if known is not None:
        forecast = Conditioned(forecast, known[:, None])
    gap = _on_resolution(panel, forecast.sample(rng, n_paths)[..., 0].ravel())  # (n_paths * n)
    drawn = [gap]
    series = np.tile(panel.series_of(origins), n_paths)
    rows = _begin(panel, np.tile(origins, n_paths), series, look_back)
    for _ in range(n_steps - 1):
        rows = rows.after(panel, gap)
        simulated = rows.panel(panel, series)
        windows = windows_at(simulated, last_origins(simulated), look_back, 1)
        chunks = model.predict_chunks(simulated, windows)
        following = np.concatenate([chunk.sample(rng, 1)[0, :, 0] for chunk in chunks])
        gap = np.where(np.isinf(gap), np.inf, _on_resolution(panel, following))
        drawn.append(gap)
    return np.stack(drawn, axis=-1).reshape(n_paths, len(origins), n_steps)


def _begin(panel: Panel, origins: np.ndarray, series: np.ndarray, look_back: int) -> _Simulation:
    """The last rows up to each of ``origins``."""
    begins = panel.offsets[:-1][series]
    rows = np.maximum(origins[:, None] - (look_back - 1) + np.arange(look_back), begins[:, None])
    counts = np.minimum(origins + 1 - begins, look_back)
    n_earlier = origins + 1 - counts - begins
    if panel.n_earlier is not None:
        n_earlier = n_earlier + panel.n_earlier[series]
    marks = None if panel.marks is None else panel.marks[rows]
    return _Simulation(panel.values[rows], panel.times[rows], counts, n_earlier, marks)


def _on_resolution(panel: Panel, gap: np.ndarray) -> np.ndarray:
    """Gaps of at least 0, those of events as the stamps could show them."""
    gap = np.maximum(gap, 0.0)
    cell = gap_cell(panel) if panel.kind == "events" else 0.0
    return np.floor(gap / cell + 0.5) * cell if cell > 0 else gap


def moments_after(panel: Panel, last: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Times of the rows that end gaps.

    Args:
        panel: Gives clock and unit. Times of intervals are not looked at by any network, and stay.
        last: (n,) like ``panel.times``.
        gap: (n,) in units, at least 0; inf stays where it is.

    Returns:
        (n,) like ``panel.times``, never before ``last``; what is beyond the calendar is at its end.
    """
    if panel.kind != "events" or panel.unit_length is None:
        return last
    start = floor_to_unit(panel, last)
    distance = np.where(np.isfinite(gap), gap, 0.0) * panel.unit_length
    if panel.clock.kind == "float":
        return np.asarray(np.maximum(start + distance, last))
    room = (np.iinfo(np.int64).max - np.maximum(start.astype(np.int64), 0)) * 0.999
    whole = np.rint(np.minimum(distance, room)).astype(np.int64)
    if panel.clock.kind == "date":
        whole = whole.astype("timedelta64[ns]")
    return np.asarray(np.maximum(start + whole, last))


def step_forecasts(
    model: Fitted, panel: Panel, origins: np.ndarray, n_steps: int, seed: int = 0
) -> Distribution:
    """Forecasts of each gap after origins at which nothing had been waited.

    Args:
        model: A network of one step, trained on waiting times.
        panel: Events or intervals.
        origins: (n,) int64 flat row number of the last row of each.
        n_steps: Gaps ahead.
        seed: Of the draws.

    Returns:
        Shape (n * n_steps, 1), the steps of an origin one after the other: the first as the network has it,
        later ones of drawn paths.
    """
    first = model.predict(panel, windows_at(panel, origins, model.architecture.look_back, 1))
    if n_steps == 1:
        return first
    paths, edges = sample_paths(model, panel, origins, None, n_steps, seed=seed), bin_edges(first)
    later = [_Drawn(paths[:, :, step].T[:, None], edges) for step in range(1, n_steps)]
    order = np.arange(n_steps) * len(origins) + np.arange(len(origins))[:, None]
    return concatenate([first, *later]).take(order.ravel())
