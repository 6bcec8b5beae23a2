"""Bins: edges fitted on training values only; the way from a value to its class."""

from __future__ import annotations

import numpy as np

from forecaster.errors import ConfigError

# Bins that are less wide are merged with the one before.
LEAST_WIDTH = 1e-8

RESOLUTIONS = (1000.0, 100.0, 10.0, 1.0, 0.5, 0.1, 0.05, 0.01, 0.001, 0.0001)

# Values by which most steps are ruled out.
N_FIRST = 1000


def value_resolution(values: np.ndarray) -> float | None:
    """Largest step of which all values are multiples, or None for real numbers.

    Args:
        values: Any shape, finite numbers and NaN.

    Returns:
        One of 1000 .. 0.0001; None also for fewer than two different values.

    Example:
        >>> value_resolution(np.array([3.0, 5.0, 8.0]))
        1.0
    """
    known = values[np.isfinite(values)]
    # what the first few rule out need not be looked for in all: of real numbers every step
    steps = [step for step in RESOLUTIONS if _are_multiples(known[:N_FIRST], step)]
    if not steps:
        return None
    known = np.unique(known)
    return next((step for step in steps if _are_multiples(known, step)), None) if len(known) > 1 else None


def _are_multiples(values: np.ndarray, step: float) -> bool:
    """Whether values are multiples of a step, but for rounding."""
    multiples = values / step
    slack = 1e-9 * np.maximum(np.abs(multiples), 1.0)
    return bool((np.abs(multiples - np.round(multiples)) <= slack).all())


def fit_bins(
    values: np.ndarray,
    rule: str | tuple[float, ...] = "quantile",
    n_bins: int = 20,
    *,
    limits: tuple[float, float] | None = None,
    resolution: float | None = None,
) -> np.ndarray:
    """Edges of the bins of training values.

    Args:
        values: Training values, any shape; NaN is left out.
        rule: ``quantile`` (equal counts), ``uniform`` (equal widths), ``log`` (equal widths of the
            logarithm) or the edges themselves, rising.
        n_bins: Bins wanted; tied edges are merged, so that there may be fewer.
        limits: Lowest and highest edge of ``uniform`` and ``log``; those of the values when None.
        resolution: Step of which all values are multiples: inner edges are then moved halfway between
            two possible values, which changes no value's class.

    Returns:
        (n_bins + 1,) float64, rising. Bins are closed on the left; the outer two take all beyond them.

    Raises:
        ConfigError: The edges do not rise, or a logarithm is asked of values that are not positive.

    Example:
        >>> fit_bins(np.array([0.0, 44, 18, 0, 54]), "uniform", 5, limits=(0, 100)).tolist()
        [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    if not isinstance(rule, str):
        edges = np.asarray(rule, dtype=np.float64)
        if len(edges) < 3 or not (np.diff(edges) > 0).all():
            raise ConfigError(f"--bins {','.join(map(str, rule))}: edges must rise, three at least.")
        return edges
    known = values[np.isfinite(values)]
    low, high = limits if limits is not None else (float(known.min()), float(known.max()))
    if low >= high:  # a constant: one bin for it and one on each side
        width = max(abs(low), 1.0) * 0.01
        return np.array([low - 2 * width, low - width, low + width, low + 2 * width])
    if rule == "log" and low <= 0:
        raise ConfigError(f"--bins log: the lowest training value is {low:g}. Use quantile or uniform.")
    edges = _discretised(known, rule, n_bins, (low, high))
    if resolution is not None and limits is None:
        inner = (np.ceil(edges[1:-1] / resolution - 1e-9) - 0.5) * resolution
        edges = np.concatenate([[low - resolution / 2], inner, [high + resolution / 2]])
    edges = np.unique(edges)
    return edges if len(edges) >= 3 else np.array([edges[0], (low + high) / 2, edges[-1]])


def _discretised(known: np.ndarray, rule: str, n_bins: int, limits: tuple[float, float]) -> np.ndarray:
    """Edges by rule, over ``limits`` for equal widths."""
    if rule == "quantile":
        unique = np.unique(known)
        if len(unique) <= n_bins:  # each value has a bin of its own, cut halfway
            middle = (unique[1:] + unique[:-1]) / 2
            return np.concatenate([[unique[0]], middle, [unique[-1]]])
        return _equal_counts(known, n_bins)
    if rule == "uniform":
        return np.linspace(*limits, n_bins + 1)
    return np.geomspace(*limits, n_bins + 1)


def _equal_counts(known: np.ndarray, n_bins: int) -> np.ndarray:
    """Edges of bins with equal counts; tied edges are merged.

    As scikit-learn's KBinsDiscretizer has them, without its import, which takes a second.
    """
    levels = np.linspace(0, 100, n_bins + 1)
    edges = np.percentile(known, levels, method="averaged_inverted_cdf")
    return np.asarray(edges[np.ediff1d(edges, to_begin=np.inf) > LEAST_WIDTH])


def bin_index(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Class of every value.

    Args:
        values: Any shape, finite.
        edges: (n_bins + 1,) rising.

    Returns:
        int64 of the same shape, 0 .. n_bins - 1; values beyond the outer edges are in the outer bins.

    Example:
        >>> bin_index(np.array([0.0, 54.0]), np.array([0.0, 20, 40, 60, 80, 100])).tolist()
        [0, 2]
    """
    return np.searchsorted(edges[1:-1], values, side="right")
