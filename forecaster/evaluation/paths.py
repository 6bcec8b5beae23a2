"""Several waiting times ahead: networks forecast one, later ones are drawn path by path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.data.panel import Panel
from forecaster.distributions import Conditioned, Distribution, Empirical, concatenate
from forecaster.evaluation.path_random import PathDraw, path_draws
from forecaster.evaluation.score import bin_edges
from forecaster.evaluation.simulation import begin_simulation, on_resolution
from forecaster.training.fitted import Fitted
from forecaster.windows.windows import last_origins, windows_at

# Paths that are drawn from each origin: an 80 % interval of a normal forecast then moves by 3 % of its
# width from seed to seed.
N_PATHS = 500

# Windows that are forecast at once, and numbers that are kept of them.
MOST_WINDOWS = 200_000
MOST_NUMBERS = 20_000_000


@dataclass(frozen=True)
class Paths:
    """What was drawn.

    Attributes:
        gaps: (n_paths, n, n_steps) in the unit of the panel, on the resolution of its stamps; inf from the
            first gap on that never ends.
        marks: (n, n_steps, n_marks) probability of each mark, over the paths on which the event comes; None
            without marks.
    """

    gaps: np.ndarray
    marks: np.ndarray | None = None


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


def at_once(n_steps: int, n_paths: int = N_PATHS, n_marks: int = 0) -> int:
    """Origins whose paths are drawn at once, so that memory stays bounded.

    Args:
        n_steps: Steps ahead.
        n_paths: Paths from each origin.
        n_marks: Categories of events, 0 without.

    Returns:
        At least 1.
    """
    return max(min(MOST_WINDOWS, MOST_NUMBERS // max(n_steps, n_marks)) // n_paths, 1)


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

    Marks are drawn with their probabilities. Covariates of events to come are not known, and are fed as not
    observed. The random numbers of an origin follow from the seed, the id of its series and how many rows
    that has before it: its paths are the same alone and among others, in any order.

    Args:
        model: A network of one step, trained on waiting times.
        panel: Events or intervals.
        origins: (n,) int64 flat row number of the last row of each.
        known: (n,) what the first gap is known to exceed; None where nothing has been waited.
        n_steps: Gaps of a path.
        n_paths: Paths from each origin.
        seed: Of the draws; the same one gives the same paths, another one others.

    Returns:
        (n_paths, n, n_steps) in the unit of the panel, on the resolution of its stamps; inf from the first
        gap on that never ends.
    """
    return draw_paths(model, panel, origins, known, n_steps, n_paths, seed).gaps


def draw_paths(
    model: Fitted,
    panel: Panel,
    origins: np.ndarray,
    known: np.ndarray | None,
    n_steps: int,
    n_paths: int = N_PATHS,
    seed: int = 0,
) -> Paths:
    """The gaps of ``sample_paths``, and what is known of the marks of the events that end them.

    Args:
        model: As in ``sample_paths``.
        panel: As in ``sample_paths``.
        origins: (n,) as in ``sample_paths``.
        known: (n,) as in ``sample_paths``.
        n_steps: Gaps of a path.
        n_paths: Paths from each origin.
        seed: Of the draws.

    Returns:
        Gaps, and probabilities of marks.
    """
    n_marks = 0 if panel.marks is None else len(panel.mark_names)
    gaps = np.empty((n_paths, len(origins), n_steps))
    marks = np.empty((len(origins), n_steps, n_marks)) if n_marks else None
    run = at_once(n_steps, n_paths, n_marks)
    for first in range(0, len(origins), run):
        part = slice(first, first + run)
        waited = None if known is None else known[part]
        found = _sample(model, panel, (origins[part], waited), (n_paths, n_steps), seed)
        gaps[:, part] = found.gaps
        if marks is not None:
            marks[part] = found.marks
    return Paths(gaps, marks)


def _sample(
    model: Fitted,
    panel: Panel,
    start: tuple[np.ndarray, np.ndarray | None],
    size: tuple[int, int],
    seed: int,
) -> Paths:
    """Paths of some origins, for what is known of them; see ``sample_paths``."""
    (origins, known), (n_paths, n_steps) = start, size
    look_back, draws = model.architecture.look_back, path_draws(panel, origins, n_paths, seed)
    gap, probs = _draw_gaps(model, panel, origins, known, next(draws))
    gap = on_resolution(panel, gap)
    drawn, means = [gap], [] if probs is None else [probs]
    probs = None if probs is None else np.tile(probs, (n_paths, 1))
    series = np.tile(panel.series_of(origins), n_paths)
    rows = begin_simulation(panel, np.tile(origins, n_paths), series, look_back)
    for _ in range(n_steps - 1):
        rows = rows.after(panel, gap, None if probs is None else _draw_marks(probs, next(draws)))
        simulated = rows.panel(panel, series)
        following, probs = _draw_gaps(model, simulated, last_origins(simulated), None, next(draws))
        gap = np.where(np.isinf(gap), np.inf, on_resolution(panel, following))
        drawn.append(gap)
        if probs is not None:
            means.append(_mean_over_paths(probs, np.isfinite(gap), n_paths))
    gaps = np.stack(drawn, axis=-1).reshape(n_paths, len(origins), n_steps)
    return Paths(gaps, np.stack(means, axis=1) if means else None)


def _draw_gaps(
    model: Fitted, panel: Panel, origins: np.ndarray, known: np.ndarray | None, draw: PathDraw
) -> tuple[np.ndarray, np.ndarray | None]:
    """(n_paths * n,) a gap on each path; and (n_origins, n_marks) probabilities of marks, or None.

    Where a piece of the windows begins and ends does not matter.
    """
    n_each = draw.n_numbers // len(origins)  # all paths from an origin, or the one that goes on from it
    gaps: list[np.ndarray] = []
    probs: list[np.ndarray] = []
    first = 0
    windows = windows_at(panel, origins, model.architecture.look_back, 1)
    for forecast, marks in model.predict_with_marks(panel, windows):
        part = slice(first, first + forecast.shape[0])
        if known is not None:
            forecast = Conditioned(forecast, known[part, None])
        gaps.append(forecast.sample(draw.of(first), n_each)[..., 0])
        if marks is not None:
            probs.append(marks[:, 0])
        first = part.stop
    return np.concatenate(gaps, axis=1).ravel(), np.concatenate(probs) if probs else None


def _draw_marks(probs: np.ndarray, draw: PathDraw) -> np.ndarray:
    """(n,) int64 codes drawn with probabilities (n, n_marks)."""
    below = np.cumsum(probs, axis=1)
    drawn = (below <= draw.of().random((len(probs), 1)) * below[:, -1:]).sum(axis=1)
    return np.asarray(np.minimum(drawn, probs.shape[1] - 1), dtype=np.int64)


def _mean_over_paths(probs: np.ndarray, came: np.ndarray, n_paths: int) -> np.ndarray:
    """(n, n_marks) mean of (n_paths * n, n_marks) over paths on which the event came; over all if on none."""
    probs = probs.reshape(n_paths, -1, probs.shape[1])
    weights = came.reshape(n_paths, -1).astype(np.float64)
    weights[:, ~weights.any(axis=0)] = 1.0
    return np.asarray(np.einsum("pnm,pn->nm", probs, weights) / weights.sum(axis=0)[:, None])


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
