"""Metrics: which errors are taken of each value, how they are averaged, and the scores of a forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from forecaster.distributions import Conditioned
from forecaster.distributions.arrays import Index
from forecaster.distributions.base import Distribution
from forecaster.evaluation.value_errors import (
    absolute_error,
    below_edges,
    bin_errors,
    covered,
    negative_log_likelihood,
    quantile_error,
    scaled_error,
    squared_error,
    symmetric_error,
)
from forecaster.evaluation.waiting import (
    N_PIT,
    Waiting,
    observed_errors,
    open_error,
    pit_counts,
    restricted_mean,
)

# Values whose scores are worked out at once: few enough that what is laid out of them stays small.
CHUNK = 25_000

# Difference up to which two quantile levels are the same.
SAME_LEVEL = 1e-9

# Name, error of each value, and where it counts, bool, or what the sum is divided by; the number of values
# when None.
Error = tuple[str, np.ndarray, np.ndarray | None]


@dataclass(frozen=True)
class ScoringContext:
    """What scores need beside the forecast and the truth.

    Attributes:
        scale: (n_windows,) mean absolute (seasonal) difference of each window's series over training rows,
            by which MASE divides; NaN leaves a window out. None: no MASE.
        levels: Central intervals that coverage and width are given for, in percent.
        quantile_levels: Quantile levels of the weighted quantile loss; empty for none.
        resolution: Step of which all values are multiples; None for real numbers, whose NLL is that of
            the density.
        bin_edges: (n_bins + 1,) rising, or (n_windows, horizon, n_bins + 1) where windows have bins of
            their own; for the scores of bins, None without.
        lower: Lowest possible value (0 for gaps), whose cell ends there; None when there is none.
        waiting: What is known of open intervals; None where every target is a number or missing.
        is_classified: Whether the bins are a classifier's, whose accuracy counts.
    """

    scale: np.ndarray | None = None
    levels: tuple[float, ...] = (80, 95)
    quantile_levels: tuple[float, ...] = ()
    resolution: float | None = None
    bin_edges: np.ndarray | None = None
    lower: float | None = None
    waiting: Waiting | None = None
    is_classified: bool = True

    def take(self, rows: Index) -> ScoringContext:
        """The context of some of the windows."""
        own_bins = self.bin_edges is not None and self.bin_edges.ndim == 3
        return replace(
            self,
            scale=None if self.scale is None else self.scale[rows],
            bin_edges=self.bin_edges[rows] if own_bins and self.bin_edges is not None else self.bin_edges,
            waiting=None if self.waiting is None else self.waiting.take(rows),
        )


@dataclass(frozen=True)
class Scores:
    """Scores of one forecast; a metric without any value is NaN.

    Attributes:
        overall: Metric to its value over all known targets.
        by_step: Metric to (horizon,) values of each step ahead.
        n_values: Number of known targets, those of open intervals not among them.
        n_open: Number of open intervals.
        pit: (10,) share of the values in each tenth of the forecast's probability.
    """

    overall: dict[str, float]
    by_step: dict[str, np.ndarray]
    n_values: int
    n_open: int
    pit: np.ndarray


def _closed_errors(part: Distribution, y: np.ndarray, context: ScoringContext) -> Iterator[Error]:
    """Errors of the values that are known; NaN in y may give any number."""
    scale, waiting = context.scale, context.waiting
    point = part.point()
    if waiting is not None:
        point = np.minimum(point, waiting.limit)
    yield "mae", absolute_error(y, point), None
    mean = part.point(squared=True) if waiting is None else restricted_mean(part, waiting.limit)
    yield "rmse", squared_error(y, mean), None
    yield "smape", symmetric_error(y, point), None
    if scale is not None:
        yield "mase", scaled_error(y, point, scale), None
    crps = part.crps(y) if waiting is None else part.censored_crps(y, 0.0, waiting.reach)
    yield "crps", crps, None
    if scale is not None:
        yield "scaled_crps", crps / np.where(scale > 0, scale, np.nan)[:, None], None
    yield from _quantile_errors(part, y, context)
    nll = negative_log_likelihood(part, y, context.resolution, context.lower)
    yield "nll", nll, None
    if waiting is not None:
        yield "nll_all", nll, None
    if context.bin_edges is not None:
        came = (y[..., None] >= context.bin_edges[..., 1:-1]).sum(axis=-1)
        errors = bin_errors(below_edges(part, context.bin_edges), came)
        for name in errors if context.is_classified else ("log_score",):
            yield name, errors[name], None


def _quantile_errors(part: Distribution, y: np.ndarray, context: ScoringContext) -> Iterator[Error]:
    """Errors of intervals and quantiles, which are asked for at once."""
    tails = [(1.0 - level / 100.0) / 2.0 for level in context.levels]
    ends = [end for tail in tails for end in (tail, 1.0 - tail)]
    others = [one for one in context.quantile_levels if all(abs(one - end) > SAME_LEVEL for end in ends)]
    asked = np.array(ends + others)
    if len(asked) == 0:
        return
    values = part.quantile(asked)  # shape + (n_asked,)
    for position, level in enumerate(context.levels):
        lower, upper = values[..., 2 * position], values[..., 2 * position + 1]
        yield f"coverage_{level:g}", covered(y, lower, upper), None
        if context.waiting is not None:
            lower, upper = np.minimum(lower, context.waiting.limit), np.minimum(upper, context.waiting.limit)
        yield f"width_{level:g}", np.asarray(upper - lower), None
    if context.quantile_levels:
        loss = np.zeros(y.shape)
        for level in context.quantile_levels:
            loss += quantile_error(y, values[..., int(np.argmin(np.abs(asked - level)))], level)
        yield "weighted_quantile_loss", 2 * loss / len(context.quantile_levels), np.abs(y)


def _open_errors(part: Distribution, y: np.ndarray, context: ScoringContext) -> Iterator[Error]:
    """Errors of intervals that are open, of which ``y`` is what they exceed."""
    error = open_error(part, y)
    yield "nll_open", error, None
    yield "nll_all", error, None
    if context.bin_edges is not None:
        yield "log_score", error, None


# How the mean of the errors becomes the metric; as it is when not named.
FINISH: dict[str, Callable[[np.ndarray], np.ndarray]] = {"rmse": np.sqrt}


class _Sums:
    """Sums of errors and of what they are over, by metric and step."""

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self.totals: dict[str, np.ndarray] = {}
        self.counts: dict[str, np.ndarray] = {}
        self.pit = np.zeros(N_PIT)

    def add(self, errors: Iterator[Error], seen: np.ndarray) -> None:
        """Add the errors of some windows where ``seen``, and each where it counts."""
        for name, error, counts in errors:
            used = seen & ~np.isnan(error)
            weight: np.ndarray = used
            if counts is not None:
                used = used & counts if counts.dtype == bool else used
                weight = np.where(used, counts, 0.0)
            zero = np.zeros(self.horizon)
            self.totals[name] = self.totals.get(name, zero) + np.where(used, error, 0.0).sum(axis=0)
            self.counts[name] = self.counts.get(name, zero) + weight.sum(axis=0)

    def scores(self, n_values: int, n_open: int) -> Scores:
        """The metrics."""
        overall, by_step = {}, {}
        with np.errstate(invalid="ignore", divide="ignore"):
            for name, total in self.totals.items():
                finish = FINISH.get(name, np.asarray)
                overall[name] = float(finish(np.divide(total.sum(), self.counts[name].sum())))
                by_step[name] = np.asarray(finish(total / self.counts[name]))
            return Scores(overall, by_step, n_values, n_open, self.pit / self.pit.sum())


def score(distribution: Distribution, y: np.ndarray, mask: np.ndarray, context: ScoringContext) -> Scores:
    """Scores of a forecast over all known targets, and of each step ahead.

    Args:
        distribution: Of shape (n_windows, horizon), of whole intervals: it is conditioned here on what had
            been waited.
        y: (n_windows, horizon) observed targets, in the unit of the series; what open intervals exceed.
        mask: (n_windows, horizon) bool, which of them are known; NaN in ``y`` is never known.
        context: Scales, levels, resolution, bins and open intervals.

    Returns:
        ``mae``, ``smape``, ``mase`` of the median and ``rmse`` of the mean (of the point forecast where one
        was given: ``Pointed``), ``crps``, ``scaled_crps``, ``coverage_80``, ``width_80``, ..., ``nll``; with
        quantile levels ``weighted_quantile_loss`` (twice the pinball losses over the size of what came, the
        mean over the levels); with bins ``log_score``, with a classifier's ``accuracy`` and
        ``ranked_probability_score``. Of waiting times medians and intervals end at the longest time seen in
        training, means are restricted to it, and there are ``nll_all``, ``nll_open``, ``censored_crps``
        and ``brier_within_7d``, ...

    Raises:
        ValueError: The shapes differ.
    """
    if not distribution.shape == y.shape == mask.shape:
        raise ValueError(f"shapes {distribution.shape}, {y.shape} and {mask.shape} differ")
    known = mask & np.isfinite(y)
    waiting = context.waiting
    censored = np.zeros(y.shape, dtype=bool) if waiting is None else waiting.censored
    is_closed, is_open = known & ~censored, known & censored
    sums = _Sums(y.shape[1])
    run = max(CHUNK // max(y.shape[1], 1), 1)
    for rows in _groups(is_closed, is_open, waiting):
        for first in range(0, max(len(rows), 1), run):
            chosen = _as_slice(rows[first : first + run])
            part, own = distribution.take(chosen), context.take(chosen)
            if own.waiting is not None and np.isfinite(own.waiting.elapsed).any():
                part = Conditioned(part, own.waiting.elapsed)
            outcome = np.where(known[chosen], y[chosen], np.nan)
            with np.errstate(invalid="ignore"):
                _add(sums, part, outcome, (is_closed[chosen], is_open[chosen]), own)
    return sums.scores(int(is_closed.sum()), int(is_open.sum()))


def _groups(is_closed: np.ndarray, is_open: np.ndarray, waiting: Waiting | None) -> list[np.ndarray]:
    """Rows that are scored alike: not conditioned (a point forecast stays one), conditioned, only open.

    The first has a row where there is any, known or not, so that no metric is without a name.
    """
    closed, still = (np.asarray(part.any(axis=1)) for part in (is_closed, is_open))
    if waiting is None:
        return [np.arange(len(closed))]
    waited = np.isfinite(waiting.elapsed[:, 0])
    only_open = still & ~closed
    groups = [np.flatnonzero(part) for part in (closed & ~waited, closed & waited)]
    if not closed.any():
        groups = [np.arange(min(len(closed), 1))]
        only_open[:1] = False
    groups += [np.flatnonzero(part) for part in (only_open & ~waited, only_open & waited)]
    return [rows for rows in groups if len(rows)] or [np.arange(0)]


def _as_slice(rows: np.ndarray) -> Index:
    """Rising row numbers, as a slice where none is left out: then nothing is copied."""
    if len(rows) == 0:
        return slice(0, 0)
    whole = rows[-1] - rows[0] + 1 == len(rows)
    return slice(int(rows[0]), int(rows[-1]) + 1) if whole else rows


def _add(
    sums: _Sums,
    part: Distribution,
    y: np.ndarray,
    masks: tuple[np.ndarray, np.ndarray],
    context: ScoringContext,
) -> None:
    """Add the errors of some windows, ``masks`` of which are closed and open."""
    is_closed, is_open = masks
    waiting = context.waiting
    if is_closed.any() or not sums.totals:
        sums.add(_closed_errors(part, y, context), is_closed)
    if is_open.any():
        sums.add(_open_errors(part, y, context), is_open)
    if waiting is not None:
        sums.add(observed_errors(part, y, waiting), is_closed | is_open)
    sums.pit += pit_counts(part, y, None if waiting is None else waiting.censored, context.resolution)
